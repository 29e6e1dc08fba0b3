from __future__ import annotations

import numpy as np

from ser.models.gradient_boosting import GradientBoosting


def test_no_training_clip_is_set_aside_to_stop_early() -> None:
    """scikit-learn by itself does so from 10,001 rows, and these labels are noise: it would stop at once."""
    random = np.random.default_rng(0)
    x, y = random.standard_normal((10_001, 2)).astype(np.float32), random.integers(0, 2, 10_001)
    spec = GradientBoosting(
        name="gradient_boosting",
        learning_rate=0.5,
        max_iter=30,
        max_leaf_nodes=8,
        min_samples_leaf=10,
        l2_regularization=0.0,
        max_bins=15,
        class_weight=None,
    )
    assert spec.build(0, [2]).fit(x, y).n_iter_ == 30  # type: ignore[attr-defined]
