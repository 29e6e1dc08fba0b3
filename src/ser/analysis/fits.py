"""Training the run's model once more, on other clips or with other statistics."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ser.analysis.subject import Subject
from ser.arrays import Int64
from ser.errors import ProtocolError
from ser.models import storage
from ser.models.base import ModelSpec
from ser.models.trained import TrainedModel
from ser.pipeline.folds import FoldLoader
from ser.protocol.relative import by_group
from ser.training.data import FoldData
from ser.training.fit import fit
from ser.training.result import MODEL
from ser.training.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Learner:
    """The model of a run and how it is trained, as plain data that travels to a worker process.

    Attributes:
        spec: the model.
        trainer: how networks are trained.
        classes: class names.
        seed: of everything random.
    """

    spec: ModelSpec
    trainer: Trainer
    classes: list[str]
    seed: int

    def learn(self, load: Callable[[], FoldData], folder: Path) -> TrainedModel:
        """Train on a fold and leave nothing on disk but, when interrupted, a checkpoint to go on from.

        Args:
            load: gives the fold.
            folder: of this fit alone.

        Raises:
            SerError: when the fold cannot be learned.
        """
        result = fit(load(), self.spec, self.trainer, classes=self.classes, seed=self.seed, folder=folder)
        model = result.model()
        shutil.rmtree(folder)
        return model


def learner_of(subject: Subject) -> Learner:
    """Give the model of a run, to be trained again with the first of its seeds.

    Raises:
        ProtocolError: when the run's model learned from the very clips it is tested on.
    """
    settings = subject.settings
    if settings.protocol.self_training is not None:
        raise ProtocolError(
            expected="a run whose training knows nothing of the test part",
            received="self-training",
            where="protocol.self_training",
            fix="Train the same run with protocol.self_training=null and ask that one; the other questions go.",
        )
    return Learner(spec=settings.model, trainer=settings.trainer, classes=subject.classes, seed=settings.seeds[0])


def stored(folder: Path) -> TrainedModel:
    """Load the trained model of a fit of the run."""
    return storage.load(folder / MODEL)


def predicted(model: TrainedModel, loader: FoldLoader, variant: str | None = None) -> Int64:
    """Predict the test part of a fold, normalised as the run normalises: a degraded clip, too, by clean clips.

    Args:
        model: the model.
        loader: the fold.
        variant: which degraded copy of the clips to predict, a key of `loader.source.variant_spaces`; None for the
            clean clips.

    Returns:
        int64, shape [clips]: class codes.
    """
    source, references = loader.source, loader.references
    features = source.clean(loader.test) if variant is None else source.variant(variant, loader.test)
    if references is not None:
        features = by_group(
            features,
            references.groups["test"],
            lambda group: source.clean(references.clips[group]).values,
            references.shape,
        )
    codes: Int64 = model.predict_proba(features).argmax(axis=1)
    return codes
