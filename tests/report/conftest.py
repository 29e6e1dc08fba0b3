"""Runs with known structure, as the page of a study gets them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser.evaluation.hardest import hardest
from ser.evaluation.results import RunResult
from ser.evaluation.sample import sample
from ser.evaluation.summary import summarise
from ser.report.material import Analysis, Material

CLASSES = ["angry", "happy", "sad"]
HOSTILE = "<script>alert(1)</script>"


def tables(seeds: list[int]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Give predictions, utterances, folds and predictions of the development parts: two folds of two speakers each."""
    utterances = pd.DataFrame(
        [
            {
                "utterance_id": f"toy/{speaker}-{label}-{index}",
                "corpus": "toy",
                "path": f"{HOSTILE}/{speaker}-{label}-{index}.wav",
                "speaker": f"toy/{speaker}",
                "gender": "female" if speaker % 2 else "male",
                "language": "de-DE",
                "intensity": None,
                "duration_s": 1 + index / 2,
                "label": label,
            }
            for speaker in range(4)
            for label in CLASSES
            for index in range(5)
        ]
    )
    test = utterances["utterance_id"].str[4].astype(int) % 2
    parts = {fold: np.where(test == fold, "test", np.where(utterances.index % 4, "train", "dev")) for fold in (0, 1)}
    folds = pd.concat(
        [
            pd.DataFrame({"utterance_id": utterances["utterance_id"], "fold": fold + 1, "part": part})
            for fold, part in parts.items()
        ],
        ignore_index=True,
    )
    asked = {part: folds[folds["part"] == part].merge(utterances, on="utterance_id") for part in ("test", "dev")}
    return predictions(asked["test"], seeds), utterances, folds, predictions(asked["dev"], seeds)


def predictions(rows: pd.DataFrame, seeds: list[int]) -> pd.DataFrame:
    """Draw probabilities of which the true class is the highest about two times in three."""
    random, found = np.random.default_rng(0), []
    true = pd.Index(CLASSES).get_indexer(pd.Index(rows["label"]))
    for seed in seeds:
        chances = random.dirichlet(np.ones(3), len(rows)) + np.eye(3)[true] * 0.4
        chances /= chances.sum(axis=1, keepdims=True)
        named = np.array(CLASSES)[chances.argmax(axis=1)]
        facts = {"utterance_id": rows["utterance_id"], "fold": rows["fold"], "seed": seed}
        by_class = {f"p_{name}": chances[:, code] for code, name in enumerate(CLASSES)}
        found.append(pd.DataFrame({**facts, "y_true": rows["label"], "y_pred": named, **by_class}))
    return pd.concat(found, ignore_index=True)


def material(run_id: str, model: str, seeds: list[int], **protocol: Any) -> Material:
    """Make a run."""
    found, utterances, folds, development = tables(seeds)
    overlaps = [{"fold": 1, "kind": "speaker", "parts": "train/test", "count": 2, "examples": "toy/1"}]
    record = {
        "corpora": {
            "toy": {
                "title": "A toy",
                "language": "de-DE",
                "licence": "for play",
                "citation": f"Nobody & {HOSTILE}",
                "benchmark": True,
            }
        },
        "features": "functionals",
        "augment": "none",
        "model": model,
        "seeds": seeds,
        "overrides": ["corpus=toy", f"model={model}", "data_dir=there"],
        "chosen_on": f"{model} is chosen in its own way",
        "data_hash": "d0d0",
        "protocol": {
            "name": "speaker_kfold",
            "hash": "abcdef012345",
            "words": "two folds of two speakers",
            "metric": "uar",
            "labels": "three",
            "classes": CLASSES,
            "normalise": "train",
            "transductive": False,
            "warning": "",
            "speaker_independent": True,
            "verdict": "speaker-independent",
            "utterances": 60,
            "speakers": 4,
            "folds": 2,
            **protocol,
        },
    }
    summary = summarise(found, utterances, folds, CLASSES, development=development, replicates=50)
    result = RunResult(
        run_id=run_id,
        name=f"toy functionals {model}",
        record=record,
        summary=summary,
        audit={"verdict": record["protocol"]["verdict"], "rows": overlaps},  # type: ignore[index]
        cost={"cpu_s": 12.3, "parameters": 1234, "multiply_adds": None, "latency_ms": 0.42},
    )
    epochs = [{"epoch": n, "train/loss": 1 / n, "dev/loss": 1.2 / n, "dev/uar": n / 4} for n in (1, 2, 3)]
    return Material(
        result=result,
        histories={f"fold {fold}, seed {seed}": epochs for fold in (1, 2) for seed in seeds},
        hardest=hardest(found, utterances, CLASSES),
        sample=sample(found, CLASSES),
        analyses={},
        environment="ser 0\npython 3.11\n\nnumpy==2\n",
    )


@pytest.fixture(scope="session")
def network() -> Material:
    """A network under two seeds."""
    return material("aaaaaaaaaaaa", "mlp", [0, 1])


@pytest.fixture(scope="session")
def estimator() -> Material:
    """A model without epochs, exported without its cost and its machine, and asked one question."""
    found = material("bbbbbbbbbbbb", "svm", [0])
    probes = Analysis(
        title="What the label can be told from",
        words="Duration tells a little.",
        rows=[{"probe": "duration", "score": 0.25, "low": None, "draws": 3}],
        notes=["Each probe is a regression."],
        picture=b"png",
    )
    return dataclasses.replace(
        found,
        result=dataclasses.replace(found.result, cost=None),
        histories={"fold 1, seed 0": []},
        analyses={"probes": probes},
        environment="",
    )


@pytest.fixture(scope="session")
def leaking() -> Material:
    """A run whose numbers must not be shown bare."""
    warning = "TRANSDUCTIVE: normalised by the tested speaker."
    verdict = "not speaker-independent"
    return material(
        "cccccccccccc", "mlp", [0], hash="another", warning=warning, verdict=verdict, speaker_independent=False
    )
