"""Models that are no network of ser are refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from ser.arrays import Shape
from ser.errors import ConfigError
from ser.export.litert.networks import exportable
from ser.models.knn import KNN
from ser.models.standardize import Scaler, Scaling
from ser.models.trained import TrainedEstimator


def test_an_estimator_is_refused() -> None:
    spec = KNN(name="knn", n_neighbors=1, weights="uniform", metric="manhattan")
    scaling = Scaling(standardize=False, signed_sqrt=False, l2=False, widths=[2], group=None, shape=None)
    rows, labels = np.eye(2, dtype=np.float32), np.arange(2)
    model = TrainedEstimator(
        shape=Shape(kind="vector", width=2),
        classes=["a", "b"],
        spec=spec,
        scaler=Scaler(scaling),
        estimator=spec.fit(spec.build(0, [2]), rows, labels, None),
    )
    with pytest.raises(ConfigError, match="mlp, lstm, cnn, cnn_lstm, but got 'knn'"):
        exportable(model, rounded=False)
