"""AESDD, the Acted Emotional Speech Dynamic Database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import ClassVar

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar

_NAME = grammar(r"(?P<emotion>[adfhs]) (?P<text>\d\d) \s* \( 0?(?P<speaker>[1-6]) \) (?P<take>[a-z]?)")
_EMOTIONS = {"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "s": "sadness"}
_TEXTS = tuple(f"{number:02d}" for number in range(1, 21))
_IMPROVISED = "20"
_UNREADABLE = "s05 (3)"
_ABSENT = ("h11 (3)", "f02 (4)", "d18 (5)", "s01 (5)")
# Second takes, and five names that write the speaker with two digits.
_FURTHER = ("a06 (5)b", "d01 (5)b", "d03 (5)b", "d04 (5)b", "f18 (5)b", "s01 (5)a", "s01 (5)b", "s02 (5)b", "s04 (5)b")
_TWO_DIGITS = ("d03 (1)", "f10 (1)", "f11 (1)", "f12 (1)", "f13 (1)")


@dataclass(frozen=True, kw_only=True)
class Aesdd(Corpus):
    """Six Greek actors, nineteen sentences and an improvised one, five emotions without neutral, 44.1 kHz.

    Source: Vryzas et al., Journal of the Audio Engineering Society 66(6), 2018, and the readme of the distribution.
    """

    facts: ClassVar[Facts] = Facts(
        id="aesdd",
        title="AESDD, the Acted Emotional Speech Dynamic Database",
        language="el-GR",
        licence="none stated in the archive, so research only; mirrors claim MIT or CC BY 4.0 without a source",
        citation=(
            "N. Vryzas, R. Kotsakis, A. Liatsou, C. A. Dimoulas, G. Kalliris: Speech Emotion Recognition for "
            "Performance Interaction. Journal of the Audio Engineering Society 66(6), 2018, pp. 457-467."
        ),
        how_to_get=(
            "Download 'Acted Emotional Speech Dynamic Database.zip' from "
            "https://mega.nz/folder/0ShVXY7C#-73kVoK05OjTPEA95UUvMw (which is where "
            "http://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/ leads) and unpack it into aesdd."
        ),
        benchmark=True,
        classes={"anger": 121, "disgust": 122, "fear": 120, "happiness": 119, "sadness": 122},
        # The readme says three women and two men among the first five, and not who is who; by parity (as others have
        # it) there would be three men.
        speakers={str(number): Speaker(gender=None, age=None) for number in range(1, 7)},
        texts={},
        sample_rates_hz=(44100,),
        channels=(1,),
        formats={},
        side_folders=("tools and documentation",),
        known_bad={_UNREADABLE: "published without an audio chunk: no program can read it"},
        notes=(
            "There is no neutral class.",
            "605 files are published, of which one cannot be read; the counts here are of the 604 others.",
            "Genders are not published by speaker. Tables that give them by parity contradict the readme.",
            "Sentence 20 is improvised; the others are the same in every emotion.",
        ),
    )

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `s04 (5)b.wav`: sadness, sentence 4, speaker 5, second take."""
        name = _NAME.fullmatch(relative.stem)
        if name is None or self.impossible(relative) is not None:
            return None
        emotion, take = name["emotion"].lower(), name["take"].lower()
        return Labels(
            name=_spelling(name),
            speaker=name["speaker"],
            emotion_native=_EMOTIONS[emotion],
            text_id=None if name["text"] == _IMPROVISED else name["text"],
            intensity=None,
            repetition=take or None,
            session=None,
        )

    def impossible(self, relative: PurePosixPath) -> str | None:
        """Name a sentence, or a take of one, that was not published."""
        name = _NAME.fullmatch(relative.stem)
        if name is None:
            return None
        if name["text"] not in _TEXTS:
            return f"its sentences are {_TEXTS[0]} to {_TEXTS[-1]}, not {name['text']}"
        spelling = _spelling(name)
        # Only speaker 5 repeated some sentences.
        published = spelling in _FURTHER if name["take"] else spelling not in _ABSENT
        return None if published else f"no {spelling} was published"

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 605 files by emotion."""
        for emotion, text, speaker in product(_EMOTIONS, _TEXTS, self.facts.speakers):
            name = f"{emotion}{text} ({speaker})"
            if name not in _ABSENT:
                spelling = name.replace("(", "(0") if name in _TWO_DIGITS else name
                yield PurePosixPath(_EMOTIONS[emotion], f"{spelling}.wav")
        yield from (PurePosixPath(_EMOTIONS[name[0]], f"{name}.wav") for name in _FURTHER)


def _spelling(name: re.Match[str]) -> str:
    """Spell a name as most are published: small letters, and the speaker with one digit."""
    return f"{name['emotion'].lower()}{name['text']} ({name['speaker']}){name['take'].lower()}"
