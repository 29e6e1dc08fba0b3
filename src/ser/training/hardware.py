"""What the machine can do, and what is asked of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch

from ser.errors import ConfigError, TrainingError
from ser.training.trainer import Trainer


def check(trainer: Trainer) -> None:
    """Refuse what this machine has no hardware for.

    Raises:
        ConfigError: for a GPU that is not there, or bfloat16 that this processor or GPU would only emulate.
    """
    if trainer.accelerator == "gpu" and not torch.cuda.is_available():
        raise ConfigError(
            expected="a GPU that CUDA can use",
            received="none",
            where="trainer.accelerator",
            fix="Set trainer.accelerator=cpu.",
        )
    if trainer.precision == "bf16" and not _has_bf16(trainer.accelerator):
        raise ConfigError(
            expected="a processor with bfloat16 arithmetic (AVX512-BF16, AMX, or a GPU that has it)",
            received="one without",
            where="trainer.precision",
            fix="Set trainer.precision=float32.",
        )


def _has_bf16(accelerator: str) -> bool:
    if accelerator == "gpu":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and any(
        torch.cpu.get_capabilities().get(name, False) for name in ("avx512_bf16", "amx_bf16")
    )


def make_repeatable(trainer: Trainer) -> None:
    """Let CUDA's matrix products give the same bits every time, which they do only in a workspace of fixed size.

    The library reads the variable when it is first used, so it stays for the rest of the process.
    """
    if trainer.accelerator == "gpu":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


@contextlib.contextmanager
def memory_errors(trainer: Trainer) -> Iterator[None]:
    """Say what to do when the memory does not suffice.

    Raises:
        TrainingError: when an allocation failed.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # On a CPU torch raises a plain RuntimeError.
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise
        half = max(2, trainer.batch_size // 2)
        raise TrainingError(
            expected="enough memory for a batch",
            received=str(error).splitlines()[0] if str(error) else "none left",
            where="trainer.batch_size",
            fix=f"Make it smaller (trainer.batch_size={half}), or let fewer fits share the memory (workers=1).",
        ) from error
