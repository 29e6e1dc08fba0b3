"""ShEMO, the Sharif Emotional Speech Database."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle, islice, product
from pathlib import Path, PurePosixPath

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar
from ser.errors import ConfigError, DataError, one_of

_NAME = grammar(r"(?P<speaker>[FM]\d\d)(?P<emotion>[AFHNSW])(?P<number>\d\d)")
_EMOTIONS = {"A": "anger", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness", "W": "surprise"}
_CHOICES = ("original", "transcript_matched", "modified")
# Recordings by gender and by the letter in their names, in the order of _EMOTIONS: of all 3000, and of the 2838 whose
# name a transcript bears too.
_ALL = {"F": (455, 22, 111, 284, 271, 120), "M": (604, 16, 90, 744, 178, 105)}
_MATCHED = {"F": (448, 18, 109, 283, 224, 110), "M": (586, 11, 89, 735, 136, 89)}
_SPEAKERS = (*(f"F{number:02d}" for number in range(1, 32)), *(f"M{number:02d}" for number in range(1, 57)))
_SLOW_SPEAKERS = ("M18", "M27", "M46")
_TRANSCRIPTS = frozenset({".ort", ".tra"})


def _classes(counts: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    return {
        emotion: sum(both) for emotion, both in zip(_EMOTIONS.values(), zip(*counts.values(), strict=True), strict=True)
    }


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
        "Download female.zip and male.zip by way of https://github.com/mansourehk/ShEMO (git-LFS), or from "
        "https://www.dropbox.com/s/4t6mep8mo4yf81f/female.zip and https://www.dropbox.com/s/xfi3hi927yxixa9/male.zip, "
        "and unpack them into shemo; the transcripts are transcript.zip of the same repository."
    ),
    benchmark=True,
    classes=_classes(_ALL),
    speakers={speaker: Speaker(gender="female" if speaker[0] == "F" else "male", age=None) for speaker in _SPEAKERS},
    texts={},
    sample_rates_hz=(44100, 22050),
    channels=(1,),
    # All recordings of these three men. Single ones of five more men are at this rate too.
    formats={
        f"{speaker}{emotion}{number:02d}": (22050, 1)
        for speaker, emotion, number in product(_SLOW_SPEAKERS, _EMOTIONS, range(1, 100))
    },
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
    "transcript_matched": replace(_ORIGINAL, classes=_classes(_MATCHED)),
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
            transcript in the corpus folder has the same name, as EmoBox uses them. "modified": all 3000 under the
            labels of the relabelled edition.
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
                "corpora.shemo.modified_labels=FILE, or choose labels=original.",
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
        if found is None or self.impossible(relative) is not None:
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

    def impossible(self, relative: PurePosixPath) -> str | None:
        """Name a speaker or a number that there is not."""
        found = _NAME.fullmatch(relative.stem)
        if found is None:
            return None
        if found["speaker"].upper() not in self.facts.speakers:
            return f"its speakers are F01 to F31 and M01 to M56, not {found['speaker'].upper()}"
        return "utterances count from 01" if found["number"] == "00" else None

    def outside(self, found: Iterable[Labels], root: Path) -> dict[str, str]:
        """Pass over what the chosen labels leave out."""
        if self.labels == "original":
            return {}
        if self.labels == "modified":
            inside: Container[str] = self._corrected
            why = "not in modified_shemo.json (corpora.shemo.labels=original takes it in)"
        else:
            inside = _transcribed(root)
            why = "no transcript has its name (corpora.shemo.labels=original takes it in)"
        return {labels.name: why for labels in found if labels.name not in inside}

    def published(self) -> Iterator[PurePosixPath]:
        """Name files that stand for the 3000, or for the 2838 if they are chosen.

        As many of each gender and emotion as are published, spread evenly over the speakers: in truth a speaker has
        between 2 and 180 utterances.
        """
        for gender, counts in (_MATCHED if self.labels == "transcript_matched" else _ALL).items():
            turns = cycle(speaker for speaker in _SPEAKERS if speaker[0] == gender)
            for emotion, count in zip(_EMOTIONS, counts, strict=True):
                spoken = Counter[str]()
                for speaker in islice(turns, count):
                    spoken[speaker] += 1
                    name = f"{speaker}{emotion}{spoken[speaker]:02d}.wav"
                    yield PurePosixPath("female" if gender == "F" else "male", name)


def _transcribed(root: Path) -> set[str]:
    """Read off a copy which names its transcripts bear."""
    stems = {path.stem.upper() for path in root.rglob("*") if path.suffix.lower() in _TRANSCRIPTS}
    names = {stem for stem in stems if _NAME.fullmatch(stem)}
    if not names:
        raise DataError(
            expected="the transcripts of ShEMO (such as transcript/final text/F21N05.ort)",
            received="none",
            where=root,
            fix="Download transcript.zip from https://github.com/mansourehk/ShEMO and unpack it into this folder, or "
            "choose other labels with corpora.shemo.labels=original.",
        )
    return names
