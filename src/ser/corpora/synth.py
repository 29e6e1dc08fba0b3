"""The embedded voice in the clothes of a published corpus: its names, layout, formats and oddities, not its recordings.

So everything that is built for a corpus runs on a machine that has none of it.
"""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import soundfile

from ser.arrays import Float32
from ser.corpora.base import Corpus, Facts, Labels
from ser.corpora.synthetic import manner_of, voice_of
from ser.corpora.voice import speak
from ser.errors import ConfigError, DataError
from ser.files import digest, write_text, written_aside
from ser.pool import unordered
from ser.progress import track

MARKER = "SYNTHETIC.txt"
"""The file that tells such a folder from the published corpus."""
_TAKES = 2
_BATCH = 20
_WARNING = (
    "Made by `ser synth`: the names are those of {title}, the sound is a program's.\n"
    "It shows that a pipeline works. No number computed on it says anything of that corpus.\n"
)

# Native emotion -> the voice's expression that is nearest to it, and how strongly.
_EXPRESSIONS: dict[str, tuple[str, float]] = {
    "anger": ("angry", 1.0),
    "anxiety": ("fear", 0.6),
    "apologetic": ("sad", 0.5),
    "assertive": ("angry", 0.5),
    "boredom": ("sad", 0.6),
    "calm": ("sad", 0.25),  # nearly neutral, a little slower and softer
    "concerned": ("fear", 0.4),
    "disgust": ("disgust", 1.0),
    "encouraging": ("happy", 0.6),
    "excitement": ("happy", 1.4),
    "fear": ("fear", 1.0),
    "happiness": ("happy", 1.0),
    "neutral": ("neutral", 1.0),
    "pleasant_surprise": ("surprise", 0.9),
    "sadness": ("sad", 1.0),
    "surprise": ("surprise", 1.0),
}
_DEGREES = {"low": 0.6, "mild": 0.7, "strong": 1.3, "high": 1.3}

# What is odd in single files, by corpus and utterance name; "" stands for every file of the corpus.
_ODDITIES: dict[str, dict[str, str]] = {
    "aesdd": {"s05 (3)": "headless"},
    "crema-d": {"1076_MTI_SAD_XX": "silent"},
    "emodb": dict.fromkeys(("14a07Aa", "14a07Na"), "padded"),
    "ravdess": {"": "padded"},
    "tess": dict.fromkeys(("YAF_germ_angry", "YAF_neat_fear"), "aiff"),
}
# Files that are published as the same recording as another one.
_SAME_AS: dict[str, dict[str, str]] = {
    "crema-d": {
        "1006_TIE_NEU_XX": "1006_TIE_HAP_XX",
        "1013_WSI_SAD_XX": "1013_WSI_DIS_XX",
        "1017_IWW_FEA_XX": "1017_IWW_ANG_XX",
    },
    "ravdess": {"03-01-03-01-02-02-07": "03-01-03-01-02-01-07"},
}


@dataclass(frozen=True, kw_only=True)
class _Clip:
    """A file to write: where, what is said in it, its rate in Hz, channels, and what is odd about it."""

    path: PurePosixPath
    said: Labels
    sample_rate_hz: int
    channels: int
    oddity: str | None


def synthesize(corpus: Corpus, folder: Path, *, size: str, workers: int) -> int:
    """Write a corpus of the embedded voice under the names of a published one.

    Each file is written whole or not at all, and those that are there stay; the same names always hold the same bytes.

    Args:
        corpus: whose names, formats and oddities.
        folder: the corpus folder; made if missing.
        size: "full" for every published file; "tiny" for two of each speaker in each emotion, and all that are odd.
        workers: processes to use.

    Returns:
        The number of files that the folder holds of this size.

    Raises:
        ConfigError: when the corpus has no published names.
        DataError: when the folder holds something else.
        StoreError: when the disk is full or the folder cannot be written.
    """
    clips = _clips(corpus, full=size == "full")
    if not clips:
        raise ConfigError(
            expected="a corpus with published file names",
            received=corpus.facts.id,
            where="ser synth",
            fix="Name one of the corpora that `ser corpora` lists with a licence.",
        )
    if folder.exists() and not is_synthetic(folder) and any(folder.iterdir()):
        raise DataError(
            expected="an empty folder, or one that `ser synth` made",
            received="a folder that holds other files",
            where=folder,
            fix="Choose another place with --out DIR.",
        )
    # First of all, so that not even half a corpus is taken for the published one.
    write_text(folder / MARKER, _WARNING.format(title=corpus.facts.title))
    missing = [clip for clip in clips if not (folder / clip.path).exists()]
    batches = [missing[start : start + _BATCH] for start in range(0, len(missing), _BATCH)]
    work = unordered(functools.partial(_write_some, folder, corpus.facts), batches, workers=workers)
    for _ in track(work, total=len(batches), what=f"speaking {corpus.facts.id}"):
        pass
    return len(clips)


def is_synthetic(folder: Path) -> bool:
    """Say whether a corpus folder holds the embedded voice under a published corpus's names."""
    return (folder / MARKER).is_file()


def facts_of(corpus: Corpus, folder: Path) -> Facts:
    """Say what lies in a corpus folder: the published corpus, or the embedded voice under its names.

    Args:
        corpus: whose names the files bear.
        folder: the corpus folder.

    Returns:
        The facts of the corpus; those of the voice's rendering are no benchmark, and say so wherever they are shown.
    """
    facts = corpus.facts
    if not is_synthetic(folder):
        return facts
    warning = _WARNING.format(title=facts.title)
    return replace(
        facts,
        title=f"{facts.title}: its names, spoken by the embedded voice",
        licence="none needed: made on this machine",
        citation="none: do not cite numbers on this corpus",
        how_to_get=f"It was written by `ser synth {facts.id}`.",
        benchmark=False,
        notes=(warning.replace("\n", " ").strip(), *facts.notes),
    )


def _clips(corpus: Corpus, *, full: bool) -> list[_Clip]:
    """List the files of a size, with what is said in them."""
    facts = corpus.facts
    parsed = {path: labels for path in corpus.published() if (labels := corpus.parse(path))}
    by_name = {labels.name: labels for labels in parsed.values()}
    oddities, same_as = _ODDITIES.get(facts.id, {}), _SAME_AS.get(facts.id, {})
    odd = {*oddities, *same_as, *same_as.values(), *_one_of_each(facts.formats, by_name)}
    chosen = parsed if full else {path for path in parsed if parsed[path].name in odd} | _few(parsed)
    clips = []
    for path in sorted(chosen):
        name = parsed[path].name
        rate, channels = corpus.format_of(path)
        clips.append(
            _Clip(
                path=path,
                said=by_name[same_as.get(name, name)],
                sample_rate_hz=rate,
                channels=channels,
                oddity=oddities.get(name, oddities.get("")),
            )
        )
    return clips


def _few(parsed: Mapping[PurePosixPath, Labels]) -> set[PurePosixPath]:
    """Choose files of each speaker and emotion, other ones in every group, so that texts and degrees differ."""
    groups: dict[tuple[str | None, str], list[PurePosixPath]] = {}
    for path, labels in parsed.items():
        groups.setdefault((labels.speaker, labels.emotion_native), []).append(path)
    return {
        group[(index + take * len(group) // _TAKES) % len(group)]
        for index, group in enumerate(groups.values())
        for take in range(_TAKES)
    }


def _one_of_each(formats: Mapping[str, tuple[int, int]], names: Iterable[str]) -> set[str]:
    """Choose the first file of each unusual format."""
    return set({formats[name]: name for name in sorted(names, reverse=True) if name in formats}.values())


def _write_some(folder: Path, facts: Facts, clips: list[_Clip]) -> None:
    for clip in clips:
        data = _encoded(_samples(facts, clip), clip)
        with written_aside(folder / clip.path) as aside:
            aside.write_bytes(data)


def _samples(facts: Facts, clip: _Clip) -> Float32:
    """Speak a clip. Speaker, habit and text have chances of their own, so that they are the same in every clip."""
    said, corpus = clip.said, facts.id
    expression, strength = _EXPRESSIONS[said.emotion_native]
    speaker = _chance(corpus, "speaker", said.speaker)
    gender = said.speaker and facts.speakers[said.speaker].gender
    voice = voice_of(gender or ("female", "male")[int(speaker.integers(2))], speaker)
    habit = _chance(corpus, "habit", said.speaker, said.emotion_native)
    rng = _chance(corpus, "clip", said.name)
    manner = manner_of(expression, strength * _DEGREES.get(str(said.intensity), 1.0), habit=habit, clip=rng)
    samples = speak(
        _sentence(_chance(corpus, "text", said.text_id or said.name)), voice, manner, clip.sample_rate_hz, rng
    )
    return np.zeros_like(samples) if clip.oddity == "silent" else samples


def _sentence(rng: np.random.Generator) -> list[str]:
    """Make up a sentence of six to nine syllables."""
    return ["".join(rng.choice(list(sounds)) for sounds in ("mnldtksf", "aeiou")) for _ in range(rng.integers(6, 10))]


def _chance(*words: str | None) -> np.random.Generator:
    return np.random.default_rng(int(digest(list(words)), 16))


def _encoded(samples: Float32, clip: _Clip) -> bytes:
    """Write 16-bit samples in the clip's format: the container follows the suffix, unless that is what is odd."""
    spread: npt.NDArray[np.float32] = np.repeat(samples[:, None], clip.channels, axis=1)
    aiff = clip.oddity == "aiff" or clip.path.suffix.lower() == ".aiff"
    stream = io.BytesIO()
    soundfile.write(stream, spread, clip.sample_rate_hz, format="AIFF" if aiff else "WAV", subtype="PCM_16")
    data = stream.getvalue()
    if clip.oddity == "headless":
        # A header, and no audio chunk after it.
        return data[: data.index(b"data")]
    return _padded(data) if clip.oddity == "padded" else data


def _padded(wav: bytes) -> bytes:
    """Put a chunk of padding between format and samples, so that these start at 4096 bytes, as some recorders do."""
    at = wav.index(b"data")
    padding = b"PAD " + struct.pack("<I", 4096 - 16 - at) + bytes(4096 - 16 - at)
    return wav[:4] + struct.pack("<I", len(wav) + len(padding) - 8) + wav[8:at] + padding + wav[at:]
