"""Predictions with known structure."""

import numpy as np
import pandas as pd
import pytest

from ser.evaluation.results import RunResult
from ser.evaluation.summary import summarise

CLASSES = ["angry", "happy", "sad"]


@pytest.fixture
def utterances() -> pd.DataFrame:
    """Six speakers, five utterances of each class; speaker 5 is never sad, and of speaker 0 no gender is known."""
    return pd.DataFrame(
        [
            {
                "utterance_id": f"toy/{speaker}-{label}-{index}",
                "corpus": "toy",
                "path": f"{speaker}/{label}-{index}.wav",
                "speaker": f"toy/{speaker}",
                "gender": (None, "male", "female")[min(speaker, 1 + speaker % 2)],
                "language": "de-DE",
                "intensity": None,
                "duration_s": 1 + index / 2,
                "label": label,
            }
            for speaker in range(6)
            for label in CLASSES
            for index in range(5)
            if (speaker, label) != (5, "sad")
        ]
    )


@pytest.fixture
def folds(utterances: pd.DataFrame) -> pd.DataFrame:
    """Leave one speaker out, the next speaker being the development part."""
    speaker = utterances["speaker"].str[-1].astype(int)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "utterance_id": utterances["utterance_id"],
                    "fold": fold + 1,
                    "part": np.select([speaker == fold, speaker == (fold + 1) % 6], ["test", "dev"], "train"),
                }
            )
            for fold in range(6)
        ],
        ignore_index=True,
    )


def chances(named: pd.Series, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw probabilities of which those of the named classes are highest."""
    drawn = random.dirichlet(np.full(len(CLASSES), 0.5), len(named))
    rows, codes = np.arange(len(named)), pd.Index(CLASSES).get_indexer(pd.Index(named))
    highest = drawn.argmax(axis=1)
    drawn[rows, codes], drawn[rows, highest] = drawn[rows, highest], drawn[rows, codes]
    return {f"p_{name}": drawn[:, code] for code, name in enumerate(CLASSES)}


@pytest.fixture
def development(folds: pd.DataFrame) -> pd.DataFrame:
    """What each fold's models said of its development part, at random."""
    rows, random = folds.loc[folds["part"] == "dev", ["utterance_id", "fold"]], np.random.default_rng(1)
    named = pd.Series(random.choice(CLASSES, len(rows)))
    return pd.concat([rows.assign(seed=seed, **chances(named, random)) for seed in (0, 1)], ignore_index=True)


@pytest.fixture
def predictions(utterances: pd.DataFrame, folds: pd.DataFrame) -> pd.DataFrame:
    """Two seeds, each right about two times in three, and surer than that."""
    tested = folds[folds["part"] == "test"].merge(utterances, on="utterance_id")
    random = np.random.default_rng(0)
    tables = []
    for seed in (0, 1):
        wrong = random.random(len(tested)) < 1 / 2
        guesses = pd.Series(random.choice(CLASSES, len(tested)))
        named = tested["label"].where(~wrong, guesses)
        tables.append(
            pd.DataFrame(
                {
                    "utterance_id": tested["utterance_id"],
                    "fold": tested["fold"],
                    "seed": seed,
                    "y_true": tested["label"],
                    "y_pred": named,
                    **chances(named, random),
                }
            )
        )
    return pd.concat(tables, ignore_index=True).sample(frac=1, random_state=0)


@pytest.fixture
def result(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame, development: pd.DataFrame
) -> RunResult:
    """A finished run over them."""
    audit = [
        {"fold": fold, "kind": kind, "parts": parts, "count": count, "examples": "toy/a1" if count else ""}
        for fold in range(1, 7)
        for kind, count in (("speaker", 0), ("sentence", fold))
        for parts in ("train/test", "dev/test")
    ]
    return RunResult(
        run_id="0123456789ab",
        name="toy functionals mlp",
        record={
            "corpora": {"toy": {"benchmark": True}},
            "features": "functionals",
            "augment": "none",
            "model": "mlp",
            "seeds": [0, 1],
            "overrides": ["corpus=toy", "model=mlp", "seeds=[0,1]", "data_dir=there"],
            "chosen_on": "the best epoch is tested",
            "data_hash": "d0d0",
            "protocol": {
                "name": "loso",
                "hash": "abcdef012345",
                "words": "leave-one-speaker-out cross-validation",
                "metric": "uar",
                "labels": "three",
                "classes": CLASSES,
                "normalise": "train",
                "transductive": False,
                "warning": "",
                "speaker_independent": True,
                "verdict": "speaker-independent",
                "utterances": 85,
                "speakers": 6,
                "folds": 6,
            },
        },
        summary=summarise(predictions, utterances, folds, CLASSES, development=development, replicates=200),
        audit={"verdict": "speaker-independent", "rows": audit},
        cost={"cpu_s": 12.3, "parameters": 1234, "multiply_adds": 5678, "latency_ms": 0.42},
    )
