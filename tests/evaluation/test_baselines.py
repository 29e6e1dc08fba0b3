import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from ser.errors import ProtocolError
from ser.evaluation.baselines import majority, permuted, stratified
from ser.evaluation.metrics import accuracy, confusion, confusions, uar


def test_majority_names_each_folds_commonest_training_class() -> None:
    utterances = pd.DataFrame(
        {"utterance_id": list("abcdef"), "label": ["sad", "sad", "happy", "happy", "happy", "sad"]}
    )
    folds = pd.DataFrame(
        {
            "utterance_id": list("abcdef") * 2,
            "fold": [1] * 6 + [2] * 6,
            "part": ["train"] * 3 + ["dev", "test", "test"] + ["test"] * 2 + ["dev"] + ["train"] * 3,
        }
    )
    found = majority(folds, utterances, ["happy", "sad"])
    assert found.to_dict("list") == {
        "utterance_id": ["e", "f", "a", "b"],
        "fold": [1, 1, 2, 2],
        "y_true": ["happy", "sad", "sad", "sad"],
        "y_pred": ["sad", "sad", "happy", "happy"],
    }


def test_of_equally_common_classes_majority_names_the_first() -> None:
    utterances = pd.DataFrame({"utterance_id": list("abc"), "label": ["sad", "happy", "sad"]})
    folds = pd.DataFrame({"utterance_id": list("abc"), "fold": 1, "part": ["train", "train", "test"]})
    assert majority(folds, utterances, ["happy", "sad"])["y_pred"].tolist() == ["happy"]


def test_stratified_is_what_guessing_by_class_shares_scores_on_average() -> None:
    random = np.random.default_rng(0)
    ids = [f"u{index}" for index in range(60)]
    utterances = pd.DataFrame({"utterance_id": ids, "label": random.choice(["happy", "sad"], 60, p=[0.8, 0.2])})
    fold = np.arange(60) % 3 + 1
    folds = pd.concat(
        pd.DataFrame({"utterance_id": ids, "fold": number, "part": np.where(fold == number, "test", "train")})
        for number in (1, 2, 3)
    )
    expected = stratified(folds, utterances, ["happy", "sad"])
    labels = utterances["label"].to_numpy()
    shares = np.empty((60, 2))
    for number in (1, 2, 3):
        prior = DummyClassifier(strategy="prior").fit(np.zeros((40, 1)), labels[fold != number])
        shares[fold == number] = prior.predict_proba(np.zeros((20, 1)))
    np.testing.assert_allclose(expected, [shares[labels == name].sum(axis=0) for name in ("happy", "sad")])
    true = (labels == "sad").astype(np.int64)
    drawn = (random.random((4000, 60)) < shares[:, 1]).astype(np.int64)
    counts = confusions(true, drawn, np.zeros_like(true), (1, 2))
    assert uar(expected) == pytest.approx(uar(counts).mean(), abs=0.005)
    assert accuracy(expected) == pytest.approx(accuracy(counts).mean(), abs=0.005)


def test_a_fold_without_training_part_is_refused() -> None:
    utterances = pd.DataFrame({"utterance_id": ["a", "b"], "label": ["sad", "sad"]})
    folds = pd.DataFrame({"utterance_id": ["a", "b"], "fold": [1, 2], "part": ["train", "test"]})
    with pytest.raises(ProtocolError, match="none in fold 2"):
        majority(folds, utterances, ["sad"])


def shuffled_reference(true: list[int], predicted: list[list[int]], speakers: list[int], times: int) -> list[float]:
    """Permute labels within speakers the plain way."""
    random = np.random.default_rng(5)
    names = [str(index) for index in range(3)]
    values = []
    for _ in range(times):
        moved = np.array(true)
        for speaker in set(speakers):
            rows = np.flatnonzero(np.array(speakers) == speaker)
            moved[rows] = random.permutation(moved[rows])
        scores = [uar(confusion([names[t] for t in moved], [names[p] for p in row], names)) for row in predicted]
        values.append(float(np.mean(scores)))
    return values


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("seeds", [1, 3])
def test_agrees_with_moving_the_labels_themselves(known: bool, seeds: int) -> None:
    random = np.random.default_rng(0)
    true, speakers = random.integers(0, 3, 60), random.integers(0, 4, 60)
    first = np.where(random.random(60) < 0.5, true, random.integers(0, 3, 60))
    predicted = np.stack([np.where(random.random(60) < 0.8, first, 0) for _ in range(seeds)])
    ours = permuted(true, predicted, speakers if known else None, 3, replicates=4000, seed=0)
    groups = speakers.tolist() if known else [0] * 60
    theirs = shuffled_reference(true.tolist(), predicted.tolist(), groups, 400)
    assert ours.mean == pytest.approx(np.mean(theirs), abs=0.01)
    assert ours.low == pytest.approx(np.percentile(theirs, 2.5), abs=0.03)
    assert ours.high == pytest.approx(np.percentile(theirs, 97.5), abs=0.03)
    assert ("within speakers" in ours.method) == known


def test_good_predictions_have_the_smallest_p_and_chance_has_a_large_one() -> None:
    random = np.random.default_rng(0)
    true, speakers = random.integers(0, 4, 300), random.integers(0, 5, 300)
    perfect = permuted(true, true[None], speakers, 4, replicates=999, seed=0)
    assert perfect.p_value == pytest.approx(0.001)
    chance = permuted(true, random.integers(0, 4, (1, 300)), speakers, 4, replicates=999, seed=0)
    assert chance.p_value > 0.05
    assert chance.mean == pytest.approx(0.25, abs=0.02)


def test_knowing_only_the_speaker_is_worth_nothing() -> None:
    # Each speaker has a class of his own that he mostly says; predicting it is far above 1 / 3, yet knows no emotion.
    random = np.random.default_rng(0)
    speakers = np.repeat(np.arange(3), 50)
    true = np.where(random.random(150) < 0.7, speakers, random.integers(0, 3, 150))
    found = permuted(true, speakers[None], speakers, 3, replicates=200, seed=0)
    assert found.mean > 0.6
    assert found.p_value == 1


def test_where_nothing_can_be_permuted_chance_is_the_score() -> None:
    true, speakers = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 0, 0, 1, 1, 1])
    predicted = np.array([[1, 1, 1, 0, 2, 2]])
    chance = permuted(true, predicted, speakers, 3, replicates=50, seed=0)
    real = float(uar(confusion(list("aabccc"), list("bbbacc"), list("abc"))))
    assert chance.mean == chance.low == chance.high == pytest.approx(real)
    assert chance.p_value == 1


def test_the_seed_decides_the_permutations() -> None:
    random = np.random.default_rng(0)
    true, predicted = random.integers(0, 3, 80), random.integers(0, 3, (2, 80))
    one, again, other = (permuted(true, predicted, None, 3, replicates=300, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other
