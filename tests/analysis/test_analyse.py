"""`ser analyse`: asked, answered, kept, and refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ser import config
from ser.analysis import command, degraded, enrolment
from ser.analysis.degraded import CLEAN, Kind, Level
from ser.analysis.fits import learner_of
from ser.analysis.learning import restricted
from ser.analysis.subject import Subject
from ser.audio.operations.recording import Overload
from ser.cli import main
from ser.errors import ProtocolError
from ser.files import read_json
from ser.pipeline import runs
from ser.protocol.normalise import ByGroup

KEYS = ["title", "words", "rows", "notes", "figure", "made_by"]


def analyse(subject: Subject, *more: str) -> int:
    work_dir = subject.folder.path.parents[1]
    return main(["analyse", subject.folder.run_id, *more, "--work-dir", str(work_dir), "--workers", "1"])


def answer(subject: Subject, name: str) -> dict[str, Any]:
    found: dict[str, Any] = read_json(subject.folder.path / "analysis" / f"{name}.json")
    return found


@pytest.fixture(scope="module")
def asked(honest: Subject) -> Subject:
    """The run by speakers, everything asked of it, and of the degradations a gain of nothing and one of much."""
    levels = [
        CLEAN,
        Level(label="+0", operations={"gain_0": Overload(gain_db=0)}),
        Level(label="-60", operations={"gain_60": Overload(gain_db=-60)}),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enrolment, "DRAWS", 2)
        patch.setattr(degraded, "kinds", lambda rate_hz: [Kind(name="gain", unit="dB", levels=levels)])
        assert analyse(honest) == 0
    return honest


@pytest.mark.parametrize("name", ["probes", "enrolment", "learning", "robustness"])
def test_every_answer_is_words_a_table_and_a_figure(asked: Subject, name: str) -> None:
    found = answer(asked, name)
    assert list(found) == KEYS
    assert found["words"].endswith(".")
    assert len({tuple(row) for row in found["rows"]}) == 1, "all rows have the same columns"
    assert (asked.folder.path / "analysis" / found["figure"]).read_bytes().startswith(b"\x89PNG")
    assert not (asked.folder.path / "analysis" / f".{name}").exists(), "finished points are no longer needed"


def test_what_is_not_changed_scores_as_the_run(asked: Subject) -> None:
    uar = pytest.approx(asked.summary["uar"])
    assert answer(asked, "probes")["rows"][0]["score"] == uar
    assert answer(asked, "enrolment")["rows"][0]["score"] == uar
    assert answer(asked, "learning")["rows"][-1]["score"] == uar
    clean, same, faint = answer(asked, "robustness")["rows"]
    assert clean["score"] == same["score"] == uar
    assert faint["score"] < clean["score"]
    assert clean["area"] == pytest.approx((1 + 2 + faint["relative"]) / 4)


def test_the_last_enrolment_point_is_what_scikit_learn_gives(asked: Subject) -> None:
    facts = asked.made.utterances.set_index("utterance_id").sort_index()
    raw = pd.DataFrame(asked.source.clean(facts["sha256"].tolist()).values.astype(np.float64), index=facts.index)
    by_speaker = raw.groupby(facts["speaker"])
    known = raw - by_speaker.transform("mean")
    count = by_speaker.transform("count")
    by_others = raw - (by_speaker.transform("sum") - raw) / (count - 1)
    predicted = pd.Series(index=facts.index, dtype=object)
    for _, fold in asked.made.folds.groupby("fold"):
        part = fold.groupby("part")["utterance_id"].agg(sorted)
        learned = [*part["train"], *part["dev"]]
        scaler = StandardScaler().fit(known.loc[learned])
        model = SVC(C=10.0, class_weight="balanced").fit(
            scaler.transform(known.loc[learned]), facts.loc[learned, "label"]
        )
        predicted[part["test"]] = model.predict(scaler.transform(by_others.loc[part["test"]]))
    (row,) = [
        row
        for row in answer(asked, "enrolment")["rows"]
        if (row["source"], row["statistics"], row["clips"]) == ("mixed", "mean", None)
    ]
    assert row["score"] == pytest.approx(balanced_accuracy_score(facts["label"], predicted), abs=0.03)
    assert row["fewest"] == 20


def test_neutral_clips_are_no_more_than_there_are(asked: Subject) -> None:
    rows = [row for row in answer(asked, "enrolment")["rows"] if row["source"] == "neutral"]
    assert [(row["statistics"], row["clips"], row["fewest"]) for row in rows] == [
        ("mean", 1, 1),
        ("mean", None, 2),
        ("z", None, 2),
    ]


def test_fewer_speakers_are_all_that_is_learned_from(asked: Subject) -> None:
    by_speaker = ByGroup(name="speaker", by="speaker", shape="z", signed_sqrt=False, l2=False)
    _, loader, _ = next(iter(asked.loaders(by_speaker)))
    kept = np.array([0, 5, len(loader.train)], dtype=np.int64)
    data, whole = restricted(loader, kept)(), loader()
    np.testing.assert_array_equal(data.train.values[:2], whole.train.values[[0, 5]])
    np.testing.assert_array_equal(data.train.values[2], whole.dev.values[0])
    assert data.train_labels.tolist() == [*whole.train_labels[[0, 5]], whole.dev_labels[0]]
    assert len(data.test) == 0
    np.testing.assert_array_equal(data.dev.values, whole.dev.values)


def test_an_answer_is_given_again_without_work(
    asked: Subject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr("ser.analysis.points.unordered")
    assert analyse(asked, "probes", "learning") == 0
    said = capsys.readouterr().out
    assert [answer(asked, name)["words"] in said for name in ("probes", "learning", "enrolment")] == [True, True, False]


def test_a_run_of_other_code_is_called_so(
    asked: Subject, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runs, "code_of", lambda settings: "another")
    assert analyse(asked, "probes") == 0
    assert any(message.startswith("NOT TODAY'S CODE") for message in caplog.messages)
    assert answer(asked, "probes")["notes"][0].startswith("NOT TODAY'S CODE")


def test_other_data_are_refused(
    asked: Subject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = runs.read(asked.folder)
    monkeypatch.setattr(runs, "read", lambda folder: {**record, "data_hash": "another"})
    assert analyse(asked, "probes") == 2
    assert "another data" in capsys.readouterr().err


def test_where_tested_speakers_are_trained_enrolment_is_not_possible(
    leaking: Subject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyse(leaking, "enrolment") == 2
    assert "tested speakers who are not trained" in capsys.readouterr().err
    monkeypatch.setattr(command, "ANALYSES", {"enrolment": enrolment.enrolment})
    assert analyse(leaking) == 0
    assert "enrolment: not possible for this run." in capsys.readouterr().out


def test_an_analysis_that_there_is_not_is_refused(honest: Subject, capsys: pytest.CaptureFixture[str]) -> None:
    assert analyse(honest, "enrollment") == 2
    assert "Did you mean 'enrolment'?" in capsys.readouterr().err


def test_an_unknown_run_is_refused(work_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", "nosuch", "--work-dir", str(work_dir)]) == 2
    assert "Known runs" in capsys.readouterr().err


def test_a_model_that_learned_from_its_test_clips_is_not_taught_again(honest: Subject) -> None:
    asked = config.load(["model=svm", "protocol.self_training={rounds:1,share:0.5}"])
    # A ProtocolError: whoever asks everything of such a run still gets the other answers.
    with pytest.raises(ProtocolError, match=r"protocol\.self_training: .*self_training=null"):
        learner_of(dataclasses.replace(honest, settings=asked))
