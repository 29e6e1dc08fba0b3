"""The smallest study that walks the whole road: four synthetic speakers, 56 clips, two folds."""

from __future__ import annotations

from pathlib import Path

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
