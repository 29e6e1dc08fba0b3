"""What happens at the end of every epoch: history, choice of the best one, early stopping, checkpoint."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any, cast

from lightning.pytorch import Callback, LightningModule
from lightning.pytorch import Trainer as LightningTrainer
from torch import Tensor

from ser.training.cost import Meter, Spent
from ser.training.module import FoldModule
from ser.training.result import Row
from ser.training.trainer import Trainer


class Progress(Callback):
    """Keeps the weights of the best epoch, and says when to stop.

    The best epoch has the highest development UAR; of equal ones (a small part gives many ties) the lower development
    loss. Where weights are averaged, the average is scored and kept, and epochs from before it no longer compete.

    Args:
        settings: patience, what is averaged, and the time between checkpoints.
        checkpoint: the file to write.
    """

    def __init__(self, settings: Trainer, checkpoint: Path) -> None:
        self.settings, self.checkpoint = settings, checkpoint
        self.history: list[Row] = []
        self.best_epoch = 0
        self.best_weights: dict[str, Tensor] = {}
        self.meter = Meter()
        self._before = settings.average.epochs_before(settings.max_epochs)
        self._epoch_start = self._last_saved = time.perf_counter()

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint carries."""
        return {
            "history": self.history,
            "best_epoch": self.best_epoch,
            "best_weights": self.best_weights,
            "spent": dataclasses.asdict(self.meter.read()),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what a checkpoint carried."""
        self.history = state_dict["history"]
        self.best_epoch = state_dict["best_epoch"]
        self.best_weights = state_dict["best_weights"]
        self.meter = Meter(Spent(**state_dict["spent"]))

    def on_train_start(self, trainer: LightningTrainer, pl_module: LightningModule) -> None:
        """Stop at once when the checkpoint was the last epoch's."""
        trainer.should_stop = self._exhausted()

    def on_train_epoch_start(self, trainer: LightningTrainer, pl_module: LightningModule) -> None:
        """Start the epoch's clock, and tell the schedule of the losses so far."""
        cast("FoldModule", pl_module).past_losses = [row["train/loss"] for row in self.history]
        self._epoch_start = time.perf_counter()

    def on_train_epoch_end(self, trainer: LightningTrainer, pl_module: LightningModule) -> None:
        """Add a row to the history, keep the weights if they are the best, stop or save when it is time."""
        now = time.perf_counter()
        module = cast("FoldModule", pl_module)
        losses = {key: float(value) for key, value in trainer.callback_metrics.items()}
        self.meter.read()
        seconds = round(now - self._epoch_start, 4)
        row = {"epoch": len(self.history) + 1, **losses, "learning_rate": module.rate, "seconds": seconds}
        self.history.append(row)
        if self._best_now():
            self.best_epoch = len(self.history)
            self.best_weights = {key: value.clone() for key, value in module.judged.state_dict().items()}
        trainer.should_stop = self._exhausted()
        if now - self._last_saved >= self.settings.checkpoint_seconds:
            trainer.save_checkpoint(self.checkpoint)
            self._last_saved = time.perf_counter()

    def _exhausted(self) -> bool:
        return len(self.history) - max(self.best_epoch, self._before) >= self.settings.patience

    def _best_now(self) -> bool:
        """Say whether the last epoch is the best; weights from before an average do not compete with it."""
        if self.best_epoch == 0 or self.best_epoch <= self._before < len(self.history):
            return True
        return _rank(self.history[-1]) > _rank(self.history[self.best_epoch - 1])


def _rank(row: Row) -> tuple[float, float]:
    return row["dev/uar"], -row["dev/loss"]
