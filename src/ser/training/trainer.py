"""The settings of training."""

from __future__ import annotations

from dataclasses import dataclass

from ser.models.checks import require


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """How networks are trained. Estimators use none of it.

    Attributes:
        name: the name in tables.
        max_epochs: passes over the training part.
        patience: epochs without a better development UAR (or an equal one at lower loss) before training stops.
        batch_size: clips a step, at most; an epoch's batches differ by one clip at most.
        learning_rate: of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101).
        weight_decay: of AdamW.
        gradient_clip: largest L2 norm of the gradient; longer ones are scaled down.
        class_weights: whether the loss weighs a class by n / (classes × its clips), counted in the training part.
        checkpoint_seconds: least time between two checkpoints, in seconds; 0 keeps every epoch.
    """

    name: str
    max_epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    gradient_clip: float
    class_weights: bool
    checkpoint_seconds: float

    def __post_init__(self) -> None:
        for key in ("max_epochs", "patience"):
            value = getattr(self, key)
            require(value >= 1, expected="a whole number of at least 1", received=value, where=f"trainer.{key}")
        # Batch statistics of one clip are zero variance.
        size = self.batch_size
        require(size >= 2, expected="a whole number of at least 2", received=size, where="trainer.batch_size")
        for key in ("learning_rate", "gradient_clip"):
            value = getattr(self, key)
            require(value > 0, expected="a number above 0", received=value, where=f"trainer.{key}")
        for key in ("weight_decay", "checkpoint_seconds"):
            value = getattr(self, key)
            require(value >= 0, expected="a number of at least 0", received=value, where=f"trainer.{key}")
