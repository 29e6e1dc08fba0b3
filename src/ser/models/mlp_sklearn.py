"""scikit-learn's multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from sklearn.neural_network import MLPClassifier

from ser.models.base import Estimator, EstimatorSpec
from ser.models.checks import require, require_above_zero, require_sizes, require_whole


@dataclass(frozen=True, kw_only=True)
class MLPSklearn(EstimatorSpec):
    """scikit-learn's `MLPClassifier`: ReLU and Adam, as published systems use it.

    It chooses no epoch, weighs no class and drops nothing out; `mlp` does.

    Attributes:
        hidden_layer_sizes: units of each hidden layer.
        alpha: penalty of the squared weights, 0 or more.
        learning_rate_init: of Adam, above 0.
        batch_size: clips a step; None is scikit-learn's "auto", 200 or all clips there are.
        max_iter: epochs at most; it ends sooner once the training loss has not fallen by 1e-4 for ten of them, and
            scikit-learn warns when it does not.
    """

    trusted: ClassVar[tuple[str, ...]] = ("sklearn.neural_network._stochastic_optimizers.AdamOptimizer",)

    hidden_layer_sizes: list[int]
    alpha: float
    learning_rate_init: float
    batch_size: int | None
    max_iter: int

    def __post_init__(self) -> None:
        require_sizes(self.hidden_layer_sizes, where="model.hidden_layer_sizes", at_least=1)
        require(self.alpha >= 0, expected="a number of at least 0", received=self.alpha, where="model.alpha")
        require_above_zero(self.learning_rate_init, where="model.learning_rate_init")
        if self.batch_size is not None:
            require_whole(self.batch_size, where="model.batch_size")
        require_whole(self.max_iter, where="model.max_iter")

    def build(self, seed: int, widths: Sequence[int]) -> Estimator:
        """Make the unfitted estimator; `seed` draws its first weights and the order of clips."""
        perceptron = MLPClassifier(
            hidden_layer_sizes=self.hidden_layer_sizes,
            alpha=self.alpha,
            learning_rate_init=self.learning_rate_init,
            batch_size="auto" if self.batch_size is None else self.batch_size,
            max_iter=self.max_iter,
            random_state=seed,
        )
        return cast("Estimator", perceptron)
