"""In what a recording is unlike those that a model learned from: said with the answer, never in place of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ser.arrays import Float32
from ser.serving.answer import Span
from ser.serving.facts import Facts
from ser.serving.windows import SILENCE_DB

FULL_SCALE = 0.999
"""From this size on, a sample has met the end of the scale."""
CLIPPED_SHARE = 1e-3
"""More samples than this share at full scale: the recording was made too loud."""
FAR_SHARE = 0.1
"""More features than this share far outside the training's range: the recording is of another kind."""


@dataclass(kw_only=True)
class Tally:
    """What is counted while a recording passes.

    Attributes:
        samples: how many.
        clipped: how many of them at full scale.
    """

    samples: int = 0
    clipped: int = 0

    def count(self, samples: Float32) -> None:
        """Count new samples, float32 of shape [samples], full scale 1."""
        self.samples += len(samples)
        self.clipped += int(np.count_nonzero(np.abs(samples) >= FULL_SCALE))


def warnings(
    tally: Tally, facts: Facts, spans: Sequence[Span], *, sample_rate_hz: int, language: str | None
) -> list[str]:
    """Say in what a recording is unlike the training's.

    Args:
        tally: of the whole recording.
        facts: of the model.
        spans: what was heard.
        sample_rate_hz: the file's own.
        language: what is spoken, BCP-47, as the user says; None when not said.
    """
    learned, duration_s = facts.learned, tally.samples / sample_rate_hz
    silent = sum(span.emotion is None for span in spans)
    strange = sum((span.strangeness or 0.0) > FAR_SHARE for span in spans)
    spoken = f"the model learned from {', '.join(learned.languages) or 'languages that are not known'} alone."
    known = {_primary(tag) for tag in learned.languages}
    sentences = [
        (
            sample_rate_hz < learned.lowest_rate_hz,
            f"Sampling rate {sample_rate_hz} Hz: the model learned from {learned.lowest_rate_hz} Hz and more; here "
            f"is nothing above {sample_rate_hz // 2} Hz.",
        ),
        (not language, f"Language unknown: {spoken}"),
        (language and _primary(language) not in known, f"Language {language}: {spoken}"),
        (silent == len(spans), f"Silence throughout (below {SILENCE_DB:g} dB of full scale): nothing was classified."),
        (
            0 < silent < len(spans),
            f"Silence in {silent} of {len(spans)} windows: they were not classified.",
        ),
        (
            len(spans) == 1 and duration_s < learned.shortest_s / 2,
            f"Short: {duration_s:.2f} s; the shortest utterance of the training has {learned.shortest_s:.2f} s.",
        ),
        (
            tally.clipped > CLIPPED_SHARE * tally.samples,
            f"Clipping: {tally.clipped / max(tally.samples, 1):.1%} of the samples are at full scale.",
        ),
        (
            strange > 0,
            f"Unlike the training{f' in {strange} of {len(spans)} windows' if len(spans) > 1 else ''}: more than "
            f"{FAR_SHARE:.0%} of the features lie far outside its range.",
        ),
    ]
    return [sentence for applies, sentence in sentences if applies]


def _primary(tag: str) -> str:
    """Give the language of a BCP-47 tag, without region; case does not matter there."""
    return tag.replace("_", "-").split("-")[0].lower()
