"""The extraction by Apache Spark: the same work, in the Python processes of a cluster or of this machine.

Spark hands out paths, and each executor reads its files, computes and stores packs itself: audio and store lie where
every machine sees them under the same path. Had Spark read the audio (`binaryFile`), it would list every folder again,
carry every byte through Java to Python, and hand the decoder other things than the pool does; had the driver written
the features, all machines would wait for one.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import logging
import math
import os
import re
import shutil
import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser.arrays import Int64
from ser.errors import ConfigError, SerError, from_text, to_text
from ser.features import spark_session as sessions
from ser.features.engine import Engine, Work
from ser.features.work import Clip, Outcome, Task, in_chunks

if TYPE_CHECKING:
    import pandas as pd

_log = logging.getLogger(__name__)

# Small jobs are cut finer than `partition_mb` says, so that every core has a few partitions and none ends long after
# the others.
_PARTITIONS_A_CORE = 4
_MEMORY = re.compile(r"[1-9][0-9]*[kmgtKMGT]")
_INSTALL = "Install it with `pip install 'ser[spark]'`, and Java 17 beside it, or use engine=processes."


@dataclass(frozen=True, kw_only=True)
class Spark(Engine):
    """Apache Spark.

    Attributes:
        master: where it runs: "local[N]" for N processes here, or a cluster such as "spark://host:7077".
        partition_mb: megabytes of audio files in a unit of work, at most; a single larger file is one.
        driver_memory: memory of the Java process beside this one, as Java writes it: a whole number and k, m, g or t.
        options: other settings of Spark by their full names; they win.
    """

    master: str
    partition_mb: float
    driver_memory: str
    options: dict[str, str]

    def __post_init__(self) -> None:
        if self.partition_mb <= 0:
            raise ConfigError(
                expected="more than 0 MB",
                received=self.partition_mb,
                where="engine.partition_mb",
                fix="Set engine.partition_mb=64.",
            )
        if not _MEMORY.fullmatch(self.driver_memory):
            raise ConfigError(
                expected="a whole number and one of the letters k, m, g, t",
                received=self.driver_memory,
                where="engine.driver_memory",
                fix="Set engine.driver_memory=2g.",
            )

    @property
    def local(self) -> bool:
        """Whether all runs on this machine."""
        return self.master.split("[")[0] == "local"

    def run(self, work: Work, tasks: Sequence[Task]) -> Generator[Outcome, None, None]:
        """Carry out all tasks. See :meth:`Engine.run`.

        Raises:
            ConfigError: when PySpark or Java is missing, or Spark does not start.
            SerError: what the work raised in an executor.
            StoreError: when a part of the work broke down otherwise; what was finished is stored.
        """
        _demand_installed()
        with sessions.environment(self.environment()), sessions.started(self.settings()) as session:
            cores = session.sparkContext.defaultParallelism
            sizes = _sizes(tasks)
            count = max(math.ceil(sizes.sum() / (self.partition_mb * 1e6)), min(_PARTITIONS_A_CORE * cores, len(tasks)))
            _log.info("Spark at %s: %d clips in %d partitions, %d cores", self.master, len(tasks), count, cores)
            table = _table(tasks, sizes, partitions(sizes, count))
            rows = sessions.carried_out(session, table, count, functools.partial(carry_out_rows, work, Path.cwd()))
        for row in rows:
            if row["error"] is not None:
                raise from_text(row["error"])
            yield Outcome(stored=row["stored"], failures=list(row["failures"]))

    def settings(self) -> dict[str, str]:
        """Give the settings of the Spark session by their full names."""
        loopback = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        return {
            "spark.app.name": "ser features",
            "spark.master": self.master,
            "spark.driver.memory": self.driver_memory,
            "spark.ui.enabled": "false",
            "spark.log.level": "ERROR",
            # This Java process hands out work and computes little: its thorough compiler and parallel collector took
            # half of all CPU time of a job of 500 clips.
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            # Each process computes with one thread.
            "spark.executorEnv.OMP_NUM_THREADS": "1",
            # Two attempts at a partition at once would compute it twice.
            "spark.speculation": "false",
            **(loopback if self.local else {}),
            **self.options,
        }

    def environment(self) -> dict[str, str]:
        """Give the variables that Spark reads where it is started."""
        # On a cluster the same Python may lie elsewhere; here it is this one, whatever a user's profile says.
        python = sys.executable if self.local else os.environ.get("PYSPARK_PYTHON", sys.executable)
        return {"PYSPARK_PYTHON": python, **({"SPARK_LOCAL_IP": "127.0.0.1"} if self.local else {})}


def partitions(sizes: Int64, count: int) -> Int64:
    """Give each clip the number of its partition, so that all partitions hold about as many bytes.

    A clip belongs where its middle byte falls when all are laid end to end.

    Args:
        sizes: bytes of each file, int64 of shape [clips], at least 1.
        count: partitions.

    Returns:
        int64 of shape [clips], from 0 to count - 1, ascending; partitions may be empty.

    Example:
        >>> partitions(np.array([10, 10, 10, 30, 30, 30]), 4)
        array([0, 0, 0, 1, 2, 3])
    """
    middles = np.cumsum(sizes) - sizes / 2
    numbers: Int64 = np.minimum((middles * count / sizes.sum()).astype(np.int64), count - 1)
    return numbers


def carry_out_rows(work: Work, folder: Path, frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Carry out the tasks of a partition, as a function of `mapInPandas`: in an executor, chunk by chunk.

    Args:
        work: carries out a chunk.
        folder: where the driver works, to which paths in settings (weights, impulse responses) are relative.
        frames: the rows of the partition, a few thousand at a time.

    Yields:
        A row for each chunk: `stored`, `failures`, and `error`, None or the error that ended the partition as
        :func:`ser.errors.to_text` writes it, since of one that is raised Spark brings back no parts.
    """
    import pandas as pd

    # Where the folder is not shared, no setting may name a path in it; clips and store are named from the root.
    if folder.is_dir():
        os.chdir(folder)
    for frame in frames:
        columns = (frame[name] for name in ("utterance_id", "path", "sha256", "lacking"))
        tasks = [
            Task(clip=Clip(utterance_id=utterance, path=Path(path), sha256=sha256), lacking=list(lacking))
            for utterance, path, sha256, lacking in zip(*columns, strict=True)
        ]
        for chunk in in_chunks(tasks):
            try:
                outcome, error = work(chunk), None
            except SerError as raised:
                outcome, error = Outcome(stored=0, failures=[]), to_text(raised)
            yield pd.DataFrame({"stored": [outcome.stored], "failures": [outcome.failures], "error": [error]})
            if error:
                return


def _sizes(tasks: Sequence[Task]) -> Int64:
    """List the bytes of each file; 1 of one that cannot be found, which its executor will say."""
    sizes = np.ones(len(tasks), np.int64)
    for index, task in enumerate(tasks):
        with contextlib.suppress(OSError):
            sizes[index] = max(1, task.clip.path.stat().st_size)
    return sizes


def _table(tasks: Sequence[Task], sizes: Int64, numbers: Int64) -> list[tuple[object, ...]]:
    return [
        (number, task.clip.utterance_id, str(task.clip.path.absolute()), size, task.clip.sha256, task.lacking)
        for task, size, number in zip(tasks, sizes.tolist(), numbers.tolist(), strict=True)
    ]


def _demand_installed() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java")) if home else shutil.which("java")
    for found, what in ((importlib.util.find_spec("pyspark"), "PySpark"), (java, "Java")):
        if not found:
            raise ConfigError(expected=f"{what}, for engine=spark", received="none", where="engine", fix=_INSTALL)
