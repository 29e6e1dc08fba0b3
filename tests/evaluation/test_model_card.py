import dataclasses
from typing import Any

from ser.evaluation.model_card import model_card
from ser.evaluation.results import RunResult
from ser.evaluation.summary import around_seeds

CORPORA = {"toy": {"title": "Toy Corpus", "language": "de-DE", "licence": "CC0-1.0", "benchmark": True}}


def card(result: RunResult, corpora: dict[str, dict[str, Any]] = CORPORA) -> str:
    return model_card({"run_id": result.run_id, "name": result.name, **result.record}, result.summary, corpora)


def test_the_card_says_what_the_model_is_and_how_well_it_does(result: RunResult) -> None:
    text = card(result)
    assert "# toy functionals mlp" in text
    assert "Toy Corpus (de-DE). Licence: CC0-1.0." in text
    assert f"UAR {result.summary['uar']:.3f}{around_seeds(result.summary)} (95 % interval" in text
    assert "abcdef012345" in text
    assert "How the model was chosen: the best epoch is tested." in text
    assert "85 utterances of" in text
    assert "Heard in training: de-DE, acted" in text
    assert "## Intended use\n" in text
    assert "## Misuse\nDecisions about people" in text
    assert "NOT speaker-independent" not in text
    assert "Not a benchmark" not in text


def test_the_card_says_what_is_to_be_known_of_the_features(result: RunResult) -> None:
    assert "## Features" not in card(result)
    noted = dataclasses.replace(result, record={**result.record, "notices": ["Computed by a licensed library."]})
    assert "## Features\n- Computed by a licensed library.\n" in card(noted)


def test_the_card_warns(result: RunResult) -> None:
    protocol = {**result.record["protocol"], "speaker_independent": False, "warning": "TRANSDUCTIVE: known."}
    leaking = dataclasses.replace(
        result, record={**result.record, "protocol": protocol}, summary={**result.summary, "uar_interval": None}
    )
    text = card(leaking, {"toy": {**CORPORA["toy"], "benchmark": False}})
    assert "NOT speaker-independent" in text
    assert "**TRANSDUCTIVE: known.**" in text
    assert "Not a benchmark" in text
    assert "(95 % interval" not in text


def test_the_card_names_the_groups_and_says_how_far_to_trust_confidence(result: RunResult) -> None:
    summary = result.summary
    text = card(result)
    assert f"Lowest among groups of 20 utterances or more: {summary['groups']['worst']['grouping']}" in text
    assert "| gender " in text
    before, after = summary["calibration"]["before"], summary["calibration"]["after"]
    assert f"Expected calibration error {before['ece']:.3f}" in text
    assert f"development part of each fold: {after['ece']:.3f}" in text


def test_the_card_leaves_out_what_is_not_known(result: RunResult) -> None:
    bare = {
        **result.summary,
        "groups": {**result.summary["groups"], "groupings": {}},
        "calibration": {**result.summary["calibration"], "after": None},
    }
    text = card(dataclasses.replace(result, summary=bare))
    assert "## Groups" not in text
    assert "With a temperature" not in text
