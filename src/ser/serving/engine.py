"""What answers: from samples to a clip's representation, and from many of those to class probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ser.arrays import Float32, ragged
from ser.errors import ConfigError, DataError
from ser.features.base import Recipe
from ser.serving.facts import Facts

if TYPE_CHECKING:
    # For its name alone: engines of exported files do without PyTorch.
    from ser.models.trained import TrainedModel


class Engine(ABC):
    """A model that can be asked, whatever runs it. Safe to ask from several threads.

    Attributes:
        facts: what to tell of it.
        offset_s: where in a single utterance the part begins that it learned from, in seconds.
        duration_s: how much of an utterance it learned from, in seconds; None for all of it.
    """

    facts: Facts
    offset_s: float
    duration_s: float | None

    @abstractmethod
    def represent(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Turn a clip into what the model takes.

        Args:
            samples: one channel, float32 of shape [samples], at least one, full scale 1.
            sample_rate_hz: their rate; the file's own.

        Returns:
            float32 of shape [rows, width].
        """

    @abstractmethod
    def classify(self, clips: Sequence[Float32]) -> Float32:
        """Give class probabilities, those of all members averaged.

        Args:
            clips: one or more, each as :meth:`represent` gave it.

        Returns:
            float32 of shape [clips, classes]; rows sum to 1.
        """

    def strangeness(self, clip: Float32) -> float | None:
        """Say how large a share of the values lies far outside what the model learned from.

        Args:
            clip: as :meth:`represent` gave it.

        Returns:
            0 to 1; None where the model does not know.
        """
        return None


class TrainedEngine(Engine):
    """Trained models behind the recipe of their features: the folds and seeds of a run answer together.

    Args:
        facts: of the run.
        recipe: of the features.
        members: trained on features of that recipe, with the same classes.

    Raises:
        ConfigError: when the models take features relative to others of their speaker or corpus: a recording that comes
            alone has none.
    """

    FAR = 4.0
    """Standard deviations of the training rows beyond which a value lies far outside.

    With functionals of EmoDB, 0 of 80 test clips have a tenth of their values there (at most 0.07 of them), all of
    white noise (0.19 and more) and of a hummed chord (0.12). Speech of other corpora is not told apart: RAVDESS, TESS
    and CREMA-D have no more such values (0.04 at most) than the test clips. Beyond 6, the chord was let pass.
    """

    def __init__(self, facts: Facts, recipe: Recipe, members: Sequence[TrainedModel]) -> None:
        group = members[0].scaling.group
        if group is not None:
            raise ConfigError(
                expected="a model that takes recordings one by one",
                received=f"one trained on features normalised over all clips of a {group}",
                where=f"run {facts.run_id}",
                fix="Train with normalise=train, and serve that run.",
            )
        self.facts, self.recipe, self.members = facts, recipe, list(members)
        self.offset_s, self.duration_s = recipe.offset_s, recipe.duration_s
        step = members[0].first_step
        # Of one row a clip alone: the frames of any clip spread as widely as those of the training, noise's too.
        known = recipe.kind == "vector" and step.scaling.standardize
        self._ranges = (step.mean.numpy(), step.scale.numpy()) if known else None

    def represent(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the features of a clip. See :meth:`Engine.represent`.

        Raises:
            DataError: when a value is not a finite number.
        """
        return represented(self.recipe, samples, sample_rate_hz)

    def classify(self, clips: Sequence[Float32]) -> Float32:
        """Ask every member and average. See :meth:`Engine.classify`."""
        joined = ragged(list(clips), self.recipe.kind)
        mean: Float32 = np.mean([member.predict_proba(joined) for member in self.members], axis=0, dtype=np.float32)
        return mean

    def strangeness(self, clip: Float32) -> float | None:
        """Compare a clip's row with those of the training. See :meth:`Engine.strangeness`."""
        if self._ranges is None:
            return None
        mean, scale = self._ranges
        return float((np.abs((clip[0] - mean) / scale) > self.FAR).mean())


def represented(recipe: Recipe, samples: Float32, sample_rate_hz: int) -> Float32:
    """Compute the features of a clip. See :meth:`Engine.represent`.

    Raises:
        DataError: when a value is not a finite number.
    """
    features = recipe.compute(*recipe.prepared(samples, sample_rate_hz))
    if not np.isfinite(features).all():
        raise DataError(
            expected="finite feature values",
            received="values that are infinite or not a number",
            where="the recording",
            fix="Check that it is speech at a usual level; extremes such as samples of 1e30 are not.",
        )
    return features
