"""What goes with a model wherever it goes: what it learned from, how well it is known to do, what to beware of."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ser.errors import StoreError


@dataclass(frozen=True, kw_only=True)
class Score:
    """How well a model did on utterances that it had not learned from.

    Attributes:
        uar: unweighted average recall over all held-out utterances, 0 to 1.
        low: lower end of its 95 % interval; None where there are too few speakers for one.
        high: upper end of it.
        words: the score and the chance level in a sentence.
    """

    uar: float
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What the training recordings were like.

    Attributes:
        languages: BCP-47, each once.
        lowest_rate_hz: the lowest sampling rate among the files.
        highest_rate_hz: the highest one.
        shortest_s: duration of the shortest, in seconds.
        longest_s: duration of the longest, in seconds.
        licences: by corpus id.
    """

    languages: list[str]
    lowest_rate_hz: int
    highest_rate_hz: int
    shortest_s: float
    longest_s: float
    licences: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What to tell of a model beside its answers. Plain data: it travels inside exported files as JSON.

    Attributes:
        run_id: the run it comes from.
        name: the run's name for people.
        classes: class names, in the order of the probabilities.
        features: name of the feature recipe.
        protocol: the protocol in words, under which the score was measured.
        cautions: what no score of it may be shown without, in sentences.
        score: on held-out utterances.
        learned: what the training recordings were like.
        members: trained models that answer together: the folds and seeds of a cross-validation.
        card: the model card, in Markdown.
    """

    run_id: str
    name: str
    classes: list[str]
    features: str
    protocol: str
    cautions: list[str]
    score: Score
    learned: Learned
    members: int
    card: str

    def record(self) -> dict[str, Any]:
        """Give all of it as plain data for JSON."""
        return dataclasses.asdict(self)


def from_record(record: Mapping[str, Any], *, where: object) -> Facts:
    """Read what :meth:`Facts.record` gave.

    Args:
        record: plain data.
        where: the file it comes from, for the message.

    Raises:
        StoreError: when it is not that.
    """
    try:
        return Facts(**{**record, "score": Score(**record["score"]), "learned": Learned(**record["learned"])})
    except (KeyError, TypeError) as error:
        raise StoreError(
            expected="the facts of a model, as this version of ser writes them",
            received=f"{type(error).__name__}: {error}",
            where=where,
            fix="Export the model again with this version.",
        ) from error
