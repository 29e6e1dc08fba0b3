from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import shutil
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.siege import full_disk, unreachable_hub
from ser.config import load
from ser.errors import ConfigError, DataError, StoreError
from ser.features import spark as room
from ser.features.engine import Processes
from ser.features.extract import Clip, extract
from ser.features.recipes import LogMel
from ser.features.spark import Spark, carry_out_rows, partitions
from ser.features.work import CHUNK, Outcome, Task
from ser.files import sha256_of_file

MakeClips = Callable[[int], list[Clip]]

needs_spark = pytest.mark.skipif(
    not (importlib.util.find_spec("pyspark") and shutil.which("java")),
    reason="PySpark (pip install 'ser[spark]') or Java 17 is not installed",
)
RECIPE = LogMel(
    name="log_mel",
    sample_rate_hz=16_000,
    offset_s=0.0,
    duration_s=None,
    n_mels=40,
    n_fft=512,
    hop=256,
    fmin_hz=50.0,
    fmax_hz=None,
    floor=1e-8,
)


def engine(**changes: object) -> Spark:
    settings = {"master": "local[2]", "partition_mb": 64.0, "driver_memory": "512m", "options": {}}
    return Spark(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _find_ser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Executors look for modules where this process does."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))


@needs_spark
def test_spark_gives_what_the_pool_gives_bit_for_bit_and_goes_on_where_it_was(
    clips: MakeClips, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Where a machine's own Python would be found first.
    monkeypatch.setenv("PYSPARK_PYTHON", "/nowhere/python")
    made, root = clips(70), tmp_path / "store"
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"not audio")
    broken = Clip(utterance_id="made/bad", path=bad, sha256=sha256_of_file(bad))
    part = extract(made[:30], RECIPE, None, root, engine=Processes(workers=1))
    with pytest.raises(DataError, match=r"1 of 41 that do not[^!]*made/bad"):
        extract([*made, broken], RECIPE, None, root, engine=engine())
    assert extract(made, RECIPE, None, root, engine=engine()).found == 70
    keys = [clip.sha256 for clip in made]
    reference = extract(made, RECIPE, None, tmp_path / "other", engine=Processes(workers=1)).source.clean(keys)
    np.testing.assert_array_equal(part.source.clean(keys).values, reference.values)
    assert os.environ["PYSPARK_PYTHON"] == "/nowhere/python"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audio", "bad.wav", "other", "store"]
    assert capfd.readouterr().err == ""


@needs_spark
def test_what_breaks_in_an_executor_is_told_by_its_name(clips: MakeClips, tmp_path: Path) -> None:
    tasks = [Task(clip=clip, lacking=["x"]) for clip in clips(3)]
    with pytest.raises(StoreError, match=r"No space left on device.*run the same command again"):
        list(engine().run(full_disk, tasks))


@needs_spark
def test_a_setting_that_an_executor_refuses_is_told_as_itself(
    clips: MakeClips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    tasks = [Task(clip=clip, lacking=["x"]) for clip in clips(3)]
    with caplog.at_level(logging.DEBUG), pytest.raises(ConfigError, match=r"weights: expected a way to reach the hub"):
        list(engine().run(unreachable_hub, tasks))
    assert not [record for record in caplog.records if record.name.startswith("py4j")]


@needs_spark
def test_a_cluster_that_does_not_answer_is_told(clips: MakeClips) -> None:
    tasks = [Task(clip=clip, lacking=["x"]) for clip in clips(1)]
    # With a Java process that runs: PySpark leaves a pipe open, which is a warning, when it does not come to that.
    with room.sessions.environment(engine().environment()), room.sessions.started(engine().settings()):
        pass
    with pytest.raises(ConfigError, match=r"engine: expected Spark to start.*Could not parse Master"):
        list(engine(master="nonsense").run(full_disk, tasks))


@pytest.mark.parametrize(("partition_mb", "count"), [(64.0, 8), (0.02, 45)])
def test_partitions_are_of_so_many_bytes_at_most_and_a_few_a_core(
    clips: MakeClips, monkeypatch: pytest.MonkeyPatch, partition_mb: float, count: int
) -> None:
    made = clips(60)
    made.append(Clip(utterance_id="made/gone", path=Path("/nowhere/gone.wav"), sha256="0" * 64))
    session = types.SimpleNamespace(sparkContext=types.SimpleNamespace(defaultParallelism=2))
    monkeypatch.setattr(room, "_demand_installed", lambda: None)
    monkeypatch.setattr(room.sessions, "started", lambda _: contextlib.nullcontext(session))

    def carried_out(_: object, rows: list[tuple[object, ...]], number: int, over: object) -> list[dict[str, object]]:
        assert number == count
        names = ["partition", "utterance_id", "path", "bytes", "sha256", "lacking"]
        frame = pd.DataFrame(rows, columns=names)
        held = frame.groupby("partition")["bytes"].sum()
        assert held.max() <= frame["bytes"].sum() / count + frame["bytes"].max()
        return [row for found in over(iter([frame])) for row in found.to_dict("records")]  # type: ignore[operator]

    monkeypatch.setattr(room.sessions, "carried_out", carried_out)
    tasks = [Task(clip=clip, lacking=["x"]) for clip in made]
    outcomes = engine(partition_mb=partition_mb).run(lambda chunk: Outcome(stored=len(chunk), failures=["a"]), tasks)
    assert [(outcome.stored, outcome.failures) for outcome in outcomes] == [(25, ["a"]), (25, ["a"]), (11, ["a"])]


def test_partitions_hold_as_many_bytes_not_as_many_clips() -> None:
    rng = np.random.default_rng(0)
    sizes = np.concatenate([rng.integers(100, 200, 900), rng.integers(10_000, 20_000, 100)])
    numbers = partitions(sizes, 10)
    assert (np.diff(numbers) >= 0).all()
    held = np.bincount(numbers, weights=sizes)
    assert len(held) == 10
    assert np.abs(held - sizes.sum() / 10).max() <= sizes.max()
    clips_held = np.bincount(numbers)
    assert clips_held.max() > 50 * clips_held.min()


def test_one_file_larger_than_a_partition_is_one() -> None:
    assert len(set(partitions(np.array([1, 1000, 1]), 3)[1:2])) == 1
    assert partitions(np.array([5]), 4).max() < 4


def frame_of(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "partition": [0] * count,
            "utterance_id": [f"made/{number}" for number in range(count)],
            "path": [f"/audio/{number}.wav" for number in range(count)],
            "bytes": [100] * count,
            "sha256": [f"{number:064d}" for number in range(count)],
            "lacking": [np.array(["a", "b"])] * count,
        }
    )


def test_an_executor_reads_settings_from_where_the_driver_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "weights").mkdir()
    (row,) = carry_out_rows(
        lambda _: Outcome(stored=int(Path("weights").is_dir()), failures=[]), tmp_path, iter([frame_of(1)])
    )
    assert row["stored"].tolist() == [1]


def test_an_error_of_ser_ends_its_partition_and_comes_out_as_itself(
    clips: MakeClips, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ConfigError(expected="a way to reach the hub", received="none", where="features.weights", fix="Fetch it.")
    chunks: list[int] = []

    def work(tasks: Sequence[Task]) -> Outcome:
        chunks.append(len(tasks))
        if len(chunks) == 2:
            raise error
        return Outcome(stored=len(tasks), failures=[])

    def carried_out(_: object, rows: list[tuple[object, ...]], __: int, over: object) -> list[dict[str, object]]:
        names = ["partition", "utterance_id", "path", "bytes", "sha256", "lacking"]
        found = over(iter([pd.DataFrame(rows, columns=names)]))  # type: ignore[operator]
        return [row for frame in found for row in frame.to_dict("records")]

    session = types.SimpleNamespace(sparkContext=types.SimpleNamespace(defaultParallelism=2))
    monkeypatch.setattr(room, "_demand_installed", lambda: None)
    monkeypatch.setattr(room.sessions, "started", lambda _: contextlib.nullcontext(session))
    monkeypatch.setattr(room.sessions, "carried_out", carried_out)
    outcomes = engine().run(work, [Task(clip=clip, lacking=["x"]) for clip in clips(3 * CHUNK)])
    assert next(outcomes).stored == CHUNK
    with pytest.raises(ConfigError) as raised:
        next(outcomes)
    assert str(raised.value) == str(error)
    assert chunks == [CHUNK, CHUNK]


def test_an_executor_stores_chunk_by_chunk() -> None:
    handed: list[Task] = []

    def work(tasks: list[Task]) -> Outcome:
        handed.extend(tasks)
        return Outcome(stored=len(tasks), failures=[f"of {len(tasks)}"])

    frame = frame_of(CHUNK + 3)
    rows = pd.concat(carry_out_rows(work, Path("/nowhere"), iter([frame, frame[:1]])))
    assert rows["stored"].tolist() == [CHUNK, 3, 1]
    assert rows["failures"].tolist() == [[f"of {CHUNK}"], ["of 3"], ["of 1"]]
    clip = Clip(utterance_id="made/7", path=Path("/audio/7.wav"), sha256=f"{7:064d}")
    assert handed[7] == Task(clip=clip, lacking=["a", "b"])


def test_the_session_stays_on_this_machine_and_a_cluster_is_named_by_its_address() -> None:
    here = engine().settings()
    assert here["spark.driver.bindAddress"] == here["spark.driver.host"] == "127.0.0.1"
    assert here["spark.ui.enabled"] == "false"
    there = engine(master="spark://head:7077", options={"spark.executor.memory": "4g", "spark.ui.enabled": "true"})
    assert "spark.driver.bindAddress" not in there.settings()
    assert there.settings()["spark.master"] == "spark://head:7077"
    assert there.settings()["spark.executor.memory"] == "4g"
    assert there.settings()["spark.ui.enabled"] == "true"


def test_a_cluster_is_given_the_python_that_lies_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", "/opt/ser/bin/python")
    assert engine().environment()["PYSPARK_PYTHON"] == sys.executable
    assert engine(master="spark://head:7077").environment() == {"PYSPARK_PYTHON": "/opt/ser/bin/python"}
    monkeypatch.delenv("PYSPARK_PYTHON")
    assert engine(master="yarn").environment() == {"PYSPARK_PYTHON": sys.executable}


def test_partitions_of_no_size_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"engine\.partition_mb"):
        load(["engine=spark", "engine.partition_mb=0"]).engine.run(full_disk, [])


@pytest.mark.parametrize("memory", ["lots", "2", "2 g", "0g", "1.5g", ""])
def test_memory_that_java_does_not_understand_is_refused(memory: str) -> None:
    with pytest.raises(ConfigError, match=r"engine\.driver_memory: expected a whole number and one of the letters"):
        engine(driver_memory=memory)


@pytest.mark.parametrize("missing", ["PySpark", "Java"])
def test_what_is_not_installed_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setattr(room.importlib.util, "find_spec", lambda _: missing != "PySpark" or None)
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(ConfigError, match=rf"expected {missing}.*ser\[spark\].*Java 17.*engine=processes"):
        list(engine().run(full_disk, []))


def test_java_is_looked_for_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(room.importlib.util, "find_spec", lambda _: True)
    with pytest.raises(ConfigError, match="expected Java"):
        list(engine().run(full_disk, []))
