"""What training does to the tensors of a batch: mixup, and the masks of SpecAugment.

Both act on features as they were extracted. Their filling is the mean row of the training part, which is zero once a
model has standardised it, as in Park et al. 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ser.arrays import Int64, Kind
from ser.errors import ConfigError
from ser.models.checks import require


@dataclass(frozen=True, kw_only=True)
class SpecAugment:
    """Masks over spans of frames and of columns (Park et al. 2019, arXiv:1904.08779), without their time warping.

    Attributes:
        time_masks: spans of frames masked in each clip; 0 for none.
        time_frames: frames that a span has at most; its length is uniform from 0.
        time_share: share of the clip's frames that a span has at most.
        frequency_masks: spans of columns masked in each clip; 0 for none.
        frequency_columns: columns that a span has at most; its width is uniform from 0.
    """

    time_masks: int
    time_frames: int
    time_share: float
    frequency_masks: int
    frequency_columns: int

    def __post_init__(self) -> None:
        for key in ("time_masks", "time_frames", "frequency_masks", "frequency_columns"):
            value, where = getattr(self, key), f"trainer.spec_augment.{key}"
            require(value >= 0, expected="a whole number of at least 0", received=value, where=where)
        share, where = self.time_share, "trainer.spec_augment.time_share"
        require(0 < share <= 1, expected="a share above 0, at most 1", received=share, where=where)

    @property
    def on(self) -> bool:
        """Whether anything is masked."""
        return self.time_masks > 0 or self.frequency_masks > 0

    def check(self, kind: Kind) -> None:
        """Refuse features that have no frames.

        Raises:
            ConfigError: when masks are asked for and the features are vectors.
        """
        if self.on and kind != "sequence":
            raise ConfigError(
                expected="sequence features to mask",
                received=f"{kind} features",
                where="trainer.spec_augment",
                fix="Choose features=log_mel or features=mfcc_sequence, or no masks.",
            )


def masked(x: Tensor, lengths: Tensor, settings: SpecAugment, fill: Tensor, rng: np.random.Generator) -> Tensor:
    """Mask spans of frames and columns of each clip, as :class:`SpecAugment` says.

    Args:
        x: float32, shape [batch, frames, width], zero-padded.
        lengths: int64, shape [batch].
        settings: how many, and how large.
        fill: what stands where is masked, float32, shape [width].
        rng: where chance comes from.

    Returns:
        float32 of the same shape; padding stays as it is.
    """
    clips, frames, width = x.shape
    sizes = lengths.numpy()
    hidden = torch.zeros(clips, frames, width, dtype=torch.bool)
    most = np.minimum(settings.time_frames, np.floor(settings.time_share * sizes).astype(np.int64))
    for _ in range(settings.time_masks):
        hidden |= _spans(sizes, most, frames, rng)[:, :, None]
    widths = np.full(clips, width, np.int64)
    for _ in range(settings.frequency_masks):
        hidden |= _spans(widths, np.minimum(settings.frequency_columns, widths), width, rng)[:, None, :]
    hidden &= (torch.arange(frames) < lengths[:, None])[:, :, None]
    return torch.where(hidden, fill, x)


def _spans(sizes: Int64, most: Int64, count: int, rng: np.random.Generator) -> Tensor:
    """Draw a span in each of several rows: bool, shape [rows, count], true inside.

    Args:
        sizes: places of each row that a span may lie in, int64, shape [rows].
        most: longest span of each row, int64, shape [rows].
        count: places of the longest row.
        rng: where chance comes from.
    """
    length = rng.integers(0, most, endpoint=True)
    start = rng.integers(0, sizes - length, endpoint=True)
    place = np.arange(count)
    return torch.from_numpy((place >= start[:, None]) & (place < (start + length)[:, None]))


def mixed(
    x: Tensor, lengths: Tensor, targets: Tensor, alpha: float, fill: Tensor, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Mix each clip, and its target, with another of the batch (mixup; Zhang et al. 2018, arXiv:1710.09412).

    One share a batch is drawn from Beta(alpha, alpha), as in the authors' own code. A mixed clip is as long as the
    longer of its two; the shorter one is filled up.

    Args:
        x: float32, shape [batch, width], or [batch, frames, width], zero-padded.
        lengths: int64, shape [batch].
        targets: probabilities of the classes, float32, shape [batch, classes].
        alpha: above 0; small values leave one of two clips nearly whole.
        fill: what a shorter clip is filled up with, float32, shape [width].
        rng: where chance comes from.

    Returns:
        `x`, `lengths` and `targets`, mixed.
    """
    share = float(rng.beta(alpha, alpha))
    other = torch.from_numpy(rng.permutation(len(x)))
    longer = torch.maximum(lengths, lengths[other])
    if x.dim() == 3:
        frames = torch.arange(x.shape[1])
        x = torch.where((frames < lengths[:, None])[:, :, None], x, fill)
        mixture = share * x + (1 - share) * x[other]
        mixture[frames >= longer[:, None]] = 0
    else:
        mixture = share * x + (1 - share) * x[other]
    return mixture, longer, share * targets + (1 - share) * targets[other]
