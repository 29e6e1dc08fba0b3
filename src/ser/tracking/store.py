"""Logging runs to MLflow so that a kill at any moment leaves nothing wrong: what is incomplete is logged anew."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.exceptions import MlflowException

from ser.files import locked
from ser.tracking import registry
from ser.tracking.database import file_of, uri_of
from ser.tracking.entities import COMPLETE_TAG, NOTE_TAG, curves, dataset, last_tags, points
from ser.tracking.flavor import log_model
from ser.tracking.records import FitRecord, RunRecord
from ser.tracking.trouble import said_plainly

log = logging.getLogger(__name__)
# MLflow sets its own level when it is imported; its migrations and validations are not the user's news.
for _name in ("mlflow", "alembic"):
    logging.getLogger(_name).setLevel(logging.WARNING)

RUN_TAG = registry.RUN_TAG
for _name, _value in {
    # A server that is restarted is waited for, some 7 s (0, 2 and 4 s between the attempts, and up to 1 s by chance
    # each); one that is gone is said to be so. Nothing is lost then, and `ser sync` tries again.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    # Standard output is for the results of a command.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}.items():
    os.environ.setdefault(_name, _value)
# One request of MLflow's REST API takes at most so many (documented limits of log-batch).
MOST_METRICS, MOST_PARAMS = 1000, 100
LONGEST_PARAM = 6000


class Tracker:
    """A connection to one MLflow store.

    Args:
        uri: `sqlite:///FILE` (a path, nothing in it quoted) or the address of a server.
        artifacts: folder for the artifacts of new experiments in a database file; a server decides for itself.
        register: whether runs that take the lead enter the model registry.
    """

    def __init__(self, uri: str, artifacts: str | None, *, register: bool = False) -> None:
        self.uri, self.registers = uri, register
        self.file = file = file_of(uri)
        self.artifacts = Path(artifacts).resolve() if file is not None and artifacts is not None else None
        with said_plainly(self.uri):
            mlflow.set_tracking_uri(uri if file is None else uri_of(file))
            if file is not None:
                self._create(file)
            self.client = MlflowClient()

    def _create(self, file: Path) -> None:
        """Make the database once, alone: processes that race on a new SQLite file break it for good."""
        if file.is_file() and _journal_mode(file) == "wal":
            return
        with locked(file):
            # MLflow would try again and again, for minutes, on a file that is no database.
            _journal_mode(file)
            MlflowClient().search_experiments(max_results=1)
            # Readers and a writer side by side. Kept in the file, and set last: it marks a database that is whole.
            _journal_mode(file, " = wal")

    def check(self) -> None:
        """Ask the store for something small.

        Raises:
            StoreError: when it does not answer, or does not know us.
        """
        with said_plainly(self.uri):
            self.client.search_experiments(max_results=1)

    def begin(self, record: RunRecord) -> str:
        """Open (or find again) the parent run of a record, marked RUNNING.

        Args:
            record: identity, parameters and tags; metrics and artifacts are not logged yet.

        Returns:
            MLflow's id of the parent run.

        Raises:
            StoreError: when the store cannot be reached.
        """
        with said_plainly(self.uri):
            experiment = self._experiment(record.study)
            found = self._find(experiment, record.run_id)
            if found is not None:
                self.client.update_run(found.info.run_id, status="RUNNING")
            run = found or self.client.create_run(
                experiment,
                run_name=record.name,
                tags={
                    **record.tags,
                    RUN_TAG: record.run_id,
                    NOTE_TAG: record.description,
                    "mlflow.source.name": "ser train",
                    "mlflow.source.type": "LOCAL",
                },
            )
            known = run.data.params
            self._params(run.info.run_id, {key: record.params[key] for key in record.params if key not in known})
            return str(run.info.run_id)

    def complete(self, record: RunRecord) -> bool:
        """Log everything of a finished run, once.

        A run that is complete in this version is left as it is. One that was left half-logged gets what is missing; one
        that shows another evaluation is replaced.

        Args:
            record: the whole run.

        Returns:
            Whether anything had to be logged.

        Raises:
            StoreError: when the store cannot be reached or is full.
        """
        with said_plainly(self.uri):
            experiment = self._experiment(record.study)
            shown = self._find(experiment, record.run_id)
            version = shown.data.tags.get(COMPLETE_TAG) if shown is not None else None
            if shown is not None and version == record.version and shown.info.status == "FINISHED":
                return False
            if version is not None:
                self.forget(record)
            parent = self.begin(record)
            for fit in record.fits:
                self._child(experiment, parent, fit)
            self._log(parent, points(record.metrics))
            self._artifacts(parent, record)
            self.client.log_inputs(parent, [dataset(data) for data in record.datasets])
            self.client.log_batch(parent, tags=last_tags(record))
            if self.registers:
                self._enter_if_possible(experiment, parent, record)
            self.client.set_terminated(parent, "FINISHED")
            return True

    def register(self, record: RunRecord) -> bool:
        """Make a version of a finished run in the model registry, whether or not it leads; log the run if it was not.

        Args:
            record: the whole run.

        Returns:
            Whether the registry lacked it.

        Raises:
            StoreError: when the store cannot be reached or has no registry.
        """
        self.complete(record)
        with said_plainly(self.uri):
            experiment = self._experiment(record.study)
            found = self._find(experiment, record.run_id)
            return found is not None and self._enter(experiment, found.info.run_id, record, always=True)

    def leaders(self) -> list[registry.Leader]:
        """List the places of the model registry and the runs that hold them.

        Raises:
            StoreError: when the store cannot be reached or has no registry.
        """
        with said_plainly(self.uri):
            return registry.leaders(self.client)

    def _enter_if_possible(self, experiment: str, parent: str, record: RunRecord) -> None:
        """Go on without the registry where the store has none: the run itself is shown all the same."""
        try:
            self._enter(experiment, parent, record, always=False)
        except MlflowException as error:
            log.warning(
                "run %s is not in the model registry of %s: %s. `ser register` tries again; tracking.register=false "
                "leaves it alone.",
                *(record.run_id, self.uri, error.message),
            )

    def _enter(self, experiment: str, parent: str, record: RunRecord, *, always: bool) -> bool:
        if record.candidacy is None:
            return False
        named = f"tags.`mlflow.parentRunId` = '{parent}' and attributes.run_name = '{record.fits[0].name}'"
        (fit,) = self.client.search_runs([experiment], named)
        # Of processes that log at once, each sees what the one before it entered.
        with locked(self.file) if self.file is not None else contextlib.nullcontext():
            return registry.enter(
                self.client,
                record.candidacy,
                self.client.get_run(parent),
                self.client.get_run(fit.info.run_id),
                always=always,
            )

    def fail(self, record: RunRecord, reason: str) -> None:
        """Mark the parent run of a record FAILED, with the reason as a tag."""
        with said_plainly(self.uri):
            parent = self.begin(record)
            self.client.set_tag(parent, "ser.failure", reason[:5000])
            self.client.set_terminated(parent, "FAILED")

    def forget(self, record: RunRecord) -> None:
        """Delete the runs of a record, so that a repetition is logged anew."""
        with said_plainly(self.uri):
            found = self._find(self._experiment(record.study), record.run_id)
            if found is not None:
                self._delete(found)

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = self.artifacts.as_uri() if self.artifacts is not None else None
        try:
            # The kind tells MLflow's pages to open on training runs rather than on chats with language models.
            tags = {"mlflow.experimentKind": "custom_model_development"}
            return str(self.client.create_experiment(name, artifact_location=location, tags=tags))
        except MlflowException:
            # Another process made it between the question and the answer.
            found = self.client.get_experiment_by_name(name)
            if found is None:
                raise
            return str(found.experiment_id)

    def _find(self, experiment: str, run_id: str) -> Run | None:
        runs = self.client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{run_id}'")
        runs = sorted(runs, key=lambda run: COMPLETE_TAG not in run.data.tags)
        # A request to make it that was repeated, because its answer got lost, has made it twice.
        for double in runs[1:]:
            self._delete(double)
        return runs[0] if runs else None

    def _delete(self, run: Run) -> None:
        for child in self._children(run.info.experiment_id, run.info.run_id):
            self.client.delete_run(child.info.run_id)
        self.client.delete_run(run.info.run_id)

    def _children(self, experiment: str, parent: str) -> list[Run]:
        return list(self.client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'", max_results=1000))

    def _child(self, experiment: str, parent: str, fit: FitRecord) -> None:
        same_name = [run for run in self._children(experiment, parent) if run.info.run_name == fit.name]
        for run in same_name:
            if run.data.tags.get(COMPLETE_TAG) == "true":
                return
            self.client.delete_run(run.info.run_id)
        tags = {**fit.tags, "mlflow.parentRunId": parent}
        run_id = self.client.create_run(experiment, run_name=fit.name, tags=tags).info.run_id
        self._params(run_id, fit.params)
        self._log(run_id, [*curves(fit.history), *points(fit.metrics)])
        if fit.model is not None:
            log_model(run_id, fit.model)
        self.client.set_tag(run_id, COMPLETE_TAG, "true")
        self.client.set_terminated(run_id, "FINISHED")

    def _params(self, run_id: str, params: Mapping[str, object]) -> None:
        values = [Param(key, str(value)[:LONGEST_PARAM]) for key, value in params.items()]
        for start in range(0, len(values), MOST_PARAMS):
            self.client.log_batch(run_id, params=values[start : start + MOST_PARAMS])

    def _log(self, run_id: str, metrics: list[Metric]) -> None:
        for start in range(0, len(metrics), MOST_METRICS):
            self.client.log_batch(run_id, metrics=metrics[start : start + MOST_METRICS])

    def _artifacts(self, run_id: str, record: RunRecord) -> None:
        with tempfile.TemporaryDirectory() as folder:
            places = {name: Path(folder) / name for name in (*record.artifacts, *record.tables)}
            for place in places.values():
                place.parent.mkdir(parents=True, exist_ok=True)
            for name, source in record.artifacts.items():
                shutil.copyfile(source, places[name])
            for name, table in record.tables.items():
                # As `mlflow.log_table` writes them, which would append to what an earlier attempt has left.
                places[name].write_text(json.dumps({"columns": table.columns, "data": table.rows}), encoding="utf-8")
            self.client.log_artifacts(run_id, folder)


def _journal_mode(file: Path, change: str = "") -> str:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return str(connection.execute(f"pragma journal_mode{change}").fetchone()[0])
