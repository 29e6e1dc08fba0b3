from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile

from ser.arrays import Float64
from ser.audio.decode import AudioFacts
from ser.corpora.copies import compare, goes_on


def sound(pcm_sha256: str, *, frames: int = 8000, rate: int = 8000) -> AudioFacts:
    return AudioFacts(
        sample_rate_hz=rate,
        channels=1,
        frames=frames,
        duration_s=frames / rate,
        peak=0.5,
        rms=0.1,
        container="WAV",
        chunks="",
        pcm_sha256=pcm_sha256,
    )


def chosen(**files: tuple[str, AudioFacts]) -> tuple[dict[str, str], set[str]]:
    """Compare files given as path with "__" for "/" = (utterance, sound)."""
    paths = {PurePosixPath(path.replace("__", "/")): facts for path, facts in files.items()}
    results = []
    for order in (list(paths), list(paths)[::-1]):
        found = {path: paths[path][1] for path in order}

        def hash_goes_on(
            short: PurePosixPath, long: PurePosixPath, found: dict[PurePosixPath, AudioFacts] = found
        ) -> bool:
            return found[long].pcm_sha256.startswith(found[short].pcm_sha256)

        copies = compare({path: paths[path][0] for path in order}, found, hash_goes_on)
        used = {name: str(path) for name, path in copies.used.items()}
        results.append((used, {str(path) for path in copies.differing}))
    assert results[0] == results[1]
    return results[0]


def test_the_shallowest_of_one_sound_is_used_whatever_the_order() -> None:
    same = sound("1")
    used, differing = chosen(b__x=("x", same), a__x=("x", same), c__d__y=("y", same), y=("y", same), b__z=("z", same))
    assert used == {"x": "a/x", "y": "y", "z": "b/z"}
    assert differing == set()


def test_of_equally_long_copies_that_differ_the_shallowest_is_used() -> None:
    assert chosen(a__x=("x", sound("2")), x=("x", sound("1")), b__x=("x", sound("1"))) == ({"x": "x"}, {"a/x"})


def test_a_copy_that_goes_on_where_the_first_ends_stands_before_it() -> None:
    short, full = sound("1", frames=7000), sound("1 and more")
    assert chosen(x=("x", short), a__x=("x", full), b__x=("x", full)) == ({"x": "a/x"}, {"x"})


def test_a_longer_copy_of_other_sound_does_not() -> None:
    assert chosen(x=("x", sound("1", frames=7000)), a__x=("x", sound("2"))) == ({"x": "x"}, {"a/x"})


@pytest.mark.parametrize(
    ("rest", "expected"), [(np.full(40, 0.2), True), (np.zeros(40), False), (np.full(0, 0.2), False)]
)
def test_what_follows_must_be_sound(tmp_path: Path, rest: Float64, expected: bool) -> None:
    head = np.linspace(-0.5, 0.5, 100)
    soundfile.write(tmp_path / "short.wav", head, 8000)
    soundfile.write(tmp_path / "long.wav", np.concatenate([head, rest]), 8000)
    soundfile.write(tmp_path / "other.wav", np.concatenate([-head, rest]), 8000)
    short, long, other = (PurePosixPath(f"{name}.wav") for name in ("short", "long", "other"))
    assert goes_on(tmp_path, short, long) is expected
    assert not goes_on(tmp_path, short, other)


def test_a_copy_in_another_format_is_never_taken_for_the_longer_one() -> None:
    assert chosen(x=("x", sound("1")), a__x=("x", sound("2", frames=48001, rate=48000))) == ({"x": "x"}, {"a/x"})


def test_no_files_have_no_copies() -> None:
    assert chosen() == ({}, set())
