from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import torch

from ser.errors import ConfigError, TrainingError
from ser.training import hardware
from ser.training.trainer import Trainer

Make = Callable[..., Trainer]


def test_a_missing_gpu_is_said_before_training(trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"^trainer\.accelerator: .*Set trainer\.accelerator=cpu\."):
        hardware.check(trainer(accelerator="gpu"))
    hardware.check(trainer())


def test_bfloat16_that_would_be_emulated_is_refused(trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": False})
    with pytest.raises(ConfigError, match=r"^trainer\.precision: .*AVX512-BF16.*trainer\.precision=float32"):
        hardware.check(trainer(precision="bf16"))


@pytest.mark.parametrize("supported", [True, False])
def test_a_gpu_is_asked_for_its_own_bfloat16(supported: bool, trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: supported)
    settings = trainer(accelerator="gpu", precision="bf16")
    if supported:
        hardware.check(settings)
        return
    with pytest.raises(ConfigError, match=r"^trainer\.precision: "):
        hardware.check(settings)


def test_the_workspace_is_fixed_for_gpus_alone(trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    hardware.make_repeatable(trainer())
    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    hardware.make_repeatable(trainer(accelerator="gpu"))
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")


def test_an_allocation_that_fails_names_a_smaller_batch(trainer: Make) -> None:
    with (
        pytest.raises(TrainingError, match=r"can't allocate memory.*trainer\.batch_size=8.*workers=1"),
        hardware.memory_errors(trainer(batch_size=16)),
    ):
        torch.empty(2**50)


def test_other_faults_pass_as_they_are(trainer: Make) -> None:
    with pytest.raises(RuntimeError, match="mat1 and mat2"), hardware.memory_errors(trainer()):
        torch.ones(2, 3) @ torch.ones(2, 3)
