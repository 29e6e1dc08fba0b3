"""Which runs become versions of a registered model, and where the aliases point."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from ser.tracking import registry
from ser.tracking.records import Candidacy, ModelRecord, RunRecord
from ser.tracking.store import Tracker
from tracked import model, record

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, which `ser` keeps quiet.
CLEAN, LEAKING = "speaker_kfold-01234567", "random-leaking-89abcdef"


class Store:
    """A store of its own, and small runs for it."""

    def __init__(self, folder: Path, saved: ModelRecord) -> None:
        (folder / "note.txt").write_text("note")
        self.note, self.saved = folder / "note.txt", saved
        self.tracker = Tracker(f"sqlite:///{folder / 'mlflow.db'}", str(folder / "mlartifacts"), register=True)
        self.client: MlflowClient = self.tracker.client

    def run(self, number: int, score: float, alias: str = CLEAN, *, version: str = "1") -> RunRecord:
        candidacy = Candidacy(
            model="emodb-seven",
            alias=alias,
            metric="uar",
            score=score,
            higher_is_better=True,
            words="made for a test",
            tags={"ser.audit": "speaker-independent"},
        )
        base = dataclasses.replace(record(number, self.note, self.saved), params={})
        return dataclasses.replace(base, candidacy=candidacy, version=version)

    def aliases(self) -> dict[str, str]:
        """Alias -> the run that it points at."""
        found = self.client.get_registered_model("emodb-seven").aliases
        versions = {alias: self.client.get_model_version("emodb-seven", number) for alias, number in found.items()}
        return {alias: version.tags["ser.run_id"] for alias, version in versions.items()}

    def versions(self) -> list[str]:
        """The runs that are versions."""
        return sorted(found.tags["ser.run_id"] for found in self.client.search_model_versions("name = 'emodb-seven'"))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> ModelRecord:
    return model(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture
def store(work_dir: Path, saved: ModelRecord) -> Store:
    return Store(work_dir, saved)


def test_the_alias_moves_to_better_runs_only(store: Store) -> None:
    first, equal, worse, better = (store.run(number, score) for number, score in enumerate((0.5, 0.5, 0.4, 0.6)))
    for run, leader in ((first, first), (equal, first), (worse, first), (better, better)):
        store.tracker.complete(run)
        assert store.aliases() == {CLEAN: leader.run_id}
    assert store.versions() == [first.run_id, better.run_id], "those that never led are no versions"
    assert store.tracker.register(worse), "it was asked for by name"
    assert not store.tracker.register(worse)
    assert store.versions() == [first.run_id, worse.run_id, better.run_id]
    assert store.aliases() == {CLEAN: better.run_id}


def test_another_protocol_has_an_alias_of_its_own(store: Store) -> None:
    clean, leaking = store.run(1, 0.5), store.run(2, 0.9, LEAKING)
    for run in (clean, leaking):
        store.tracker.complete(run)
    assert store.aliases() == {CLEAN: clean.run_id, LEAKING: leaking.run_id}


def test_a_version_says_what_it_is_and_predicts(store: Store) -> None:
    store.tracker.complete(store.run(1, 0.5))
    version = store.client.get_model_version_by_alias("emodb-seven", CLEAN)
    assert version.description == "made for a test"
    assert version.tags["ser.audit"] == "speaker-independent"
    assert float(version.tags["ser.score"]) == 0.5
    loaded = mlflow.pyfunc.load_model(f"models:/emodb-seven@{CLEAN}")
    assert loaded.predict(np.zeros((4, 3), np.float32)).shape == (4, 2)


def test_a_run_that_is_logged_anew_replaces_its_version_and_may_lose_the_lead(store: Store) -> None:
    first, second = store.run(1, 0.5), store.run(2, 0.6)
    for run in (first, second, store.run(2, 0.4, version="2")):
        store.tracker.complete(run)
    assert store.versions() == [first.run_id, second.run_id]
    assert store.aliases() == {CLEAN: first.run_id}


def test_a_store_without_a_registry_shows_the_run_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> bool:
        raise MlflowException("no registry here")

    monkeypatch.setattr(registry, "enter", refuse)
    with caplog.at_level(logging.WARNING):
        assert store.tracker.complete(store.run(1, 0.5))
        assert not store.tracker.complete(store.run(1, 0.5)), "it is whole"
    assert "no registry here" in caplog.text
    assert "tracking.register=false" in caplog.text
