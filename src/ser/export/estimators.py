"""Fitted estimators as modules of matrix products and gathers, which converters can follow.

Each gives scores whose softmax are the probabilities that the estimator's settings define; double precision where the
estimator itself computes so.
"""

# Without `from __future__ import annotations`: TorchScript takes the annotations of buffers for types, not text.

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ser.errors import ConfigError
from ser.export.modules import both, keep
from ser.export.networks import Scaled
from ser.export.trees import Boosting, Forest
from ser.models.gradient_boosting import GradientBoosting
from ser.models.kernel_ridge import KernelRidge
from ser.models.lda import LDA
from ser.models.logistic import Logistic
from ser.models.mlp_sklearn import MLPSklearn
from ser.models.random_forest import RandomForest
from ser.models.sets import set_scales
from ser.models.svm import SVM
from ser.models.trained import TrainedEstimator


class Estimated(nn.Module):
    """A fitted estimator, from features to logits.

    Args:
        model: the estimator with its scaling.

    Raises:
        ConfigError: for an estimator that cannot be exported.
    """

    def __init__(self, model: TrainedEstimator) -> None:
        super().__init__()
        if type(model.spec) not in _SCORES:
            raise ConfigError(
                expected=f"an estimator that can be exported: {', '.join(kind.__name__ for kind in _SCORES)}",
                received=type(model.spec).__name__,
                where=f"model {model.spec.name}",
                fix="Serve this run itself (ser predict, ser serve), or export a run of another model.",
            )
        self.scaled = Scaled(model.scaler)
        self.scores = _SCORES[type(model.spec)](model.estimator)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map vectors [batch, 1, width] to logits [batch, classes]. See :class:`ser.export.networks.Network`."""
        logits: Tensor = self.scores(self.scaled(x.flatten(1)))
        return logits


class _Linear(nn.Module):
    """x·w + b of each class; of two classes with one score, that of the second.

    Args:
        weights: shape [width, scores].
        bias: shape [scores].
        hidden: weights and biases of layers with ReLU before it.
    """

    def __init__(
        self,
        weights: npt.NDArray[Any],
        bias: npt.NDArray[Any],
        hidden: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] | None = None,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, shift in hidden or []:
            layers += [_layer(before, shift), nn.ReLU()]
        self.layers = nn.Sequential(*layers, _layer(weights, bias))

    def forward(self, rows: Tensor) -> Tensor:
        return both(self.layers(rows.double()))


class _KernelRidge(nn.Module):
    """See :class:`ser.models.kernel_ridge.DualRidge`."""

    scales: Tensor
    rows: Tensor
    coefficients: Tensor

    def __init__(self, fitted: Any) -> None:  # noqa: ANN401 - fitted estimators have no common type
        super().__init__()
        scales = set_scales(fitted.widths)
        self.gamma: float = fitted.gamma
        keep(self, scales=scales, rows=fitted.rows / scales, coefficients=fitted.coefficients)

    def forward(self, rows: Tensor) -> Tensor:
        scores: Tensor = _gaussian(rows / self.scales, self.rows, self.gamma) @ self.coefficients
        return scores


class _SVM(nn.Module):
    """See :meth:`ser.models.svm.SVM.probabilities`: one-against-one votes, ties weighed by confidence."""

    support: Tensor
    weights: Tensor
    sides: Tensor
    bias: Tensor

    def __init__(self, fitted: Any) -> None:  # noqa: ANN401
        super().__init__()
        self.kernel, self.degree = str(fitted.kernel), int(fitted.degree)
        # scikit-learn keeps the number that "scale" came to under no public name.
        self.gamma, self.coef0 = float(fitted._gamma), float(fitted.coef0)
        classes = len(fitted.classes_)
        weights, sides = _one_against_one(fitted.dual_coef_, fitted.n_support_, classes)
        self.classes = classes
        keep(self, support=fitted.support_vectors_, weights=weights, sides=sides, bias=fitted.intercept_)

    def forward(self, rows: Tensor) -> Tensor:
        margins = self._similar(rows.double()) @ self.weights + self.bias
        if self.classes == 2:
            return torch.cat([-margins, margins], dim=1)
        votes = torch.where(margins > 0, 1.0, -1.0).double() @ self.sides
        confidence = margins @ self.sides
        scores = votes / 2 + confidence / (3 * (confidence.abs() + 1))
        order = torch.arange(self.classes, device=rows.device)
        voted = order == (votes * self.classes - order).argmax(1, keepdim=True)
        highest = order == scores.argmax(1, keepdim=True)
        most = scores.amax(1, keepdim=True)
        of_voted = torch.where(voted, scores, 0.0).sum(1, keepdim=True)
        return torch.where(voted, most, torch.where(highest, of_voted, scores))

    def _similar(self, rows: Tensor) -> Tensor:
        if self.kernel == "rbf":
            return _gaussian(rows, self.support, self.gamma)
        products = rows @ self.support.T
        if self.kernel == "linear":
            return products
        shifted = self.gamma * products + self.coef0
        return shifted.tanh() if self.kernel == "sigmoid" else shifted**self.degree


def _logistic(fitted: Any) -> nn.Module:  # noqa: ANN401
    scales, regression = set_scales(fitted["sets"].widths), fitted["regression"]
    return _Linear(regression.coef_.T / scales[:, None], regression.intercept_)


def _lda(fitted: Any) -> nn.Module:  # noqa: ANN401
    return _Linear(fitted.weights / set_scales(fitted.widths)[:, None], fitted.bias)


def _perceptron(fitted: Any) -> nn.Module:  # noqa: ANN401
    *hidden, (weights, bias) = zip(fitted.coefs_, fitted.intercepts_, strict=True)
    return _Linear(weights, bias, hidden)


_SCORES: dict[type, Callable[[Any], nn.Module]] = {
    GradientBoosting: Boosting,
    KernelRidge: _KernelRidge,
    LDA: _lda,
    Logistic: _logistic,
    MLPSklearn: _perceptron,
    RandomForest: Forest,
    SVM: _SVM,
}


def _gaussian(rows: Tensor, others: Tensor, gamma: float) -> Tensor:
    """Gaussian kernel of rows [n, width] with others [m, width], float64, shape [n, m]."""
    squared = rows.square().sum(1, keepdim=True) + others.square().sum(1) - 2 * rows @ others.T
    return (-gamma * squared.clamp(min=0.0)).exp()


def _one_against_one(
    coefficients: npt.NDArray[Any], counts: npt.NDArray[Any], classes: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Lay out libsvm's coefficients [classes - 1, vectors] by pair of classes.

    Returns:
        Weights of the support vectors for each pair, [vectors, pairs]; and which class a pair is for (1) and against
        (-1), [pairs, classes]. Of two classes: the coefficients as they are, for the second class.
    """
    if classes == 2:
        return coefficients.T, np.array([[-1.0, 1.0]])
    ends = np.cumsum(counts)
    of_class = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    pairs = list(itertools.combinations(range(classes), 2))
    weights, sides = np.zeros((ends[-1], len(pairs))), np.zeros((len(pairs), classes))
    for place, (first, second) in enumerate(pairs):
        weights[of_class[first], place] = coefficients[second - 1, of_class[first]]
        weights[of_class[second], place] = coefficients[first, of_class[second]]
        sides[place, [first, second]] = 1, -1
    return weights, sides


def _layer(weights: npt.NDArray[Any], bias: npt.NDArray[Any]) -> nn.Linear:
    inputs, outputs = weights.shape
    layer = nn.Linear(inputs, outputs, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights.T))
        layer.bias.copy_(torch.tensor(bias))
    return layer
