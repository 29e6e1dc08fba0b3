"""What a trained network makes of clips before it names a class."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from ser.arrays import Float32, Ragged
from ser.models.trained import TrainedNetwork


def penultimate(model: TrainedNetwork, features: Ragged) -> Float32:
    """Give the values that enter the last linear layer: a network's own description of each clip.

    Args:
        model: a trained network.
        features: of n clips, of the kind and width trained on.

    Returns:
        float32, shape [n, units of the last hidden layer] (of what the network pools, where it has no such layer).

    Raises:
        DataError: when the features are not what it was trained on, or a clip has no frames.
    """
    found: list[Float32] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(inputs[0].numpy().copy())

    *_, last = (layer for layer in model.network.modules() if isinstance(layer, nn.Linear))
    hook = last.register_forward_pre_hook(keep)
    try:
        model.predict_proba(features)
    finally:
        hook.remove()
    return np.concatenate(found)
