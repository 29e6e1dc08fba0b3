"""`kill -9` in the middle of extractions: nothing lost, nothing wrong, nothing computed twice but what was in hand."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from features.siege import logged
from ser.features import cache
from ser.features.engine import Processes
from ser.features.extract import Clip, Extraction, extract
from ser.features.source import feature_source
from ser.features.work import CHUNK

ALONE = Processes(workers=1)
TESTS = Path(__file__).parents[1]


def run(tmp_path: Path, *arguments: object) -> None:
    pickled = tmp_path / "arguments.pickle"
    pickled.write_bytes(pickle.dumps(arguments))
    path = os.pathsep.join([str(TESTS), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "features.siege", str(pickled)], check=True, timeout=60, env=environment)


def keys_of(clips: list[Clip]) -> list[str]:
    return [clip.sha256 for clip in clips]


def assert_same(made: list[Clip], ours: Extraction, reference: Extraction) -> None:
    read, wanted = ours.source.clean(keys_of(made)), reference.source.clean(keys_of(made))
    np.testing.assert_array_equal(read.offsets, wanted.offsets)
    np.testing.assert_array_equal(read.values, wanted.values)


def test_two_writers_killed_at_ten_random_moments(clips: Callable[[int], list[Clip]], tmp_path: Path) -> None:
    made, root, log, rounds = clips(320), tmp_path / "store", tmp_path / "log", 10
    overlapping = [made[:220], made[100:][::-1]]
    # Late enough to store a chunk a round, too early to end.
    moments = np.random.default_rng(4).integers(1, 2 * CHUNK - 5, (rounds, 2)).tolist()
    run(tmp_path, "kill_as_they_compute", overlapping, logged(log), root, moments)

    computed = log.read_text().splitlines()
    stored = len(made) - len(feature_source(root, logged(log), None).clean_space.missing(keys_of(made)))
    assert 0 < stored < len(made), "all ten moments are in the middle"
    assert len(computed) - stored <= 2 * rounds * CHUNK
    text, sound = cache.verify(root)
    assert sound, text

    resumed = extract(made, logged(log), None, root, engine=ALONE)
    assert (resumed.found, resumed.computed) == (stored, len(made) - stored)
    assert len(log.read_text().splitlines()) - len(computed) == resumed.computed
    assert_same(made, resumed, extract(made, logged(tmp_path / "other"), None, tmp_path / "undisturbed", engine=ALONE))


def test_a_writer_killed_before_any_change_of_the_file_system(
    clips: Callable[[int], list[Clip]], tmp_path: Path
) -> None:
    made, root, log = clips(2 * CHUNK + 1), tmp_path / "stores", tmp_path / "log"
    # Three packs, then their merging: about eighty changes.
    changes = sorted(np.random.default_rng(4).choice(np.arange(1, 90), 24, replace=False).tolist())
    run(tmp_path, "kill_by_the_file_system", made, logged(log), root, changes)
    reference = extract(made, logged(log), None, tmp_path / "undisturbed", engine=ALONE)
    found = []
    for number in changes:
        text, sound = cache.verify(root / str(number))
        assert sound, text
        resumed = extract(made, logged(log), None, root / str(number), engine=ALONE)
        assert_same(made, resumed, reference)
        found.append(resumed.found)
    assert found == sorted(found), "what was stored once is never lost"
    assert found[0] == 0
    assert found[-1] == len(made)
    assert {CHUNK, 2 * CHUNK} <= set(found)
