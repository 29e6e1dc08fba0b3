"""The command `export`: a finished run as one file for other programs, checked against the run before it is kept."""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser import apart
from ser.arrays import Float32
from ser.audio.stft import HOP
from ser.errors import ConfigError, StoreError, one_of
from ser.export import checking, writing
from ser.export.checking import LIMIT, Clip
from ser.export.reading import BuildRecipe, engine_from
from ser.export.record import AUDIO
from ser.export.writing import FORMATS, INT8, Source
from ser.files import read_json, write_json, write_text, written_aside
from ser.pipeline import again, deployed, int8, runs
from ser.pipeline.clips import clips_of
from ser.pipeline.export_words import text_of
from ser.pipeline.runs import RunFolder
from ser.serving.engine import TrainedEngine

MEMBERS = ("all", "first")
INPUTS = ("auto", "audio", "features")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked of an export.

    Attributes:
        to: a key of :data:`ser.export.writing.FORMATS`.
        out: the file; None for `<run id>.<suffix>` in the current folder.
        members: "all" models of a cross-validation averaged, or the "first"; None for all, and for the first in LiteRT.
        takes: "audio", "features", or "auto" for audio where a graph computes the features faithfully.
        form: of LiteRT files.
        header: whether to write a LiteRT file as a C header too, beside it as `<file>.h`.
        clips: how many recordings the answers are compared on.
        data_dir: where the corpora lie now; None is where they lay when the run was trained.
    """

    to: str
    out: Path | None
    members: str | None
    takes: str
    form: str
    header: bool
    clips: int
    data_dir: Path | None

    def __post_init__(self) -> None:
        one_of(self.to, FORMATS, what="a format", where="--to")
        one_of(self.takes, INPUTS, what="what a file may take", where="--input")
        one_of(self.members or "all", MEMBERS, what="which models", where="--members")
        if self.to == "litert" and self.members == "all":
            raise ConfigError(
                expected="--members first: a LiteRT file holds one model",
                received="all",
                where="--members",
                fix="Leave it out, or export with --to onnx.",
            )
        if self.header and self.to != "litert":
            raise ConfigError(
                expected="--to litert, whose files devices in C read",
                received=self.to,
                where="--header",
                fix="Leave --header out, or export with --to litert.",
            )
        if self.clips < 1:
            raise ConfigError(expected="1 or more", received=self.clips, where="--clips", fix="Set --clips 20.")


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export left.

    Attributes:
        path: the file; its report lies beside it as `<file>.json`.
        report: as the JSON holds it.
    """

    path: Path
    report: dict[str, Any]

    @property
    def text(self) -> str:
        """The report for people."""
        return text_of(self.path, self.report)


def export(work_dir: Path, run: str, wanted: Wanted) -> Exported:
    """Write a run as a file, compare its answers with the run's own, and measure it.

    Args:
        work_dir: holds `runs/` and the feature store.
        run: its id or the first letters of it.
        wanted: what is asked.

    Raises:
        StoreError: when the run is unknown, unfinished or damaged, the store lacks features that int8 needs, or the
            file does not answer as the run does; it is not kept then.
        ConfigError: when the run cannot be exported so.
    """
    folder = again.finished(work_dir, run)
    engine = deployed.trained_engine(folder)
    source = _source(folder, engine, first=wanted.members == "first" or wanted.to == "litert")
    material = int8.material_of(folder, work_dir, source)
    calibration: Sequence[Float32] = []
    if _rounds(wanted):
        folds = [fold for fold, _ in int8.fits_of(folder)][: len(source.members)]
        calibration = material.calibration(folds)
    path = wanted.out or Path(f"{folder.run_id}.{FORMATS[wanted.to]}")
    where, clips = clips_of(folder, work_dir, count=wanted.clips, data_dir=wanted.data_dir)
    report = _written(path, source, wanted, calibration, clips)
    report["parity"]["clips_from"] = where
    if _rounds(wanted):
        report["int8"] = int8.change(folder, material, source, engine.members, to=wanted.to)
    if wanted.header:
        write_text(path.with_name(f"{path.name}.h"), _header(path, source))
    write_json(path.with_name(f"{path.name}.json"), report)
    return Exported(path=path, report=report)


def _source(folder: RunFolder, engine: TrainedEngine, *, first: bool) -> Source:
    members = engine.members[:1] if first else engine.members
    return Source(
        facts=dataclasses.replace(engine.facts, members=len(members)),
        members=members,
        recipe=engine.recipe,
        settings=runs.settings_as_data(folder)["features"],
    )


def _rounds(wanted: Wanted) -> bool:
    return wanted.to == INT8 or (wanted.to == "litert" and wanted.form == "int8")


def _written(
    path: Path, source: Source, wanted: Wanted, calibration: Sequence[Float32], clips: Sequence[Clip]
) -> dict[str, Any]:
    """Write the file in the first of the possible ways that is faithful, and report on it."""
    notes: list[str] = []
    build_recipe = functools.partial(deployed.built_recipe, where=path)
    expected = checking.answers(TrainedEngine(source.facts, source.recipe, source.members), clips)
    for audio in _ways(source, wanted):
        data = writing.content(source, wanted.to, audio=audio, form=wanted.form, calibration=calibration)
        with tempfile.TemporaryDirectory() as name:
            trial = Path(name) / path.name
            trial.write_bytes(data)
            found = engine_from(trial, trusted=True, build_recipe=build_recipe)
            difference = checking.largest_difference(expected, checking.answers(found, clips))
            if _exact(wanted) and difference > LIMIT:
                what = "audio" if audio else "features"
                notes.append(f"With {what} in, log-probabilities differ by {difference:.1e}, more than {LIMIT:g}.")
                continue
            cost = _cost(trial, build_recipe, Path(name) / "cost.json")
        with written_aside(path) as aside:
            aside.write_bytes(data)
        parity = {"clips": len(clips), "largest_difference": difference, "limit": LIMIT if _exact(wanted) else None}
        return {**_described(source, wanted, audio), "bytes": len(data), "parity": parity, **cost, "notes": notes}
    raise StoreError(
        expected=f"a file that answers as run {source.facts.run_id} does, to {LIMIT:g} in log-probability",
        received=" ".join(notes),
        where=path,
        fix="The file was not kept. This is a fault of ser worth reporting, with the run's config.yaml.",
    )


def _header(path: Path, source: Source) -> str:
    # Imported here: it needs the runtime of LiteRT.
    from ser.export.header import header

    hop = None if source.recipe.kind == "vector" else getattr(source.recipe, "hop", HOP)
    return header(path.read_bytes(), classes=source.facts.classes, sample_rate_hz=source.recipe.sample_rate_hz, hop=hop)


def _ways(source: Source, wanted: Wanted) -> list[bool]:
    """List whether the file may take audio: what is tried, in order."""
    possible = writing.takes_audio(source.recipe, wanted.to)
    if wanted.takes == "audio" and not possible:
        raise ConfigError(
            expected="features that a graph of this format can compute, at one rate",
            received=f"features={source.recipe.name} for --to {wanted.to}",
            where="--input",
            fix="Leave --input out: the file then takes features, and says which.",
        )
    return {"audio": [True], "features": [False], "auto": [True, False] if possible else [False]}[wanted.takes]


def _exact(wanted: Wanted) -> bool:
    return wanted.to in ("onnx", "torchscript") or (wanted.to == "litert" and wanted.form == "float32")


def _cost(path: Path, build_recipe: BuildRecipe, out: Path) -> dict[str, float]:
    with apart.started(checking.measure, path, build_recipe, out) as process:
        process.join()
    if not out.is_file():
        raise StoreError(
            expected="an exported file that answers in a process of its own",
            received=f"a process that {apart.ending(process.exitcode)}",
            where=path.name,
            fix="The file was not kept. Free some memory, and run the same command again.",
        )
    found: dict[str, float] = read_json(out)
    return found


def _described(source: Source, wanted: Wanted, audio: bool) -> dict[str, Any]:
    return {
        "run_id": source.facts.run_id,
        "format": wanted.to if wanted.to != "litert" else f"litert {wanted.form}",
        "model": source.members[0].spec.name,
        "members": len(source.members),
        "classes": source.facts.classes,
        "input": AUDIO if audio else source.recipe.kind,
        "features": source.recipe.name,
        "recipe": dict(source.settings),
    }
