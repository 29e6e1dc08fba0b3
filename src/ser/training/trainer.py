"""The settings of training."""

from __future__ import annotations

from dataclasses import dataclass

from ser.errors import one_of
from ser.models.checks import require
from ser.training.averaging import Averaging
from ser.training.losses import Loss
from ser.training.perturb import SpecAugment
from ser.training.schedules import Schedule

ACCELERATORS = ("cpu", "gpu")
BALANCES = ("batches", "loss", "none")
COPIES = ("all", "one_per_epoch")
PRECISIONS = ("bf16", "float32")


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """How networks are trained. Estimators use none of it.

    Attributes:
        name: the name in tables.
        max_epochs: passes over the training part.
        patience: epochs without a better development UAR (or an equal one at lower loss) before training stops.
        batch_size: clips a step, at most; an epoch's batches differ by one clip at most.
        learning_rate: of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101); the highest of a schedule.
        weight_decay: of AdamW.
        gradient_clip: largest L2 norm of the gradient; longer ones are scaled down.
        balance: how rare classes come into their own. "loss": a class weighs n / (classes × its clips), counted in the
            training part. "batches": every batch draws classes evenly, see :func:`ser.training.sampling.balanced`.
            "none": not at all.
        loss: focal loss and label smoothing.
        schedule: how the learning rate changes.
        average: which average of the weights is judged and kept.
        copies: "all": an epoch passes over every utterance and all its augmented copies. "one_per_epoch": over every
            utterance once, clean or as one of its copies, drawn anew in each epoch.
        mixup_alpha: α of the distribution Beta(α, α) of the share in which two clips of a batch are mixed; 0 for no
            mixup. See :func:`ser.training.perturb.mixed`.
        spec_augment: masks over frames and columns.
        precision: "float32"; or "bf16": networks compute in bfloat16 where that is safe, while they train (AMP). Their
            weights, the development pass and everything after the training stay float32.
        accelerator: "cpu" or "gpu" (the first that CUDA shows; the fits of several workers share it). Trained models
            are the same kind of file either way.
        checkpoint_seconds: least time between two checkpoints, in seconds; 0 keeps every epoch.
    """

    name: str
    max_epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    gradient_clip: float
    balance: str
    loss: Loss
    schedule: Schedule
    average: Averaging
    copies: str
    mixup_alpha: float
    spec_augment: SpecAugment
    precision: str
    accelerator: str
    checkpoint_seconds: float

    def __post_init__(self) -> None:
        one_of(self.balance, BALANCES, what="a way to balance classes", where="trainer.balance")
        one_of(self.copies, COPIES, what="a use of augmented copies", where="trainer.copies")
        one_of(self.precision, PRECISIONS, what="a precision", where="trainer.precision")
        one_of(self.accelerator, ACCELERATORS, what="an accelerator", where="trainer.accelerator")
        for key in ("max_epochs", "patience"):
            value = getattr(self, key)
            require(value >= 1, expected="a whole number of at least 1", received=value, where=f"trainer.{key}")
        # Batch statistics of one clip are zero variance.
        size = self.batch_size
        require(size >= 2, expected="a whole number of at least 2", received=size, where="trainer.batch_size")
        for key in ("learning_rate", "gradient_clip"):
            value = getattr(self, key)
            require(value > 0, expected="a number above 0", received=value, where=f"trainer.{key}")
        for key in ("weight_decay", "mixup_alpha", "checkpoint_seconds"):
            value = getattr(self, key)
            require(value >= 0, expected="a number of at least 0", received=value, where=f"trainer.{key}")
        floor, expected = self.schedule.floor, f"a rate of at most trainer.learning_rate ({self.learning_rate:g})"
        require(floor <= self.learning_rate, expected=expected, received=floor, where="trainer.schedule.floor")
