"""By whose statistics features are normalised, from the command line to every page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from ser import config
from ser.cli import main
from ser.models import storage
from ser.pipeline import prepare, runs
from ser.pipeline.loaders import loaders
from ser.pipeline.runs import RunFolder
from tiny import CLIPS, overrides

MORE = ["model=kernel_ridge", "tracking=none"]


def only_run(work_dir: Path, study: str) -> RunFolder:
    (found,) = [folder for folder in runs.all_runs(work_dir) if study in folder.studies()]
    return found


def test_every_part_and_copy_is_relative_to_the_clean_clips_of_its_speaker(study: Path) -> None:
    settings = config.load(overrides(study, *MORE, "normalise=speaker", "augment=noise"))
    made = prepare.split(settings)
    source = prepare.features(settings, made).source
    (copy,) = source.variant_spaces
    speaker = made.utterances.set_index("sha256")["speaker"]
    of_speaker = {
        name: source.clean(keys.index.tolist()).values.astype(np.float64) for name, keys in speaker.groupby(speaker)
    }

    def expected(raw: np.ndarray, keys: list[str]) -> np.ndarray:
        own = [of_speaker[speaker[key]] for key in keys]
        return np.array([(x - o.mean(axis=0)) / o.std(axis=0) for x, o in zip(raw, own, strict=True)])

    for _, loader, _ in loaders(settings, made):
        data = loader()
        clean, noisy = np.split(data.train.values, 2)
        for values, raw, keys in (
            (clean, source.clean(loader.train), loader.train),
            (noisy, source.variant(copy, loader.train), loader.train),
            (data.dev.values, source.clean(loader.dev), loader.dev),
            (data.test.values, source.clean(loader.test), loader.test),
        ):
            np.testing.assert_allclose(values, expected(raw.values, keys), atol=1e-3)
        assert not data.scaling.standardize


def test_a_transductive_run_says_so_on_every_page(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = overrides(study, "model=kernel_ridge", "study=known", "normalise=speaker_rank")
    assert main(["train", *job]) == 0
    folder = only_run(study, "known")
    record = runs.read(folder)
    assert record["name"].endswith("kernel_ridge normalise=speaker_rank")
    assert (record["protocol"]["normalise"], record["protocol"]["transductive"]) == ("speaker_rank", True)
    scaling = storage.load(folder.fit(1, 0) / "model").scaling
    assert (scaling.group, scaling.shape, scaling.standardize) == ("speaker", "rank_gauss", False)
    client = MlflowClient(f"sqlite:///{study / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("known")
    (parent,) = client.search_runs([experiment.experiment_id], f"tags.`ser.run_id` = '{folder.run_id}'")
    assert (parent.data.tags["ser.normalise"], parent.data.tags["ser.transductive"]) == ("speaker_rank", "true")
    assert "**TRANSDUCTIVE: " in parent.data.tags["mlflow.note.content"]
    assert main(["report", *job]) == 0
    capsys.readouterr()
    assert main(["leaderboard", "--work-dir", str(study), "--study", "known"]) == 0
    pages = [
        capsys.readouterr().out,
        (study / "reports" / "known" / "report.md").read_text(),
        (folder.evaluation / "model_card.md").read_text(),
    ]
    for text in pages:
        assert "**TRANSDUCTIVE: features are normalised by statistics of the tested speaker's own" in text
    assert main(["leaderboard", "--work-dir", str(study), "--format", "json"]) == 0
    tables = [[row["run_id"] for row in table["rows"]] for table in json.loads(capsys.readouterr().out)]
    assert [folder.run_id] in tables, "never in one table with runs that did not know their speakers"


def test_enrolled_clips_are_not_scored(study: Path) -> None:
    job = overrides(study, *MORE, "study=enrolled", "normalise=enrolment", "normalise.clips=4", "normalise.shape=mean")
    assert main(["train", *job]) == 0
    folder = only_run(study, "enrolled")
    assert len(pd.read_parquet(folder.predictions)) == CLIPS - 4 * 4
    assert "ENROLMENT: each tested speaker is known by 4 clips" in (folder.evaluation / "model_card.md").read_text()
    assert storage.load(folder.fit(1, 0) / "model").scaling.standardize
