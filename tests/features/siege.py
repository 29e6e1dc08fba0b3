"""An extraction under fire: writers that are killed at moments of their work or of the file system.

Run as a script, so that writers are forked from a process without threads:  python -m features.siege ARGUMENTS.pickle
"""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ser.arrays import Float32, Kind
from ser.errors import ConfigError
from ser.features.base import Recipe, numbered
from ser.features.engine import Processes
from ser.features.extract import Clip, extract
from ser.features.work import Outcome

WIDTH = 40
CHANGES = frozenset({"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.utime", "shutil.rmtree"})

last_line = sys.maxsize
"""The line of the log after which this process is killed."""


@dataclass(frozen=True, kw_only=True)
class Logged(Recipe):
    """Spectra, each of which leaves a line in a log when it is computed."""

    kind: ClassVar[Kind] = "sequence"
    log: str

    def names(self) -> list[str]:
        return numbered("bin", WIDTH)

    def modules(self) -> list[str]:
        return ["ser.features.recipes"]

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        del sample_rate_hz
        frames = samples[: len(samples) // 400 * 400].reshape(-1, 400)
        line = hashlib.sha256(samples.tobytes()).hexdigest() + "\n"
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line.encode())
        lines = os.fstat(descriptor).st_size // len(line)
        os.close(descriptor)
        if lines >= last_line:
            os.kill(os.getpid(), signal.SIGKILL)
        return np.abs(np.fft.rfft(frames, axis=1))[:, :WIDTH].astype(np.float32)


def logged(log: Path) -> Logged:
    return Logged(name="logged", sample_rate_hz=None, offset_s=0.0, duration_s=None, log=str(log))


def forked(work: Callable[[], object]) -> int:
    process = os.fork()
    if not process:
        work()
        os._exit(0)
    return process


def kill_as_they_compute(groups: list[list[Clip]], recipe: Logged, root: Path, moments: list[list[int]]) -> None:
    """Start a writer for each group, each killed when all have computed so many more clips; round after round."""
    log = Path(recipe.log)
    log.touch()
    for of_writers in moments:
        before = len(log.read_text().splitlines())

        def write(group: list[Clip], moment: int, before: int = before) -> None:
            global last_line
            last_line = before + moment
            extract(group, recipe, None, root, engine=Processes(workers=1))

        writers = [
            forked(functools.partial(write, group, moment)) for group, moment in zip(groups, of_writers, strict=True)
        ]
        for writer in writers:
            os.waitpid(writer, 0)


def kill_by_the_file_system(clips: list[Clip], recipe: Recipe, root: Path, changes: list[int]) -> None:
    """Start a writer in a store of its own (`root/NUMBER`) for each number, and kill it before so many changes."""

    def write(number: int) -> None:
        left = number

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in CHANGES and str(root) in str(arguments[0]):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        extract(clips, recipe, None, root / str(number), engine=Processes(workers=1))

    for number in changes:
        os.waitpid(forked(functools.partial(write, number)), 0)


def full_disk(_: object) -> Outcome:
    raise OSError(errno.ENOSPC, "No space left on device")


def unreachable_hub(_: object) -> Outcome:
    raise ConfigError(expected="a way to reach the hub", received="none", where="weights", fix="Fetch it elsewhere.")


if __name__ == "__main__":
    # Under its importable name, which the recipe's identity and pickles go by.
    from features import siege

    name, *arguments = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301
    getattr(siege, name)(*arguments)
