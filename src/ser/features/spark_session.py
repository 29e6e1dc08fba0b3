"""The Spark session, and one job in it.

It needs Java, which pip does not bring: the coverage gate leaves this module out, and `tests/features/test_spark.py`
runs it wherever there is a Java.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ser.errors import ConfigError, StoreError

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import SparkSession

_TASKS = "partition int, utterance_id string, path string, bytes long, sha256 string, lacking array<string>"
_OUTCOMES = "stored long, failures array<string>, error string"


@contextlib.contextmanager
def started(settings: dict[str, str]) -> Iterator[SparkSession]:
    """Give a session, stopped when the block ends. Its Java process serves the next one, and ends with this process."""
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    # It tells of every connection that is closed, up to the end of this process.
    logging.getLogger("py4j").setLevel(logging.ERROR)
    conf = SparkConf().setAll(list(settings.items()))
    with tempfile.TemporaryFile("w+") as said, warnings.catch_warnings():
        # What is used of pandas here is held by tests.
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        try:
            # The Java process greets at length before it can be told to be quiet.
            gateway = SparkContext._gateway or launch_gateway(conf, popen_kwargs={"stderr": said})
            session = SparkSession(SparkContext(conf=conf, gateway=gateway))
        except (PySparkRuntimeError, Py4JError) as error:
            said.seek(0)
            raise ConfigError(
                expected="Spark to start",
                received=_cause(f"{error}\n{said.read()}"),
                where="engine",
                fix="Java 17 is needed; for a cluster, its address as engine.master and one that listens there.",
            ) from error
        try:
            yield session
        finally:
            session.stop()


def carried_out(
    session: SparkSession,
    rows: list[tuple[object, ...]],
    count: int,
    over: Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]],
) -> list[Mapping[str, Any]]:
    """Carry out the tasks of a table, each partition in one process.

    Args:
        session: where.
        rows: partition, utterance_id, path, bytes, sha256 and lacking of each clip.
        count: partitions.
        over: carries out the rows of a partition; gives frames of `stored`, `failures` and `error`.

    Returns:
        The rows that it gave, in any order.

    Raises:
        StoreError: when a partition broke down.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        table = session.createDataFrame(rows, _TASKS).repartitionById(count, "partition")
        return list(table.mapInPandas(lambda frames: over(frames), _OUTCOMES).collect())
    except (Py4JError, PySparkException) as error:
        raise StoreError(
            expected="every partition to be carried out",
            received=_cause(str(error)),
            where=session.sparkContext.master,
            fix="Mend what is said here and run the same command again: what was finished is kept.",
        ) from error


@contextlib.contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Set some environment variables while in the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _cause(text: str) -> str:
    """Pick the line of a Java error that says what was wrong: what Python raised last, else what Java threw first."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    raised = [line for line in lines if re.match(r"[\w.]*(Error|Exception): ", line) and not line.startswith("org.")]
    thrown = [line.removeprefix(": ") for line in lines if line.startswith((": ", "Exception in thread"))]
    return raised[-1] if raised else [*thrown, *lines][0]
