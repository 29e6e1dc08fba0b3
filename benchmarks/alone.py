"""What is measured in a process of its own, with nothing in it but `ser`. Run by `at_scale.py`, not by hand.

python benchmarks/alone.py reading STORE      times the reading of features; prints JSON
python benchmarks/alone.py extracting FOLDER  extracts the folder's clips; prints JSON
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
from recipes import augmentation, functionals

from ser.features.engine import Processes
from ser.features.extract import Clip, extract
from ser.features.source import feature_source
from ser.files import sha256_of_file

FOLD_SHARE, AGAIN = 0.8, 9


def reading(root: Path) -> dict[str, float]:
    """Read all rows, and a fold's, in the order of a manifest, in which an extraction leaves them."""
    keys = json.loads((root / "keys.json").read_text(encoding="utf-8"))
    # The tested fifth lies in the middle: what is left is no view.
    tested = round((1 - FOLD_SHARE) * len(keys))
    fold = keys[: 2 * tested] + keys[3 * tested :]

    def timed(wanted: list[str]) -> float:
        start = time.perf_counter()
        feature_source(root, functionals("parity"), None).clean(wanted)
        return 1000 * (time.perf_counter() - start)

    # Hashing the code is part of no read: it is done once a process, with the configuration.
    feature_source(root, functionals("parity"), None)
    first = timed(keys)
    ways = {"again_ms": lambda: timed(keys), "fold_ms": lambda: timed(fold), "sorted_ms": lambda: timed(sorted(keys))}
    spent = {name: statistics.median(way() for _ in range(AGAIN)) for name, way in ways.items()}
    tracemalloc.start()
    held = feature_source(root, functionals("parity"), None).clean(keys)
    domain = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    traces = tracemalloc.take_snapshot().filter_traces([domain]).traces
    return {
        "first_ms": first,
        **spent,
        "arrays_mb": sum(trace.size for trace in traces) / 1e6,
        "fold": len(fold),
        "clips": len(held),
    }


def extracting(folder: Path) -> dict[str, float]:
    """Extract all clips and their copies, in this process."""
    clips = [
        Clip(utterance_id=path.stem, path=path, sha256=sha256_of_file(path)) for path in sorted(folder.glob("*.wav"))
    ]
    extract(clips, functionals("parity"), augmentation("parity"), folder / "store", engine=Processes(workers=1))
    return {"clips": len(clips), "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Return this process's largest resident memory; `ru_maxrss` would start from that of the parent."""
    status = Path(f"/proc/{os.getpid()}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else float("nan")


if __name__ == "__main__":
    print(json.dumps({"reading": reading, "extracting": extracting}[sys.argv[1]](Path(sys.argv[2]))))
