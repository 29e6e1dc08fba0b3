"""How fast a trained model answers: in the process, over HTTP, from the command line; and a plain service beside it.

python benchmarks/serving.py [--run FOLDER] [--seconds S] [--clients N] [--rounds N] [--hour-s S]

Without `--run` a perceptron on functionals is trained on the embedded corpus first. The service and the plain one
(`plain_service.py`: librosa and the model from the disk for each request) take turns under the same load. The figures
are written to `benchmarks/serving.json` and into the README.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from readme import write_table
from references import write_clips
from serving_table import RESULT, table

HERE = Path(__file__).parent
SER = [sys.executable, "-m", "ser.cli"]
RATE_HZ, CLIP_S = 16_000, 3.0
OVER_HTTP_S, COLD = 3.0, 5
PATIENCE_S = 120


def main() -> None:
    """Measure, and keep what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, default=None, help="folder of a run on functionals (DIR/runs/ID)")
    parser.add_argument("--seconds", type=float, default=60, help="of load, for each service and round")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--hour-s", type=float, default=3600, help="length of the long recording")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = (options.run or trained(Path(folder))).resolve()
        clip = written(Path(folder), CLIP_S, "clip.wav")
        file = exported(run, Path(folder))
        figures = {
            "model": json.loads((run / "run.json").read_text(encoding="utf-8"))["name"],
            "in_process": in_process(run, clip),
            "in_process, exported": in_process(file, clip),
            "load": loaded(run, clip, options),
            "ser predict, cold": cold([run.name, "--work-dir", str(run.parents[1])], clip, COLD),
            "ser predict, cold, exported": cold([str(file)], clip, COLD),
            "one hour": {
                "audio_s": options.hour_s,
                **cold(
                    [run.name, "--work-dir", str(run.parents[1])], written(Path(folder), options.hour_s, "long.wav"), 1
                ),
            },
        }
    from ser.pipeline.environment import processor

    result = {"machine": {"processor": processor(), "cores": os.cpu_count()}, "figures": figures}
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    write_table(RESULT, table(result))
    print(table(result))


def trained(folder: Path) -> Path:
    """Train on the embedded corpus. Returns the folder of the run."""
    job = ["train", "corpus=synthetic", "features=functionals", "model=mlp", f"work_dir={folder}"]
    subprocess.run([*SER, *job], check=True)
    return next(folder.glob("runs/*/run.json")).parent


def written(folder: Path, seconds: float, name: str) -> Path:
    """Join made voices at 16 kHz to a recording of a length, as 16-bit WAV."""
    source = folder / "voices"
    source.mkdir(exist_ok=True)
    # One voice in five has this rate.
    paths = [path for path in write_clips(source, 50) if soundfile.info(path).samplerate == RATE_HZ]
    voices = np.concatenate([soundfile.read(path, dtype="int16")[0] for path in paths])
    path = folder / name
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, "PCM_16") as file:
        for start in range(0, round(seconds * RATE_HZ), len(voices)):
            file.write(voices[: round(seconds * RATE_HZ) - start])
    return path


def exported(run: Path, folder: Path) -> Path:
    """Export the run as ONNX, sound in and probabilities out. Returns the file."""
    file = folder / "model.onnx"
    command = ["export", run.name, "--work-dir", str(run.parents[1]), "--to", "onnx", "--out", str(file)]
    subprocess.run([*SER, *command], check=True, stdout=subprocess.DEVNULL)
    return file


def in_process(model: Path, clip: Path) -> dict[str, float]:
    """Time a 3 s clip, from the bytes of the file to the answer, in a process of its own."""
    command = [sys.executable, HERE / "serving_alone.py", model, clip]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def loaded(run: Path, clip: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Put both services under the same load, in turns."""
    rounds = []
    for _ in range(options.rounds):
        with ser_service(run) as (process, port):
            alone = load(port, clip, 1, OVER_HTTP_S)
            before = resident_mb(process)
            ours = load(port, clip, options.clients, options.seconds)
            memory = {"rss_start_mb": before, "rss_end_mb": resident_mb(process)}
            # What it holds when it is busy is held from the first seconds on; growth would show from here on.
            again = load(port, clip, options.clients, options.seconds / 2)
            memory["rss_later_mb"] = resident_mb(process)
        with plain_service(run) as port:
            load(port, clip, 1, OVER_HTTP_S)
            plain = load(port, clip, options.clients, options.seconds)
        rounds.append({"one_client": alone, "service": ours, "service_again": again, "memory": memory, "plain": plain})
    ratios = [each["service"]["a_second"] / each["plain"]["a_second"] for each in rounds]
    return {"clients": options.clients, "seconds": options.seconds, "rounds": rounds, "times_the_plain_one": ratios}


def load(port: int, clip: Path, clients: int, seconds: float) -> dict[str, Any]:
    """Let clients post for a while, from a process of their own."""
    command = [sys.executable, HERE / "serving_load.py", str(port), clip, str(clients), str(seconds)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


@contextlib.contextmanager
def ser_service(run: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run `ser serve` on a free port, as a user does."""
    command = [*SER, "serve", run.name, "--work-dir", run.parents[1], "--port", "0"]
    with ended(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        found = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline() if process.stdout else "")
        if found is None:
            raise SystemExit(f"{command} did not start: run it by hand to see why")
        yield process, int(found[1])


@contextlib.contextmanager
def plain_service(run: Path) -> Iterator[int]:
    """Run the plain service."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, HERE / "plain_service.py", run, str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with ended(subprocess.Popen(command, text=True, **quiet)):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port


@contextlib.contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """End a process with the block."""
    with process:
        try:
            yield process
        finally:
            process.terminate()


def resident_mb(process: subprocess.Popen[str]) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else float("nan")


def cold(model: list[str], recording: Path, runs: int) -> dict[str, float]:
    """Time `ser predict` of one file, as a whole process: medians of wall time and of processor time."""
    command = [*SER, "predict", *model, recording, "--format", "jsonl"]
    walls, busy = [], []
    for _ in range(runs):
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as job:
            _, status, usage = os.wait4(job.pid, 0)
            job.returncode = os.waitstatus_to_exitcode(status)
        if job.returncode != 0:
            raise SystemExit(f"{command} exited with {job.returncode}: run it by hand to see why")
        walls.append(time.perf_counter() - start)
        busy.append(usage.ru_utime + usage.ru_stime)
    return {"wall_s": statistics.median(walls), "cpu_s": statistics.median(busy), "runs": runs}


if __name__ == "__main__":
    main()
