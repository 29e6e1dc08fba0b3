"""What the verbs leave in `to`: whole folders with nothing in them that differs from one repetition to the next."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ser.features.source import FeatureSource
from ser.files import folder_written_aside, read_json, write_json
from ser.pipeline.runs import RunFolder


def files(paths: Iterable[Path], to: Path) -> None:
    """Copy files into a folder of their own."""
    with folder_written_aside(to) as aside:
        for path in paths:
            shutil.copyfile(path, aside / path.name)


def features(source: FeatureSource, keys: list[str], to: Path) -> None:
    """Write features as plain arrays.

    Args:
        source: reads them from the store.
        keys: audio hashes of the clips; written to `clips.txt`, one a line.
        to: gets `<copy>.npy` (float32, rows of all clips end to end) and `<copy>.offsets.npy` (int64, [clips + 1]).
    """
    with folder_written_aside(to) as aside:
        (aside / "clips.txt").write_text("\n".join(keys) + "\n", encoding="utf-8")
        for copy in ("clean", *source.variant_spaces):
            clips = source.clean(keys) if copy == "clean" else source.variant(copy, keys)
            np.save(aside / f"{copy}.npy", clips.values, allow_pickle=False)
            np.save(aside / f"{copy}.offsets.npy", clips.offsets, allow_pickle=False)


def trained(folder: RunFolder, to: Path) -> None:
    """Copy what evaluation needs of a run: predictions of both parts, folds, labels, and curves without their times."""
    with folder_written_aside(to) as aside:
        identity(folder, aside)
        for path in (folder.predictions, folder.folds, folder.utterances):
            shutil.copyfile(path, aside / path.name)
        for history in sorted(folder.path.glob("fits/*/history.json")):
            rows = [{key: value for key, value in row.items() if key != "seconds"} for row in read_json(history)]
            write_json(aside / history.relative_to(folder.path), rows)
        for dev in sorted(folder.path.glob("fits/*/dev.npy")):
            shutil.copyfile(dev, aside / dev.relative_to(folder.path))


def evaluated(folder: RunFolder, to: Path) -> None:
    """Copy what reports need of a run: what it is, and its evaluation."""
    with folder_written_aside(to) as aside:
        identity(folder, aside)
        shutil.copytree(folder.evaluation, aside / folder.evaluation.name)


def identity(folder: RunFolder, to: Path) -> None:
    """Copy what says what a run is: record, configuration and audit."""
    for path in (folder.record, folder.config, folder.audit):
        shutil.copyfile(path, to / path.name)
