"""The verb `matrix`: one recipe trained on each corpus and tested on each, every cell an ordinary run."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ser import config, sweep
from ser.config import OWN, Settings
from ser.errors import ConfigError, ProtocolError
from ser.evaluation.figures import save
from ser.evaluation.matrix import OTHERS, Cell, Matrix, cell, to_json, to_markdown
from ser.evaluation.matrix_figure import matrix_figure
from ser.files import digest, folder_written_aside, read_json, write_json
from ser.pipeline import prepare, runs, steps
from ser.pipeline.runs import RunFolder

log = logging.getLogger(__name__)

FIGURE = "matrix.png"
# The protocols of a cell, of which the first that its speakers allow is taken: TESS has two, whom only `loso` parts.
_WITHIN = (
    ("protocol=speaker_kfold",),
    ("protocol=loso",),
    ("protocol=loso", "protocol.dev=utterances"),
)
_ACROSS = ("protocol=cross_corpus", "protocol.train=[{train}]", "protocol.test=[{test}]")
_RECIPE = ("corpora", "labels", "normalise", "augment", "features", "model", "trainer", "seeds")


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A cell to be filled."""

    row: str
    column: str
    train: list[str]

    def protocols(self) -> list[tuple[str, ...]]:
        if self.train == [self.column]:
            return list(_WITHIN)
        across = tuple(part.format(train=",".join(self.train), test=self.column) for part in _ACROSS)
        return [across, (*across, "protocol.dev=utterances")]


def run(arguments: Sequence[str]) -> int:
    """Fill the matrix of some corpora, and print where its page is.

    Args:
        arguments: overrides; the corpora are crossed, everything else is the recipe of every cell.

    Returns:
        The exit code: 0, or 1 when a cell has no run.

    Raises:
        SerError: before any work for names, keys and values that do not fit.
    """
    settings = _checked(arguments)
    corpora = list(settings.corpora)
    cells = []
    places = list(_places(corpora))
    for number, place in enumerate(places, start=1):
        print(f"[{number} of {len(places)}] {place.row} -> {place.column}", file=sys.stderr)
        cells.append(_filled(place, settings))
    matrix = Matrix(title=_title(settings), corpora=corpora, cells=cells)
    print(_write(matrix, settings))
    missing = [found for found in cells if found.run_id is None]
    for found in missing:
        print(f"no run of {found.row} -> {found.column}: {found.reason}", file=sys.stderr)
    return 1 if missing else 0


def _checked(arguments: Sequence[str]) -> Settings:
    flags = [argument for argument in arguments if argument.startswith("-")]
    chosen = [word for word in arguments if word.lstrip("+").split("=")[0].split(".")[0] == "protocol"]
    for wrong, expected, fix in (
        (flags, "overrides only", "Name the corpora in one list: corpus=[emodb,ravdess,tess]."),
        (chosen, "no protocol, since each cell has its own", "Leave it out; for others use `ser train`."),
    ):
        if wrong:
            raise ConfigError(expected=expected, received=wrong[0], where="ser matrix", fix=fix)
    settings = config.load(arguments)
    steps.check(settings, needs_model=True)
    if len(settings.corpora) < 2:
        raise ConfigError(
            expected="two or more corpora to cross",
            received=", ".join(settings.corpora),
            where="corpus",
            fix="Write corpus=[emodb,ravdess,tess].",
        )
    return settings


def _places(corpora: Sequence[str]) -> Iterator[_Place]:
    """List the cells row by row; with two corpora, the others of one are the other."""
    for row in corpora:
        for column in corpora:
            yield _Place(row=row, column=column, train=[row])
    if len(corpora) > 2:
        for column in corpora:
            yield _Place(row=OTHERS, column=column, train=[name for name in corpora if name != column])


def _filled(place: _Place, whole: Settings) -> Cell:
    """Train what a cell needs, in a process of its own, unless its run is finished; say why where it cannot be."""
    empty = Cell(row=place.row, column=place.column, train=place.train, run_id=None)
    try:
        settings, made = _possible(place, whole)
    except ProtocolError as error:
        return Cell(**{**vars(empty), "reason": str(error)})
    name = f"{place.row}-{place.column}".replace(" ", "-")
    outcome = whole.work_dir / "outputs" / "matrix" / _key(whole) / name / sweep.OUTCOME
    ended = sweep.work_apart("train", settings.plain(), settings.overrides, outcome)
    if ended["status"] != "finished":
        return Cell(**{**vars(empty), "reason": ended["reason"]})
    folder = runs.folder_of(settings, data_hash=made.data_hash, protocol_hash=made.protocol_hash)
    return _of_run(place, folder)


def _possible(place: _Place, whole: Settings) -> tuple[Settings, prepare.Split]:
    """Take the first protocol that the speakers of a cell allow.

    Raises:
        ProtocolError: of the last, when none does.
    """
    protocols = place.protocols()
    for protocol in protocols:
        settings = config.load([*_recipe(place, whole), *protocol])
        try:
            return settings, prepare.split(settings)
        except ProtocolError:
            if protocol == protocols[-1]:
                raise
    raise AssertionError("a cell has a protocol")


def _recipe(place: _Place, whole: Settings) -> list[str]:
    """Give the overrides of a cell: those of the command but for corpora that the cell does not have."""
    corpora = sorted({*place.train, place.column})
    others = [f"corpora.{name}" for name in whole.corpora if name not in corpora]
    kept = []
    for override in whole.overrides:
        key = override.lstrip("+~").split("=")[0]
        own = key == "path" and not OWN & set(corpora)
        if key != "corpus" and not own and not any(key == name or key.startswith(f"{name}.") for name in others):
            kept.append(override)
    return [f"corpus=[{','.join(corpora)}]", *kept]


def _of_run(place: _Place, folder: RunFolder) -> Cell:
    return cell(
        place.row,
        place.column,
        place.train,
        runs.read(folder),
        read_json(folder.summary),
        read_json(folder.path / "dropped.json"),
    )


def _title(settings: Settings) -> str:
    recipe = runs.name_of(settings).removeprefix("+".join(settings.corpora)).strip()
    return f"{recipe}, {settings.labels.name} labels"


def _key(settings: Settings) -> str:
    plain = settings.plain()
    return f"{settings.features.name}-{settings.model.name}-{digest({name: plain[name] for name in _RECIPE}, 8)}"


def _write(matrix: Matrix, settings: Settings) -> str:
    out = settings.work_dir / "reports" / "matrix" / _key(settings)
    with folder_written_aside(out) as aside:
        write_json(aside / "matrix.json", to_json(matrix))
        (aside / "matrix.md").write_text(to_markdown(matrix, FIGURE), encoding="utf-8")
        save(matrix_figure(matrix), aside / FIGURE)
    return str(out / "matrix.md")
