"""What a leak is worth: paired by utterance, drawn by speaker."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from ser.errors import ProtocolError
from ser.evaluation.metrics import METRICS
from ser.evaluation.optimism import Optimism, optimism, optimism_figure, words

CLASSES = ["angry", "happy", "sad"]
CLIPS, SPEAKERS = 240, 8


def predictions(right: float, *, seeds: tuple[int, ...] = (0,), start: int = 0, noise: int = 0) -> pd.DataFrame:
    """Predictions of which a share is right, whoever speaks."""
    random = np.random.default_rng(noise)
    true = np.array(CLASSES)[np.arange(CLIPS) % len(CLASSES)]
    tables = []
    for seed in seeds:
        wrong = np.array(CLASSES)[(np.arange(CLIPS) + 1) % len(CLASSES)]
        guess = np.where(random.random(CLIPS) < right, true, wrong)
        ids = [f"c{number:03d}" for number in range(CLIPS)]
        tables.append(pd.DataFrame({"utterance_id": ids, "seed": seed, "y_true": true, "y_pred": guess}))
    return pd.concat(tables).query(f"utterance_id >= 'c{start:03d}'").sample(frac=1, random_state=1)


def speakers(count: int = SPEAKERS) -> pd.Series:
    return pd.Series({f"c{number:03d}": f"s{number % count}" for number in range(CLIPS)})


def compared(clean: pd.DataFrame, leaking: pd.DataFrame, metric: str = "uar", count: int = SPEAKERS) -> Optimism:
    return optimism(clean, leaking, speakers(count), classes=CLASSES, metric=metric, replicates=400)


@pytest.mark.parametrize(("metric", "reference"), [("uar", balanced_accuracy_score), ("accuracy", accuracy_score)])
def test_scores_are_scikit_learns_on_what_both_tested(metric: str, reference: object) -> None:
    clean, leaking = predictions(0.5), predictions(0.8, start=60, noise=1)
    found = compared(clean, leaking, metric)
    assert (found.utterances, found.speakers) == (180, 8)
    both = clean[clean["utterance_id"] >= "c060"]
    assert found.clean.value == pytest.approx(reference(both["y_true"], both["y_pred"]))
    assert found.leaking.value == pytest.approx(reference(leaking["y_true"], leaking["y_pred"]))
    assert found.gap.value == pytest.approx(found.leaking.value - found.clean.value)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_that_a_protocol_may_have_is_put_in_words(metric: str) -> None:
    found = compared(predictions(0.5), predictions(0.8, noise=1), metric)
    title = METRICS[metric].title
    assert words(found).lower().startswith(title.lower())
    axes, _ = optimism_figure(found, ("clean", "leaking"), "what a leak is worth").axes
    assert axes.get_xlabel() == title


def test_scores_are_averaged_over_seeds() -> None:
    clean, leaking = predictions(0.5, seeds=(0, 1)), predictions(0.8, seeds=(0, 1), noise=1)
    expected = [balanced_accuracy_score(rows["y_true"], rows["y_pred"]) for _, rows in clean.groupby("seed")]
    assert compared(clean, leaking).clean.value == pytest.approx(np.mean(expected))


def test_the_interval_of_the_gap_is_that_of_a_plain_bootstrap_of_speakers() -> None:
    clean, leaking = predictions(0.5), predictions(0.8, noise=1)
    found = compared(clean, leaking, "accuracy")
    right = [
        rows.set_index("utterance_id").sort_index().eval("y_true == y_pred").groupby(speakers()).mean().to_numpy()
        for rows in (clean, leaking)
    ]
    # Speakers have equally many clips: a pooled accuracy is the mean of the speakers' accuracies.
    draws = np.random.default_rng(3).integers(0, SPEAKERS, (20_000, SPEAKERS))
    low, high = np.percentile((right[1] - right[0])[draws].mean(axis=1), [2.5, 97.5])
    assert found.gap.interval is not None
    assert found.gap.interval.low == pytest.approx(low, abs=0.02)
    assert found.gap.interval.high == pytest.approx(high, abs=0.02)
    assert found.certain


def test_equal_predictions_have_no_gap_and_no_width() -> None:
    same = compared(predictions(0.6), predictions(0.6))
    assert same.gap.interval is not None
    assert (same.gap.value, same.gap.interval.low, same.gap.interval.high) == (0, 0, 0)
    assert not same.certain
    assert "cannot be told from no difference" in words(same)


def test_the_words_say_which_way_by_how_much_and_how_sure() -> None:
    text = words(compared(predictions(0.5), predictions(0.8, noise=1)))
    assert "points higher (leaking minus clean: +" in text
    assert "more than chance" in text
    assert "240 utterances of 8 speakers" in text
    assert "points lower" in words(compared(predictions(0.8, noise=1), predictions(0.5)))


def test_one_speaker_has_scores_but_no_interval() -> None:
    alone = compared(predictions(0.5), predictions(0.8, noise=1), count=1)
    assert alone.gap.interval is None
    assert not alone.certain
    assert "there is no interval" in words(alone)
    assert optimism_figure(alone, ("clean", "random"), "title").axes[0].get_xlabel().startswith("UAR")


def test_the_figure_names_both_protocols_and_shows_both_scores() -> None:
    found = compared(predictions(0.5), predictions(0.8, noise=1))
    scores, gap = optimism_figure(found, ("loso", "random"), "What a leak is worth").axes
    assert [label.get_text() for label in scores.get_yticklabels()] == ["loso", "random"]
    assert [text.get_text() for text in scores.texts] == [f"{found.clean.value:.1%}", f"{found.leaking.value:.1%}"]
    assert [text.get_text() for text in gap.texts] == [f"{found.gap.value:.1%}"]


@pytest.mark.parametrize(
    ("clean", "leaking", "said"),
    [
        (predictions(0.5), predictions(0.5, seeds=(0, 1)), "the same seeds"),
        (predictions(0.5).query("utterance_id < 'c100'"), predictions(0.5, start=100), "tested under both"),
        (predictions(0.5), predictions(0.5).assign(y_true="sad"), "one true class"),
    ],
)
def test_what_is_not_comparable_is_refused(clean: pd.DataFrame, leaking: pd.DataFrame, said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        compared(clean, leaking)


def test_an_unknown_speaker_is_refused() -> None:
    with pytest.raises(ProtocolError, match="none of c007"):
        optimism(
            predictions(0.5),
            predictions(0.5),
            speakers().drop("c007"),
            classes=CLASSES,
            metric="uar",
            replicates=10,
        )
