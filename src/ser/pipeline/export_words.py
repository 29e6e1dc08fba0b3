"""What an export left, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ser.export.record import AUDIO, VECTOR


def text_of(path: Path, report: Mapping[str, Any]) -> str:
    """Write the report of an export as a short table and what its file takes.

    Args:
        path: the file.
        report: as :func:`ser.pipeline.export.export` gives it.
    """
    rows = [
        ("file", f"{path}, {report['bytes'] / 1000:,.0f} kB"),
        ("model", f"{report['model']} of run {report['run_id']}, {_members(report['members'])}"),
        ("input", _input(report)),
        ("output", f"probabilities of {', '.join(report['classes'])}"),
        ("parity", _parity(report["parity"])),
        ("speed", f"{report['latency_ms']:.1f} ms a clip of 3 s, one thread (median)"),
        ("memory", f"{report['memory_bytes'] / 1e6:,.0f} MB at most, Python and libraries included"),
    ]
    if "int8" in report:
        rows.append(("int8", _int8(report["int8"])))
    rows += [("note", note) for note in report["notes"]]
    lines = [f"{name:8}{text}" for name, text in rows]
    if report["input"] != AUDIO:
        trust = " --trust" if report["format"] == "torchscript" else ""
        lines.append(
            f"The features must be computed as the run's were; `ser predict {path} FILE{trust}` does. The recipe, also "
            f"in the file: {json.dumps(report['recipe'])}"
        )
    return "\n".join(lines)


def _members(count: int) -> str:
    return "one of its models" if count == 1 else f"{count} models averaged"


def _input(report: Mapping[str, Any]) -> str:
    if report["input"] == AUDIO:
        return f"audio: float32 [batch, samples] at {report['recipe']['sample_rate_hz']} Hz, and samples of each clip"
    vectors = report["input"] == VECTOR
    if report["format"].startswith("litert"):
        kind = "int8, rounded as the header says" if report["format"] == "litert int8" else "float32"
        return f"features {report['features']}: {kind}, {'[1, width]' if vectors else '[1, frames, width]'}, one clip"
    rows = "[batch, width]" if vectors else "[batch, frames, width], and frames of each clip"
    return f"features {report['features']}: float32 {rows}"


def _parity(parity: Mapping[str, Any]) -> str:
    limit = "" if parity["limit"] is None else f" (at most {parity['limit']:g} is asked)"
    return (
        f"log-probabilities differ by {parity['largest_difference']:.1e} at most{limit}, on {parity['clips']} clips: "
        f"{parity['clips_from']}"
    )


def _int8(change: Mapping[str, Any]) -> str:
    interval = change["interval"]
    around = "" if interval is None else f" (95 % interval {interval['low']:+.4f} to {interval['high']:+.4f})"
    return (
        f"UAR on held-out clips {change['uar_before']:.4f} before, {change['uar_after']:.4f} after, each fold's model "
        f"rounded by itself: {change['difference']:+.4f}{around}"
    )
