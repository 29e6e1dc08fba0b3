"""CASIA, the Mandarin emotional speech corpus of the Chinese Academy of Sciences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import ClassVar

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar

# The folders of the part with different texts write the names the other way round.
_SPEAKERS = {
    "liuchanhg": "liuchanhg",
    "chang.liu": "liuchanhg",
    "wangzhe": "wangzhe",
    "zhe.wang": "wangzhe",
    "zhaoquanyin": "zhaoquanyin",
    "quanyin.zhao": "zhaoquanyin",
    "zhaozuoxiang": "zhaozuoxiang",
    "zuoxiang.zhao": "zhaozuoxiang",
}
_EMOTIONS = {
    "angry": "anger",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "normal": "neutral",
    "sad": "sadness",
    "surprise": "surprise",
}
_SPEAKER = f"(?P<speaker>{'|'.join(name.replace('.', '[.]') for name in _SPEAKERS)})"
_EMOTION = f"(?P<emotion>{'|'.join(_EMOTIONS)})"
_TEXT = r"(?P<text>\d{3})"
_PATHS = (
    grammar(f"(?: .* / )? {_SPEAKER} / {_EMOTION} / {_TEXT}"),
    # Flattened by popular scripts.
    grammar(f"(?: .* / )? {_TEXT} - {_EMOTION} - {_SPEAKER}"),
    grammar(f"(?: .* / )? {_SPEAKER} _ {_TEXT} _ {_EMOTION}"),
    grammar(f"(?: .* / )? {_SPEAKER} _ {_EMOTION} _ {_TEXT}"),
)
# Of which the 1200 utterances in use have 201 to 250.
_COMMON = range(1, 301)
_CODES = ("angry", "fear", "happy", "neutral", "sad", "surprise")


@dataclass(frozen=True, kw_only=True)
class Casia(Corpus):
    """Four Chinese speakers, fifty sentences, six emotions, 16 kHz: the 1200 utterances that are in use.

    The full corpus (9600 utterances: 300 common sentences, and 100 of each speaker and emotion) is read too; its
    numbers are then other than those stated here.

    Source: EmoBox's list of the 1200; genders from a single public source, which agrees with two women and two men.
    """

    facts: ClassVar[Facts] = Facts(
        id="casia",
        title="CASIA, the Mandarin emotional speech corpus",
        language="zh-CN",
        licence="unknown; the full corpus is licensed on request, the 1200 utterances circulate without a licence",
        citation=(
            "Institute of Automation, Chinese Academy of Sciences: CASIA Chinese Emotional Speech Corpus (no canonical "
            "paper)."
        ),
        how_to_get=(
            "Ask the Institute of Automation of the Chinese Academy of Sciences for a copy, and lay it out as "
            "casia/SPEAKER/EMOTION/NUMBER.wav. The 1200 utterances are also passed on without a licence: Kaggle "
            "https://www.kaggle.com/datasets/rocklagoon/casia-emotion-recognition, ModelScope Westwest/CASIA, Baidu AI "
            "Studio dataset 209512."
        ),
        benchmark=True,
        classes=dict.fromkeys(sorted(set(_EMOTIONS.values())), 200),
        speakers={
            "liuchanhg": Speaker(gender="female", age=None),
            "wangzhe": Speaker(gender="male", age=None),
            "zhaoquanyin": Speaker(gender="female", age=None),
            "zhaozuoxiang": Speaker(gender="male", age=None),
        },
        texts={},
        sample_rates_hz=(16000,),
        channels=(1,),
        formats={},
        side_folders=(),
        known_bad={},
        notes=(
            "The same fifty sentences (201 to 250) are spoken by everyone in every emotion: training and test share "
            "the text in any split by speaker.",
            "The speaker written liuchanhg is Liu Chang; the spelling is the corpus's own.",
        ),
    )

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a path such as `wangzhe/fear/201.wav`, or a flat name such as `201-fear-wangzhe.wav`."""
        found = _match(relative)
        if found is None or self.impossible(relative) is not None:
            return None
        spelling = found["speaker"].lower()
        speaker, emotion = _SPEAKERS[spelling], _EMOTIONS[found["emotion"].lower()]
        # Each speaker and emotion has texts of its own in the part with different texts.
        text = f"{speaker}-{emotion}-{found['text']}" if "." in spelling else found["text"]
        return Labels(
            name=f"{speaker}-{emotion}-{'own-' if '.' in spelling else ''}{found['text']}",
            speaker=speaker,
            emotion_native=emotion,
            text_id=text,
            intensity=None,
            repetition=None,
            session=None,
        )

    def impossible(self, relative: PurePosixPath) -> str | None:
        """Name a text that the speakers do not have in common. How texts of one's own are numbered is not published."""
        found = _match(relative)
        if found is None or int(found["text"]) in _COMMON or ("." in found["speaker"] and found["text"] != "000"):
            return None
        return f"its texts are {_COMMON[0]:03d} to {_COMMON[-1]}, not {found['text']}"

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 1200 files by speaker and emotion."""
        folders = ("liuchanhg", "wangzhe", "zhaoquanyin", "ZhaoZuoxiang")
        for speaker, emotion, text in product(folders, _CODES, range(201, 251)):
            yield PurePosixPath(speaker, emotion, f"{text}.wav")


def _match(relative: PurePosixPath) -> re.Match[str] | None:
    path = relative.with_suffix("").as_posix()
    return next((match for pattern in _PATHS if (match := pattern.fullmatch(path))), None)
