"""SAVEE, Surrey Audio-Visual Expressed Emotion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import ClassVar

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar

_SPEAKERS = ("DC", "JE", "JK", "KL")
_EMOTIONS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
_SENTENCES = {code: 30 if code == "n" else 15 for code in _EMOTIONS}
_NAME = grammar(rf"(?: (?P<speaker>{'|'.join(_SPEAKERS)}) _ )? (?P<emotion>{'|'.join(_EMOTIONS)}) (?P<sentence>\d\d)")


@dataclass(frozen=True, kw_only=True)
class Savee(Corpus):
    """Four Englishmen, 15 sentences an emotion and 30 neutral ones, seven emotions, 44.1 kHz.

    Source: Haq and Jackson, in "Machine Audition", IGI Global 2010, and the archive's Info.txt.
    """

    facts: ClassVar[Facts] = Facts(
        id="savee",
        title="SAVEE, Surrey Audio-Visual Expressed Emotion",
        language="en-GB",
        licence="free for research, after registration; not to be passed on",
        citation=(
            "S. Haq, P. J. B. Jackson: Multimodal Emotion Recognition. In: W. Wang (ed.), Machine Audition: "
            "Principles, Algorithms and Systems. IGI Global, 2010, pp. 398-423. doi:10.4018/978-1-61520-919-4.ch017"
        ),
        how_to_get=(
            "Register at http://personal.ee.surrey.ac.uk/Personal/P.Jackson/SAVEE/Register.html, download "
            "AudioData.zip (home: http://kahlan.eps.surrey.ac.uk/savee/) and unpack it so that its folders are "
            "savee/AudioData/DC and so on."
        ),
        benchmark=True,
        classes={_EMOTIONS[code]: len(_SPEAKERS) * count for code, count in _SENTENCES.items()},
        # The publisher gives the ages together: 27 to 31.
        speakers={speaker: Speaker(gender="male", age=None) for speaker in _SPEAKERS},
        texts={},
        sample_rates_hz=(44100,),
        channels=(1,),
        formats={},
        side_folders=(),
        known_bad={},
        notes=(
            "All four speakers are men of 27 to 31 years.",
            "Twelve of the fifteen sentences of an emotion are spoken in that emotion or neutrally only, so the words "
            "give the emotion away. Which sentences are common to all emotions is not published with the names, so no "
            "text is told from them.",
        ),
    )

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a path such as `DC/sa03.wav` (official) or `DC_sa03.wav` (mirrors): speaker DC, sadness, sentence 3."""
        name = _NAME.fullmatch(relative.stem)
        if name is None or self.impossible(relative) is not None:
            return None
        speaker = _speaker(name, relative)
        emotion = name["emotion"].lower()
        return Labels(
            name=f"{speaker}_{emotion}{name['sentence']}",
            speaker=speaker,
            emotion_native=_EMOTIONS[emotion],
            text_id=None,
            intensity=None,
            repetition=None,
            session=None,
        )

    def impossible(self, relative: PurePosixPath) -> str | None:
        """Name a sentence that the emotion does not have, or say that nothing tells the speaker."""
        name = _NAME.fullmatch(relative.stem)
        if name is None:
            return None
        emotion = name["emotion"].lower()
        if not 1 <= int(name["sentence"]) <= _SENTENCES[emotion]:
            return f"the sentences of {_EMOTIONS[emotion]} are 01 to {_SENTENCES[emotion]}, not {name['sentence']}"
        if _speaker(name, relative) not in _SPEAKERS:
            return f"neither name nor folder tells the speaker ({', '.join(_SPEAKERS)})"
        return None

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 480 files in the folders of their speakers."""
        for speaker, (emotion, count) in product(_SPEAKERS, _SENTENCES.items()):
            folder = PurePosixPath("AudioData", speaker)
            yield from (folder / f"{emotion}{sentence:02d}.wav" for sentence in range(1, count + 1))


def _speaker(name: re.Match[str], relative: PurePosixPath) -> str:
    """Read the speaker off the name, else off the folder."""
    return (name["speaker"] or relative.parent.name).upper()
