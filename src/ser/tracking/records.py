"""What the tracker is told of a run: plain data, nothing of MLflow in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """A trained model to be logged with a signature and an input example.

    Attributes:
        folder: as `ser.models.storage.save` leaves it.
        kind: "vector" (input of shape [n, width]) or "sequence" ([n, frames, width]).
        width: values a row.
        classes: class names, in the order of the output's columns.
    """

    folder: Path
    kind: str
    width: int
    classes: list[str]


@dataclass(frozen=True, kw_only=True)
class FitRecord:
    """One fold trained with one seed, or one trial of a search: a child run.

    Attributes:
        name: "fold-01-seed-0", "trial-007".
        params: flat settings.
        tags: strings for filtering.
        metrics: last values, such as `test/uar`.
        history: one mapping of metrics an epoch, each with the key "epoch".
        model: the trained model; None where none is kept.
    """

    name: str
    params: Mapping[str, object]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    history: list[Mapping[str, float]]
    model: ModelRecord | None


@dataclass(frozen=True, kw_only=True)
class TableRecord:
    """A table that MLflow's pages set beside those of other runs.

    Attributes:
        columns: their names.
        rows: one value a column; None where it is undefined.
    """

    columns: list[str]
    rows: list[list[object]]


@dataclass(frozen=True, kw_only=True)
class DatasetRecord:
    """The data of a run, described: where its numbers come from, without a copy of anything.

    Attributes:
        name: the corpus.
        digest: hash of its utterances in use, at most 36 characters.
        context: what the run did with it: "training", "evaluation" or "cross-validation".
        source: plain data: title, licence, citation.
        profile: counts.
        columns: MLflow's type of each column of the manifest ("string", "long", "double").
    """

    name: str
    digest: str
    context: str
    source: Mapping[str, object]
    profile: Mapping[str, object]
    columns: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Candidacy:
    """What a run competes for in the model registry.

    Attributes:
        model: the registered model, one for each choice of corpora and labels.
        alias: points at the best version among those of one protocol on the same data.
        metric: what decides.
        score: its value.
        higher_is_better: whether the larger of two scores is the better one.
        words: of the registered model, for its page.
        tags: of the version.
    """

    model: str
    alias: str
    metric: str
    score: float
    higher_is_better: bool
    words: str
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One cross-validation, or one search for settings: a parent run.

    Attributes:
        run_id: the identity hash of the run (not MLflow's id).
        name: for people.
        study: the MLflow experiment.
        description: the run in words (Markdown).
        params: flat settings.
        tags: strings for filtering.
        version: hash of the evaluation that is logged; "" before there is one.
        metrics: values of the pooled test predictions.
        artifacts: files by their path in the artifact store ("evaluation/confusion_matrix.png").
        tables: by their path in the artifact store ("tables/confusion_matrix.json").
        datasets: what it was trained and tested on.
        candidacy: for what it competes in the registry; None for nothing.
        fits: the children.
    """

    run_id: str
    name: str
    study: str
    description: str
    params: Mapping[str, object]
    tags: Mapping[str, str]
    version: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    artifacts: Mapping[str, Path] = field(default_factory=dict)
    tables: Mapping[str, TableRecord] = field(default_factory=dict)
    datasets: list[DatasetRecord] = field(default_factory=list)
    candidacy: Candidacy | None = None
    fits: list[FitRecord] = field(default_factory=list)
