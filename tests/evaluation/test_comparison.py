"""Runs against each other: what is said of them, in data, words and figures."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import balanced_accuracy_score, recall_score

from ser.errors import ProtocolError
from ser.evaluation.aligned import Aligned, align
from ser.evaluation.comparison import Contestant, compare, configuration, refuse_strangers
from ser.evaluation.comparison_figures import critical_difference_figure, difference_figure, figures_of
from ser.evaluation.comparison_page import comparison_page
from ser.evaluation.results import RunResult

CLASSES = ["angry", "happy", "sad"]
DRAWS = {"replicates": 200, "seed": 0}
MLP = {"model": {"name": "mlp", "dropout": 0.3}, "features": {"name": "mfcc"}, "seeds": [0, 1], "workers": 2}
SVM = {"model": {"name": "svm", "C": 1.0}, "features": {"name": "mfcc"}, "seeds": [0, 1], "workers": 4}


@pytest.fixture
def mlp(result: RunResult, predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame) -> Contestant:
    return Contestant(result=result, config=MLP, data=align(predictions, utterances, folds, CLASSES))


def another(like: Contestant, name: str, *, right: float, config: dict[str, Any] = SVM) -> Contestant:
    """A run of the same protocol that is right by that share in all classes, with a single seed."""
    true = like.data.true
    good = np.random.default_rng(1).random(len(true)) < right
    data = dataclasses.replace(like.data, predicted=np.where(good, true, (true + 1) % 3)[None], seeds=[0])
    result = dataclasses.replace(like.result, name=name, run_id=name.encode().hex()[:12].ljust(12, "0"))
    return Contestant(result=result, config=config, data=data)


def unknown(contestant: Contestant) -> Contestant:
    return dataclasses.replace(contestant, data=dataclasses.replace(contestant.data, speaker=None, speakers=[]))


def scored(data: Aligned) -> float:
    return float(np.mean([balanced_accuracy_score(data.true, row) for row in data.predicted]))


def test_scores_and_differences_are_those_of_scikit_learn(mlp: Contestant) -> None:
    svm = another(mlp, "svm", right=0.8)
    found = compare([mlp, svm], **DRAWS)
    assert [run["score"] for run in found["runs"]] == pytest.approx([scored(mlp.data), scored(svm.data)])
    (pair,) = found["pairs"]
    assert pair["difference"] == pytest.approx(scored(svm.data) - scored(mlp.data))
    assert pair["interval"]["low"] < pair["difference"] < pair["interval"]["high"]
    assert pair["p_holm"] == pair["p_value"]
    assert found["runs"][1]["recall"] == pytest.approx(
        recall_score(svm.data.true, svm.data.predicted[0], average=None).tolist()
    )
    change = np.array(found["against_first"][0]["confusion"])
    np.testing.assert_allclose(change.sum(axis=1), 0, atol=1e-12)
    recalls = [run["recall"] for run in found["runs"]]
    assert np.diagonal(change) == pytest.approx(np.subtract(recalls[1], recalls[0]))
    assert found["ranking"] is None
    assert json.loads(json.dumps(found)) == found


def test_settings_that_differ_are_named_and_those_of_the_machine_are_not() -> None:
    assert configuration([MLP, SVM]) == [
        {"key": "model.name", "values": ["mlp", "svm"]},
        {"key": "model.dropout", "values": [0.3, None]},
        {"key": "model.C", "values": [None, 1.0]},
    ]
    assert configuration([{"augment": {"variants": {}}}, {"augment": {"variants": {"noise": {"copies": 1}}}}]) == [
        {"key": "augment.variants", "values": [{}, None]},
        {"key": "augment.variants.noise.copies", "values": [None, 1]},
    ]


def test_two_runs_in_words(mlp: Contestant) -> None:
    found = compare([mlp, another(mlp, "toy functionals svm", right=0.95)], **DRAWS)
    text = comparison_page(found)
    words = " ".join(text.split())
    (pair,) = found["pairs"]
    assert text.startswith("# toy functionals mlp and toy functionals svm\n")
    assert "| model.dropout | 0.3 | |" in words
    assert f"toy functionals svm less toy functionals mlp: **{pair['difference']:+.3f}** uar (95% interval +" in words
    assert f"p = {pair['p_value']:.2g} (exact permutation test exchanging speakers, all 64 ways" in words
    assert "no p-value of these data is below 0.031" in words
    assert "2 (± 0." in words
    assert "Ranks" not in text
    assert list(figures_of(found)) == ["difference"]
    assert max(map(len, text.splitlines())) <= 132


def test_a_comparison_says_of_what_it_is_and_never_hides_a_leak(mlp: Contestant) -> None:
    clean = compare([mlp, another(mlp, "svm", right=0.8)], **DRAWS)
    assert "85 utterances of 6 speakers" in clean["contest"]
    assert clean["contest"] in " ".join(comparison_page(clean).split())
    assert (clean["warnings"], clean["marks"]) == ([], [])
    record = copy.deepcopy(dict(mlp.result.record))
    record["protocol"] |= {"speaker_independent": False, "warning": "TRANSDUCTIVE: it sees the test."}
    leaking = dataclasses.replace(mlp, result=dataclasses.replace(mlp.result, record=record))
    found = compare([leaking, another(leaking, "svm", right=0.8), another(leaking, "cnn", right=0.9)], **DRAWS)
    text = comparison_page(found)
    assert "**NOT speaker-independent: these numbers say nothing of new speakers.**" in text
    assert "**TRANSDUCTIVE: it sees the test.**" in text
    for figure in figures_of(found).values():
        assert figure.get_suptitle().replace("\n", "").endswith(" · NOT speaker-independent · TRANSDUCTIVE")


def test_three_runs_in_words(mlp: Contestant) -> None:
    found = compare([mlp, another(mlp, "svm", right=0.8), another(mlp, "cnn", right=0.9)], **DRAWS)
    text = comparison_page(found)
    words = " ".join(text.split())
    assert [(pair["first"], pair["second"]) for pair in found["pairs"]] == [
        ("toy functionals mlp", "svm"),
        ("toy functionals mlp", "cnn"),
        ("svm", "cnn"),
    ]
    assert all(pair["p_holm"] >= pair["p_value"] for pair in found["pairs"])
    assert "adjusted for the 3 pairs" in words
    assert found["ranking"]["rows"][2]["run"] == "cnn"
    assert "Average ranks over 6 speakers; 1 is best." in words
    assert text.count("## Mistakes: ") == 2
    others = [run["run_id"] for run in found["runs"][1:]]
    assert list(figures_of(found)) == [*(f"difference_{run_id}" for run_id in others), "critical_difference"]


def test_where_speakers_are_unknown_utterances_are_drawn_and_folds_ranked(mlp: Contestant) -> None:
    runs = [unknown(run) for run in (mlp, another(mlp, "svm", right=0.8), another(mlp, "cnn", right=0.9))]
    found = compare(runs, **DRAWS)
    assert "exchanging utterances (speakers unknown)" in found["pairs"][0]["test"]
    assert found["ranking"]["of"] == "folds"


def test_a_single_speaker_gives_neither_interval_nor_ranks(mlp: Contestant) -> None:
    data = dataclasses.replace(mlp.data, speaker=np.zeros_like(mlp.data.true), speakers=["toy/0"])
    one = dataclasses.replace(mlp, data=data)
    found = compare([one, another(one, "svm", right=0.8), another(one, "cnn", right=0.9)], **DRAWS)
    assert (found["ranking"], found["pairs"][0]["interval"], found["pairs"][0]["p_value"]) == (None, None, 1)
    text = comparison_page(found)
    assert "not available" in text
    assert "Intervals:" not in text


def test_a_class_that_is_never_tested_has_no_recall(mlp: Contestant) -> None:
    record = copy.deepcopy(dict(mlp.result.record))
    record["protocol"]["classes"] = [*CLASSES, "surprise"]
    wider = dataclasses.replace(mlp, result=dataclasses.replace(mlp.result, record=record))
    found = compare([wider, another(wider, "svm", right=0.8)], **DRAWS)
    assert found["runs"][0]["recall"][3] is None
    assert found["against_first"][0]["confusion"][3] == [None] * 4
    lines = [" ".join(line.split()) for line in comparison_page(found).splitlines()]
    assert "| surprise | - | - |" in lines
    assert "| surprise | - | - | - | - |" in lines


def test_runs_that_do_not_differ_in_settings_are_told_apart_by_their_ids(mlp: Contestant) -> None:
    twin = dataclasses.replace(mlp, result=dataclasses.replace(mlp.result, run_id="ba9876543210"))
    found = compare([mlp, twin], **DRAWS)
    assert [run["label"] for run in found["runs"]] == [
        "toy functionals mlp 0123456789ab",
        "toy functionals mlp ba9876543210",
    ]
    assert "None: the same settings" in comparison_page(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hash": "f", "name": "speaker_kfold", "folds": 5}, "name: loso and speaker_kfold; folds: 6 and 5"),
        ({"hash": "f"}, "which differ in the folds themselves"),
        ({"data": "e1e1"}, "data: d0d0 and e1e1"),
    ],
)
def test_runs_of_other_protocols_or_data_are_refused(result: RunResult, changes: dict[str, Any], said: str) -> None:
    record = copy.deepcopy(dict(result.record))
    record["data_hash"] = changes.pop("data", record["data_hash"])
    record["protocol"] |= changes
    with pytest.raises(ProtocolError, match=said):
        refuse_strangers([result, dataclasses.replace(result, record=record)])


def png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=40)
    return stream.getvalue()


def test_the_figure_of_a_difference_shows_points_of_the_true_class() -> None:
    figure = difference_figure([[0.125, -0.125], [None, None]], ["angry", "sad"], "svm against mlp")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["+12", "-12", "-", "-"]
    assert [text.get_color() == "white" for text in axes.texts] == [True, True, False, False]
    assert len(png(figure)) > 1000


def test_the_figure_of_ranks_names_every_run_and_bars_those_not_told_apart() -> None:
    ranking = {
        "of": "speakers",
        "blocks": 10,
        "critical": 1.5,
        "alpha": 0.05,
        "rows": [{"run": name, "average_rank": rank} for name, rank in (("cnn", 3.9), ("svm", 1.2), ("mlp", 2.1))],
        "alike": [["svm", "mlp"]],
    }
    figure = critical_difference_figure(ranking, "3 runs ranked by uar")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["1.20  svm", "2.10  mlp", "3.90  cnn"]
    bars = [line.get_xdata() for line in axes.lines if line.get_linewidth() == 4]
    assert len(bars) == 1
    assert np.asarray(bars[0]) == pytest.approx([1.17, 2.13])
    assert "10 speakers" in axes.get_xlabel()
    assert len(png(figure)) > 1000
