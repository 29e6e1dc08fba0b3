"""Engines behind exported files, whatever runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ser.arrays import Float32, Int64
from ser.audio import decode
from ser.errors import DataError, StoreError
from ser.export.record import AUDIO, VECTOR, Record
from ser.features.base import Recipe
from ser.serving.engine import Engine, represented

Run = Callable[[Float32, Int64], Float32]
"""From a batch and the lengths of its clips (int64, [batch]) to class probabilities, [batch, classes]; in any thread.
The batch is [batch, samples] for audio, [batch, width] for vectors, [batch, frames, width] for sequences."""
LOUDEST = 1e6
"""Samples of this size, in units of full scale, are no sound."""
_TOGETHER = 8


class FileEngine(Engine):
    """An exported file, asked in batches of clips of about one length.

    Args:
        record: what goes with it.
        recipe: of the features that it takes; None where it takes audio.
        run: what runs the graph.
        where: the file, for messages.
    """

    def __init__(self, record: Record, recipe: Recipe | None, run: Run, where: object) -> None:
        self.facts, self.record, self.recipe, self._run, self._where = record.facts, record, recipe, run, where
        self.offset_s, self.duration_s = record.offset_s, record.duration_s

    def represent(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Bring a clip to the file's rate, or compute its features. See :meth:`Engine.represent`.

        Raises:
            DataError: when a sample or a feature is not a finite number.
        """
        if self.recipe is not None:
            return represented(self.recipe, samples, sample_rate_hz)
        for rate_hz in self.record.input.rates_hz:
            samples, sample_rate_hz = decode.at_rate(samples, sample_rate_hz, rate_hz)
        # Above it squares overflow; not a number is not below it.
        if not (np.abs(samples) < LOUDEST).all():
            raise DataError(
                expected="finite samples, about 1 at full scale",
                received="samples that are far beyond it, infinite or not a number",
                where="the recording",
                fix="Check that it is speech at a usual level; extremes such as samples of 1e30 are not.",
            )
        return samples[:, None]

    def classify(self, clips: Sequence[Float32]) -> Float32:
        """Ask the file. See :meth:`Engine.classify`.

        Raises:
            DataError: when the answer is not probabilities, as of samples that are beyond any recording.
            StoreError: when the file cannot take the clips.
        """
        order = np.argsort([len(clip) for clip in clips], kind="stable")
        found = np.empty((len(clips), len(self.facts.classes)), np.float32)
        for start in range(0, len(order), _TOGETHER):
            chosen = order[start : start + _TOGETHER]
            found[chosen] = self._answers([clips[place] for place in chosen])
        return found

    def _answers(self, clips: Sequence[Float32]) -> Float32:
        answers = self._run(*self._batch(clips))
        if answers.shape != (len(clips), len(self.facts.classes)):
            raise StoreError(
                expected=f"probabilities of {len(self.facts.classes)} classes",
                received=f"values of shape {list(answers.shape)}",
                where=self._where,
                fix="Export the model again.",
            )
        if not np.isfinite(answers).all():
            raise DataError(
                expected="finite probabilities",
                received="values that are infinite or not a number",
                where="the recording",
                fix="Check that it is speech at a usual level; extremes such as samples of 1e30 are not.",
            )
        return answers

    def _batch(self, clips: Sequence[Float32]) -> tuple[Float32, Int64]:
        given = self.record.input
        lengths = np.array([len(clip) for clip in clips], np.int64)
        if given.kind == VECTOR:
            return np.concatenate(clips), lengths
        batch = np.zeros((len(clips), int(lengths.max()), given.width), np.float32)
        for row, clip in zip(batch, clips, strict=True):
            row[: len(clip)] = clip
        return (batch[:, :, 0] if given.kind == AUDIO else batch), lengths
