"""Pretrained speech encoders: where their weights lie, what identifies them, what they have seen, and their answers.

wav2vec 2.0 (A. Baevski et al., NeurIPS 2020), HuBERT (W.-N. Hsu et al., IEEE/ACM TASLP 29, 2021) and WavLM (S. Chen et
al., IEEE JSTSP 16, 2022), by the library transformers. Only safetensors are read: they hold numbers and no code.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ser.arrays import Float32
from ser.errors import ConfigError, DataError, one_of
from ser.extras import required
from ser.files import sha256_of_file

FAMILIES = ("hubert", "wav2vec2", "wavlm")
RATE_HZ = 16_000
"""Rate at which all of them were trained."""

# Whatever decides the answers.
_FILES = ("config.json", "preprocessor_config.json", "*.safetensors", "*.safetensors.index.json")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_LEDGER = Path(__file__).with_name("encoders.json")
# Masks stand for hidden frames in training alone; some published encoders left them out.
_UNUSED = {"masked_spec_embed"}

State = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """An encoder on disk.

    Attributes:
        folder: of its configuration and weights.
        width: values a frame.
        layers: transformer layers.
        receptive_field: samples behind one frame, the fewest that it can be asked about.
        normalizes: whether it was trained on clips of mean 0 and variance 1.
    """

    folder: Path
    width: int
    layers: int
    receptive_field: int
    normalizes: bool


def located(weights: str, revision: str | None) -> Path:
    """Find the folder of an encoder, fetching it from the hub if need be.

    Args:
        weights: a folder, or a name on the Hugging Face hub ("facebook/hubert-large-ls960-ft").
        revision: commit, branch or tag on the hub; None is its main branch. What was fetched before is used again.

    Raises:
        ConfigError: when there is no such folder or name, it cannot be fetched, or its weights are not safetensors.
    """
    folder = Path(weights) if Path(weights).is_dir() else _fetched(weights, revision)
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise ConfigError(
            expected="a config.json and weights as *.safetensors; no others are read, as they may hold code",
            received=", ".join(sorted(path.name for path in folder.iterdir())) or "an empty folder",
            where=f"features.weights={weights}",
            fix="Where a model on the hub lacks them, its list of pull requests often has a conversion "
            "(features.revision=refs/pr/N).",
        )
    return folder


def _fetched(name: str, revision: str | None) -> Path:
    if not _HUB_NAME.fullmatch(name):
        raise ConfigError(
            expected="a folder of weights, or a name on the hub (OWNER/MODEL)",
            received=name,
            where="features.weights",
            fix="Check the path.",
        )
    hub, errors = (_hub_library(module) for module in ("huggingface_hub", "huggingface_hub.errors"))
    wanted: dict[str, Any] = {"revision": revision, "allow_patterns": list(_FILES)}
    with contextlib.suppress(errors.LocalEntryNotFoundError):
        kept = Path(hub.snapshot_download(name, local_files_only=True, **wanted))
        if any(kept.glob("*.safetensors")):
            return kept
    try:
        return Path(hub.snapshot_download(name, **wanted))
    except (OSError, ValueError) as error:
        raise ConfigError(
            expected="a model that the hub has, and a way to reach the hub",
            received=str(error).splitlines()[0],
            where=f"features.weights={name}",
            fix="Check name and revision, or fetch it elsewhere and give its folder.",
        ) from error


def opened(folder: Path) -> Encoder:
    """Read what an encoder is; its weights are left alone.

    Raises:
        ConfigError: when it is of another family.
    """
    library = _hub_library("transformers")
    try:
        config = library.AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ConfigError(
            expected="the configuration of an encoder",
            received=str(error).splitlines()[0],
            where=folder / "config.json",
            fix="Fetch the encoder again.",
        ) from error
    one_of(config.model_type, FAMILIES, what="an encoder of one of these families", where=folder / "config.json")
    field = 1
    for kernel, stride in zip(reversed(config.conv_kernel), reversed(config.conv_stride), strict=True):
        field = (field - 1) * stride + kernel
    preprocessing = folder / "preprocessor_config.json"
    settings = json.loads(preprocessing.read_text(encoding="utf-8")) if preprocessing.is_file() else {}
    return Encoder(
        folder=folder,
        width=config.hidden_size,
        layers=config.num_hidden_layers,
        receptive_field=field,
        # The library's own default.
        normalizes=settings.get("do_normalize", True),
    )


def fingerprint(folder: Path) -> str:
    """Hash the configuration and the weights: encoders that answer differently differ in it, wherever they lie."""
    return _fingerprint(folder, _state(folder))


def _files(folder: Path) -> list[Path]:
    return sorted(path for pattern in _FILES for path in folder.glob(pattern))


def _state(folder: Path) -> State:
    """Say by name, size and time whether files have changed since they were last read."""
    facts = [(path.name, path.stat()) for path in _files(folder)]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in facts)


@functools.lru_cache(maxsize=8)
def _fingerprint(folder: Path, state: State) -> str:
    total = hashlib.sha256()
    for path in _files(folder):
        total.update(f"{path.name} {sha256_of_file(path)}\n".encode())
    return total.hexdigest()


def hidden_states(encoder: Encoder, samples: Float32, layer: int | None) -> Float32:
    """Ask an encoder about a clip, in one thread, so that the answer does not depend on the number of cores.

    Args:
        encoder: which.
        samples: float32 of shape [samples], at 16 kHz; zeros follow a clip shorter than one frame.
        layer: whose output: 0 is the input of the first layer, None what the encoder gives as a whole.

    Returns:
        float32 of shape [frames, width], a frame every 20 ms.
    """
    import torch

    model = _model(encoder.folder, _state(encoder.folder))
    clip = samples
    if encoder.normalizes:
        clip = (samples - samples.mean()) / np.sqrt(samples.var() + np.float32(1e-7))
    clip = np.pad(clip, (0, max(0, encoder.receptive_field - len(clip))))
    with threadpool_limits(1), torch.inference_mode():
        asked = torch.from_numpy(clip)[None]
        if layer is None:
            # Not its last hidden state where a normalization follows the layers.
            state = model(asked).last_hidden_state
        else:
            state = model(asked, output_hidden_states=True).hidden_states[layer]
        answer: Float32 = state[0].numpy()
    return answer


@functools.lru_cache(maxsize=1)
def _model(folder: Path, state: State) -> Any:  # noqa: ANN401 - the library's types are not checked
    """Load an encoder, once a process.

    Raises:
        DataError: when the file lacks weights: the library would draw them at random.
    """
    import torch

    library = _hub_library("transformers")
    # That a recognizer's head is left aside is meant.
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()
    model, found = library.AutoModel.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, dtype=torch.float32, output_loading_info=True
    )
    lacking = sorted(set(found["missing_keys"]) - _UNUSED)
    if lacking:
        raise DataError(
            expected="weights for the whole encoder",
            received=f"none for {', '.join(lacking[:3])}" + (f" and {len(lacking) - 3} more" * (len(lacking) > 3)),
            where=folder,
            fix="Fetch the encoder again, or choose another one.",
        )
    return model.eval()


def seen_by(name: str) -> list[str] | None:
    """List the corpora that an encoder was trained on, those that `ser` reads by their ids.

    Args:
        name: on the hub.

    Returns:
        As its authors tell, see `encoders.json`; None when that ledger does not have it.
    """
    ledger: dict[str, list[str]] = json.loads(_LEDGER.read_text(encoding="utf-8"))["encoders"]
    return ledger.get(name)


def _hub_library(module: str) -> Any:  # noqa: ANN401 - a module of a library without types
    return required(module, extra="ssl", where="features", instead="choose other features")
