from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ser.errors import ConfigError
from ser.training.trainer import Trainer


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_epochs", 0),
        ("patience", 0),
        ("batch_size", 1),
        ("learning_rate", 0.0),
        ("gradient_clip", -1.0),
        ("weight_decay", -0.1),
        ("checkpoint_seconds", -1.0),
    ],
)
def test_settings_out_of_range_are_refused_by_key(key: str, value: float, trainer: Callable[..., Trainer]) -> None:
    with pytest.raises(ConfigError, match=rf"^trainer\.{key}: "):
        trainer(**{key: value})


def test_the_shipped_defaults_are_valid_and_debug_only_shortens_them() -> None:
    folder = Path(__file__).parents[2] / "conf" / "trainer"
    default = yaml.safe_load((folder / "default.yaml").read_text(encoding="utf-8"))
    debug = yaml.safe_load((folder / "debug.yaml").read_text(encoding="utf-8"))
    assert default.pop("_target_") == "ser.training.trainer.Trainer"
    debug.pop("defaults")
    assert Trainer(**default).max_epochs > Trainer(**{**default, **debug}).max_epochs
