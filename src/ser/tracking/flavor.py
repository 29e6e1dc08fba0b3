"""Models as MLflow sees them: a signature, an input example, and our own safe format behind `pyfunc`."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import mlflow
import numpy as np
import numpy.typing as npt
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

from ser.arrays import Float32, ragged
from ser.models import storage
from ser.tracking.records import ModelRecord

_EXAMPLE_FRAMES = 20


class FeaturesToProbabilities:
    """What `mlflow.pyfunc.load_model` gives for a model of this framework.

    Args:
        model: a trained model, loaded without running code from its files.
    """

    def __init__(self, model: storage.TrainedModel) -> None:
        self.model = model

    def predict(self, features: npt.ArrayLike) -> Float32:
        """Give class probabilities.

        Args:
            features: float32, shape [n, width] for vectors, [n, frames, width] for sequences of one length.

        Returns:
            float32, shape [n, classes].
        """
        array = np.asarray(features, dtype=np.float32)
        clips = [clip[None, :] if clip.ndim == 1 else clip for clip in array]
        return self.model.predict_proba(ragged(clips, "vector" if array.ndim == 2 else "sequence"))


def _load_pyfunc(path: str) -> FeaturesToProbabilities:
    """Load a logged model: the hook that MLflow calls by this name."""
    return FeaturesToProbabilities(storage.load(Path(path)))


def log_model(run_id: str, record: ModelRecord) -> None:
    """Log a trained model as the artifact `model` of a run.

    Args:
        run_id: MLflow's id.
        record: the model's folder and shape.
    """
    shape = (-1, record.width) if record.kind == "vector" else (-1, -1, record.width)
    rows = (1, record.width) if record.kind == "vector" else (1, _EXAMPLE_FRAMES, record.width)
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), shape)]),
        outputs=Schema([TensorSpec(np.dtype(np.float32), (-1, len(record.classes)))]),
    )
    with mlflow.start_run(run_id=run_id):
        mlflow.pyfunc.log_model(
            name="model",
            loader_module=__name__,
            data_path=str(record.folder),
            signature=signature,
            input_example=np.zeros(rows, np.float32),
            pip_requirements=_requirements(),
            metadata={"classes": record.classes},
        )


def _requirements() -> list[str]:
    names: tuple[str, ...] = ("ser", "torch", "scikit-learn", "numpy")
    return [f"{name}=={importlib.metadata.version(name)}" for name in names]
