"""RAVDESS, the Ryerson Audio-Visual Database of Emotional Speech and Song: its audio-only files."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path, PurePosixPath

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar

_FIELDS = r"""(?P<modality>\d\d) - (?P<channel>\d\d) - (?P<emotion>\d\d) - (?P<intensity>\d\d) - (?P<text>\d\d)
              - (?P<repetition>\d\d) - (?P<speaker>\d\d)"""
_NUMBERS = grammar(_FIELDS)
_EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
_SUNG = ("01", "02", "03", "04", "05", "06")
_ACTORS = tuple(f"{number:02d}" for number in range(1, 25))
_SILENT_SINGER = "18"
_INTENSITIES = {"01": "normal", "02": "strong"}
# Neutral in strong intensity.
_NEVER = ("01", "02")
_SPOKEN, _SONG = "01", "02"
# Two identical channels, by a public listing; the last is song.
_STEREO = (
    "03-01-02-01-01-02-01",
    "03-01-08-01-02-02-01",
    "03-01-02-01-02-02-05",
    "03-01-03-01-02-01-20",
    "03-01-06-01-01-02-20",
    "03-02-01-01-01-01-24",
)
_ALLOWED = {
    "modality": {"03"},
    "channel": {_SPOKEN, _SONG},
    "emotion": set(_EMOTIONS),
    "intensity": set(_INTENSITIES),
    "text": {"01", "02"},
    "repetition": {"01", "02"},
    "speaker": set(_ACTORS),
}
_SPEECH = Facts(
    id="ravdess",
    title="RAVDESS, the Ryerson Audio-Visual Database of Emotional Speech and Song",
    language="en",
    licence="CC BY-NC-SA 4.0; commercial licences are sold separately",
    citation=(
        "S. R. Livingstone, F. A. Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS). "
        "PLoS ONE 13(5): e0196391, 2018. doi:10.1371/journal.pone.0196391"
    ),
    how_to_get=(
        "Download Audio_Speech_Actors_01-24.zip (for song also Audio_Song_Actors_01-24.zip) from "
        "https://zenodo.org/records/1188976 and unpack it into ravdess."
    ),
    benchmark=True,
    classes={name: 96 if name == "neutral" else 192 for name in _EMOTIONS.values()},
    # The publisher says: odd actors are men, even ones women.
    speakers={actor: Speaker(gender="male" if int(actor) % 2 else "female", age=None) for actor in _ACTORS},
    texts={"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."},
    sample_rates_hz=(48000,),
    channels=(1, 2),
    formats=dict.fromkeys(_STEREO, (48000, 2)),
    side_folders=(),
    known_bad={},
    notes=(
        "Two sentences only, the same in every emotion: training and test share the text in any split by speaker.",
        "Neutral has half as many utterances as each other class, since it was not recorded in strong intensity.",
        "03-01-03-01-02-01-07 and 03-01-03-01-02-02-07 are one recording under one label; both are kept.",
        "Names that begin with 01 or 02 are those of its videos: sound cut from them is refused, since it repeats the "
        "03 files, and since other corpora use such names in another meaning.",
        "Studies of eight classes keep calm; the common seven drop it, others count it as neutral.",
    ),
)
_SPEECH_AND_SONG = replace(
    _SPEECH,
    classes={
        name: count + (23 * 4 if name == "neutral" else 23 * 8 if code in _SUNG else 0)
        for (code, name), count in zip(_EMOTIONS.items(), _SPEECH.classes.values(), strict=True)
    },
    notes=(
        *_SPEECH.notes,
        "Song has no disgust and no surprise, and actor 18 does not sing: 1012 files on top of 1440.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Ravdess(Corpus):
    """24 North American actors, two sentences, eight emotions, two intensities, 48 kHz.

    Source: Livingstone and Russo, PLoS ONE 13(5), 2018.

    Attributes:
        folder: see :class:`Corpus`.
        song: whether the sung utterances count too.
    """

    song: bool

    @functools.cached_property
    def facts(self) -> Facts:
        """Speech, or speech and song."""
        return _SPEECH_AND_SONG if self.song else _SPEECH

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `03-01-05-02-01-01-12.wav`: anger, strong, Kids are talking, first take, actor 12."""
        name = _NUMBERS.fullmatch(relative.stem)
        if name is None or self.impossible(relative) is not None:
            return None
        return Labels(
            name=name[0],
            speaker=name["speaker"],
            emotion_native=_EMOTIONS[name["emotion"]],
            text_id=name["text"],
            intensity=_INTENSITIES[name["intensity"]],
            repetition=name["repetition"],
            session=None,
        )

    def outside(self, found: Iterable[Labels], root: Path) -> dict[str, str]:
        """Pass over song unless it is asked for."""
        if self.song:
            return {}
        why = "song (corpora.ravdess.song=true takes it in)"
        return {labels.name: why for labels in found if labels.name.split("-")[1] == _SONG}

    def impossible(self, relative: PurePosixPath) -> str | None:
        """Name the numbers that RAVDESS does not use: other corpora (BanglaSER) use such names in another meaning."""
        name = _NUMBERS.fullmatch(relative.stem)
        if name is None:
            return None
        wrong = ", ".join(f"{part} {name[part]}" for part, allowed in _ALLOWED.items() if name[part] not in allowed)
        if wrong:
            return (
                f"its audio has no {wrong} (modalities 01 and 02 are videos; in corpora with names of this form, such "
                "as BanglaSER, the numbers mean other things)"
            )
        if (name["emotion"], name["intensity"]) == _NEVER:
            return "neutral was not recorded in strong intensity"
        if name["channel"] == _SONG and name["emotion"] not in _SUNG:
            return f"{_EMOTIONS[name['emotion']]} is not sung"
        if name["channel"] == _SONG and name["speaker"] == _SILENT_SINGER:
            return f"actor {_SILENT_SINGER} does not sing"
        return None

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 1440 spoken files, and the 1012 sung ones if they count, by actor."""
        for actor, channel in product(_ACTORS, (_SPOKEN, _SONG) if self.song else (_SPOKEN,)):
            if (actor, channel) != (_SILENT_SINGER, _SONG):
                emotions = _SUNG if channel == _SONG else tuple(_EMOTIONS)
                yield from (PurePosixPath(f"Actor_{actor}", f"{name}.wav") for name in _names(actor, channel, emotions))


def _names(actor: str, channel: str, emotions: tuple[str, ...]) -> Iterator[str]:
    for emotion, intensity, text, take in product(emotions, _INTENSITIES, ("01", "02"), ("01", "02")):
        if (emotion, intensity) != _NEVER:
            yield f"03-{channel}-{emotion}-{intensity}-{text}-{take}-{actor}"
