"""The frame-level maths of `stft`, `spectral` and `chroma` for a padded batch of clips, on any device that has float64.

Signals have shape [batch, samples] and are zero after each clip's end. Whatever has one row a frame has shape
[batch, frames, ...]; rows after a clip's last frame are to be left out by :func:`masked_mean`. Nothing here waits for
the device: no shape and no branch depends on a value.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ser.audio.stft import HOP, N_FFT
from ser.features.chroma import _A0_HZ, _EDGES, _PEAK_RANGE_HZ, _PEAK_SHARE
from ser.features.spectral import _SIDE, _ZERO

TUNING_EDGES = tuple(float(edge) for edge in _EDGES)
"""Edges of the bins of tunings, in semitones; a bin's tuning is its lower edge, see `chroma.estimate_tuning`."""
_UNTUNED = TUNING_EDGES.index(0.0)


def inside(lengths: Tensor, size: int) -> Tensor:
    """Mark what belongs to each clip.

    Args:
        lengths: int64 of shape [batch].
        size: padded length.

    Returns:
        bool of shape [batch, size].

    Example:
        >>> inside(torch.tensor([1, 3]), 3).tolist()
        [[True, False, False], [True, True, True]]
    """
    return torch.arange(size, device=lengths.device) < lengths[:, None]


def masked_mean(frames: Tensor, mask: Tensor) -> Tensor:
    """Mean over each clip's own frames, summed in double precision.

    Args:
        frames: float32 of shape [batch, frames, values].
        mask: bool of shape [batch, frames, 1], at least one frame of each clip.

    Returns:
        float32 of shape [batch, values].
    """
    total = torch.where(mask, frames, 0).sum(1, dtype=torch.float64)
    return (total / mask.sum(1)).float()


def magnitude_spectrum(samples: Tensor, window: Tensor, hop: int) -> Tensor:
    """Transform signals, frame `t` centred on sample `t * hop`; see :func:`ser.audio.stft.stft`.

    Zeros lie beyond the ends in either case, so that padding changes no frame.

    Args:
        samples: float32 of shape [batch, samples].
        window: of shape [samples a frame], an even number. The transform is computed in its precision, and rounded.
        hop: samples between frames.

    Returns:
        float32 of shape [batch, 1 + samples // hop, 1 + n_fft // 2].
    """
    spectrum = torch.stft(
        samples.to(window.dtype), len(window), hop, window=window, pad_mode="constant", return_complex=True
    )
    parts = torch.view_as_real(spectrum.transpose(1, 2)).float()
    return torch.hypot(parts[..., 0], parts[..., 1])


def zero_crossing_rate(samples: Tensor, lengths: Tensor) -> Tensor:
    """Share of the steps within each frame at which the sign changes; see `spectral.zero_crossing_rate`.

    Args:
        samples: float32 of shape [batch, samples].
        lengths: int64 of shape [batch]; the step out of a clip into its padding does not count.

    Returns:
        float32 of shape [batch, 1 + samples // 512, 1], 0 to 1.
    """
    negative = samples < -float(_ZERO)
    changes = (negative[:, 1:] != negative[:, :-1]) & inside(lengths, samples.shape[1])[:, 1:]
    # Counts up to 2048 are exact in single precision.
    blocks = _blocks(functional.pad(changes.float(), (1, 0)))
    sums = _frame_sums(blocks)
    # A frame has no step into its own first sample.
    return (sums - blocks[:, : sums.shape[1], :1]) / N_FFT


def rms(samples: Tensor) -> Tensor:
    """Root mean square of each frame; see :func:`ser.features.spectral.rms`.

    Args:
        samples: float32 of shape [batch, samples], full scale 1.

    Returns:
        float32 of shape [batch, 1 + samples // 512, 1].
    """
    return torch.sqrt(_frame_sums(_blocks(samples.square())) / N_FFT)


def power_to_db(power: Tensor) -> Tensor:
    """Power in decibels relative to 1, the 80 dB below each clip's largest value kept; see `spectral.power_to_db`.

    Args:
        power: float32 of shape [batch, frames, bands], zero after each clip's last frame.

    Returns:
        float32 of the same shape.
    """
    decibels = 10 * torch.log10(power.clamp(min=1e-10))
    return torch.maximum(decibels, decibels.amax((1, 2), keepdim=True) - 80)


def chroma(magnitude: Tensor, bank: Tensor) -> Tensor:
    """Energy of each pitch class, each frame scaled to a largest value of 1; see :func:`ser.features.chroma.chroma`.

    Args:
        magnitude: float32 of shape [batch, frames, bins].
        bank: float32 of shape [batch, bins, 12], each clip's own.

    Returns:
        float32 of shape [batch, frames, 12]; all zero in a silent frame.
    """
    energy = magnitude @ bank
    peak = energy.amax(2, keepdim=True)
    return energy / torch.where(peak < torch.finfo(peak.dtype).tiny, 1, peak)


def estimate_tuning(magnitude: Tensor, sample_rate_hz: int, edges: Tensor) -> Tensor:
    """Estimate each clip's tuning; see :func:`ser.features.chroma.estimate_tuning`, whose precisions are kept.

    Args:
        magnitude: float32 of shape [batch, frames, bins], zero after each clip's last frame.
        sample_rate_hz: rate of the signals.
        edges: :data:`TUNING_EDGES` on the device of the magnitudes, float64 of shape [101].

    Returns:
        Numbers of the edges that are the tunings, int64 of shape [batch].
    """
    is_peak, pitch_hz, height = _peaks(magnitude, sample_rate_hz)
    count = is_peak.sum(1, keepdim=True)
    # Whatever is no peak is sorted behind all that are.
    ordered = torch.where(is_peak, height, torch.inf).sort(1).values
    median = (ordered.gather(1, (count - 1).clamp(min=0) // 2) + ordered.gather(1, count // 2)) / 2
    place = _tuning_bin(12 * torch.log2(pitch_hz / _A0_HZ), edges)
    votes = place.new_zeros(magnitude.shape[0], len(edges) - 1)
    votes = votes.scatter_add(1, place, (is_peak & (height >= median)).long())
    # The first of several fullest bins: which one `argmax` gives is left open.
    ranked = votes * len(edges) - torch.arange(len(edges) - 1, device=magnitude.device)
    return torch.where(count[:, 0] > 0, ranked.argmax(1), _UNTUNED)


def _tuning_bin(semitone: Tensor, edges: Tensor) -> Tensor:
    """Find the bin of each deviation from a whole semitone; a bin holds its lower edge."""
    bins = len(edges) - 1
    above = semitone - semitone.floor()
    deviation = (above - (above >= 0.5).float()).double()
    place = ((deviation + 0.5) * bins).long().clamp(max=bins - 1)
    # Rounding may have carried it across one edge; the edges decide.
    return place - (deviation < edges[place]).long() + (deviation >= edges[place + 1]).long()


def _peaks(magnitude: Tensor, sample_rate_hz: int) -> tuple[Tensor, Tensor, Tensor]:
    """Find spectral peaks. Returns which places hold one, frequencies in Hz and heights, each [batch, places].

    No two neighbours are both peaks, so one place serves two bins.
    """
    bins = magnitude.shape[2]
    n_fft = 2 * (bins - 1)
    lowest_hz, highest_hz = _PEAK_RANGE_HZ[0], min(_PEAK_RANGE_HZ[1], sample_rate_hz / 2)
    wanted = [number for number in range(bins) if lowest_hz <= number * (sample_rate_hz / n_fft) < highest_hz]
    first, end = wanted[0], wanted[-1] + 1
    before, at, after = (
        magnitude[..., first - 1 : end - 1],
        magnitude[..., first:end],
        magnitude[..., first + 1 : end + 1],
    )
    floor = magnitude.amax(2, keepdim=True) * float(_PEAK_SHARE)
    is_peak = _paired((at > floor) & (at > before) & (at >= after))
    second = is_peak[..., 1]
    before, at, after = (torch.where(second, pair[..., 1], pair[..., 0]) for pair in map(_paired, (before, at, after)))
    curve = (before + after).double() - 2 * at.double()
    slope = (after - before) / 2
    # The division is harmless where there is no peak: its result is not used.
    shift = torch.where(slope.abs() < curve.abs(), -slope.double() / curve, 0).float()
    bin_number = first + 2 * torch.arange(at.shape[2], device=at.device) + second.long()
    pitch_hz = ((bin_number.double() + shift.double()) * sample_rate_hz / n_fft).float()
    height = at + 0.5 * slope * shift
    return is_peak.any(-1).flatten(1), pitch_hz.flatten(1), height.flatten(1)


def _paired(values: Tensor) -> Tensor:
    """Pair neighbours along the last axis, which becomes [..., pairs, 2]; a last one alone is paired with zero."""
    even = functional.pad(values, (0, values.shape[-1] % 2))
    return even.reshape(*even.shape[:-1], -1, 2)


def _blocks(values: Tensor) -> Tensor:
    """Cut signals into blocks of a hop, with half a frame of zeros before and after: [batch, frames + 4, 512]."""
    samples = values.shape[1]
    frames = 1 + samples // HOP
    padded = functional.pad(values, (_SIDE * HOP, (frames + _SIDE) * HOP - samples))
    return padded.reshape(values.shape[0], -1, HOP)


def _frame_sums(blocks: Tensor) -> Tensor:
    """Sum the blocks of each frame, [batch, frames, 1]."""
    return blocks.sum(2).unfold(1, 2 * _SIDE, 1).sum(2, keepdim=True)[:, :-1]
