"""Second copies: files of one utterance, in whatever folder, spelling and format, and whether they hold one sound.

Archives of several corpora hold everything twice, and mirrors lie beside originals. Names alone do not tell that two
files are the same recording: a copy may be cut, processed, or of an edition that named its speakers otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from ser.audio.decode import AudioFacts, load

OTHER_SOUND = "a second copy with other sound"
SILENT_PEAK = 1e-4
"""A recording whose largest sample is below this share of full scale (-80 dB) holds no speech."""


@dataclass(frozen=True, kw_only=True)
class Copies:
    """The files of all utterances, told apart.

    Attributes:
        used: utterance name -> the file that stands for it.
        differing: file that sounds otherwise than the one in use -> how they differ, as a sentence naming both.
    """

    used: dict[str, PurePosixPath]
    differing: dict[PurePosixPath, str]


def compare(
    names: Mapping[PurePosixPath, str],
    found: Mapping[PurePosixPath, AudioFacts],
    goes_on: Callable[[PurePosixPath, PurePosixPath], bool],
) -> Copies:
    """Choose the file to use of each utterance, and hold the others against it.

    The shallowest is used, unless another goes on where it ends: then it was cut short. Of copies that differ otherwise
    nobody knows which is right.

    Args:
        names: path relative to the corpus folder -> name of the utterance; sound files only.
        found: what was found in each of these files.
        goes_on: whether the second file begins with the sound of the first and has more of it; asked only of files in
            one format of which the second is longer.
    """
    files: dict[str, list[PurePosixPath]] = {}
    for path in sorted(names, key=lambda path: (len(path.parts), path)):
        files.setdefault(names[path], []).append(path)
    used = {name: _whole(copies, found, goes_on) for name, copies in files.items()}
    differing = {
        path: _difference(path, used[name], found)
        for name, copies in files.items()
        for path in copies
        if found[path].pcm_sha256 != found[used[name]].pcm_sha256
    }
    return Copies(used=used, differing=differing)


def goes_on(root: Path, short: PurePosixPath, long: PurePosixPath) -> bool:
    """Say whether a file begins with the sound of another and then has more sound than silence.

    Args:
        root: the corpus folder.
        short: the shorter file, below it.
        long: the longer file, at the same rate.
    """
    head, whole = (load(root / path, sample_rate_hz=None, offset_s=0.0, duration_s=None)[0] for path in (short, long))
    rest = whole[len(head) :]
    return bool(np.array_equal(head, whole[: len(head)]) and np.abs(rest).max(initial=0.0) >= SILENT_PEAK)


def _whole(
    copies: Sequence[PurePosixPath],
    found: Mapping[PurePosixPath, AudioFacts],
    goes_on: Callable[[PurePosixPath, PurePosixPath], bool],
) -> PurePosixPath:
    """Choose the first file, or the first of those that go on where the one chosen so far ends."""
    chosen = copies[0]
    for path in copies[1:]:
        longer = found[path].frames > found[chosen].frames
        if longer and _format(found[path]) == _format(found[chosen]) and goes_on(chosen, path):
            chosen = path
    return chosen


def _format(audio: AudioFacts) -> tuple[int, int]:
    return audio.sample_rate_hz, audio.channels


def _difference(copy: PurePosixPath, used: PurePosixPath, found: Mapping[PurePosixPath, AudioFacts]) -> str:
    return (
        f"{copy} ({_described(found[copy])}) does not hold the sound of {used} ({_described(found[used])}), which is "
        "used. Listen to both, and remove the wrong one."
    )


def _described(audio: AudioFacts) -> str:
    return f"{audio.sample_rate_hz} Hz, {audio.channels} channel{'s' * (audio.channels > 1)}, {audio.duration_s:.3f} s"
