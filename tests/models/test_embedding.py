from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from ser.arrays import Kind, Ragged
from ser.models.base import NetworkSpec
from ser.models.embedding import penultimate
from ser.models.standardize import Scaling, Standardized
from ser.models.trained import TrainedNetwork


@pytest.mark.parametrize(
    ("name", "kind"),
    [("mlp", "vector"), ("cnn-attention", "sequence"), ("lstm-last", "vector"), ("cnn_lstm", "sequence")],
)
def test_the_last_layer_makes_the_probabilities_of_it(
    name: str,
    kind: Kind,
    networks: dict[str, NetworkSpec],
    vectors: Callable[..., Ragged],
    sequences: Callable[..., Ragged],
) -> None:
    features = vectors(16, 20) if kind == "vector" else sequences(16, 5)
    width = features.shape.width
    scaling = Scaling(standardize=True, signed_sqrt=False, l2=False, widths=[width], group=None, shape=None)
    torch.manual_seed(0)
    network = Standardized(networks[name].build(features.shape, 3), scaling)
    network.fit(features.values)
    model = TrainedNetwork(shape=features.shape, classes=["a", "b", "c"], spec=networks[name], network=network)
    embedded = penultimate(model, features)
    last = [layer for layer in network.modules() if isinstance(layer, nn.Linear)][-1]
    assert embedded.shape == (16, last.in_features)
    with torch.no_grad():
        again = last(torch.from_numpy(embedded)).softmax(dim=1).numpy()
    np.testing.assert_allclose(again, model.predict_proba(features), atol=1e-6)
    # Nothing is left in the network that would keep later clips.
    np.testing.assert_allclose(penultimate(model, features), embedded)
