from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ser.errors import ConfigError
from ser.training.averaging import Averaging
from ser.training.losses import Loss
from ser.training.perturb import SpecAugment
from ser.training.schedules import Schedule
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
        ("mixup_alpha", -0.1),
        ("copies", "some"),
        ("balance", "classes"),
        ("precision", "float16"),
        ("accelerator", "tpu"),
    ],
)
def test_settings_out_of_range_are_refused_by_key(key: str, value: object, trainer: Callable[..., Trainer]) -> None:
    with pytest.raises(ConfigError, match=rf"^trainer\.{key}: "):
        trainer(**{key: value})


def test_a_floor_above_the_rate_is_refused(trainer: Callable[..., Trainer]) -> None:
    with pytest.raises(ConfigError, match=r"^trainer\.schedule\.floor: .*at most trainer\.learning_rate \(1e-08\)"):
        trainer(learning_rate=1e-8)


def test_the_shipped_defaults_are_valid_and_debug_only_shortens_them() -> None:
    folder = Path(__file__).parents[2] / "conf" / "trainer"
    default = yaml.safe_load((folder / "default.yaml").read_text(encoding="utf-8"))
    debug = yaml.safe_load((folder / "debug.yaml").read_text(encoding="utf-8"))
    assert default.pop("_target_") == "ser.training.trainer.Trainer"
    debug.pop("defaults")
    parts = {"spec_augment": SpecAugment, "loss": Loss, "schedule": Schedule, "average": Averaging}
    default |= {key: part(**default[key]) for key, part in parts.items()}
    settings = Trainer(**default)
    assert settings.max_epochs > Trainer(**{**default, **debug}).max_epochs
    assert settings.copies == "all"
    assert settings.mixup_alpha == 0
    assert not settings.spec_augment.on
    assert (settings.loss.focal_gamma, settings.loss.label_smoothing) == (0, 0)
    assert (settings.schedule.kind, settings.average.kind) == ("constant", "none")
    assert (settings.balance, settings.precision, settings.accelerator) == ("loss", "float32", "cpu")
