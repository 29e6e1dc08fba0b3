"""What is searched is written as Hydra writes sweeps, and refused before any work when it cannot be."""

from __future__ import annotations

import pytest

from ser import config
from ser.config import Dimension
from ser.errors import ConfigError


def only(*overrides: str) -> Dimension:
    fixed, (dimension,) = config.search_space(["model=mlp", *overrides])
    assert fixed == ["model=mlp"]
    return dimension


@pytest.mark.parametrize(
    ("override", "dimension"),
    [
        ("model.dropout=interval(0,0.6)", Dimension(key="model.dropout", low=0.0, high=0.6)),
        (
            "trainer.learning_rate=tag(log,interval(1e-4,1e-2))",
            Dimension(key="trainer.learning_rate", low=1e-4, high=1e-2, log=True),
        ),
        ("trainer.batch_size=interval(16,64)", Dimension(key="trainer.batch_size", low=16, high=64, step=1)),
        ("trainer.patience=range(5,20,5)", Dimension(key="trainer.patience", low=5, high=15, step=5)),
        ("model.hidden=[64],[128,64]", Dimension(key="model.hidden", choices=("[64]", "[128,64]"))),
        ("features=mfcc_mean,strong", Dimension(key="features", choices=("mfcc_mean", "strong"))),
        ("trainer.balance=loss,none", Dimension(key="trainer.balance", choices=("loss", "none"))),
    ],
)
def test_a_sweep_is_a_dimension(override: str, dimension: Dimension) -> None:
    assert only(override) == dimension


def test_whole_numbers_stay_whole() -> None:
    assert only("trainer.batch_size=tag(log,interval(8,128))").ends() == ["8", "128"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model.droput=interval(0,1)", "Did you mean 'model.dropout'"),
        ("corpus=emodb,synthetic", "augment, features, model or trainer"),
        ("protocol.folds=2,3", "augment, features, model or trainer"),
        ("seeds=0,1", "`ser train -m`"),
        ("model.dropout=interval(0.5,0.1)", "LOW below HIGH"),
        ("trainer.learning_rate=tag(log,interval(0,1))", "above 0"),
    ],
)
def test_what_cannot_be_searched_is_refused(override: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        config.search_space(["model=mlp", override])


def test_a_sweep_of_runs_lists_no_interval() -> None:
    with pytest.raises(ConfigError, match="ser tune"):
        config.expand(["model.dropout=interval(0,1)"])
