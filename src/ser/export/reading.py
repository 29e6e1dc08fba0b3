"""From an exported file to an engine: what kind of file it is, its content tells, not its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ser.errors import StoreError
from ser.export import onnx_file, record
from ser.export.engine import FileEngine, Run
from ser.export.record import AUDIO
from ser.features.base import Recipe

MOST_BYTES = 2**30
"""Larger files are not opened."""
_ZIP, _LITERT, _ONNX = b"PK\x03\x04", b"TFL3", b"\x08"

BuildRecipe = Callable[[Mapping[str, Any]], Recipe]
"""From class and settings of a recipe, as a file names them, to the recipe.

Raises:
    StoreError: for a class that is not of `ser`, without importing it.
"""


def engine_from(path: Path, *, trusted: bool, build_recipe: BuildRecipe) -> FileEngine:
    """Read an exported file: ONNX, LiteRT or, where it is trusted, TorchScript.

    Args:
        path: the file.
        trusted: whether the user vouches for it as for a program.
        build_recipe: makes the recipe whose features the file takes.

    Raises:
        StoreError: when it is missing, damaged, of another kind, not trusted, or not written by `ser export`.
        ConfigError: when the library that runs it is not installed.
    """
    data = _bytes_of(path)
    entries, start = _opened(path, data, trusted)
    told = record.read(entries, where=path)
    recipe = None if told.input.kind == AUDIO else build_recipe(told.recipe)
    if recipe is not None and (recipe.kind, recipe.width) != (told.input.kind, told.input.width):
        raise StoreError(
            expected=f"features as the model takes them: {told.input.kind}, {told.input.width} values a row",
            received=f"a recipe that gives {recipe.kind}, {recipe.width} values a row",
            where=path,
            fix="Export the model again with this version.",
        )
    return FileEngine(told, recipe, start(), path)


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_file() and 0 < size <= MOST_BYTES:
            return path.read_bytes()
        received = f"{size:,} bytes" if path.is_file() else "no file but a folder, a pipe or a device"
    except OSError as error:
        received = error.strerror or str(error)
    raise StoreError(
        expected=f"a model file of 1 to {MOST_BYTES:,} bytes",
        received=received,
        where=path,
        fix="Check the path, and that you may read it.",
    )


def _opened(path: Path, data: bytes, trusted: bool) -> tuple[Mapping[str, str], Callable[[], Run]]:
    """Give the metadata of a file, and what starts its runtime."""
    if data.startswith(_ZIP):
        # Imported here, as below: each format has a runtime of its own, and PyTorch alone takes seconds.
        from ser.export.torchscript import ScriptRun

        program = ScriptRun(path, data, trusted=trusted)
        return program.entries, lambda: program
    if data[4:8] == _LITERT:
        from ser.export.litert_file import LiteRTRun

        model = LiteRTRun(path, data)
        return model.entries, lambda: model
    if data.startswith(_ONNX):
        return onnx_file.entries(path, data), lambda: onnx_file.OnnxRun(path, data)
    raise StoreError(
        expected="an ONNX, LiteRT or TorchScript model",
        received="a file of another kind",
        where=path,
        fix="`ser export RUN` writes such files.",
    )
