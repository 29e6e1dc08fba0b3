"""Fitted decision trees as modules of gathers."""

# Without `from __future__ import annotations`: TorchScript takes the annotations of buffers for types, not text.

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ser.export.modules import both, keep

SMALLEST = 1e-30
"""Least share of a class that a logarithm is taken of: trees may give none at all."""


class Trees(nn.Module):
    """Decision trees walked side by side, as deep as the deepest of them.

    Args:
        trees: of each its nodes as arrays: `feature threshold left right value`, values [nodes, outputs]; a leaf has
            the feature -1.
    """

    threshold: Tensor
    value: Tensor
    roots: Tensor
    feature: Tensor
    left: Tensor
    right: Tensor

    def __init__(self, trees: list[dict[str, npt.NDArray[Any]]]) -> None:
        super().__init__()
        sizes = [len(tree["feature"]) for tree in trees]
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        joined = {key: np.concatenate([tree[key] for tree in trees]) for key in trees[0]}
        start, leaf = np.repeat(roots, sizes), joined["feature"] < 0
        own = np.arange(len(leaf))
        self.depth = max(map(_depth, trees))
        keep(self, threshold=joined["threshold"], value=joined["value"])
        for name, places in (
            ("roots", roots),
            ("feature", np.where(leaf, 0, joined["feature"])),
            # Whoever has come to a leaf stays there.
            ("left", np.where(leaf, own, joined["left"] + start)),
            ("right", np.where(leaf, own, joined["right"] + start)),
        ):
            self.register_buffer(name, torch.tensor(places.astype(np.int64)))

    def forward(self, rows: Tensor) -> Tensor:
        """Give the values of the leaves that rows come to, [batch, trees, outputs]."""
        node = self.roots[None, :].expand(rows.shape[0], self.roots.shape[0])
        wide = rows.double()
        for _ in range(self.depth):
            goes_left = wide.gather(1, self.feature[node]) <= self.threshold[node]
            node = torch.where(goes_left, self.left[node], self.right[node])
        values: Tensor = self.value[node]
        return values


class Forest(nn.Module):
    """The mean of the trees' shares."""

    def __init__(self, fitted: Any) -> None:  # noqa: ANN401
        super().__init__()
        self.smallest: float = SMALLEST
        self.trees = Trees([_forest_tree(each.tree_) for each in fitted.estimators_])

    def forward(self, rows: Tensor) -> Tensor:
        """Give the logarithms of the shares, [batch, classes]."""
        shares: Tensor = self.trees(rows).mean(1)
        return shares.clamp(min=self.smallest).log()


class Boosting(nn.Module):
    """The sum of the trees of each class."""

    def __init__(self, fitted: Any) -> None:  # noqa: ANN401
        super().__init__()
        # The fitted trees have no public name in scikit-learn.
        rounds = fitted._predictors
        self.outputs = len(rounds[0])
        self.trees = Trees([_boosted_tree(tree.nodes) for each in rounds for tree in each])
        keep(self, baseline=np.reshape(fitted._baseline_prediction, (1, -1)))

    def forward(self, rows: Tensor) -> Tensor:
        """Give the scores, [batch, classes]."""
        values = self.trees(rows)
        grouped = values.reshape(rows.shape[0], values.shape[1] // self.outputs, self.outputs)
        return both(grouped.sum(1) + self.baseline)


def _forest_tree(tree: Any) -> dict[str, npt.NDArray[Any]]:  # noqa: ANN401
    value = tree.value[:, 0]
    leaf = tree.children_left < 0
    return {
        "feature": np.where(leaf, -1, tree.feature),
        "threshold": tree.threshold,
        "left": tree.children_left,
        "right": tree.children_right,
        "value": value / value.sum(axis=1, keepdims=True),
    }


def _boosted_tree(nodes: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    return {
        "feature": np.where(nodes["is_leaf"] == 1, -1, nodes["feature_idx"]),
        "threshold": nodes["num_threshold"],
        "left": nodes["left"].astype(np.int64),
        "right": nodes["right"].astype(np.int64),
        "value": nodes["value"][:, None],
    }


def _depth(tree: dict[str, npt.NDArray[Any]]) -> int:
    """Count the steps from the root to the farthest leaf."""
    depth, level = 0, np.array([0])
    while len(level := level[tree["feature"][level] >= 0]):
        depth, level = depth + 1, np.concatenate([tree["left"][level], tree["right"][level]])
    return depth
