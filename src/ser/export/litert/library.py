"""The parts of ai-edge-litert that are used here, imported when first asked for."""

from __future__ import annotations

from typing import Any

from ser.export import libraries


def schema() -> Any:  # noqa: ANN401 - a module of a library without types
    """Import the classes of the file format.

    Raises:
        ConfigError: when the library is not installed.
    """
    return libraries.litert("ai_edge_litert.schema_py_generated")


def interpreter() -> Any:  # noqa: ANN401 - a module of a library without types
    """Import the interpreter.

    Raises:
        ConfigError: when the library is not installed.
    """
    return libraries.litert("ai_edge_litert.interpreter")


def calibration() -> Any:  # noqa: ANN401 - a module of a library without types
    """Import the quantiser that TensorFlow's converter calls; the library offers it under no public name.

    Raises:
        ConfigError: when the library is not installed.
    """
    return libraries.litert("ai_edge_litert._pywrap_tensorflow_lite_calibration_wrapper")


def flatbuffers() -> Any:  # noqa: ANN401 - a module of a library without types
    """Import the container format that LiteRT files are written in.

    Raises:
        ConfigError: when the library is not installed.
    """
    return libraries.litert("flatbuffers")
