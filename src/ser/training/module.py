"""What Lightning trains: loss, optimizer, and one row of numbers an epoch."""

from __future__ import annotations

import math

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn

from ser.arrays import Float64, Int64
from ser.errors import TrainingError
from ser.training.data import Batch, seed_of
from ser.training.trainer import Trainer


def balanced_weights(labels: Int64, classes: int) -> Float64:
    """Weigh each class by n / (classes × its clips), as scikit-learn's "balanced" does.

    Args:
        labels: of the training part, int64, each class present.
        classes: number of classes.

    Returns:
        float64, shape [classes].

    Example:
        >>> balanced_weights(np.array([0, 0, 0, 1]), 2).round(3).tolist()
        [0.667, 2.0]
    """
    counts = np.bincount(labels, minlength=classes)
    return np.asarray(len(labels) / (classes * counts), dtype=np.float64)


def uar(labels: Int64, predicted: Int64) -> float:
    """Average the recalls of the classes that occur (unweighted average recall).

    Args:
        labels: true classes, int64, shape [n], n > 0.
        predicted: predicted classes, int64, shape [n].

    Example:
        >>> uar(np.array([0, 0, 1]), np.array([0, 1, 1]))
        0.75
    """
    totals = np.bincount(labels)
    hits = np.bincount(labels[labels == predicted], minlength=len(totals))
    return float((hits[totals > 0] / totals[totals > 0]).mean())


class WeightedLoss:
    """A class-weighted mean of cross-entropy over an epoch, summed on tensors: nothing leaves torch before its end."""

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


class FoldModule(LightningModule):
    """One network on one fold.

    Logs `train/loss`, `dev/loss` and `dev/uar` once an epoch, at the end of the development pass: callbacks find all
    three in `on_train_epoch_end`.

    Args:
        network: maps (x, lengths) to logits.
        trainer_settings: learning rate and weight decay.
        weights: of the classes, float32, shape [classes].
        seed: of the fit.
    """

    weights: Tensor

    def __init__(self, network: nn.Module, trainer_settings: Trainer, weights: Tensor, seed: int) -> None:
        super().__init__()
        self.network, self.settings, self.seed = network, trainer_settings, seed
        self.register_buffer("weights", weights)
        self._train_loss, self._dev_loss = WeightedLoss(), WeightedLoss()
        self._labels: list[Tensor] = []
        self._predicted: list[Tensor] = []

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Make AdamW, fused: one pass over the parameters a step."""
        settings = self.settings
        return torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )

    def on_train_epoch_start(self) -> None:
        """Seed the epoch's dropout by (seed, epoch)."""
        torch.manual_seed(seed_of(self.seed, self.current_epoch))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the weighted mean cross-entropy of a batch."""
        _, loss, weight = self._judged(batch)
        self._train_loss.add(loss, weight)
        return loss / weight

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Take note of a batch of the development part."""
        logits, loss, weight = self._judged(batch)
        self._dev_loss.add(loss, weight)
        self._labels.append(batch[2])
        self._predicted.append(logits.argmax(dim=1))

    def on_validation_epoch_end(self) -> None:
        """Log the epoch's three numbers.

        Raises:
            TrainingError: when a loss is not a number.
        """
        losses = {"train/loss": self._train_loss.taken(), "dev/loss": self._dev_loss.taken()}
        score = uar(torch.cat(self._labels).numpy(), torch.cat(self._predicted).numpy())
        self._labels, self._predicted = [], []
        rate = self.settings.learning_rate
        for key, loss in losses.items():
            if not math.isfinite(loss):
                raise TrainingError(
                    expected="a finite loss",
                    received=f"{key} {loss} in epoch {self.current_epoch + 1} at learning rate {rate:g}",
                    where="trainer.learning_rate",
                    fix=f"Lower it: trainer.learning_rate={rate / 10:g}.",
                )
        self.log_dict({**losses, "dev/uar": score})

    def _judged(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        x, lengths, labels = batch
        logits: Tensor = self.network(x, lengths)
        loss = nn.functional.cross_entropy(logits, labels, weight=self.weights, reduction="sum")
        return logits, loss, self.weights[labels].sum()
