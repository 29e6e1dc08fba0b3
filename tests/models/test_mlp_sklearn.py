from __future__ import annotations

import numpy as np
from sklearn.datasets import make_blobs

from ser.models.mlp_sklearn import MLPSklearn


def test_the_hidden_layers_are_those_of_the_settings() -> None:
    x, y = make_blobs(60, n_features=4, centers=3, cluster_std=0.5, random_state=0)
    spec = MLPSklearn(
        name="mlp_sklearn",
        hidden_layer_sizes=[7, 6, 5],
        alpha=0.0,
        learning_rate_init=0.02,
        batch_size=20,
        max_iter=1000,
    )
    fitted = spec.build(0, [4]).fit(x.astype(np.float32), y)
    assert [weight.shape for weight in fitted.coefs_] == [(4, 7), (7, 6), (6, 5), (5, 3)]  # type: ignore[attr-defined]
