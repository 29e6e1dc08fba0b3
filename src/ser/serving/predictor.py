"""From a recording to an answer: read as a stream, cut into windows, classified a few at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ser.arrays import Float32
from ser.audio import decode, stream
from ser.serving import unlike
from ser.serving.answer import Answer, Span, most_probable
from ser.serving.engine import Engine
from ser.serving.windows import SILENCE_DB, Windows, audible, cut

_AT_ONCE, _AT_ONCE_S = 32, 120.0
"""Windows classified together, and how long they may be together, in seconds: they are held in memory."""


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """Answers of one model.

    Attributes:
        engine: what is asked.
        windows: how long recordings are read over time.
        limits: what is refused.
        language: what is spoken, BCP-47, as the user says; None when not said.
    """

    engine: Engine
    windows: Windows
    limits: stream.Limits
    language: str | None

    def answer(
        self,
        source: Path | BinaryIO,
        *,
        name: str,
        on_span: Callable[[Span], None] = lambda span: None,
        on_block: Callable[[Float32, int], None] = lambda block, rate: None,
    ) -> Answer:
        """Say what is heard in a recording.

        Args:
            source: the file, or its bytes.
            name: what to call it in the answer and in errors.
            on_span: told of each span as soon as it is classified.
            on_block: given the samples (one channel, float32) and their rate as they are read, for pictures.

        Raises:
            DataError: when the recording cannot be read, or is beyond the limits.
        """
        tally = unlike.Tally()
        spans: list[Span] = []
        with stream.opened(source, name=name, limits=self.limits) as recording:
            rate = recording.sample_rate_hz
            for span in self._spans(_watched(recording.blocks(1.0), rate, tally, on_block), rate):
                spans.append(span)
                on_span(span)
            probabilities = _mean([span.probabilities for span in spans if span.probabilities])
            return Answer(
                source=name,
                duration_s=tally.samples / rate,
                sample_rate_hz=rate,
                channels=recording.channels,
                container=recording.container,
                emotion=most_probable(probabilities) if probabilities else None,
                probabilities=probabilities,
                spans=spans,
                warnings=unlike.warnings(tally, self.engine.facts, spans, sample_rate_hz=rate, language=self.language),
            )

    def _spans(self, blocks: Iterator[Float32], rate: int) -> Iterator[Span]:
        windows = self._cut(blocks, rate)
        at_once = max(1, min(_AT_ONCE, int(_AT_ONCE_S / self.windows.window_s)))
        while batch := list(itertools.islice(windows, at_once)):
            loud = [place for place, (*_, heard) in enumerate(batch) if len(heard)]
            clips = [self.engine.represent(*self._heard(batch[place][3], rate)) for place in loud]
            rows = list(self.engine.classify(clips)) if clips else []
            found = {place: (row, clip) for place, row, clip in zip(loud, rows, clips, strict=True)}
            for place, (start, end, level, _) in enumerate(batch):
                row, clip = found.get(place, (None, None))
                probabilities = None if row is None else dict(zip(self.engine.facts.classes, row.tolist(), strict=True))
                yield Span(
                    start_s=start / rate,
                    end_s=end / rate,
                    level_db=level,
                    emotion=most_probable(probabilities) if probabilities else None,
                    probabilities=probabilities,
                    strangeness=None if clip is None else self.engine.strangeness(clip),
                )

    def _heard(self, samples: Float32, rate: int) -> tuple[Float32, int]:
        """Take out what lies above the highest rate of the training: what fills bands never heard there misleads."""
        return decode.at_rate(samples, rate, min(rate, self.engine.facts.learned.highest_rate_hz))

    def _cut(self, blocks: Iterator[Float32], rate: int) -> Iterator[tuple[int, int, float, Float32]]:
        """Give start and end, in samples, level, and what is to be heard of each span: nothing of silence."""
        at_most = round(self.windows.whole_s * rate)
        head: list[Float32] = []
        for block in blocks:
            head.append(block)
            if sum(map(len, head)) > at_most:
                break
        else:
            whole = np.concatenate(head)
            part = self._part(whole, rate)
            level = level_db(part)
            yield 0, len(whole), level, part if level >= SILENCE_DB else part[:0]
            return
        size, hop = round(self.windows.window_s * rate), max(1, round(self.windows.hop_s * rate))
        for start, window in cut(itertools.chain(head, blocks), size, hop):
            yield start, start + len(window), level_db(window), audible(window, rate)

    def _part(self, whole: Float32, rate: int) -> Float32:
        """Take the part of an utterance that the model learned from; of one too short for it, all."""
        start = int(self.engine.offset_s * rate)
        end = None if self.engine.duration_s is None else start + int(self.engine.duration_s * rate)
        return whole[start:end] if len(whole) > start else whole


def level_db(samples: Float32) -> float:
    """Measure the level of a clip about its mean, so that a constant offset is silence; -200 dB at the least.

    Args:
        samples: float32 of shape [samples], full scale 1.

    Example:
        >>> level_db(np.array([0.5, -0.5], np.float32))
        -6.0205...
    """
    return float(10 * np.log10(max(np.var(samples, dtype=np.float64), 1e-20)))


def _watched(
    blocks: Iterable[Float32], rate: int, tally: unlike.Tally, on_block: Callable[[Float32, int], None]
) -> Iterator[Float32]:
    for block in blocks:
        tally.count(block)
        on_block(block, rate)
        yield block


def _mean(rows: Sequence[dict[str, float]]) -> dict[str, float] | None:
    if not rows:
        return None
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
