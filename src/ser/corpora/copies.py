"""Second copies: files of one utterance, in whatever folder, spelling and format, and whether they hold one sound.

Archives of several corpora hold everything twice, and mirrors lie beside originals. Names alone do not tell that two
files are the same recording: a copy may be cut, processed, or of an edition that named its speakers otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ser.audio.decode import AudioFacts

OTHER_SOUND = "a second copy with other sound"


@dataclass(frozen=True, kw_only=True)
class Copies:
    """The files of all utterances, told apart.

    Attributes:
        used: utterance name -> the file that stands for it.
        differing: file that sounds otherwise than the one in use -> how they differ, as a sentence naming both.
    """

    used: dict[str, PurePosixPath]
    differing: dict[PurePosixPath, str]


def compare(names: Mapping[PurePosixPath, str], found: Mapping[PurePosixPath, AudioFacts]) -> Copies:
    """Choose the file to use of each utterance, and hold the others against it.

    The shallowest is used, unless another in its own format is longer: then it was cut short. Of copies that differ
    otherwise nobody knows which is right.

    Args:
        names: path relative to the corpus folder -> name of the utterance; sound files only.
        found: what was found in each of these files.
    """
    files: dict[str, list[PurePosixPath]] = {}
    for path in sorted(names, key=lambda path: (len(path.parts), path)):
        files.setdefault(names[path], []).append(path)
    used = {name: _longest(copies, found) for name, copies in files.items()}
    differing = {
        path: _difference(path, used[name], found)
        for name, copies in files.items()
        for path in copies
        if found[path].pcm_sha256 != found[used[name]].pcm_sha256
    }
    return Copies(used=used, differing=differing)


def _longest(copies: Sequence[PurePosixPath], found: Mapping[PurePosixPath, AudioFacts]) -> PurePosixPath:
    """Choose the longest file in the format of the first; of equally long ones the first."""
    alike = [path for path in copies if _format(found[path]) == _format(found[copies[0]])]
    return max(alike, key=lambda path: found[path].frames)


def _format(audio: AudioFacts) -> tuple[int, int]:
    return audio.sample_rate_hz, audio.channels


def _difference(copy: PurePosixPath, used: PurePosixPath, found: Mapping[PurePosixPath, AudioFacts]) -> str:
    return (
        f"{copy} ({_described(found[copy])}) does not hold the sound of {used} ({_described(found[used])}), which is "
        "used. Listen to both, and remove the wrong one."
    )


def _described(audio: AudioFacts) -> str:
    return f"{audio.sample_rate_hz} Hz, {audio.channels} channel{'s' * (audio.channels > 1)}, {audio.duration_s:.3f} s"
