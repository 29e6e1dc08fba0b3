"""The data of one fold, and the batches made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ser.arrays import Float32, Int64, Ragged
from ser.errors import DataError, ProtocolError
from ser.models.batches import Clips, clips_of
from ser.models.standardize import Scaling
from ser.models.trained import check_clips
from ser.protocol.learning import SelfTraining
from ser.training import sampling
from ser.training.perturb import masked, mixed
from ser.training.trainer import Trainer

Batch = tuple[Tensor, Tensor, Tensor, Tensor | None]
"""`x` and `lengths` as networks take them; targets: labels, int64, [batch], or class probabilities of mixed clips,
float32, [batch, classes]; and what each clip counts, float32, [batch], None when all count 1."""


@dataclass(frozen=True, kw_only=True)
class FoldData:
    """Features and labels of one fold. Test labels are not here: no fit can see them.

    Attributes:
        train: features of the training part, augmented copies among them.
        train_labels: int64, shape [clips], in 0..classes-1.
        versions: in how many versions, clean and copies, each utterance stands in `train`: all utterances in their
            first version, then all in their second, and so on.
        dev: features of the development part.
        dev_labels: its labels.
        test: features of the test part.
        scaling: how the model is to scale rows.
        train_weights: what each clip counts in training, float32, shape [clips]; None when all count 1.
        dev_weights: what those of the development part count, where an estimator learns from them too.
        test_weights: what those of the test part count, where self-training does.
        self_training: how the test part, unlabelled, joins the training; None when it does not.
    """

    train: Ragged
    train_labels: Int64
    versions: int
    dev: Ragged
    dev_labels: Int64
    test: Ragged
    scaling: Scaling
    train_weights: Float32 | None
    dev_weights: Float32 | None
    test_weights: Float32 | None
    self_training: SelfTraining | None


def check(data: FoldData, classes: list[str], where: object) -> None:
    """Refuse a fold that cannot be learned.

    Args:
        data: the fold.
        classes: class names.
        where: the fit's folder, for messages.

    Raises:
        DataError: when features are empty or not finite, or do not match their labels.
        ProtocolError: when a class has no training clip, or the development part is empty.
    """
    parts = (("train", data.train, data.train_labels), ("dev", data.dev, data.dev_labels))
    for part, features, labels in parts:
        if len(features) != len(labels):
            raise DataError(
                expected=f"one label for each of {len(features)} clips",
                received=f"{len(labels)} labels",
                where=f"{where} ({part})",
                fix="Select features and labels by the same utterance ids.",
            )
    if len(data.dev) == 0:
        raise ProtocolError(
            expected="a development part to choose the best epoch on",
            received="none",
            where=where,
            fix="Choose a protocol that sets speakers aside for development.",
        )
    missing = [name for label, name in enumerate(classes) if not (data.train_labels == label).any()]
    if missing:
        raise ProtocolError(
            expected="training clips of every class",
            received=f"none of {', '.join(missing)}",
            where=where,
            fix="Choose labels without that class, fewer folds, or a corpus with more speakers of it.",
        )
    for part, features in (("train", data.train), ("dev", data.dev), ("test", data.test)):
        check_clips(features, where=f"{where} ({part})")


def seed_of(seed: int, epoch: int) -> int:
    """Mix seed and epoch into the seed of everything random in that epoch.

    A resumed run draws what an uninterrupted one would have drawn.

    Args:
        seed: of the fit.
        epoch: from 0.

    Example:
        >>> seed_of(0, 1) != seed_of(1, 0)
        True
    """
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0] >> np.uint64(1))


class TrainingBatches:
    """The batches of an epoch: slices of one order of the clips, which follows from (seed, epoch) alone.

    So does what else is drawn: the version of each utterance, masks and mixtures. The batches' sizes differ by one clip
    at most, so that no epoch ends on a batch of a single clip.

    Args:
        data: the fold.
        settings: batch size, balance, use of copies, masks and mixup.
        classes: number of classes.
        seed: of the fit.
    """

    def __init__(self, data: FoldData, settings: Trainer, classes: int, seed: int) -> None:
        self.clips, self.labels = clips_of(data.train), torch.tensor(data.train_labels)
        self.weights = None if data.train_weights is None else torch.tensor(data.train_weights)
        self.settings, self.classes, self.seed = settings, classes, seed
        self.versions = data.versions if settings.copies == "one_per_epoch" else 1
        self.utterances = len(self.labels) // self.versions
        self.batches = -(-self.utterances // settings.batch_size)
        self.fill = self.clips.values.mean(dim=0)

    def __len__(self) -> int:
        return self.batches

    def of_epoch(self, epoch: int) -> Iterator[Batch]:
        """Give the batches of an epoch, counted from 0."""
        mixed_seed = seed_of(self.seed, epoch)
        generator, rng = torch.Generator().manual_seed(mixed_seed), np.random.default_rng(mixed_seed)
        if self.settings.balance == "batches":
            order = sampling.balanced(self.labels[: self.utterances], generator)
        else:
            order = sampling.permuted(self.utterances, generator)
        if self.versions > 1:
            order = order + self.utterances * torch.from_numpy(rng.integers(self.versions, size=self.utterances))
        for chosen in torch.tensor_split(order, self.batches):
            weights = None if self.weights is None else self.weights[chosen]
            yield self._perturbed((*self.clips.batch(chosen), self.labels[chosen], weights), rng)

    def _perturbed(self, batch: Batch, rng: np.random.Generator) -> Batch:
        settings, (x, lengths, targets, weights) = self.settings, batch
        if settings.mixup_alpha > 0:
            soft = one_hot(targets, self.classes).float()
            # Weighted targets make the loss of a mixture the mixture of its clips' weighted losses.
            counted = soft if weights is None else soft * weights[:, None]
            x, lengths, targets = mixed(x, lengths, counted, settings.mixup_alpha, self.fill, rng)
            if weights is not None:
                weights = targets.sum(dim=1)
                targets = targets / weights[:, None]
        if settings.spec_augment.on:
            x = masked(x, lengths, settings.spec_augment, self.fill, rng)
        return x, lengths, targets, weights


class EpochAtOnce:
    """The one thing that Lightning is given an epoch: all batches.

    Its own work around a batch takes longer than a step of a small network; so it does that work once an epoch.

    Args:
        batches: of the training part.
    """

    def __init__(self, batches: TrainingBatches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[TrainingBatches]:
        return iter([self.batches])


class HeldOutBatches:
    """The batches of clips in their own order, padded once.

    Args:
        clips: of the development part.
        labels: int64, shape [clips].
        batch_size: clips a batch, at most.
    """

    def __init__(self, clips: Clips, labels: Tensor, batch_size: int) -> None:
        parts = torch.split(torch.arange(len(labels)), batch_size)
        self.batches: list[Batch] = [(*clips.batch(chosen), labels[chosen], None) for chosen in parts]

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        return iter(self.batches)
