from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from ser import moments as module
from ser.moments import moments


def test_moments_are_those_of_scikit_learn() -> None:
    values = (np.random.default_rng(0).standard_normal((500, 6)) * [1, 10, 1e-4, 1e4, 3, 1] + 5).astype(np.float32)
    fitted, reference = moments(values), StandardScaler().fit(values.astype(np.float64))
    np.testing.assert_allclose(fitted.mean, reference.mean_, rtol=1e-10)
    np.testing.assert_allclose(fitted.scale, reference.scale_, rtol=1e-10)
    assert fitted.varies.all()


def test_moments_do_not_depend_on_how_the_rows_are_sliced(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).standard_normal((100, 3)).astype(np.float32)
    whole = moments(values)
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 7)
    np.testing.assert_allclose(moments(values).scale, whole.scale, rtol=1e-12)


def test_rounding_is_no_variation() -> None:
    fitted = moments(np.full((50, 1), 0.1, np.float32))
    assert (fitted.scale.tolist(), fitted.varies.tolist()) == ([1.0], [False])
