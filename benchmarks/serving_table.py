"""What `serving.py` measured, as the README's table."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RESULT = Path(__file__).with_name("serving.json")


def table(result: Mapping[str, Any]) -> str:
    """Write a result as a Markdown table, with the model and the machine that it was measured with."""
    figures, machine = result["figures"], result["machine"]
    load = figures["load"]
    rounds = load["rounds"]
    alone, file = figures["in_process"], figures["in_process, exported"]
    errors = sum(each[part]["errors"] for each in rounds for part in ("service", "service_again"))
    slowest, fastest = (pick(each["service"]["a_second"] for each in rounds) for pick in (min, max))
    grown = max(each["memory"]["rss_later_mb"] - each["memory"]["rss_end_mb"] for each in rounds)
    rows = [
        ("a 3 s clip, one thread", f"{alone['p50_ms']:.1f} ms (p95 {alone['p95_ms']:.1f})", "p50 below 10 ms"),
        ("the same by its ONNX export", f"{file['p50_ms']:.1f} ms (p95 {file['p95_ms']:.1f})", "p50 below 10 ms"),
        ("over HTTP, one client", f"{statistics.median(each['one_client']['p50_ms'] for each in rounds):.1f} ms", ""),
        (
            f"{load['clients']} clients for {load['seconds']:.0f} s",
            f"{slowest:.0f} to {fastest:.0f} answers a second, {errors} errors",
            "0 errors",
        ),
        ("a plain service under the same load", f"{min(load['times_the_plain_one']):.0f} x slower", "at least 5 x"),
        ("memory after half as long again", f"{grown:+.0f} MB", "flat"),
        ("`ser predict`, one file, from the start", _wall(figures["ser predict, cold"]), "below 2.5 s"),
        ("the same by its ONNX export", _wall(figures["ser predict, cold, exported"]), ""),
        (
            f"`ser predict`, {figures['one hour']['audio_s'] / 3600:g} h of speech",
            _wall(figures["one hour"]),
            "below 20 s",
        ),
    ]
    head = ["| what | measured | asked for |", "|---|--:|---|"]
    model = f"{figures['model']}, {alone['models']} models answering together"
    measured = f"{model}; on an {machine['processor']} with {machine['cores']} cores, no GPU."
    return "\n".join([*head, *(f"| {what} | {figure} | {asked} |" for what, figure, asked in rows), "", measured, ""])


def _wall(figure: Mapping[str, float]) -> str:
    return f"{figure['wall_s']:.2f} s"
