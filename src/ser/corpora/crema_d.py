"""CREMA-D, the Crowd-sourced Emotional Multimodal Actors Dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import ClassVar

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar

_NAME = grammar(
    r"""(?P<speaker>10\d\d) _ (?P<text>IEO|TIE|IOM|IWW|TAI|MTI|IWL|ITH|DFA|ITS|TSI|WSI)
        _ (?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD) _ (?P<intensity>LO|MD|HI|XX?)"""
)
_EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high"}
# The one sentence that was recorded in three intensities.
_GRADED = "IEO"
# Sex and age at the recording, from the publisher's VideoDemographics.csv.
_ACTORS = """
1001:M51 1002:F21 1003:F21 1004:F42 1005:M29 1006:F58 1007:F38 1008:F46 1009:F24 1010:F27 1011:M32 1012:F23 1013:F22
1014:M24 1015:M32 1016:M61 1017:M42 1018:F25 1019:M29 1020:F61 1021:F30 1022:M22 1023:M22 1024:F59 1025:F48 1026:M33
1027:M44 1028:F57 1029:F33 1030:F42 1031:M31 1032:M30 1033:M31 1034:M74 1035:M48 1036:M49 1037:F45 1038:M21 1039:M51
1040:M42 1041:M42 1042:M37 1043:F25 1044:M40 1045:M22 1046:F22 1047:F22 1048:M38 1049:F25 1050:M62 1051:M56 1052:F33
1053:F35 1054:F36 1055:F57 1056:F52 1057:M25 1058:F36 1059:M21 1060:F28 1061:F51 1062:M56 1063:F33 1064:M53 1065:M38
1066:M25 1067:M66 1068:M34 1069:M27 1070:M25 1071:M41 1072:F33 1073:F24 1074:F31 1075:F40 1076:F25 1077:M20 1078:F21
1079:F21 1080:M21 1081:M30 1082:F20 1083:M45 1084:F46 1085:M34 1086:M33 1087:M62 1088:M23 1089:F24 1090:M50 1091:F29
"""
# Never recorded or never released: all of a sentence, or its neutral clip only.
_ABSENT = ("1008_WSI", "1009_MTI", "1019_ITH", "1002_TIE_NEU", "1076_ITS_NEU")
_TWINS = (
    ("1006_TIE_HAP_XX", "1006_TIE_NEU_XX"),
    ("1013_WSI_DIS_XX", "1013_WSI_SAD_XX"),
    ("1017_IWW_ANG_XX", "1017_IWW_FEA_XX"),
)


def _speaker(actor: str) -> tuple[str, Speaker]:
    number, who = actor.split(":")
    return number, Speaker(gender="female" if who[0] == "F" else "male", age=int(who[1:]))


@dataclass(frozen=True, kw_only=True)
class CremaD(Corpus):
    """91 American actors, twelve sentences, six emotions, one sentence in three intensities, 16 kHz.

    Source: Cao et al., IEEE Transactions on Affective Computing 5(4), 2014, and the publisher's repository.
    """

    facts: ClassVar[Facts] = Facts(
        id="crema-d",
        title="CREMA-D, the Crowd-sourced Emotional Multimodal Actors Dataset",
        language="en-US",
        licence="ODbL 1.0, its contents DbCL 1.0; the publisher asks users to fill in a form",
        citation=(
            "H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova, R. Verma: CREMA-D: Crowd-sourced Emotional "
            "Multimodal Actors Dataset. IEEE Transactions on Affective Computing 5(4), 2014, pp. 377-390. "
            "doi:10.1109/TAFFC.2014.2336244"
        ),
        how_to_get=(
            "Run `git lfs clone https://github.com/CheyneyComputerScience/CREMA-D.git` (or the mirror "
            "https://gitlab.com/cs-cooper-lab/crema-d-mirror.git) and put its AudioWAV folder at "
            "crema-d/AudioWAV. GitHub's own ZIP holds git-LFS pointers instead of audio."
        ),
        benchmark=True,
        classes={"anger": 1271, "disgust": 1271, "fear": 1271, "happiness": 1271, "neutral": 1087, "sadness": 1271},
        speakers=dict(_speaker(actor) for actor in _ACTORS.split()),
        texts={
            "IEO": "It's eleven o'clock.",
            "TIE": "That is exactly what happened.",
            "IOM": "I'm on my way to the meeting.",
            "IWW": "I wonder what this is about.",
            "TAI": "The airplane is almost full.",
            "MTI": "Maybe tomorrow it will be cold.",
            "IWL": "I would like a new alarm clock.",
            "ITH": "I think I have a doctor's appointment.",
            "DFA": "Don't forget a jacket.",
            "ITS": "I think I've seen this before.",
            "TSI": "The surface is slick.",
            "WSI": "We'll stop in a couple of minutes.",
        },
        sample_rates_hz=(16000,),
        channels=(1,),
        formats={},
        side_folders=("audiomp3", "videoflash"),
        known_bad={
            "1076_MTI_SAD_XX": "published without any sound",
            **{
                name: f"published as the same recording as {other}: nobody knows which label is right"
                for one, two in _TWINS
                for name, other in ((one, two), (two, one))
            },
        },
        notes=(
            "Labels are what the actor was asked to show. From the voice alone, the listeners' majority agrees in only "
            "41.6 % of the clips (audiovisual 72.2 %), and calls more than half of them neutral.",
            "One silent clip and three pairs of one recording under two labels are left out: 7435 of 7442 remain. "
            "Others leave out fewer (TFDS keeps 7438).",
            "Only the sentence IEO was recorded in three intensities; everywhere else the intensity is not stated.",
        ),
    )

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `1001_IEO_ANG_HI.wav`: actor 1001, It's eleven o'clock, anger, high."""
        name = _NAME.fullmatch(relative.stem)
        if name is None or self.impossible(relative) is not None:
            return None
        text, emotion, intensity = (name[part].upper() for part in ("text", "emotion", "intensity"))
        # Old clones hold 1040_ITH_SAD_X, later renamed.
        return Labels(
            name=f"{name['speaker']}_{text}_{emotion}_{intensity.replace('XX', 'X').replace('X', 'XX')}",
            speaker=name["speaker"],
            emotion_native=_EMOTIONS[emotion],
            text_id=text,
            intensity=_INTENSITIES.get(intensity),
            repetition=None,
            session=None,
        )

    def impossible(self, relative: PurePosixPath) -> str | None:
        """Name an actor, an intensity or a clip that was never recorded or never released."""
        name = _NAME.fullmatch(relative.stem)
        if name is None:
            return None
        if name["speaker"] not in self.facts.speakers:
            return f"its actors are 1001 to 1091, not {name['speaker']}"
        text, emotion = name["text"].upper(), name["emotion"].upper()
        graded = text == _GRADED and emotion != "NEU"
        if graded != (name["intensity"].upper() in _INTENSITIES):
            only = f"only {_GRADED} has intensities, in all emotions but NEU"
            return f"{text}_{emotion} {'needs an intensity' if graded else 'has no intensity'} ({only})"
        clip = f"{name['speaker']}_{text}_{emotion}"
        return f"no {clip} was published" if clip.startswith(_ABSENT) else None

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 7442 clips of `AudioWAV`."""
        for speaker, text, emotion in product(self.facts.speakers, self.facts.texts, _EMOTIONS):
            degrees = _INTENSITIES if text == _GRADED and emotion != "NEU" else ("XX",)
            if not f"{speaker}_{text}_{emotion}".startswith(_ABSENT):
                yield from (PurePosixPath("AudioWAV", f"{speaker}_{text}_{emotion}_{degree}.wav") for degree in degrees)
