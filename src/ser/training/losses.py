"""What is minimised: cross-entropy, weighted by class, focal, or smoothed, of labels or of mixtures of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from ser.arrays import Float32, Float64, Int64
from ser.models.checks import require


@dataclass(frozen=True, kw_only=True)
class Loss:
    """The settings of the loss; with both at 0 it is plain cross-entropy.

    Attributes:
        focal_gamma: γ of the focal loss (Lin et al. 2017, arXiv:1708.02002), which multiplies each class's term by
            (1 - p)^γ, so that clips that are right already count less; 2 in the paper. 0: off.
        label_smoothing: share of each target that is spread evenly over all classes (Szegedy et al. 2016,
            arXiv:1512.00567); 0.1 in the paper.
    """

    focal_gamma: float
    label_smoothing: float

    def __post_init__(self) -> None:
        gamma, share = self.focal_gamma, self.label_smoothing
        where = "trainer.loss"
        require(gamma >= 0, expected="a number of at least 0", received=gamma, where=f"{where}.focal_gamma")
        expected = "a share of at least 0 and below 1"
        require(0 <= share < 1, expected=expected, received=share, where=f"{where}.label_smoothing")


def summed_loss(
    logits: Tensor, targets: Tensor, weights: Tensor, settings: Loss, clip_weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Sum the loss of a batch, and the weights of its clips.

    The mean over a batch or an epoch is the first over the second, as in PyTorch's own weighted mean. A clip weighs as
    its class, times a weight of its own; a mixed one as its classes do, by its shares; smoothing changes no weight.

    Args:
        logits: float32, shape [batch, classes].
        targets: labels, int64, [batch]; or class probabilities, float32, [batch, classes].
        weights: of the classes, float32, shape [classes].
        settings: focal loss and smoothing.
        clip_weights: of the clips, float32, shape [batch]; None when all are 1.

    Returns:
        Two scalars.
    """
    by_class = weights[targets] if targets.dim() == 1 else targets @ weights
    total = by_class.sum() if clip_weights is None else by_class @ clip_weights
    if settings.focal_gamma == 0:
        smoothing = settings.label_smoothing
        if clip_weights is None:
            return cross_entropy(logits, targets, weights, reduction="sum", label_smoothing=smoothing), total
        losses = cross_entropy(logits, targets, weights, reduction="none", label_smoothing=smoothing)
        return losses @ clip_weights, total
    losses = _focal(logits, targets, weights, settings)
    return (losses if clip_weights is None else losses * clip_weights[:, None]).sum(), total


def _focal(logits: Tensor, targets: Tensor, weights: Tensor, settings: Loss) -> Tensor:
    """Give each class's term of each clip's focal loss, float32, shape [batch, classes]."""
    smoothing = settings.label_smoothing
    classes = logits.shape[1]
    shares = one_hot(targets, classes).to(logits.dtype) if targets.dim() == 1 else targets
    shares = (1 - smoothing) * shares + smoothing / classes
    logs = logits.log_softmax(dim=1)
    # The root of zero has no gradient where gamma is below 1, and 1 - p of a clip that is surely right is zero.
    doubt = (-torch.expm1(logs)).clamp(min=torch.finfo(logits.dtype).tiny)
    return -(weights * shares * doubt**settings.focal_gamma * logs)


def balanced_weights(labels: Int64, classes: int, clip_weights: Float32 | None = None) -> Float64:
    """Weigh each class by n / (classes × its clips), as scikit-learn's "balanced" does.

    Args:
        labels: of the training part, int64, each class present.
        classes: number of classes.
        clip_weights: how many clips each counts for, float32; None for one.

    Returns:
        float64, shape [classes].

    Example:
        >>> balanced_weights(np.array([0, 0, 0, 1]), 2).round(3).tolist()
        [0.667, 2.0]
    """
    counts = np.bincount(labels, clip_weights, minlength=classes)
    return np.asarray(counts.sum() / (classes * counts), dtype=np.float64)


class WeightedMean:
    """A weighted mean of losses over an epoch, summed on tensors: nothing leaves torch before its end."""

    def __init__(self) -> None:
        self.loss: Tensor | float = 0.0
        self.weight: Tensor | float = 0.0

    def add(self, loss: Tensor, weight: Tensor) -> None:
        """Add a batch's summed loss and the sum of its weights."""
        self.loss = self.loss + loss.detach()
        self.weight = self.weight + weight

    def taken(self) -> float:
        """Return the mean and start anew."""
        mean = float(self.loss / self.weight)
        self.loss = 0.0
        self.weight = 0.0
        return mean
