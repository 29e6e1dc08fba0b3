"""What a protocol asks of learning beside the folds: what each corpus counts, and whether test clips join unlabelled.

Both are off unless asked for, and then part of the protocol's identity: results with them compare with no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ser.errors import ConfigError

OPTIONS = ("corpus_weights", "self_training")
"""The settings of a split rule that stand in its identity only where they are used."""

_LEAST_WEIGHT, _MOST_WEIGHT = 1e-6, 1e6


@dataclass(frozen=True, kw_only=True)
class SelfTraining:
    """Learning from the unlabelled test clips by labels that the model gave them itself.

    The pseudo-labels of Lee (2013, ICML workshop on challenges in representation learning), of which each class gives
    its most confident share, so that easy classes do not crowd out others (Zou et al. 2018, arXiv:1810.07911).

    Attributes:
        rounds: how often the test part is labelled and learned from, 1 or more.
        share: of the clips predicted to be of a class that join the training, above 0 and at most 1.

    Raises:
        ConfigError: for values out of range.
    """

    rounds: int
    share: float

    def __post_init__(self) -> None:
        for fine, key, expected in (
            (self.rounds >= 1, "rounds", "a whole number, 1 or more"),
            (0 < self.share <= 1, "share", "a share above 0, at most 1"),
        ):
            if not fine:
                raise ConfigError(
                    expected=expected,
                    received=getattr(self, key),
                    where=f"protocol.self_training.{key}",
                    fix="A usual choice is protocol.self_training={rounds:2,share:0.6}; null turns it off.",
                )

    @property
    def warning(self) -> str:
        """What every page must say."""
        return (
            "TRANSDUCTIVE: the model has learned from the tested clips themselves, under labels of its own "
            "(self-training). Such numbers need many clips of what is tested beforehand; compare them with no others."
        )

    def describe(self) -> str:
        """Say it in words, as a clause."""
        times = "once" if self.rounds == 1 else f"{self.rounds} times"
        return (
            f"TRANSDUCTIVE: {times} the model labels the test clips itself and learns again with the most confident "
            f"{self.share:.0%} of each predicted class among its training clips"
        )


def check_weights(weights: Mapping[str, float]) -> None:
    """Refuse weights of corpora that are no finite numbers above 0, or beyond what float32 can sum.

    Raises:
        ConfigError: naming the corpus.
    """
    for corpus, weight in weights.items():
        if not _LEAST_WEIGHT <= weight <= _MOST_WEIGHT:
            raise ConfigError(
                expected=f"a finite number above 0, from {_LEAST_WEIGHT:g} to {_MOST_WEIGHT:g}",
                received=weight,
                where=f"protocol.corpus_weights.{corpus}",
                fix="Set 0.3, say; leave a corpus out of `corpus` to train without it.",
            )


def weights_words(weights: Mapping[str, float]) -> str:
    """Say in words what corpora count, as a clause.

    Args:
        weights: by corpus, not empty.

    Example:
        >>> weights_words({"ravdess": 0.3, "emodb": 2})
        'in training an utterance of emodb counts 2, an utterance of ravdess counts 0.3'
    """
    return "in training " + ", ".join(f"an utterance of {name} counts {weights[name]:g}" for name in sorted(weights))
