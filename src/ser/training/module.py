"""What Lightning trains, and on what: an epoch's steps, the pass over the development part, one row of numbers."""

from __future__ import annotations

import contextlib
import math
from contextlib import AbstractContextManager
from typing import cast

import torch
from lightning.pytorch import LightningDataModule, LightningModule
from torch import Tensor, nn

from ser.errors import TrainingError
from ser.models.batches import clips_of
from ser.training.averaging import average_of
from ser.training.data import Batch, EpochAtOnce, FoldData, HeldOutBatches, TrainingBatches, seed_of
from ser.training.losses import WeightedMean, summed_loss
from ser.training.recall import uar
from ser.training.schedules import rates_of_epoch
from ser.training.trainer import Trainer


class FoldModule(LightningModule):
    """One network on one fold.

    The loop over batches is its own, not Lightning's (see :class:`ser.training.data.EpochAtOnce`): nothing leaves torch
    between two steps. Logs `train/loss`, `dev/loss` and `dev/uar` once an epoch, at the end of the
    development pass: callbacks find all three in `on_train_epoch_end`.

    Args:
        network: maps (x, lengths) to logits.
        settings: of the training.
        weights: of the classes, float32, shape [classes].
        seed: of the fit.

    Attributes:
        past_losses: training losses of the epochs before; whoever keeps the history sets them before an epoch.
        rate: the learning rate of the last step.
    """

    weights: Tensor

    def __init__(self, network: nn.Module, settings: Trainer, weights: Tensor, seed: int) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network, self.settings, self.seed = network, settings, seed
        self.average = average_of(network, settings.average)
        self.register_buffer("weights", weights)
        self.past_losses: list[float] = []
        self.rate = settings.learning_rate
        self._train_loss, self._dev_loss = WeightedMean(), WeightedMean()
        self._labels: list[Tensor] = []
        self._predicted: list[Tensor] = []

    @property
    def judged(self) -> nn.Module:
        """The network that is scored, and kept when it is the best: the average, once there is one."""
        if self.average is None or self.average.n_averaged == 0:
            return self.network
        return self.average.module

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Make AdamW, fused: one pass over the parameters a step."""
        settings = self.settings
        return torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )

    def training_step(self, batches: TrainingBatches, batch_idx: int) -> None:
        """Make an epoch's steps."""
        settings, epoch = self.settings, self.current_epoch
        # Dropout follows from (seed, epoch) too.
        torch.manual_seed(seed_of(self.seed, epoch))
        optimizer = cast("torch.optim.Optimizer", self.optimizers(use_pl_optimizer=False))
        rates = rates_of_epoch(
            settings.schedule,
            settings.learning_rate,
            epoch=epoch,
            epochs=settings.max_epochs,
            steps=len(batches),
            losses=self.past_losses,
        )
        for rate, batch in zip(rates, batches.of_epoch(epoch), strict=True):
            self._step(optimizer, rate, batch)
        self.rate = rates[-1]

    def _step(self, optimizer: torch.optim.Optimizer, rate: float, batch: Batch) -> None:
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, lengths, targets = (part.to(self.device) for part in batch[:3])
        clip_weights = None if batch[3] is None else batch[3].to(self.device)
        with self._arithmetic():
            logits = self.network(x, lengths)
        loss, weight = summed_loss(logits.float(), targets, self.weights, self.settings.loss, clip_weights)
        self._train_loss.add(loss, weight)
        optimizer.zero_grad()
        torch.autograd.backward(loss / weight)
        nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.gradient_clip)
        optimizer.step()
        if self.average is not None and self.settings.average.kind == "ema":
            self.average.update_parameters(self.network)

    def _arithmetic(self) -> AbstractContextManager[object]:
        if self.settings.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return contextlib.nullcontext()

    def on_validation_epoch_start(self) -> None:
        """Take an epoch's last weights into the mean over epochs."""
        averaging = self.settings.average
        late = self.current_epoch >= averaging.epochs_before(self.settings.max_epochs)
        if self.average is not None and averaging.kind == "swa" and late:
            self.average.update_parameters(self.network)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Take note of a batch of the development part."""
        x, lengths, targets, _ = batch
        logits = self.judged(x, lengths)
        self._dev_loss.add(*summed_loss(logits, targets, self.weights, self.settings.loss))
        self._labels.append(targets)
        self._predicted.append(logits.argmax(dim=1))

    def on_validation_epoch_end(self) -> None:
        """Log the epoch's three numbers.

        Raises:
            TrainingError: when a loss is not a number.
        """
        losses = {"train/loss": self._train_loss.taken(), "dev/loss": self._dev_loss.taken()}
        score = uar(torch.cat(self._labels).cpu().numpy(), torch.cat(self._predicted).cpu().numpy())
        self._labels, self._predicted = [], []
        peak = self.settings.learning_rate
        for key, loss in losses.items():
            if not math.isfinite(loss):
                raise TrainingError(
                    expected="a finite loss",
                    received=f"{key} {loss} in epoch {self.current_epoch + 1} at learning rate {self.rate:g}",
                    where="trainer.learning_rate",
                    fix=f"Lower it: trainer.learning_rate={peak / 10:g}.",
                )
        self.log_dict({**losses, "dev/uar": score})


class FoldDataModule(LightningDataModule):
    """One fold's tensors, in memory.

    Args:
        data: the fold.
        settings: see :class:`TrainingBatches`.
        classes: number of classes.
        seed: of the fit.
    """

    def __init__(self, data: FoldData, settings: Trainer, classes: int, seed: int) -> None:
        super().__init__()
        self._train = EpochAtOnce(TrainingBatches(data, settings, classes, seed))
        dev_labels = torch.tensor(data.dev_labels)
        self._dev = HeldOutBatches(clips_of(data.dev), dev_labels, settings.batch_size)

    def train_dataloader(self) -> EpochAtOnce:
        """Return the batches of the training part, an epoch at once."""
        return self._train

    def val_dataloader(self) -> HeldOutBatches:
        """Return the batches of the development part."""
        return self._dev
