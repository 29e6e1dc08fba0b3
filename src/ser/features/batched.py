"""Recipes for padded batches of clips, on any device that torch runs on: the values that a recipe gives for each clip.

On a processor the recipes themselves are faster, clip by clip: `benchmarks/batched.py` tells by how much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ser.arrays import Float32, Int64, Ragged, ragged
from ser.audio.stft import HOP, N_FFT, hann
from ser.errors import ConfigError
from ser.features import batched_spectral, spectral
from ser.features.base import Recipe
from ser.features.chroma import chroma_bank
from ser.features.recipes import N_MELS, Functionals, LogMel, MfccMean, MfccSequence


class Frames(NamedTuple):
    """What the values of a batch are computed from.

    Attributes:
        samples: float32 of shape [batch, samples], zero after each clip's end.
        lengths: samples of each clip, int64 of shape [batch].
        magnitude: float32 of shape [batch, frames, bins], zero after each clip's last frame.
        mel: mel-spectrogram in power, float32 of shape [batch, frames, bands], zero after each clip's last frame.
        mask: which frames are the clip's own, bool of shape [batch, frames, 1].
    """

    samples: Tensor
    lengths: Tensor
    magnitude: Tensor
    mel: Tensor
    mask: Tensor


class BatchedRecipe(nn.Module):
    """A recipe as a module without parameters; its filters move with it from device to device.

    Products of matrices want torch's float32 precision "highest", which is the default: TF32 leaves three digits.

    Args:
        recipe: a `Functionals`, `MfccMean`, `MfccSequence` or `LogMel`.
        sample_rate_hz: rate of all clips.
        double: transform in double precision and round once, as recipes do (`Functionals` in its mode "parity").
            Single precision is faster; the tuning under the chroma then jumps in 1 clip of 300, as in the mode "fast".

    Raises:
        ConfigError: when the recipe is of another class.
    """

    window: Tensor
    bank: Tensor

    def __init__(self, recipe: Recipe, sample_rate_hz: int, *, double: bool = False) -> None:
        super().__init__()
        if type(recipe) not in _ROWS:
            raise ConfigError(
                expected=f"one of the recipes {', '.join(batched.__name__ for batched in _ROWS)}",
                received=type(recipe).__name__,
                where="features",
                fix="Compute this recipe clip by clip.",
            )
        self.kind = recipe.kind
        n_fft, self.hop = (recipe.n_fft, recipe.hop) if isinstance(recipe, LogMel) else (N_FFT, HOP)
        window = hann(n_fft) if double else hann(n_fft).astype(np.float32)
        self.register_buffer("window", torch.tensor(window), persistent=False)
        self.register_buffer("bank", _mel_bank(recipe, sample_rate_hz), persistent=False)
        self.rows = _ROWS[type(recipe)](recipe, sample_rate_hz)

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the features of a batch.

        Args:
            samples: float32 of shape [batch, samples], full scale 1; what lies after a clip's end does not matter.
            lengths: samples of each clip, at least one, int64 of shape [batch].

        Returns:
            Values, float32 of shape [batch, rows, width], zero after each clip's last row; and the number of each
            clip's rows, int64 of shape [batch]: one for a vector, one a frame for a sequence.
        """
        samples = torch.where(batched_spectral.inside(lengths, samples.shape[1]), samples, 0)
        magnitude = batched_spectral.magnitude_spectrum(samples, self.window, self.hop)
        # A frame centred beyond the end of its clip may still reach into it.
        mask = batched_spectral.inside(1 + lengths // self.hop, magnitude.shape[1])[..., None]
        magnitude = torch.where(mask, magnitude, 0)
        mel = magnitude.square() @ self.bank
        rows: tuple[Tensor, Tensor] = self.rows(Frames(samples, lengths, magnitude, mel, mask))
        return rows


def compute_batched(module: BatchedRecipe, clips: Sequence[Float32], *, batch_samples: int) -> Ragged:
    """Compute the features of many clips in batches of like length, on the device where the module lies.

    Args:
        module: what to compute.
        clips: float32 of shape [samples] each, at least one clip of at least one sample.
        batch_samples: most samples a batch, padding included; a longer clip has a batch of its own. The functionals
            take 50 bytes of working memory a sample, 80 in double precision.

    Returns:
        The features in the order of the clips, of the module's kind.
    """
    found: dict[int, Float32] = {}
    lengths = np.array([len(clip) for clip in clips], np.int64)
    for chosen in _batches(lengths, batch_samples):
        padded = np.zeros((len(chosen), lengths[chosen[-1]]), np.float32)
        for row, number in zip(padded, chosen, strict=True):
            row[: lengths[number]] = clips[number]
        with torch.inference_mode():
            values, counts = module(
                torch.from_numpy(padded).to(module.window.device),
                torch.from_numpy(lengths[chosen]).to(module.window.device),
            )
        for number, rows, count in zip(chosen, values.cpu().numpy(), counts.tolist(), strict=True):
            found[int(number)] = rows[:count]
    return ragged([found[number] for number in range(len(clips))], module.kind)


def _batches(lengths: Int64, batch_samples: int) -> Iterator[Int64]:
    """Give the numbers of the clips of each batch; the last is the longest."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or (end + 1 - start) * lengths[order[end]] > batch_samples:
            yield order[start:end]
            start = end


class _FunctionalsRow(nn.Module):
    """See :class:`ser.features.recipes.Functionals`."""

    tuning_edges: Tensor
    chroma_banks: Tensor
    cosines: Tensor

    def __init__(self, recipe: Functionals, sample_rate_hz: int) -> None:
        del recipe
        super().__init__()
        self.sample_rate_hz = sample_rate_hz
        edges = batched_spectral.TUNING_EDGES
        banks = [chroma_bank(sample_rate_hz, N_FFT, tuning) for tuning in edges[:-1]]
        self.register_buffer("tuning_edges", torch.tensor(edges, dtype=torch.float64), persistent=False)
        self.register_buffer("chroma_banks", torch.tensor(np.stack(banks)), persistent=False)
        self.register_buffer("cosines", _cosines(20), persistent=False)

    def forward(self, frames: Frames) -> tuple[Tensor, Tensor]:
        """Compute the 162 means of each clip."""
        tuning = batched_spectral.estimate_tuning(frames.magnitude, self.sample_rate_hz, self.tuning_edges)
        parts = [
            batched_spectral.zero_crossing_rate(frames.samples, frames.lengths),
            batched_spectral.chroma(frames.magnitude, self.chroma_banks[tuning]),
            batched_spectral.power_to_db(frames.mel),
            batched_spectral.rms(frames.samples),
            frames.mel,
        ]
        zcr, chroma, decibels, rms, mel = (batched_spectral.masked_mean(part, frames.mask) for part in parts)
        return _one_row(torch.cat([zcr, chroma, decibels @ self.cosines, rms, mel], dim=1))


class _MfccMeanRow(nn.Module):
    """See :class:`ser.features.recipes.MfccMean`."""

    cosines: Tensor

    def __init__(self, recipe: MfccMean, sample_rate_hz: int) -> None:
        del sample_rate_hz
        super().__init__()
        self.register_buffer("cosines", _cosines(recipe.n_mfcc), persistent=False)

    def forward(self, frames: Frames) -> tuple[Tensor, Tensor]:
        """Compute the mean coefficients of each clip."""
        decibels = batched_spectral.masked_mean(batched_spectral.power_to_db(frames.mel), frames.mask)
        return _one_row(decibels @ self.cosines)


class _MfccRows(nn.Module):
    """See :class:`ser.features.recipes.MfccSequence`."""

    cosines: Tensor

    def __init__(self, recipe: MfccSequence, sample_rate_hz: int) -> None:
        del sample_rate_hz
        super().__init__()
        self.pad_frames = recipe.pad_frames
        self.register_buffer("cosines", _cosines(recipe.n_mfcc), persistent=False)

    def forward(self, frames: Frames) -> tuple[Tensor, Tensor]:
        """Compute the coefficients of each frame."""
        values, counts = _own_rows(batched_spectral.power_to_db(frames.mel) @ self.cosines, frames.mask)
        if self.pad_frames is None:
            return values, counts
        # A negative padding cuts.
        padded = functional.pad(values, (0, 0, 0, self.pad_frames - values.shape[1]))
        return padded, torch.full_like(counts, self.pad_frames)


class _LogMelRows(nn.Module):
    """See :class:`ser.features.recipes.LogMel`."""

    def __init__(self, recipe: LogMel, sample_rate_hz: int) -> None:
        del sample_rate_hz
        super().__init__()
        self.floor = recipe.floor

    def forward(self, frames: Frames) -> tuple[Tensor, Tensor]:
        """Compute the bands of each frame."""
        return _own_rows(frames.mel.clamp(min=self.floor).log(), frames.mask)


def _one_row(values: Tensor) -> tuple[Tensor, Tensor]:
    return values[:, None], torch.ones(values.shape[0], dtype=torch.int64, device=values.device)


def _own_rows(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    return torch.where(mask, values, 0), mask.sum((1, 2))


def _mel_bank(recipe: Recipe, sample_rate_hz: int) -> Tensor:
    if isinstance(recipe, LogMel):
        return torch.tensor(
            spectral.mel_bank(sample_rate_hz, recipe.n_fft, recipe.n_mels, recipe.fmin_hz, recipe.fmax_hz)
        )
    return torch.tensor(spectral.mel_bank(sample_rate_hz, N_FFT, N_MELS, 0.0, None))


def _cosines(n_mfcc: int) -> Tensor:
    """Give the orthonormal DCT-II that takes decibels to coefficients, float32 of shape [128, n_mfcc]."""
    return torch.tensor(spectral.cepstrum(np.eye(N_MELS, dtype=np.float32), n_mfcc))


_ROWS: dict[type[Recipe], Callable[..., nn.Module]] = {
    Functionals: _FunctionalsRow,
    MfccMean: _MfccMeanRow,
    MfccSequence: _MfccRows,
    LogMel: _LogMelRows,
}
