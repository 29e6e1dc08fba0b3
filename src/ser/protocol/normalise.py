"""By whose statistics features are normalised: part of the protocol, for nothing moves results as much.

Each kind answers three questions: which clips are a group, by whose statistics, and which clips that costs the scores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ser.errors import ConfigError, ProtocolError, one_of
from ser.protocol.balance import seeded_order
from ser.protocol.relative import SHAPES
from ser.protocol.speakers import refuse_unknown

GROUPINGS = ("speaker", "corpus")
"""Whose clips can be one group: names of manifest columns."""

_WORDS = {"z": "mean and standard deviation", "mean": "the mean", "rank_gauss": "ranks, as normal quantiles,"}


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Groups of clips in one fold, each with the clips that its statistics are of.

    Attributes:
        of: group of every trained, developed on and tested utterance; the index is `utterance_id`.
        members: by group, the utterances whose clean clips its statistics are of. No label is used.
    """

    of: pd.Series[str]
    members: dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Normalisation(ABC):
    """How features are normalised before a model sees them.

    Attributes:
        name: what people call it.
        signed_sqrt: whether each value x then becomes sign(x) · sqrt(abs(x)).
        l2: whether each feature set of a row is then scaled to one L2 norm.
        transductive: whether statistics are of clips that are tested, which a system in use would not yet have.
    """

    name: str
    signed_sqrt: bool
    l2: bool

    transductive: ClassVar[bool] = False

    def settings(self) -> dict[str, object]:
        """Give what counts in the identity of the protocol."""
        return {"kind": type(self).__name__, **{key: value for key, value in asdict(self).items() if key != "name"}}

    def describe(self) -> str:
        """Say it in words, as a clause."""
        steps = ["signed square root"] * self.signed_sqrt + ["L2 norm of each feature set"] * self.l2
        return self._words() + (f", then {' and '.join(steps)}" if steps else "")

    @property
    def warning(self) -> str:
        """What every page that shows such numbers must say of them; empty when there is nothing to say."""
        return ""

    @property
    def grouping(self) -> tuple[str, str] | None:
        """By the statistics of whose clips (of `GROUPINGS`), and in which shape; None when by nobody's."""
        return None

    @property
    def standardizes(self) -> bool:
        """Whether the model itself takes out mean and standard deviation of its training rows."""
        # Once a group's mean is out, values still have their own units.
        return self.grouping is not None and self.grouping[1] == "mean"

    def enrol(self, folds: pd.DataFrame, utterances: pd.DataFrame) -> pd.DataFrame:
        """Take clips that only introduce their speaker out of the development and test parts.

        Args:
            folds: the fold table.
            utterances: `utterance_id speaker corpus label` of every utterance in it.

        Returns:
            The fold table, such clips now `unused`.

        Raises:
            ConfigError: when clips are to be of a class that there is not.
            ProtocolError: when a speaker is unknown or has too few clips.
        """
        return folds

    def groups(self, rows: pd.DataFrame) -> Groups | None:
        """Group the clips of one fold.

        Args:
            rows: `utterance_id part speaker corpus label`.

        Returns:
            None when no clip is normalised by others.

        Raises:
            ProtocolError: when a speaker is unknown.
        """
        return None

    @abstractmethod
    def _words(self) -> str:
        """Say by whose statistics."""


@dataclass(frozen=True, kw_only=True)
class ByTraining(Normalisation):
    """Mean and standard deviation of the training part: nothing is known of a test speaker."""

    @property
    def standardizes(self) -> bool:
        """The model takes out mean and standard deviation."""
        return True

    def _words(self) -> str:
        return "features are standardised by the training part"


@dataclass(frozen=True, kw_only=True)
class NotAtAll(Normalisation):
    """Features as they were extracted."""

    def _words(self) -> str:
        return "features are not standardised"


@dataclass(frozen=True, kw_only=True)
class ByGroup(Normalisation):
    """Statistics of all clips of a clip's own speaker or corpus, unlabelled, those of the test part among them.

    Attributes:
        by: "speaker" or "corpus".
        shape: "z", "mean" or "rank_gauss". See :func:`ser.protocol.relative.relative`.
    """

    by: str
    shape: str

    transductive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one_of(self.by, GROUPINGS, what="whose clips statistics are of", where="normalise.by")
        _check_shape(self.shape)

    @property
    def warning(self) -> str:
        """What every page must say."""
        return (
            f"TRANSDUCTIVE: features are normalised by statistics of the tested {self.by}'s own unlabelled clips, the "
            "tested ones among them. Such numbers need many clips of mixed emotions; compare them with no others."
        )

    @property
    def grouping(self) -> tuple[str, str]:
        """By whose clips, and in which shape."""
        return self.by, self.shape

    def groups(self, rows: pd.DataFrame) -> Groups:
        """Group the clips of one fold. See :meth:`Normalisation.groups`."""
        used = rows[rows["part"] != "unused"]
        if self.by == "speaker":
            refuse_unknown(used, f"any, with normalise={self.name}")
        return Groups(of=used.set_index("utterance_id")[self.by], members=_members(used, self.by))

    def _words(self) -> str:
        return (
            f"TRANSDUCTIVE: features are normalised by {_WORDS[self.shape]} of all unlabelled clips of their own "
            f"{self.by}, test clips included"
        )


@dataclass(frozen=True, kw_only=True)
class ByEnrolment(Normalisation):
    """A test speaker is known by a few clips, which are not scored; a training speaker by all training clips.

    Attributes:
        shape: "z", "mean" or "rank_gauss". See :func:`ser.protocol.relative.relative`.
        clips: how many clips introduce a speaker of the development or test part, 2 or more.
        only: the class that they are drawn from, such as "neutral" (the only use of a label); None draws from all.
        seed: chooses the clips.
    """

    shape: str
    clips: int
    only: str | None
    seed: int

    def __post_init__(self) -> None:
        _check_shape(self.shape)
        for key, least in (("clips", 2), ("seed", 0)):
            if getattr(self, key) < least:
                raise ConfigError(
                    expected=f"a whole number, {least} or more",
                    received=getattr(self, key),
                    where=f"normalise.{key}",
                    fix="Usual choices are 5, 10 and 20 clips; one clip has no standard deviation.",
                )

    @property
    def warning(self) -> str:
        """What every page must say."""
        return (
            f"ENROLMENT: each tested speaker is known by {self._enrolled_words()}, which are not scored: compare with "
            "no numbers of speakers who are not known."
        )

    @property
    def grouping(self) -> tuple[str, str]:
        """By whose clips, and in which shape."""
        return "speaker", self.shape

    def enrol(self, folds: pd.DataFrame, utterances: pd.DataFrame) -> pd.DataFrame:
        """Take the enrolled clips out of the parts. See :meth:`Normalisation.enrol`."""
        refuse_unknown(utterances, f"any, with normalise={self.name}")
        if self.only is not None:
            one_of(self.only, utterances["label"].unique(), what="a class of this job", where="normalise.only")
        held = folds["part"].isin(["dev", "test"])
        speakers = utterances.set_index("utterance_id")["speaker"]
        concerned = utterances[utterances["speaker"].isin(speakers.loc[folds.loc[held, "utterance_id"]].unique())]
        enrolled = {name for names in self._enrolled(concerned).values() for name in names}
        out = held & folds["utterance_id"].isin(enrolled)
        return folds.assign(part=folds["part"].where(~out, "unused"))

    def groups(self, rows: pd.DataFrame) -> Groups:
        """Group the clips of one fold. See :meth:`Normalisation.groups`."""
        trained = rows[rows["part"] == "train"]
        held = rows[rows["part"].isin(["dev", "test"])]
        known = pd.concat([trained["speaker"] + " (trained)", held["speaker"] + " (enrolled)"])
        enrolled = self._enrolled(rows[rows["speaker"].isin(held["speaker"].unique())])
        return Groups(
            of=pd.Series(known.to_numpy(), index=pd.concat([trained, held])["utterance_id"]),
            members={f"{name} (trained)": ids for name, ids in _members(trained, "speaker").items()}
            | {f"{name} (enrolled)": ids for name, ids in enrolled.items()},
        )

    def _enrolled(self, rows: pd.DataFrame) -> dict[str, list[str]]:
        """Choose by speaker: the same clips in every fold."""
        fitting = rows if self.only is None else rows[rows["label"] == self.only]
        self._check_enough(rows["speaker"].value_counts(), fitting["speaker"].value_counts())
        chosen = {}
        for speaker, clips in fitting.groupby("speaker"):
            ids = clips["utterance_id"].tolist()
            order = seeded_order(ids, "enrolment", self.seed)[: self.clips]
            chosen[str(speaker)] = sorted(np.array(ids, dtype=object)[order].tolist())
        return chosen

    def _check_enough(self, clips: pd.Series[int], fitting: pd.Series[int]) -> None:
        """Refuse to enrol more clips than the speaker with the fewest has, one of which must be left to score.

        Args:
            clips: number of clips by speaker.
            fitting: of those that may be enrolled; speakers without any are missing.
        """
        possible = fitting.reindex(clips.index, fill_value=0).clip(upper=clips - 1)
        most = int(possible.min())
        if most >= self.clips:
            return
        speaker = str(min(possible.index[possible == most]))
        ways = [f"use at most normalise.clips={most}"] * (most >= 2) + ["set normalise.only=null"] * bool(self.only)
        fix = ", or ".join(ways) or "choose another normalise: one clip introduces nobody"
        raise ProtocolError(
            expected=f"{self._enrolled_words()} of every speaker, and others to score",
            received=f"{fitting.get(speaker, 0)} of {clips[speaker]} clips of {speaker}, who has the fewest",
            where="normalise.clips",
            fix=f"{fix[0].upper()}{fix[1:]}.",
        )

    def _enrolled_words(self) -> str:
        return f"{self.clips} clips" if self.only is None else f"{self.clips} clips labelled {self.only}"

    def _words(self) -> str:
        return (
            f"ENROLMENT: features of a test speaker are normalised by {_WORDS[self.shape]} of {self._enrolled_words()} "
            f"of that speaker, which are not scored (seed {self.seed}); those of a training speaker, of all training "
            "clips"
        )


def _members(rows: pd.DataFrame, column: str) -> dict[str, list[str]]:
    return {str(name): group["utterance_id"].tolist() for name, group in rows.groupby(column)}


def _check_shape(shape: str) -> None:
    one_of(shape, SHAPES, what="a way to use statistics", where="normalise.shape")
