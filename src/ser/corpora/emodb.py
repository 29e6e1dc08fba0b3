"""EmoDB, the Berlin Database of Emotional Speech."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path, PurePosixPath

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar
from ser.errors import DataError

_NAME = grammar(
    # Sources of the second edition write xx at the end.
    r"(?P<speaker>03|08|09|1[0-6])(?P<text>a0[12457]|b0[1239]|b10)(?P<emotion>[WLEAFTN])(?P<version>[a-f])(?:xx)?"
)
_EMOTIONS = {
    "W": "anger",  # Wut
    "L": "boredom",  # Langeweile
    "E": "disgust",  # Ekel
    "A": "fear",  # Angst
    "F": "happiness",  # Freude
    "N": "neutral",
    "T": "sadness",  # Trauer
}
_ADDED = 281
# Utterances of the first edition by speaker, in the order of _EMOTIONS.
_COUNTS = {
    "03": (14, 5, 1, 4, 7, 11, 7),
    "08": (12, 10, 0, 6, 11, 10, 9),
    "09": (13, 4, 8, 1, 4, 9, 4),
    "10": (10, 8, 1, 8, 4, 4, 3),
    "11": (11, 8, 2, 10, 8, 9, 7),
    "12": (12, 5, 2, 6, 2, 4, 4),
    "13": (12, 10, 8, 7, 10, 9, 5),
    "14": (16, 8, 8, 12, 8, 7, 10),
    "15": (13, 9, 5, 8, 6, 11, 4),
    "16": (14, 14, 11, 7, 11, 5, 9),
}
# The list in which the second edition names the utterances that it adds.
_ADDED_LIST = "db.emotion.categories.ambiguous.csv"
_FIRST = Facts(
    id="emodb",
    title="EmoDB, the Berlin Database of Emotional Speech",
    language="de-DE",
    licence="none on the publisher's page; republished as CC0-1.0 (audb) and as CC BY 4.0 (Zenodo, second edition)",
    citation=(
        "F. Burkhardt, A. Paeschke, M. Rolfes, W. F. Sendlmeier, B. Weiss: A database of German emotional speech. "
        "Interspeech 2005, pp. 1517-1520."
    ),
    how_to_get=(
        "Download http://emodb.bilderbar.info/download/download.zip and unpack it so that its wav folder is emodb/wav. "
        "The second edition is emodb_2.0.zip of https://zenodo.org/records/17651657."
    ),
    benchmark=True,
    classes={
        emotion: sum(counts)
        for emotion, counts in zip(_EMOTIONS.values(), zip(*_COUNTS.values(), strict=True), strict=True)
    },
    speakers={
        "03": Speaker(gender="male", age=31),
        "08": Speaker(gender="female", age=34),
        "09": Speaker(gender="female", age=21),
        "10": Speaker(gender="male", age=32),
        "11": Speaker(gender="male", age=26),
        "12": Speaker(gender="male", age=30),
        "13": Speaker(gender="female", age=32),
        "14": Speaker(gender="female", age=35),
        "15": Speaker(gender="male", age=25),
        "16": Speaker(gender="female", age=31),
    },
    texts={
        "a01": "Der Lappen liegt auf dem Eisschrank.",
        "a02": "Das will sie am Mittwoch abgeben.",
        "a04": "Heute abend könnte ich es ihm sagen.",
        "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
        "a07": "In sieben Stunden wird es soweit sein.",
        "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen.",
        "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
        "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
        "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
        "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
    },
    sample_rates_hz=(16000,),
    channels=(1,),
    formats={},
    # The second edition's laryngograms carry the same file names as the speech.
    side_folders=("laryngo", "silb", "labsilb", "lablaut"),
    known_bad={},
    notes=(
        "Speaker 08 has no disgust: with that speaker held out, the recall of disgust is undefined.",
        "The same ten sentences are spoken in every emotion, so training and test share text in any split by speaker.",
        "The first edition keeps the 535 utterances that at least 80 % of the listeners recognised. The second adds "
        f"{_ADDED} ambiguous ones, which only its {_ADDED_LIST} tells from the others: leave that file beside the "
        "audio. A copy of more than 535 without it is refused.",
    ),
)
# How many of each emotion the 281 ambiguous utterances are is not published with the names, so no counts are promised.
_SECOND = replace(_FIRST, classes={})


@dataclass(frozen=True, kw_only=True)
class EmoDB(Corpus):
    """Ten German actors, ten sentences, seven emotions, 16 kHz, recorded in an anechoic chamber.

    Source: Burkhardt et al., "A database of German emotional speech", Interspeech 2005. Speakers' genders and ages
    follow the publisher's page; gender does not follow the parity of the speaker's number.

    Attributes:
        folder: see :class:`Corpus`.
        ambiguous: whether the utterances that the second edition adds count too. Without them both editions give the
            535 of the first, as long as the second has the list of what it added beside it.
    """

    ambiguous: bool

    @functools.cached_property
    def facts(self) -> Facts:
        """The first edition, or all of the second."""
        return _SECOND if self.ambiguous else _FIRST

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `03a01Fa.wav`: speaker 03, text a01, Freude, version a."""
        name = _NAME.fullmatch(relative.stem)
        if name is None:
            return None
        return Labels(
            name=f"{name['speaker']}{name['text'].lower()}{name['emotion'].upper()}{name['version'].lower()}",
            speaker=name["speaker"],
            emotion_native=_EMOTIONS[name["emotion"].upper()],
            text_id=name["text"].lower(),
            intensity=None,
            repetition=name["version"].lower(),
            session=None,
        )

    def outside(self, found: Iterable[Labels], root: Path) -> dict[str, str]:
        """Pass over what the copy's own list says the second edition added, unless it is asked for.

        Raises:
            DataError: when there are more utterances than the first edition has, and no list tells which were added.
        """
        if self.ambiguous:
            return {}
        added = {name for place in root.rglob(_ADDED_LIST) for name in self._names(place)}
        names = {labels.name for labels in found}
        first = sum(_FIRST.classes.values())
        if len(names - added) > first:
            raise DataError(
                expected=f"the {first} utterances of the first edition, or the second with its list {_ADDED_LIST}",
                received=f"{len(names - added)} utterances that no such list names",
                where=root,
                fix="Put the second edition's list beside its audio, or take all utterances in, the ambiguous ones "
                "too, with corpora.emodb.ambiguous=true.",
            )
        why = "ambiguous, of the second edition (corpora.emodb.ambiguous=true takes it in)"
        return dict.fromkeys(names & added, why)

    def _names(self, place: Path) -> set[str]:
        """Read the utterances that a table of the second edition lists."""
        try:
            with place.open(encoding="utf-8", newline="") as stream:
                files = [PurePosixPath(row["file"]) for row in csv.DictReader(stream)]
        except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
            raise DataError(
                expected="the second edition's list of ambiguous utterances, with a column file",
                received=f"{type(error).__name__}: {error}",
                where=place,
                fix="Fetch this file again, or take all utterances in with corpora.emodb.ambiguous=true.",
            ) from error
        return {labels.name for file in files if (labels := self.parse(file)) is not None}

    def published(self) -> Iterator[PurePosixPath]:
        """Name files that stand for the 535 of the first edition, and 281 more for what the second adds.

        The true names follow no rule, since they are those of the takes that listeners recognised. Of each speaker and
        emotion there are as many as are published, all texts in one version before the next.
        """
        first = dict.fromkeys(_stand_ins())
        others: list[str] = []
        if self.ambiguous:
            every = product("abcdef", _FIRST.texts, _EMOTIONS, _FIRST.speakers)
            names = (f"{speaker}{text}{emotion}{version}" for version, text, emotion, speaker in every)
            others = list(islice((name for name in names if name not in first), _ADDED))
        yield from (PurePosixPath("wav", f"{name}.wav") for name in (*first, *others))


def _stand_ins() -> Iterator[str]:
    """Spell as many names of each speaker and emotion as the first edition has."""
    for speaker, counts in _COUNTS.items():
        for emotion, count in zip(_EMOTIONS, counts, strict=True):
            takes = islice(product("abcdef", _FIRST.texts), count)
            yield from (f"{speaker}{text}{emotion}{version}" for version, text in takes)
