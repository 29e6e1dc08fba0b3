"""A corpus instead of a clip: two processes against one, memory by the size of the corpus, reading the store."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import soundfile
from recipes import augmentation, functionals
from rows import Row, at_least, at_most

from ser.features.engine import Processes
from ser.features.extract import Clip, extract
from ser.features.source import feature_source
from ser.files import digest, sha256_of_file

CLIPS, WIDTH = 36_000, 162
CORPORA = (100, 400)
MEMORY_MB, FLAT, READING_MS, TWO_PROCESSES = 500.0, 1.1, 2.0, 1.7
COPIED_SHARE = 0.1
"""Arrays of this share of the store's bytes are indexes; more of them is a copy."""


def alone(task: str, folder: Path) -> dict[str, float]:
    """Run a task of `alone.py` in a fresh process."""
    command = [sys.executable, str(Path(__file__).with_name("alone.py")), task, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def write_corpus(folder: Path, sources: list[Path], count: int) -> list[Path]:
    """Write clips that differ from each other, rolled from a few."""
    folder.mkdir()
    paths = []
    for number in range(count):
        samples, rate_hz = soundfile.read(sources[number % len(sources)], dtype="int16")
        paths.append(folder / f"{number:04d}.wav")
        soundfile.write(paths[-1], np.roll(samples, number), rate_hz, subtype="PCM_16")
    return paths


def cpu_s() -> float:
    """Return the CPU time of this process and its living children, in seconds: workers stay when work is done."""
    ticks, mine = 0, str(os.getpid())
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # After the name, which may hold spaces: state, parent, and from the twelfth on user and system time.
            fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if mine in (process.name, fields[1]):
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def scaling(folder: Path, sources: list[Path], count: int, rounds: int) -> list[Row]:
    """Extract clips and four copies of each by one process and by two in turn."""
    paths = write_corpus(folder / "scaling", sources, count)
    clips = [Clip(utterance_id=path.stem, path=path, sha256=sha256_of_file(path)) for path in paths]
    walls: dict[int, list[float]] = {1: [], 2: []}
    cpus: dict[int, list[float]] = {1: [], 2: []}
    # The first round starts the processes and is not counted.
    for turn in range(rounds + 1):
        for workers in walls:
            store = folder / f"store-{turn}-{workers}"
            start, cpu = time.perf_counter(), cpu_s()
            extract(clips, functionals("parity"), augmentation("parity"), store, engine=Processes(workers=workers))
            walls[workers].append(time.perf_counter() - start)
            cpus[workers].append(cpu_s() - cpu)
    wall = {workers: statistics.median(found[1:]) for workers, found in walls.items()}
    cpu = {workers: statistics.median(found[1:]) for workers, found in cpus.items()}
    contest = f"extraction of {count} clips and four copies of each, wall time"

    def row(what: str, seconds: float, note: str = "") -> Row:
        times = round(wall[1] / seconds, 2)
        return Row(contest=contest, what=what, value=round(seconds, 3), unit="s", times_faster=times, note=note)

    said = f"on two free cores; both together spend {cpu[2] / cpu[1]:.2f} times the CPU time of the one"
    return [
        row("one process", wall[1]),
        at_least(row("two processes", wall[2], said), TWO_PROCESSES),
        row("floor: half", wall[1] / 2),
    ]


def memory(folder: Path, sources: list[Path]) -> list[Row]:
    """Find the largest memory of a process that extracts a small corpus, and a larger one."""
    peaks = {}
    for count in CORPORA:
        write_corpus(folder / str(count), sources, count)
        peaks[count] = alone("extracting", folder / str(count))["peak_mb"]
    contest = "memory of one process that extracts"
    rows = [
        at_most(Row(contest=contest, what=f"{count} clips, four copies of each", value=round(mb), unit="MB"), MEMORY_MB)
        for count, mb in peaks.items()
    ]
    small, large = peaks.values()
    growth = Row(
        contest=contest, what="the larger corpus's over the smaller's", value=round(large / small, 3), unit="x"
    )
    return [*rows, at_most(growth, FLAT)]


def write_store(root: Path) -> Path:
    """Fill a store as an extraction leaves it, and write the order in which a manifest lists its clips."""
    rng = np.random.default_rng(0)
    keys = [digest(str(number), 64) for number in range(CLIPS)]
    rows = dict(zip(keys, rng.standard_normal((CLIPS, 1, WIDTH)).astype(np.float32), strict=True))
    space = feature_source(root, functionals("parity"), None).clean_space
    with space.lock():
        for half in (sorted(keys)[::2], sorted(keys)[1::2]):
            space.add({key: rows[key] for key in half})
        space.compact(keys)
    (root / "keys.json").write_text(json.dumps(keys), encoding="utf-8")
    return next(space.folder.glob("*/values.npy"))


def reading(folder: Path) -> list[Row]:
    """Read cached features in a fresh process."""
    values = write_store(folder / "reading")
    spent = alone("reading", folder / "reading")
    opened = []
    for _ in range(9):
        start = time.perf_counter()
        np.load(values, mmap_mode="r")
        opened.append(1000 * (time.perf_counter() - start))
    contest = f"reading {CLIPS:,} x {WIDTH} cached features, wall time"
    timed = {
        "open and read a run's rows, first in a process": spent["first_ms"],
        "the same again": spent["again_ms"],
        f"a fold of {spent['fold']:,} clips": spent["fold_ms"],
        "all rows in another order": spent["sorted_ms"],
    }
    store_mb = values.stat().st_size / 1e6
    arrays = Row(
        contest=contest,
        what="arrays made to open and read all rows",
        value=round(spent["arrays_mb"], 2),
        unit="MB",
        note=f"a copy of the store would be {store_mb:.1f} MB",
    )
    floor = Row(
        contest=contest, what="floor: map one file, know no clip of it", value=round(statistics.median(opened), 3)
    )
    rows = [at_most(Row(contest=contest, what=what, value=round(ms, 3)), READING_MS) for what, ms in timed.items()]
    return [*rows, at_most(arrays, round(COPIED_SHARE * store_mb, 1)), floor]
