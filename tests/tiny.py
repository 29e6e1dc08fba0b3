"""The smallest study that walks the whole road: four synthetic speakers, 56 clips, two folds."""

from __future__ import annotations

from pathlib import Path

from ser.pipeline import runs
from ser.pipeline.runs import RunFolder

TINY = [
    "corpora.synthetic.speakers=4",
    "corpora.synthetic.utterances=2",
    "protocol.folds=2",
    "features=mfcc_mean",
    "trainer=debug",
    "replicates=100",
    "workers=1",
]
CLIPS = 4 * 2 * 7


def overrides(work_dir: Path, *more: str) -> list[str]:
    """Overrides of the tiny study below a folder, later ones winning."""
    return [*TINY, f"work_dir={work_dir}", *more]


def run_of(work_dir: Path, model: str, study: str = "tiny") -> RunFolder:
    """The run of a model in a study; other tests may have trained other runs in the same folder."""
    found = (folder for folder in runs.all_runs(work_dir) if study in folder.studies())
    return next(folder for folder in found if runs.read(folder)["model"] == model)
