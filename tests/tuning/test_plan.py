"""The settings of a search."""

from __future__ import annotations

import pytest

from ser import config, paths
from ser.errors import ConfigError
from ser.tuning.plan import plan_of

SUITS = {"svm": "svm", "kernel_ridge": "kernel_ridge"}


def test_what_is_the_searchs_own_is_taken_out() -> None:
    plan, rest = plan_of(["model=svm", "tune.trials=7", "model.C=1,10", "tune.timeout_s=60", "study=mine"])
    assert (plan.trials, plan.timeout_s, plan.pruning) == (7, 60.0, "median")
    assert rest == ["model=svm", "model.C=1,10", "study=mine"]


@pytest.mark.parametrize("name", paths.choices("tune"))
def test_every_preset_searches_what_its_model_has(name: str) -> None:
    plan, rest = plan_of([f"tune={name}", f"model={SUITS.get(name, 'mlp')}"])
    _, space = config.search_space(rest)
    assert [dimension.key for dimension in space] == list(plan.space)


def test_the_command_line_comes_before_the_preset() -> None:
    _, rest = plan_of(["tune=svm", "model=svm", "model.C=0.5"])
    assert rest == ["model=svm", "model.C=0.5", "model.gamma=tag(log,interval(1e-5,0.1))"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("tune=nework", "Did you mean 'network'"),
        ("tune.trails=3", "Did you mean 'trials'"),
        ("tune.trials=0", "at least 1"),
        ("tune.trials=many", "integer"),
        ("tune.timeout_s=0", "seconds above 0"),
        ("tune.pruning=hyperband", "median"),
    ],
)
def test_what_does_not_fit_is_refused(override: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        plan_of([override])
