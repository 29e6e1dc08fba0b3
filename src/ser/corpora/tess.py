"""TESS, the Toronto Emotional Speech Set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import ClassVar

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar

_EMOTIONS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "ps": "pleasant_surprise",
    "sad": "sadness",
}
_NAME = grammar(rf"(?P<speaker>OAF|OA|YAF) _ (?P<word>[a-z]+) _ (?P<emotion>{'|'.join(_EMOTIONS)})")
# The words of the Northwestern University Auditory Test No. 6.
_WORDS = """
back bar base bath bean beg bite boat bone book bought burn cab calm came cause chain chair chalk chat check cheek chief
choice cool dab date dead death deep dime dip ditch dodge dog doll door fail fall far fat fit five food gap gas gaze
germ get gin goal good goose gun half hall hash hate have haze hire hit hole home hurl hush jail jar join judge jug
juice keen keep keg kick kill king kite knock late laud lean learn lease lid life limb live loaf long lore lose lot love
luck make match merge mess met mill mob mode mood moon mop mouse nag name near neat nice note numb pad page pain pass
pearl peg perch phone pick pike pole pool puff rag raid rain raise rat reach read red ring ripe road room rose rot rough
rush said sail search seize sell shack shall shawl sheep shirt should shout size soap soup sour south sub such sure take
talk tape team tell thin third thought thumb time tip tire ton tool tough turn vine voice void vote wag walk wash week
wheat when which whip white wife wire witch yearn yes young youth
"""


@dataclass(frozen=True, kw_only=True)
class Tess(Corpus):
    """Two Canadian actresses, 200 words in one carrier sentence, seven emotions, 24.4 kHz.

    Source: Dupuis and Pichora-Fuller, University of Toronto, 2010; Borealis, doi:10.5683/SP2/E8H2MF, 2020.
    """

    facts: ClassVar[Facts] = Facts(
        id="tess",
        title="TESS, the Toronto Emotional Speech Set",
        language="en-CA",
        licence="CC BY-NC-ND 4.0 (TSpace) or CC BY-NC 4.0 (Borealis): sources differ, the stricter one binds",
        citation=(
            "M. K. Pichora-Fuller, K. Dupuis: Toronto emotional speech set (TESS). Borealis, V1, 2020. "
            "doi:10.5683/SP2/E8H2MF"
        ),
        how_to_get=(
            "Download it from https://borealisdata.ca/dataset.xhtml?persistentId=doi:10.5683/SP2/E8H2MF or "
            "https://tspace.library.utoronto.ca/handle/1807/24487 and unpack it into tess."
        ),
        benchmark=True,
        classes=dict.fromkeys(_EMOTIONS.values(), 400),
        speakers={"OAF": Speaker(gender="female", age=64), "YAF": Speaker(gender="female", age=26)},
        texts={word: f"Say the word {word}." for word in _WORDS.split()},
        sample_rates_hz=(24414, 96000),
        channels=(1,),
        formats={"OAF_food_fear": (96000, 1)},
        side_folders=(),
        known_bad={},
        notes=(
            "Two speakers, an older (OAF) and a younger (YAF) actress: a speaker-independent split trains on one "
            "voice. Published accuracies above 99 % come from splits that share both speakers.",
            "The carrier sentence is always the same, and every word is spoken in every emotion.",
            "Two files of the popular mirror are AIFF under the suffix .wav (YAF_germ_angry, YAF_neat_fear); they are "
            "read as what they are. OAF_food_fear has another sample rate. OA_bite_neutral stands for "
            "OAF_bite_neutral.",
        ),
    )

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `YAF_dog_ps.wav`: the younger actress, Say the word dog, pleasant surprise."""
        name = _NAME.fullmatch(relative.stem)
        if name is None or self.impossible(relative) is not None:
            return None
        speaker, word, emotion = name["speaker"].upper(), name["word"].lower(), name["emotion"].lower()
        # One file is published as OA_bite_neutral.
        speaker = "OAF" if speaker == "OA" else speaker
        return Labels(
            name=f"{speaker}_{word}_{emotion}",
            speaker=speaker,
            emotion_native=_EMOTIONS[emotion],
            text_id=word,
            intensity=None,
            repetition=None,
            session=None,
        )

    def impossible(self, relative: PurePosixPath) -> str | None:
        """Name a word that is none of the 200."""
        name = _NAME.fullmatch(relative.stem)
        if name is None or name["word"].lower() in self.facts.texts:
            return None
        return f"{name['word'].lower()} is none of its {len(self.facts.texts)} words"

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 2800 files, flat as in the publisher's archive."""
        for speaker, word, emotion in product(self.facts.speakers, self.facts.texts, _EMOTIONS):
            name = f"{speaker}_{word}_{emotion}"
            yield PurePosixPath("OA_bite_neutral.wav" if name == "OAF_bite_neutral" else f"{name}.wav")
