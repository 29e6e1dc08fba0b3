"""What happens at the end of every epoch: history, choice of the best one, early stopping, checkpoint."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule
from lightning.pytorch import Trainer as LightningTrainer
from torch import Tensor

from ser.training.result import Row
from ser.training.trainer import Trainer


class Progress(Callback):
    """Keeps the weights of the best epoch, and says when to stop.

    The best epoch has the highest development UAR; of equal ones (a small part gives many ties) the lower development
    loss.

    Args:
        settings: patience and the time between checkpoints.
        checkpoint: the file to write.
    """

    def __init__(self, settings: Trainer, checkpoint: Path) -> None:
        self.settings, self.checkpoint = settings, checkpoint
        self.history: list[Row] = []
        self.best_epoch = 0
        self.best_weights: dict[str, Tensor] = {}
        self._spent_before = {"wall_s": 0.0, "cpu_s": 0.0}
        self._start = self._epoch_start = self._last_saved = time.perf_counter()
        self._cpu_start = time.process_time()

    @property
    def spent(self) -> dict[str, float]:
        """Wall and CPU seconds, those before an interruption included."""
        return {
            "wall_s": self._spent_before["wall_s"] + time.perf_counter() - self._start,
            "cpu_s": self._spent_before["cpu_s"] + time.process_time() - self._cpu_start,
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint carries."""
        return {
            "history": self.history,
            "best_epoch": self.best_epoch,
            "best_weights": self.best_weights,
            "spent": self.spent,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what a checkpoint carried."""
        self.history = state_dict["history"]
        self.best_epoch = state_dict["best_epoch"]
        self.best_weights = state_dict["best_weights"]
        self._spent_before = state_dict["spent"]

    def on_train_start(self, trainer: LightningTrainer, pl_module: LightningModule) -> None:
        """Stop at once when the checkpoint was the last epoch's."""
        trainer.should_stop = self._exhausted()

    def on_train_epoch_start(self, trainer: LightningTrainer, pl_module: LightningModule) -> None:
        """Start the epoch's clock."""
        self._epoch_start = time.perf_counter()

    def on_train_epoch_end(self, trainer: LightningTrainer, pl_module: LightningModule) -> None:
        """Add a row to the history, keep the weights if they are the best, stop or save when it is time."""
        now = time.perf_counter()
        losses = {key: float(value) for key, value in trainer.callback_metrics.items()}
        self.history.append({"epoch": len(self.history) + 1, **losses, "seconds": round(now - self._epoch_start, 4)})
        if self.best_epoch == 0 or _rank(self.history[-1]) > _rank(self.history[self.best_epoch - 1]):
            self.best_epoch = len(self.history)
            self.best_weights = {key: value.clone() for key, value in pl_module.state_dict().items()}
        trainer.should_stop = self._exhausted()
        if now - self._last_saved >= self.settings.checkpoint_seconds:
            trainer.save_checkpoint(self.checkpoint)
            self._last_saved = time.perf_counter()

    def _exhausted(self) -> bool:
        return len(self.history) - self.best_epoch >= self.settings.patience


def _rank(row: Row) -> tuple[float, float]:
    return row["dev/uar"], -row["dev/loss"]
