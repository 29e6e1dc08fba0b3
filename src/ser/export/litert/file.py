"""LiteRT files as bytes: written so that devices can read them in place, with texts and arrays beside the graph.

What a program that runs the model must know and the format has no field for stands in named entries of `metadata`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ser.export.litert import library

ALIGNMENT = 16
"""Bytes at whose multiples constants start, as the schema asks."""
METADATA, SCALING = "ser", "ser_scaling"
"""Entries of metadata: texts as JSON; and, where features are to be standardised first, mean and scale (float32)."""
_IDENTIFIER = b"TFL3"


@dataclass(frozen=True)
class _Constant:
    """A buffer of the file; in place of the library's, which aligns nothing."""

    data: bytes

    def Pack(self, builder: Any) -> int:  # noqa: ANN401, N802 - called by the library's classes
        schema = library.schema()
        # A FlatBuffer is written from its end: what is aligned before the data are written starts where it ought to.
        builder.Prep(ALIGNMENT, len(self.data))
        values = builder.CreateByteVector(self.data)
        schema.BufferStart(builder)
        if self.data:
            schema.BufferAddData(builder, values)
        return int(schema.BufferEnd(builder))


def packed(model: Any, entries: Mapping[str, bytes]) -> bytes:  # noqa: ANN401
    """Write a model of the schema's classes, with entries of metadata added to those it has.

    Args:
        model: a `ModelT`.
        entries: names and contents.
    """
    schema = library.schema()
    constants = [b"" if buffer.data is None else bytes(buffer.data) for buffer in model.buffers]
    listed = list(model.metadata or [])
    for name, content in entries.items():
        listed.append(schema.MetadataT(name=name, buffer=len(constants)))
        constants.append(content)
    model.metadata, model.buffers = listed, [_Constant(data) for data in constants]
    builder = library.flatbuffers().Builder(sum(map(len, constants)) + 4096)
    builder.Finish(model.Pack(builder), file_identifier=_IDENTIFIER)
    return bytes(builder.Output())


def unpacked(content: bytes) -> Any:  # noqa: ANN401
    """Read a file that is known to be whole into the schema's classes: a `ModelT`."""
    return library.schema().ModelT.InitFromPackedBuf(content, 0)


def entries_of(content: bytes) -> dict[str, bytes]:
    """Read the entries of metadata of a file that is known to be whole."""
    model = unpacked(content)
    return {entry.name.decode(): bytes(model.buffers[entry.buffer].data) for entry in model.metadata or []}


def operators_of(content: bytes) -> set[str]:
    """Name the operators of a file that is known to be whole, as the schema does; unknown ones by their numbers."""
    names = {number: name for name, number in vars(library.schema().BuiltinOperator).items()}
    codes = [max(code.deprecatedBuiltinCode, code.builtinCode) for code in unpacked(content).operatorCodes]
    return {names.get(code, str(code)) for code in codes}
