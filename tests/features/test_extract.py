from __future__ import annotations

import contextlib
import os
import pickle
import signal as signals
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio.augment import Augmentation, Chain, augment, variants_of
from ser.audio.operations.level import Noise
from ser.audio.operations.tempo import Pitch, Shift, Stretch
from ser.errors import DataError, StoreError
from ser.features.engine import Engine, Processes, Work
from ser.features.extract import Clip, extract
from ser.features.recipes import LogMel, MfccMean
from ser.features.source import feature_source
from ser.features.work import Outcome, Task
from ser.files import sha256_of_file

MakeClips = Callable[[int], list[Clip]]

ALONE = Processes(workers=1)
RECIPE = MfccMean(name="mfcc_mean", sample_rate_hz=16_000, offset_s=0.0, duration_s=None, n_mfcc=13)
SEQUENCE = LogMel(
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


def augmentation(**variants: list[str]) -> Augmentation:
    return Augmentation(
        variants={name: Chain(operations=chain, copies=1, probabilities={}) for name, chain in variants.items()},
        copies=None,
        seed=0,
        mode="fast",
        operations={
            "noise": Noise(amplitude=0.035),
            "shift": Shift(max_s=0.2),
            "stretch": Stretch(rate=0.8),
            "pitch": Pitch(semitones=0.7),
        },
    )


def keys_of(clips: list[Clip]) -> list[str]:
    return [clip.sha256 for clip in clips]


def test_features_are_those_of_each_clip_and_copy(clips: MakeClips, tmp_path: Path) -> None:
    made, settings = clips(30), augmentation(noise=["noise"], slow=["stretch"])
    extraction = extract(made, SEQUENCE, settings, tmp_path / "store", engine=ALONE)
    assert (extraction.computed, extraction.found) == (90, 0)
    clean = extraction.source.clean(keys_of(made))
    assert clean.shape == extraction.source.shape
    for clip, values in zip(made, clean, strict=True):
        np.testing.assert_array_equal(values, SEQUENCE.compute(*SEQUENCE.load(clip.path)))
    for variant in variants_of(settings):
        copies = extraction.source.variant(variant.key, keys_of(made))
        for clip, values in zip(made, copies, strict=True):
            samples, rate_hz = SEQUENCE.load(clip.path)
            copy = augment(samples, rate_hz, variant, settings, clip.sha256)
            np.testing.assert_array_equal(values, SEQUENCE.compute(copy, rate_hz))


def test_only_what_is_missing_is_computed(clips: MakeClips, tmp_path: Path) -> None:
    made, root = clips(6), tmp_path / "store"
    extract(made[:4], RECIPE, None, root, engine=ALONE)
    again = extract(made[:4], RECIPE, None, root, engine=ALONE)
    assert (again.computed, again.found) == (0, 4)
    wider = extract(made, RECIPE, augmentation(pitch=["pitch"]), root, engine=ALONE)
    assert (wider.computed, wider.found) == (2 + 6, 4)
    renamed = extract(made, RECIPE, augmentation(higher=["pitch"], too=["pitch"]), root, engine=ALONE)
    assert renamed.computed == 0


def test_audio_that_comes_twice_is_computed_once(clips: MakeClips, tmp_path: Path) -> None:
    made = clips(2)
    extraction = extract([*made, made[0]], RECIPE, None, tmp_path / "store", engine=ALONE)
    assert extraction.computed == 2
    assert len(extraction.source.clean([*keys_of(made), made[0].sha256])) == 3


def test_another_setting_is_another_space_and_another_name_is_not(tmp_path: Path) -> None:
    def space(**changes: object) -> Path:
        settings = {"name": "x", "sample_rate_hz": 16_000, "offset_s": 0.0, "duration_s": None, "n_mfcc": 13}
        return feature_source(tmp_path, MfccMean(**{**settings, **changes}), None).clean_space.folder  # type: ignore[arg-type]

    assert space() == space(name="y")
    assert len({space(), space(n_mfcc=12), space(offset_s=0.1), space(sample_rate_hz=None)}) == 4


def test_results_are_bit_identical_whatever_the_number_of_workers(clips: MakeClips, tmp_path: Path) -> None:
    made, settings = clips(60), augmentation(noise=["noise"], pitch=["pitch"])
    engines = {workers: Processes(workers=workers) for workers in (1, 2)}
    sources = [
        extract(made, SEQUENCE, settings, tmp_path / str(n), engine=engine).source for n, engine in engines.items()
    ]
    one, two = (source.clean(keys_of(made)) for source in sources)
    np.testing.assert_array_equal(one.values, two.values)
    for key in sources[0].variant_spaces:
        one, two = (source.variant(key, keys_of(made)) for source in sources)
        np.testing.assert_array_equal(one.values, two.values)


def test_the_handle_opens_in_another_process(clips: MakeClips, tmp_path: Path) -> None:
    made = clips(3)
    source = extract(made, RECIPE, None, tmp_path / "store", engine=ALONE).source
    sent = pickle.loads(pickle.dumps(source))  # noqa: S301
    np.testing.assert_array_equal(sent.clean(keys_of(made)).values, source.clean(keys_of(made)).values)


def test_bad_clips_are_told_together_and_the_others_are_stored(clips: MakeClips, tmp_path: Path) -> None:
    made, root = clips(12), tmp_path / "store"
    bad = []
    for number, clip in enumerate(made[:7]):
        clip.path.write_bytes(b"not audio, number %d" % number)
        bad.append(Clip(utterance_id=clip.utterance_id, path=clip.path, sha256=sha256_of_file(clip.path)))
    with pytest.raises(DataError) as error:
        extract([*bad, *made[7:]], RECIPE, None, root, engine=ALONE)
    told = str(error.value)
    assert "7 of 12" in told
    assert all(clip.utterance_id in told for clip in bad[:5])
    assert "and 2 more" in told
    assert len(feature_source(root, RECIPE, None).clean(keys_of(made[7:]))) == 5


def test_features_that_are_not_numbers_are_refused_by_the_files_name(tmp_path: Path) -> None:
    samples = np.zeros(8000, np.float32)
    samples[4000] = np.nan
    path = tmp_path / "nan.wav"
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    clip = Clip(utterance_id="made/nan", path=path, sha256=sha256_of_file(path))
    with pytest.raises(DataError, match=r"nan\.wav: expected features that are finite"):
        extract([clip], RECIPE, None, tmp_path / "store", engine=ALONE)


def test_a_file_that_changed_since_the_scan_is_refused(clips: MakeClips, tmp_path: Path) -> None:
    first, second = clips(2)
    first.path.write_bytes(second.path.read_bytes())
    with pytest.raises(DataError, match="ser scan"):
        extract([first], RECIPE, None, tmp_path / "store", engine=ALONE)


def test_a_full_disk_keeps_what_was_finished(clips: MakeClips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, root = clips(60), tmp_path / "store"
    real, calls = np.lib.format.write_array_header_1_0, 0

    def fills_up(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise OSError(28, "No space left on device")
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("ser.features.pack.np.lib.format.write_array_header_1_0", fills_up)
    with pytest.raises(StoreError, match="No space left"):
        extract(made, RECIPE, None, root, engine=ALONE)
    monkeypatch.undo()
    resumed = extract(made, RECIPE, None, root, engine=ALONE)
    assert (resumed.computed, resumed.found) == (35, 25)


@dataclass(frozen=True, kw_only=True)
class Elsewhere(Engine):
    """Works in another folder, as a cluster does; what it stores may be lost there."""

    folder: Path
    forgets: bool

    def run(self, work: Work, tasks: Sequence[Task]) -> Generator[Outcome, None, None]:
        with contextlib.chdir(self.folder):
            outcome = Outcome(stored=len(tasks), failures=[]) if self.forgets else work(tasks)
        yield outcome


def test_an_engine_that_works_in_another_folder_stores_where_it_is_read(
    clips: MakeClips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, elsewhere = clips(3), tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(tmp_path)
    done = extract(made, RECIPE, None, Path("data/store"), engine=Elsewhere(folder=elsewhere, forgets=False))
    assert done.computed == 3
    assert len(feature_source(Path("data/store"), RECIPE, None).clean(keys_of(made))) == 3
    assert list(elsewhere.iterdir()) == []


def test_what_was_reported_and_is_not_there_is_an_error(clips: MakeClips, tmp_path: Path) -> None:
    made, root = clips(3), tmp_path / "store"
    with pytest.raises(StoreError, match=r"the 3 results that were reported as stored, but got '3 of them not there'"):
        extract(made, RECIPE, None, root, engine=Elsewhere(folder=tmp_path, forgets=True))


def test_features_with_a_flipped_bit_are_computed_again(clips: MakeClips, tmp_path: Path) -> None:
    made, root = clips(3), tmp_path / "store"
    source = extract(made, RECIPE, None, root, engine=ALONE).source
    before = np.array(source.clean(keys_of(made)).values)
    (values,) = source.clean_space.folder.glob("pack-*/values.npy")
    damaged = bytearray(values.read_bytes())
    damaged[-3] ^= 1
    values.write_bytes(damaged)
    # Tests are quicker than the clock of the file system.
    later = time.time() + 60
    os.utime(values, (later, later))
    again = extract(made, RECIPE, None, root, engine=ALONE)
    assert (again.computed, again.found) == (3, 0)
    np.testing.assert_array_equal(again.source.clean(keys_of(made)).values, before)


def start(made: list[Clip], root: Path, workers: int) -> subprocess.Popen[str]:
    """Extract pitch-shifted log-mels in a process of its own, which prints what it computed and found."""
    arguments = root.parent / "arguments.pickle"
    arguments.write_bytes(pickle.dumps((made, SEQUENCE, augmentation(pitch=["pitch"]), root)))
    script = (
        "import pickle; from ser.features.engine import Processes; from ser.features.extract import extract\n"
        f"done = extract(*pickle.load(open({str(arguments)!r}, 'rb')), engine=Processes(workers={workers}))\n"
        "print(done.computed, done.found)"
    )
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_extraction_is_taken_up_where_it_was(clips: MakeClips, tmp_path: Path, workers: int) -> None:
    made, root = clips(200), tmp_path / "store"
    process = start(made, root, workers)
    deadline = time.monotonic() + 30
    while not list(root.glob("*/pack-*")):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    os.kill(process.pid, signals.SIGKILL)
    # The pipe closes when the last worker that inherited it is gone: none outlives its parent.
    process.communicate(timeout=20)
    resumed = extract(made, SEQUENCE, augmentation(pitch=["pitch"]), root, engine=ALONE)
    assert resumed.found > 0
    assert resumed.computed > 0
    assert resumed.computed + resumed.found == 400
    untouched = extract(made, SEQUENCE, augmentation(pitch=["pitch"]), tmp_path / "other", engine=ALONE)
    for ours, reference in (
        (resumed.source.clean(keys_of(made)), untouched.source.clean(keys_of(made))),
        (resumed.source.variant("pitch-1", keys_of(made)), untouched.source.variant("pitch-1", keys_of(made))),
    ):
        np.testing.assert_array_equal(ours.values, reference.values)


def test_two_processes_at_once_compute_each_clip_once(clips: MakeClips, tmp_path: Path) -> None:
    made, root = clips(60), tmp_path / "store"
    outputs = [process.communicate(timeout=60)[0].split() for process in [start(made, root, 1), start(made, root, 1)]]
    assert sorted(outputs) == [["0", "120"], ["120", "0"]]


def test_a_run_reads_a_view_of_what_two_workers_extracted(clips: MakeClips, tmp_path: Path) -> None:
    wanted = clips(60)
    source = extract(wanted, RECIPE, None, tmp_path / "store", engine=Processes(workers=2)).source
    read = source.clean([clip.sha256 for clip in wanted])
    assert isinstance(read.values, np.memmap)
    for clip, row in zip(wanted, read, strict=True):
        np.testing.assert_array_equal(row, RECIPE.compute(*RECIPE.load(clip.path)))
