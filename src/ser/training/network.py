"""Training a network on one fold with Lightning."""

from __future__ import annotations

import contextlib
import logging
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from lightning.pytorch import Trainer as LightningTrainer

from ser.errors import StoreError
from ser.models.base import NetworkSpec
from ser.models.standardize import Standardized
from ser.models.trained import TrainedNetwork
from ser.training import checkpoint, hardware
from ser.training.data import FoldData
from ser.training.losses import balanced_weights
from ser.training.module import FoldDataModule, FoldModule
from ser.training.progress import Progress
from ser.training.result import CHECKPOINT
from ser.training.trainer import Trainer

_LOG = logging.getLogger(__name__)


def train_network(
    data: FoldData, spec: NetworkSpec, trainer: Trainer, *, classes: list[str], seed: int, folder: Path
) -> tuple[TrainedNetwork, Progress]:
    """Train a network, from its checkpoint if there is one.

    Args:
        data: the fold.
        spec: the network.
        trainer: settings.
        classes: class names.
        seed: of the first weights, the order of clips and dropout.
        folder: where the checkpoint lies.

    Returns:
        The network with the weights of its best epoch, and how it came about.

    Raises:
        TrainingError: when a loss is not a number, or the memory does not suffice.
        ConfigError: when frames of features without any are to be masked, or the machine lacks what is asked of it.
    """
    trainer.spec_augment.check(data.train.kind)
    hardware.check(trainer)
    hardware.make_repeatable(trainer)
    torch.manual_seed(seed)
    network = Standardized(spec.build(data.train.shape, len(classes)), data.scaling)
    network.fit(data.train.values)
    weights = torch.ones(len(classes))
    if trainer.balance == "loss":
        weights = torch.from_numpy(balanced_weights(data.train_labels, len(classes), data.train_weights)).float()
    module = FoldModule(network, trainer, weights, seed)
    progress = Progress(trainer, folder / CHECKPOINT)
    with _quiet():
        lightning = _lightning(trainer, progress, folder)
        with _interruptible(), hardware.memory_errors(trainer):
            batches = FoldDataModule(data, trainer, len(classes), seed)
            lightning.fit(module, datamodule=batches, ckpt_path=_usable(progress.checkpoint))
    network.load_state_dict(progress.best_weights)
    network.cpu().eval()
    return TrainedNetwork(shape=data.train.shape, classes=classes, spec=spec, network=network), progress


def _lightning(trainer: Trainer, progress: Progress, folder: Path) -> LightningTrainer:
    return LightningTrainer(
        accelerator=trainer.accelerator,
        devices=1,
        max_epochs=trainer.max_epochs,
        callbacks=[progress],
        plugins=[checkpoint.WholeFiles()],
        default_root_dir=folder,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )


def _usable(path: Path) -> Path | None:
    if not path.exists():
        return None
    try:
        checkpoint.read(path)
    except StoreError as error:
        _LOG.warning("%s This fold starts again from its first epoch.", error)
        path.unlink()
        return None
    return path


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's notes on accelerators and stopping to itself; its warnings still come.

    All but one: Lightning 2.6 calls what torch 2.11 deprecates (`LeafSpec`), which no caller can change.
    """
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"`isinstance\(treespec, LeafSpec\)` is deprecated")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Give Ctrl-C back its meaning: Lightning turns it into an exit, and leaves the signal ignored."""
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as stop:
        signal.signal(signal.SIGINT, on_interrupt)
        raise KeyboardInterrupt from stop
