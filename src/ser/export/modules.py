"""What modules of fitted estimators share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn


def both(scores: Tensor) -> Tensor:
    """Give the first of two classes, where the second alone has a score, the score 0."""
    return torch.cat([torch.zeros_like(scores), scores], dim=1) if scores.shape[1] == 1 else scores


def keep(module: nn.Module, **arrays: npt.NDArray[Any]) -> None:
    """Register arrays as buffers of a module, in double precision."""
    for name, array in arrays.items():
        module.register_buffer(name, torch.tensor(np.asarray(array, dtype=np.float64)))
