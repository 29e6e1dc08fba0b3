"""What no score may be shown without."""

from __future__ import annotations

from ser.evaluation.cautions import cautions, marks

CLEAN = {"speaker_independent": True, "verdict": "speaker-independent", "warning": ""}


def test_clean_scores_need_no_words() -> None:
    assert cautions(CLEAN) == marks(CLEAN) == []


def test_speakers_on_both_sides_are_said_by_rule_and_by_audit() -> None:
    for change in ({"speaker_independent": False}, {"verdict": "not speaker-independent: 6 of unknown speakers"}):
        assert cautions(CLEAN | change) == ["NOT speaker-independent: these numbers say nothing of new speakers."]
        assert marks(CLEAN | change) == ["NOT speaker-independent"]


def test_every_warning_of_several_is_named_once() -> None:
    warning = "TRANSDUCTIVE: by its clips. TRANSDUCTIVE: by its labels. OTHER DATA: not those of B: 18 of EMODB."
    assert cautions(CLEAN | {"warning": warning}) == [warning]
    assert marks(CLEAN | {"warning": warning}) == ["TRANSDUCTIVE", "OTHER DATA"]
