"""How long the main road takes: what a user waits for, as whole processes.

Run from the repository's root after `make demo`:  python benchmarks/main_road.py [--data-dir DIR]

Every figure is wall time (median of the runs) and the peak memory of the largest process, as the operating system
accounts for it. With `--data-dir` (a folder that holds `emodb`), the five models on all of EmoDB are timed as well. The
figures are written to `benchmarks/main_road.json`, and as a table into the README.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from readme import write_table

ROOT = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).with_suffix(".json")
SER = [sys.executable, "-m", "ser.cli"]
MODELS = "model=mlp,cnn,lstm,cnn_lstm"


def timed(command: list[str], folder: Path, runs: int) -> dict[str, float]:
    """Run a command some times. Returns the median wall time in seconds and the largest peak memory in MB."""
    walls, peaks = [], []
    for _ in range(runs):
        start = time.perf_counter()
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as job:
            _, status, usage = os.wait4(job.pid, 0)
            job.returncode = os.waitstatus_to_exitcode(status)
        if job.returncode != 0:
            raise SystemExit(f"{command} exited with {job.returncode}: run it by hand to see why")
        walls.append(time.perf_counter() - start)
        peaks.append(usage.ru_maxrss / 1024)
    return {"wall_s": round(statistics.median(walls), 2), "peak_mb": round(max(peaks)), "runs": runs}


def measure(data_dir: Path | None) -> dict[str, dict[str, float]]:
    """Time every figure."""
    figures = {
        "ser --help": timed([*SER, "--help"], ROOT, 5),
        "ser train --help": timed([*SER, "train", "--help"], ROOT, 5),
        "ser leaderboard": timed([*SER, "leaderboard"], ROOT, 3),
        "make demo, again": timed(["make", "demo"], ROOT, 3),
    }
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "demo"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        (clone / ".venv").symlink_to(ROOT / ".venv")
        # The clone's lock is new; what is installed is not older than it, and was not installed from the clone.
        for stamp in (".installed", ".installed-ser"):
            os.utime(ROOT / ".venv" / stamp)
        figures["make demo, set up already"] = timed(["make", "demo"], clone, 1)
    if data_dir is not None:
        with tempfile.TemporaryDirectory() as folder:
            sweep = [*SER, "train", "-m", f"data_dir={data_dir.resolve()}", "corpus=emodb"]
            figures["EmoDB, four architectures"] = timed([*sweep, MODELS], Path(folder), 1)
            figures["EmoDB, the same command again"] = timed([*sweep, MODELS], Path(folder), 1)
            shutil.rmtree(Path(folder) / "outputs")
    return figures


def table(result: dict[str, Any]) -> str:
    """Write the figures as the README's Markdown table, with the machine they were measured on."""
    rows = [
        f"| {name} | {figure['wall_s']:.2f} s | {figure['peak_mb']:.0f} MB |"
        for name, figure in result["figures"].items()
    ]
    head = ["| what | wall time | peak memory of a process |", "|---|--:|--:|"]
    machine = f"Measured on {result['machine']['cores']} cores of an {result['machine']['processor']}, no GPU."
    return "\n".join([*head, *rows, "", machine, ""])


def main() -> None:
    """Measure, print a table, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=None)
    figures = measure(parser.parse_args().data_dir)
    # Only now: a child's peak counts from its parent's size at birth, so this process stays small while it measures.
    from ser.pipeline.environment import processor

    result = {"machine": {"processor": processor(), "cores": os.cpu_count()}, "figures": figures}
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    write_table(RESULT, table(result))
    print(table(result))


if __name__ == "__main__":
    main()
