"""What MLflow is told of a finished run beside its numbers: words, tables, data, and what it competes for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ser.corpora.manifest import COLUMNS, data_hash
from ser.evaluation.cautions import DEPENDENT, cautions, marks
from ser.evaluation.metrics import METRICS
from ser.files import digest
from ser.pipeline.runs import RunFolder
from ser.tracking.records import Candidacy, DatasetRecord, TableRecord

_KINDS = {"i": "long", "f": "double"}
_NOT_IN_AN_ALIAS = re.compile(r"[^\w-]+", re.ASCII)
_NOT_IN_A_NAME = re.compile(r"[/:'\"`]+")


def description(record: Mapping[str, Any], summary: Mapping[str, Any] | None) -> str:
    """Write what a run is and what it has found, in Markdown.

    Args:
        record: `run.json` of the run.
        summary: as :func:`ser.evaluation.summary.summarise` gives; None while there is none.
    """
    protocol = record["protocol"]
    parts = [
        *([] if summary is None else [_scores(protocol["metric"], summary)]),
        *(f"**{warning}**" for warning in cautions(protocol)),
        f"{record['name']}: {protocol['words']}. Audit: {protocol['verdict']}.",
        f"How the model was chosen: {record['chosen_on']}.",
        f"Repeat with `ser verify {record['run_id']}`.",
    ]
    return "\n\n".join(parts)


def _scores(metric: str, summary: Mapping[str, Any]) -> str:
    interval, baselines = summary["uar_interval"], summary["baselines"]
    around = interval and f" (95 % interval {interval['low']:.3f} to {interval['high']:.3f}, {interval['method']})"
    others = [name for name in dict.fromkeys((metric, "accuracy", "macro_f1")) if name != "uar"]
    return (
        f"**UAR {summary['uar']:.3f}**{around or ''}; "
        + ", ".join(f"{name.replace('_f1', ' F1')} {summary[name]:.3f}" for name in others)
        + f". Baselines (UAR): commonest class {baselines['majority']['uar']:.3f}, labels permuted "
        f"{baselines['permuted']['mean']:.3f}. {summary['n']} held-out utterances."
    )


def tables(summary: Mapping[str, Any]) -> dict[str, TableRecord]:
    """Give the matrices of an evaluation in long form, so that MLflow's pages set runs side by side.

    They align the rows of runs by the first column and, until told otherwise, show the second of each.

    Args:
        summary: as :func:`ser.evaluation.summary.summarise` gives.

    Returns:
        By path in the artifact store: the confusion matrix, a row for each pair of classes with its count and its share
        of the true class (None where that is never tested); and the scores of each class.
    """
    cells: list[list[object]] = []
    for actual, counts in zip(summary["classes"], summary["confusion"], strict=True):
        total = sum(counts)
        cells += [
            [f"{actual} as {predicted}", round(count / total, 4) if total else None, count, actual, predicted]
            for predicted, count in zip(summary["classes"], counts, strict=True)
        ]
    scores = ["recall", "precision", "f1", "support"]
    return {
        "tables/confusion_matrix.json": TableRecord(
            columns=["cell", "share", "count", "actual", "predicted"], rows=cells
        ),
        "tables/per_class.json": TableRecord(
            columns=["class", *scores],
            rows=[[name, *(row[key] for key in scores)] for name, row in summary["per_class"].items()],
        ),
    }


def class_metrics(summary: Mapping[str, Any]) -> dict[str, float]:
    """Give precision, recall and F1 of each class as metrics; what is undefined is left out."""
    return {
        f"test/{score}/{name}": row[score]
        for name, row in summary["per_class"].items()
        for score in ("precision", "recall", "f1")
        if row[score] is not None
    }


def datasets(folder: RunFolder, record: Mapping[str, Any]) -> list[DatasetRecord]:
    """Describe the corpora of a run: whose they are, how much of them is in use, and for what.

    Args:
        folder: holds the utterances in use and the folds.
        record: `run.json` of the run.
    """
    utterances, folds = pd.read_parquet(folder.utterances), pd.read_parquet(folder.folds)
    parts = folds.merge(utterances[["utterance_id", "corpus"]], on="utterance_id").groupby("corpus")["part"].unique()
    columns = {name: _KINDS.get(utterances[name].dtype.kind, "string") for name in COLUMNS}
    found = []
    for corpus, rows in utterances.groupby("corpus"):
        facts = record["corpora"][corpus]
        found.append(
            DatasetRecord(
                name=str(corpus),
                digest=data_hash(rows),
                context=_context(set(parts[corpus])),
                source={key: facts[key] for key in ("title", "licence", "language", "citation")},
                profile={
                    "num_rows": len(rows),
                    "speakers": int(rows["speaker"].nunique()),
                    "hours": round(float(rows["duration_s"].sum()) / 3600, 3),
                    "classes": rows["label"].value_counts().sort_index().to_dict(),
                },
                columns=columns,
            )
        )
    return found


def _context(parts: set[str]) -> str:
    if "test" not in parts:
        return "training"
    return "cross-validation" if "train" in parts else "evaluation"


def candidacy(record: Mapping[str, Any], summary: Mapping[str, Any]) -> Candidacy:
    """Say for which place in the model registry a run competes.

    One registered model stands for corpora and labels, one alias for a protocol on the same data. Protocols that leak
    speakers, see the tested clips or know the tested speakers say so in the alias and, their hashes being others, never
    share one with a clean protocol.

    Args:
        record: `run.json` of the run.
        summary: as :func:`ser.evaluation.summary.summarise` gives.
    """
    protocol, interval = record["protocol"], summary["uar_interval"]
    corpora = "+".join(record["corpora"])
    flaws = ["leaking" if mark == DEPENDENT else mark.lower() for mark in marks(protocol)]
    contest = digest([protocol["hash"], record["data_hash"]], 8)
    licences = "; ".join(f"{name}: {facts['licence']}" for name, facts in record["corpora"].items())
    fold = summary["folds"][0]
    return Candidacy(
        model=_NOT_IN_A_NAME.sub("_", f"{corpora}-{protocol['labels']}"),
        alias="-".join(_NOT_IN_AN_ALIAS.sub("_", part) for part in [protocol["name"], *flaws, contest]),
        metric=protocol["metric"],
        score=summary[protocol["metric"]],
        higher_is_better=METRICS[protocol["metric"]].higher_is_better,
        words=f"Emotions ({protocol['labels']} labels) from speech, trained on {corpora}. Each alias points "
        "at the best run of one protocol. A version holds the model of the first fold of its run, which no test score "
        f"has chosen; its scores are of all folds. Licences of the corpora: {licences}.",
        tags={
            "ser.protocol": protocol["words"],
            "ser.audit": protocol["verdict"],
            **({"ser.warning": protocol["warning"]} if protocol["warning"] else {}),
            "ser.interval": f"UAR {interval['low']:.3f} to {interval['high']:.3f}" if interval else "none",
            "ser.fit": f"fold {fold['fold']}, seed {fold['seed']}",
        },
    )
