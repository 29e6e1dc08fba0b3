"""CaFE, the Canadian French Emotional speech dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import ClassVar

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar
from ser.errors import one_of

# The neutral files of the 192 kHz edition leave the intensity out.
_NAME = grammar(r"(?P<speaker>0[1-9]|1[0-2]) - (?P<emotion>[CDJNPST]) - (?: (?P<intensity>[12]) - )? (?P<text>[1-6])")
_EMOTIONS = {
    "C": "anger",  # colère
    "D": "disgust",  # dégoût
    "J": "happiness",  # joie
    "N": "neutral",
    "P": "fear",  # peur
    "S": "surprise",
    "T": "sadness",  # tristesse
}
_FOLDERS = {
    "C": "Colère",
    "D": "Dégoût",
    "J": "Joie",
    "N": "Neutre",
    "P": "Peur",
    "S": "Surprise",
    "T": "Tristesse",
}
_INTENSITIES = {"1": "mild", "2": "strong"}
_AGES = (46, 64, 18, 50, 22, 34, 15, 25, 42, 20, 35, 37)
_VERSIONS = ("v1.0", "v1.1")
# Version 1.1 corrected the numbers of two actors.
_SWAPPED = {"11": "12", "12": "11"}
_AIFF_RATE_HZ = 192000


@dataclass(frozen=True, kw_only=True)
class Cafe(Corpus):
    """Twelve Canadian actors, six sentences, seven emotions, two intensities, 48 kHz or 192 kHz.

    Source: Gournay, Lahaie and Lefebvre, ACM MMSys 2018, and the readme and change log of the distribution.

    Attributes:
        folder: see :class:`Corpus`.
        version: "v1.0" or "v1.1", which swapped the numbers of actors 11 and 12. Names do not tell which is at hand.
            Utterances are named as in v1.1 either way.
    """

    version: str

    facts: ClassVar[Facts] = Facts(
        id="cafe",
        title="CaFE, the Canadian French Emotional speech dataset",
        language="fr-CA",
        licence="CC BY-NC-SA 4.0",
        citation=(
            "P. Gournay, O. Lahaie, R. Lefebvre: A Canadian French Emotional Speech Dataset. ACM Multimedia Systems "
            "Conference (MMSys), 2018, pp. 399-402."
        ),
        how_to_get=(
            "Download CaFE_48k.zip (or CaFE_192k_1.zip and CaFE_192k_2.zip) from https://zenodo.org/records/1478765 "
            "and unpack it into cafe."
        ),
        benchmark=True,
        classes={
            "anger": 144,
            "disgust": 144,
            "fear": 144,
            "happiness": 144,
            "neutral": 72,
            "sadness": 144,
            "surprise": 144,
        },
        # The readme says: odd actors are men, even ones women.
        speakers={
            f"{number:02d}": Speaker(gender="male" if number % 2 else "female", age=age)
            for number, age in enumerate(_AGES, start=1)
        },
        texts={
            "1": "Un cheval fou dans mon jardin.",
            "2": "Deux ânes aigris au pelage brun.",
            "3": "Trois cygnes aveugles au bord du lac.",
            "4": "Quatre vieilles truies éléphantesques.",
            "5": "Cinq pumas fiers et passionnés.",
            "6": "Six ours aimants domestiqués.",
        },
        sample_rates_hz=(48000, _AIFF_RATE_HZ),
        channels=(1,),
        formats={},
        side_folders=(),
        known_bad={},
        notes=(
            "Six sentences, the same in every emotion: training and test share the text in any split by speaker.",
            "Version 1.1 (2018-11-06) swapped actors 11 and 12 and replaced 01-D-2-6. With a copy of version 1.0 set "
            "corpora.cafe.version=v1.0, or the genders and ages of these two are wrong.",
            "Actor 07 was 15 years old.",
        ),
    )

    def __post_init__(self) -> None:
        one_of(self.version, _VERSIONS, what="a version of CaFE", where="corpora.cafe.version")

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `03-C-2-5.wav`: actor 3, anger, strong, sentence 5.

        Folders tell nothing, since programs that unpack the archive garble their accents.
        """
        name = _NAME.fullmatch(relative.stem)
        if name is None or self.impossible(relative) is not None:
            return None
        emotion, intensity = name["emotion"].upper(), name["intensity"] or "1"
        speaker = name["speaker"]
        if self.version == "v1.0":
            speaker = _SWAPPED.get(speaker, speaker)
        return Labels(
            name=f"{speaker}-{emotion}-{intensity}-{name['text']}",
            speaker=speaker,
            emotion_native=_EMOTIONS[emotion],
            text_id=name["text"],
            intensity=None if emotion == "N" else _INTENSITIES[intensity],
            repetition=None,
            session=None,
        )

    def impossible(self, relative: PurePosixPath) -> str | None:
        """Name an intensity that the emotion does not have."""
        name = _NAME.fullmatch(relative.stem)
        if name is None:
            return None
        if name["emotion"].upper() == "N":
            return "neutral has no strong intensity" if name["intensity"] == "2" else None
        return "only neutral leaves the intensity out" if name["intensity"] is None else None

    def format_of(self, relative: PurePosixPath) -> tuple[int, int]:
        """Say the format: AIFF files are those of the 192 kHz edition."""
        return (_AIFF_RATE_HZ if relative.suffix.lower().startswith(".aif") else self.facts.sample_rates_hz[0], 1)

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 936 files of the 48 kHz edition by emotion and intensity."""
        for emotion, speaker, text in product(_EMOTIONS, self.facts.speakers, self.facts.texts):
            folder = PurePosixPath("CaFE_48k", _FOLDERS[emotion])
            if emotion == "N":
                yield folder / f"{speaker}-N-1-{text}.wav"
            else:
                yield folder / "Faible" / f"{speaker}-{emotion}-1-{text}.wav"
                yield folder / "Fort" / f"{speaker}-{emotion}-2-{text}.wav"
