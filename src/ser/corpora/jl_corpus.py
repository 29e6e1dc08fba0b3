"""JL-Corpus, emotional New Zealand English for human-robot interaction."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path, PurePosixPath

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar
from ser.errors import one_of

_PRIMARY = {
    "angry": "anger",
    "excited": "excitement",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
}
_SECONDARY = {
    "anxious": "anxiety",
    "apologetic": "apologetic",
    "assertive": "assertive",
    "concerned": "concerned",
    "encouraging": "encouraging",
}
_EMOTIONS = _PRIMARY | _SECONDARY
# Three files lie in the archive twice, the second time with the (1) that browsers add.
_NAME = grammar(
    rf"""(?P<speaker>(?:fe)?male[12]) _ (?P<emotion>{"|".join(_EMOTIONS)}) _ (?P<text>[1-9]|1[0-5])(?P<session>[ab])
         _ (?P<take>[12]) (?:\(1\))?"""
)
_CHOICES = ("primary", "all")
_PER_CLASS = 240
_FOLDER = PurePosixPath("Raw JL corpus (unchecked and unannotated)", "JL(wav+txt)")
_ALL = Facts(
    id="jl-corpus",
    title="JL-Corpus, emotional New Zealand English",
    language="en-NZ",
    licence="CC0 1.0 (the authors' upload to Kaggle); ODC-By by another account",
    citation=(
        "J. James, L. Tian, C. I. Watson: An Open Source Emotional Speech Corpus for Human Robot Interaction "
        "Applications. Interspeech 2018, pp. 2768-2772."
    ),
    how_to_get=(
        "Download https://www.kaggle.com/datasets/tli725/jl-corpus (needs a Kaggle account) and unpack it into "
        "jl-corpus."
    ),
    benchmark=True,
    classes=dict.fromkeys(_EMOTIONS.values(), _PER_CLASS),
    speakers={
        "female1": Speaker(gender="female", age=None),
        "female2": Speaker(gender="female", age=None),
        "male1": Speaker(gender="male", age=None),
        "male2": Speaker(gender="male", age=None),
    },
    texts={},
    sample_rates_hz=(44100,),
    channels=(1,),
    formats={},
    # Copies and excerpts that were played to listeners, under names of the same grammar.
    side_folders=("perception test material on qualtrics",),
    known_bad={},
    notes=(
        "Published raw, unchecked and unannotated; a verified edition never came out.",
        "Six pairs of utterances of female1, excited, are one recording under one label in both sessions (5, 6 and 9); "
        "they are kept.",
        "The number of a sentence means one text among the primary emotions and another among the secondary ones: text "
        "ids say which. The primary emotions share all fifteen; of those of a secondary emotion two are its own, which "
        "the names do not tell: the words may give a secondary emotion away.",
        "The paper calls encouraging enthusiastic, concerned worried and assertive pensive.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class JLCorpus(Corpus):
    """Four New Zealanders, fifteen sentences, five primary and five secondary emotions, 44.1 kHz.

    Source: James, Tian and Watson, Interspeech 2018, and the documents of the distribution.

    Attributes:
        folder: see :class:`Corpus`.
        emotions: "all" ten, or "primary": the five of the paper's first part.
    """

    emotions: str

    def __post_init__(self) -> None:
        one_of(self.emotions, _CHOICES, what="a choice of emotions", where="corpora.jl-corpus.emotions")

    @functools.cached_property
    def facts(self) -> Facts:
        """All ten emotions, or the primary five."""
        if self.emotions == "all":
            return _ALL
        return replace(_ALL, classes=dict.fromkeys(_PRIMARY.values(), _PER_CLASS))

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `female1_happy_10b_2.wav`: sentence 10, session b, second take."""
        name = _NAME.fullmatch(relative.stem)
        if name is None:
            return None
        speaker, emotion, text, session, take = (part.lower() for part in name.groups())
        # The number of a sentence stands for one text among the primary emotions and for another among the secondary.
        return Labels(
            name=f"{speaker}_{emotion}_{text}{session}_{take}",
            speaker=speaker,
            emotion_native=_EMOTIONS[emotion],
            text_id=f"{'primary' if emotion in _PRIMARY else 'secondary'}-{text}",
            intensity=None,
            repetition=take,
            session=session,
        )

    def outside(self, found: Iterable[Labels], root: Path) -> dict[str, str]:
        """Pass over the secondary emotions unless they are asked for."""
        if self.emotions == "all":
            return {}
        why = "a secondary emotion (corpora.jl-corpus.emotions=all takes it in)"
        return {labels.name: why for labels in found if labels.emotion_native in _SECONDARY.values()}

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 2400 files, or the 1200 of the primary emotions."""
        emotions = _EMOTIONS if self.emotions == "all" else _PRIMARY
        for speaker, emotion, text, session, take in product(_ALL.speakers, emotions, range(1, 16), "ab", "12"):
            yield _FOLDER / f"{speaker}_{emotion}_{text}{session}_{take}.wav"
