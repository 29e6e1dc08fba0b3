"""ONNX files: written whole, and read with care."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ser import __version__
from ser.arrays import Float32, Int64
from ser.errors import StoreError
from ser.export import libraries
from ser.export.record import KEY, Record

SAMPLES, FEATURES, LENGTHS = "samples", "features", "lengths"
"""Names of the inputs: samples [batch, samples], features [batch, width] or [batch, frames, width], and how many of the
samples or frames of each clip are its own, int64 [batch]."""
OUTPUTS = ("log_probabilities", "probabilities")
"""Names of the outputs, float32 [batch, classes]."""
_DOMAINS = {"", "ai.onnx", "com.microsoft"}


def content(graph: Any, record: Record) -> bytes:  # noqa: ANN401 - a library without types
    """Put a record into a graph, an `onnx.ModelProto`, and give the bytes of the file."""
    graph.producer_name, graph.producer_version = "ser", __version__
    del graph.metadata_props[:]
    used = {node.domain for node in graph.graph.node}
    for imported in [each for each in graph.opset_import if each.domain not in used]:
        graph.opset_import.remove(imported)
    graph.metadata_props.add(key=KEY, value=record.text())
    return bytes(graph.SerializeToString())


def entries(path: Path, data: bytes) -> dict[str, str]:
    """Read the metadata of an ONNX file, after a look at what is in it.

    Args:
        path: the file, for messages.
        data: its bytes.

    Raises:
        StoreError: when it is damaged, names other files, loops, or has operators of libraries that it does not bring.
    """
    onnx = libraries.onnx("onnx")
    try:
        model = onnx.ModelProto.FromString(data)
    # protobuf's own error, of a library that is not imported by name.
    except Exception as error:
        raise _refused(path, f"bytes that do not parse ({type(error).__name__})") from error
    foreign = {imported.domain for imported in model.opset_import} - _DOMAINS
    if foreign:
        raise _refused(path, f"operators of {', '.join(sorted(foreign))}")
    if model.functions:
        raise _refused(path, "functions of its own")
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g") or attribute.graphs:
                raise _refused(path, f"a loop or a branch ({node.op_type})")
    for tensor in _tensors(model):
        if tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise _refused(path, "weights that lie in other files")
    return {entry.key: entry.value for entry in model.metadata_props}


class OnnxRun:
    """A session of one thread. See :data:`ser.export.engine.Run`.

    Args:
        path: the file, for messages.
        data: its bytes, looked at by :func:`entries`.

    Raises:
        StoreError: when ONNX Runtime does not take it.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        runtime = libraries.onnx("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Only what it raises is told.
        options.log_severity_level = 4
        self._path = path
        try:
            self._session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
            self._inputs = [value.name for value in self._session.get_inputs()]
        # The runtime's errors share no base but Exception.
        except Exception as error:
            raise _refused(path, f"a graph that ONNX Runtime refuses ({type(error).__name__})") from error

    def __call__(self, batch: Float32, lengths: Int64) -> Float32:
        """Run the graph."""
        given = {name: lengths if name == LENGTHS else batch for name in self._inputs}
        try:
            answers: Float32 = self._session.run([OUTPUTS[1]], given)[0]
        except Exception as error:
            raise _refused(self._path, f"a graph that fails ({type(error).__name__})") from error
        return answers


def _tensors(model: Any) -> Iterator[Any]:  # noqa: ANN401
    yield from model.graph.initializer
    for sparse in model.graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in model.graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)


def _refused(path: Path, received: str) -> StoreError:
    return StoreError(
        expected="an ONNX model that `ser export` wrote",
        received=received,
        where=path,
        fix="Export the model again, or fetch the file again. Nothing of it was run.",
    )
