"""ShEMO, the Sharif Emotional Speech Database."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path, PurePosixPath

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar
from ser.errors import ConfigError, DataError, one_of

_NAME = grammar(r"(?P<speaker>[FM]\d\d)(?P<emotion>[AFHNSW])(?P<number>\d\d)")
_EMOTIONS = {"A": "anger", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness", "W": "surprise"}
_CHOICES = ("original", "transcript_matched", "modified")
# The 2838 recordings whose name a transcript bears too, counted by EmoBox: of each speaker, utterances in the order of
# _EMOTIONS. They are numbered from 01 without gaps but for those of _GAPS.
_MATCHED = """
F01:23,3,7,11,22,4 F02:3,1,4,5,14,4 F03:10,3,5,7,9,10 F04:16,0,0,2,0,0 F05:3,0,0,58,3,3 F06:2,1,11,1,9,3
F07:64,0,13,11,44,6 F08:0,0,0,1,0,1 F09:13,2,3,9,11,4 F10:60,0,0,1,0,2 F11:0,0,0,9,4,1 F12:13,1,0,13,0,0
F13:23,0,0,1,0,3 F14:0,0,2,8,0,1 F15:4,0,0,2,0,0 F16:0,2,0,0,4,1 F17:3,0,1,1,10,1 F18:1,0,0,1,2,0 F19:0,0,0,38,4,0
F20:0,0,5,16,0,6 F21:57,0,13,25,35,30 F22:9,1,4,6,15,3 F23:19,0,7,12,3,1 F24:70,2,26,16,15,24 F25:7,0,0,3,0,0
F26:0,1,0,5,3,0 F27:3,0,1,1,0,0 F28:26,0,1,4,6,0 F29:0,0,1,10,0,1 F30:8,1,5,6,10,1 F31:11,0,0,0,1,0 M01:0,0,1,2,0,1
M02:28,0,4,19,2,0 M03:48,2,2,7,20,7 M04:12,0,2,82,9,2 M05:11,1,2,13,13,2 M06:2,0,0,6,7,1 M07:0,4,2,8,1,1
M08:0,0,4,11,1,0 M09:23,0,0,1,0,0 M10:2,1,0,1,0,0 M11:0,0,9,6,1,0 M12:69,0,1,87,5,9 M13:1,0,3,1,0,0 M14:0,0,0,5,1,0
M15:13,0,0,4,0,1 M16:33,1,8,4,0,2 M17:1,0,1,8,1,1 M18:1,0,0,15,1,0 M19:5,0,0,6,1,2 M20:6,0,2,8,1,4 M21:4,1,2,10,1,7
M22:6,0,1,31,2,1 M23:2,0,2,0,0,1 M24:4,0,1,5,2,4 M25:70,0,5,21,9,10 M26:37,0,0,10,4,2 M27:0,0,0,60,0,1
M28:46,0,3,25,21,3 M29:19,0,0,5,1,0 M30:7,0,0,8,0,0 M31:5,0,0,13,1,1 M32:1,0,3,3,5,1 M33:1,0,0,1,0,0 M34:9,0,6,3,5,0
M35:1,0,0,1,0,1 M36:0,0,1,3,6,1 M37:1,0,0,17,0,0 M38:1,0,0,13,0,0 M39:1,0,2,1,0,1 M40:5,0,0,54,1,0 M41:5,0,7,2,0,6
M42:13,0,0,1,0,0 M43:17,0,3,6,0,7 M44:1,1,9,25,4,3 M45:0,0,0,5,0,1 M46:5,0,0,10,0,1 M47:20,0,1,26,0,2 M48:4,0,0,10,1,1
M49:0,0,1,5,0,0 M50:12,0,0,2,0,0 M51:0,0,0,23,2,0 M52:0,0,0,3,4,0 M53:28,0,0,26,2,0 M54:1,0,0,2,1,0 M55:4,0,1,6,0,0
M56:1,0,0,5,0,1
"""
_GAPS = frozenset({"F07S30", "M05N05", "M05N06", "M05N07", "M05N08", "M05N09", "M05N10", "M54N01"})
# Recordings at 22.05 kHz among the 2838: all of three speakers, and these.
_SLOW_SPEAKERS = ("M18", "M27", "M46")
_SLOW = """
M02A07 M04N77 M04N78 M48A01 M48A02 M48A03 M48A04 M48N03 M48N04 M48N05 M48N06 M48N07 M48N08 M48N09 M48N10 M48S01 M48W01
M49H01 M49N01 M49N02 M49N03 M49N04 M51N01 M51N02 M51N03 M51N05 M54N02
"""
# All 3000 by the letter in their names, by gender in the order of _EMOTIONS.
_COUNTS = {"F": (455, 22, 111, 284, 271, 120), "M": (604, 16, 90, 744, 178, 105)}


def _matched() -> Iterator[str]:
    """Spell the 2838 names out."""
    for entry in _MATCHED.split():
        speaker, counts = entry.split(":")
        for emotion, count in zip(_EMOTIONS, map(int, counts.split(",")), strict=True):
            numbers = (f"{speaker}{emotion}{number:02d}" for number in range(1, 100))
            names = [name for name in numbers if name not in _GAPS]
            yield from names[:count]


_MATCHED_NAMES = tuple(_matched())
_SPEAKERS = tuple(entry.split(":")[0] for entry in _MATCHED.split())


def _totals(names: Iterator[str]) -> dict[str, int]:
    counts = Counter(name[3] for name in names)
    return {emotion: counts[letter] for letter, emotion in _EMOTIONS.items()}


_ORIGINAL = Facts(
    id="shemo",
    title="ShEMO, the Sharif Emotional Speech Database",
    language="fa-IR",
    licence="no licence file; free of charge for academic purposes",
    citation=(
        "O. Mohamad Nezami, P. Jamshid Lou, M. Karami: ShEMO: a large-scale validated database for Persian speech "
        "emotion detection. Language Resources and Evaluation 53(1), 2019, pp. 1-16. doi:10.1007/s10579-018-9427-x"
    ),
    how_to_get=(
        "Download female.zip and male.zip by way of https://github.com/mansourehk/ShEMO (git-LFS) and unpack them into "
        "shemo."
    ),
    benchmark=True,
    classes={
        emotion: sum(_COUNTS[gender][index] for gender in _COUNTS) for index, emotion in enumerate(_EMOTIONS.values())
    },
    speakers={speaker: Speaker(gender="female" if speaker[0] == "F" else "male", age=None) for speaker in _SPEAKERS},
    texts={},
    sample_rates_hz=(44100, 22050),
    channels=(1,),
    formats={name: (22050, 1) for name in _MATCHED_NAMES if name[:3] in _SLOW_SPEAKERS or name in _SLOW.split()},
    side_folders=(),
    known_bad={},
    notes=(
        "Only 2838 of the 3000 recordings bear the name of a transcript; the other transcripts have names with other "
        "emotion letters, and there is reason to believe the transcripts. EmoBox uses the 2838 "
        "(corpora.shemo.labels=transcript_matched), the relabelled edition corrects the rest (modified).",
        "Four in a hundred recordings have half the usual sample rate, nearly all of them of five men: the rate gives "
        "the speaker away.",
        "Speakers differ from 2 to 180 utterances, and fear has 38.",
        "Speech from radio plays: every sentence is spoken once.",
    ),
)
_FACTS = {
    "original": _ORIGINAL,
    "transcript_matched": replace(_ORIGINAL, classes=_totals(iter(_MATCHED_NAMES))),
    # As counted by the authors of the relabelled edition.
    "modified": replace(
        _ORIGINAL,
        classes={"anger": 1042, "fear": 32, "happiness": 203, "neutral": 1160, "sadness": 361, "surprise": 202},
    ),
}


@dataclass(frozen=True, kw_only=True)
class Shemo(Corpus):
    """87 Iranian speakers of radio plays, six emotions, 44.1 and 22.05 kHz.

    Source: Mohamad Nezami et al., Language Resources and Evaluation 53(1), 2019, and the relabelled edition
    ShEMO-Modification.

    Attributes:
        folder: see :class:`Corpus`.
        labels: "original": all 3000, labelled by the letter in the name. "transcript_matched": the 2838 of which a
            transcript has the same name, as EmoBox uses them. "modified": all 3000 under the labels of the relabelled
            edition.
        modified_labels: the file modified_shemo.json of the relabelled edition, for labels=modified.
    """

    labels: str
    modified_labels: str | None

    def __post_init__(self) -> None:
        one_of(self.labels, _CHOICES, what="a set of labels", where="corpora.shemo.labels")
        if self.labels == "modified" and self.modified_labels is None:
            raise ConfigError(
                expected="the file modified_shemo.json of the relabelled edition",
                received="none",
                where="corpora.shemo.modified_labels",
                fix="Download it from https://github.com/aliyzd95/ShEMO-Modification and say where it is with "
                "corpora.shemo.modified_labels=FILE; labels=original and transcript_matched need no file.",
            )

    @property
    def facts(self) -> Facts:
        """The counts of the labels chosen."""
        return _FACTS[self.labels]

    @functools.cached_property
    def _corrected(self) -> Mapping[str, str]:
        """Read the emotions of the relabelled edition, by utterance name."""
        path = Path(f"{self.modified_labels}").expanduser()
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            corrected = {str(file).partition(".")[0].upper(): str(entry["emotion"]) for file, entry in entries.items()}
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            raise DataError(
                expected='entries such as "F21N05.wav": {"emotion": "neutral"}',
                received=f"{type(error).__name__}: {error}",
                where=path,
                fix="Download modified_shemo.json again, or choose other labels with corpora.shemo.labels=original.",
            ) from error
        for emotion in sorted(set(corrected.values())):
            one_of(emotion, self.facts.classes, what="an emotion of ShEMO", where=path, error=DataError)
        return corrected

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `F21N05.wav`: woman 21, neutral, her fifth neutral utterance."""
        found = _NAME.fullmatch(relative.stem)
        if found is None or found["speaker"].upper() not in self.facts.speakers or found["number"] == "00":
            return None
        name = found[0].upper()
        emotion = _EMOTIONS[name[3]]
        return Labels(
            name=name,
            speaker=name[:3],
            emotion_native=self._corrected.get(name, emotion) if self.labels == "modified" else emotion,
            text_id=None,
            intensity=None,
            repetition=None,
            session=None,
        )

    def outside(self, labels: Labels) -> str | None:
        """Pass over what the chosen labels leave out."""
        if self.labels == "transcript_matched" and labels.name not in _MATCHED_SET:
            return "no transcript has its name (corpora.shemo.labels=original takes it in)"
        if self.labels == "modified" and labels.name not in self._corrected:
            return "not in modified_shemo.json (corpora.shemo.labels=original takes it in)"
        return None

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 2838 files, and unless they are chosen 162 more that stand for the rest."""
        names = list(_MATCHED_NAMES)
        if self.labels != "transcript_matched":
            names += _others()
        for name in sorted(names):
            yield PurePosixPath("female" if name[0] == "F" else "male", f"{name}.wav")


_MATCHED_SET = frozenset(_MATCHED_NAMES)


def _others() -> Iterator[str]:
    """Name what the counts of gender and emotion still lack: one more of each speaker in turn, the busiest first."""
    for gender, totals in _COUNTS.items():
        for emotion, total in zip(_EMOTIONS, totals, strict=True):
            there = Counter(name[:3] for name in _MATCHED_NAMES if (name[0], name[3]) == (gender, emotion))
            last = Counter(there)
            turns = cycle(speaker for speaker, _ in there.most_common())
            for _ in range(total - there.total()):
                speaker = next(turns)
                last[speaker] += 1
                while f"{speaker}{emotion}{last[speaker]:02d}" in _MATCHED_SET:
                    last[speaker] += 1
                yield f"{speaker}{emotion}{last[speaker]:02d}"
