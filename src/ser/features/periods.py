"""Glottal periods one by one: jitter and shimmer.

The marks are set as Praat sets them (P. Boersma and D. Weenink, "To PointProcess (cc)"): from the largest sample in the
middle of a voiced run outwards, to where the waveform of one period correlates best with the next. The measures are
those of Praat's voice report; periods that differ by more than 1.3 times, or levels by more than 1.6 times, are taken
for errors and left out.
"""

from __future__ import annotations

import numba
import numpy as np

from ser.arrays import Bool, Float32, Float64, Int64

NAMES = (
    "jitter_local",
    "jitter_absolute_us",
    "jitter_rap",
    "jitter_ppq5",
    "shimmer_local",
    "shimmer_db",
    "shimmer_apq3",
    "shimmer_apq5",
    "shimmer_apq11",
)
"""Shares of the mean period or level, but for the absolute jitter (microseconds) and the shimmer in dB."""

_LONGEST_RATIO, _LOUDEST_RATIO = 1.3, 1.6
_SHORTEST_STEP, _LONGEST_STEP = 0.8, 1.25
# The level at a mark is taken over this share of the periods before and after it.
_LEVEL_SHARE = 0.2


def perturbation(samples: Float32, sample_rate_hz: int, f0_hz: Float64, hop: int) -> Float64:
    """Measure jitter and shimmer.

    Args:
        samples: float32 of shape [samples].
        sample_rate_hz: their rate.
        f0_hz: pitch of the frames, 0 where unvoiced, shape [frames]; frame `t` is centred on sample `t * hop`.
        hop: samples from one frame to the next.

    Returns:
        The nine measures of `NAMES`, float64; 0 where there are too few periods.
    """
    marks, levels, run = _marks(np.ascontiguousarray(samples, np.float64), float(sample_rate_hz), f0_hz, hop)
    joined = np.diff(run) == 0
    # Between runs there is no period.
    periods = np.where(joined, np.diff(marks), np.nan) / sample_rate_hz
    levels = np.where(levels > 0, levels, np.nan)
    like_period = _alike(periods, joined[1:] & joined[:-1], _LONGEST_RATIO)
    like_level = _alike(levels, joined, _LOUDEST_RATIO)
    jitter = _relative_differences(periods, like_period, (3, 5))
    shimmer = _relative_differences(levels, like_level, (3, 5, 11))
    decibels = _mean(np.abs(20 * np.log10((levels[1:] / levels[:-1])[like_level])))
    absolute_us = 1e6 * jitter[0] * _mean(periods)
    return np.array([jitter[0], absolute_us, *jitter[1:], shimmer[0], decibels, *shimmer[1:]])


def _alike(values: Float64, joined: Bool, largest: float) -> Bool:
    """Say of each value and the next whether they belong together and differ by less than some ratio, [n - 1]."""
    ratio = values[1:] / values[:-1]
    return np.asarray(joined & (ratio < largest) & (ratio > 1 / largest))


def _relative_differences(values: Float64, alike: Bool, spans: tuple[int, ...]) -> list[float]:
    """Compare values with their neighbours.

    Args:
        values: periods or levels, shape [n].
        alike: which neighbours may be compared, shape [n - 1].
        spans: over how many values the local means go.

    Returns:
        Mean difference of neighbours, then mean distance from the local mean of each span, as shares of the mean value.
    """
    if not alike.any():
        return [0.0] * (1 + len(spans))
    found = [_mean(np.abs(np.diff(values))[alike])]
    for span in spans:
        if len(values) < span:
            found.append(0.0)
            continue
        windows = np.lib.stride_tricks.sliding_window_view(values, span)
        whole = np.lib.stride_tricks.sliding_window_view(alike, span - 1).all(axis=1)
        found.append(_mean(np.abs(windows[whole, span // 2] - windows[whole].mean(axis=1))))
    mean = _mean(values)
    return [difference / mean for difference in found]


def _mean(values: Float64) -> float:
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if len(kept) else 0.0


def _marks(samples: Float64, rate_hz: float, f0_hz: Float64, hop: int) -> tuple[Float64, Float64, Int64]:
    """Set the marks of all voiced runs. Returns their places in samples, the levels there, and the runs' numbers."""
    edges = np.flatnonzero(np.diff(np.pad((f0_hz > 0).astype(np.int8), 1)))
    parts = [_marks_of_run(samples, rate_hz, f0_hz, hop, first, end) for first, end in edges.reshape(-1, 2)]
    if not parts:
        return np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
    run = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    marks = np.concatenate(parts)
    return marks[:, 0], marks[:, 1], run


@numba.njit(cache=True, nogil=True)
def _marks_of_run(samples: Float64, rate_hz: float, f0_hz: Float64, hop: int, first: int, end: int) -> Float64:
    """Set the marks of the voiced run of the frames `first` to `end`. Returns places and levels, [marks, 2]."""
    low, high = max(0.0, (first - 0.5) * hop), min(len(samples) - 1.0, (end - 0.5) * hop)
    period = rate_hz / f0_hz[(first + end) // 2]
    middle = (low + high) / 2
    left, right = int(max(low, middle - period / 2)), int(min(high, middle + period / 2))
    start = float(left + np.argmax(np.abs(samples[left : right + 1])))
    found = [start]
    for way in (-1, 1):
        place = start
        while True:
            frame = min(max(int(place / hop + 0.5), first), end - 1)
            place = _next_mark(samples, place, rate_hz / f0_hz[frame], way)
            if place < low or place > high:
                break
            found.append(place)
    places = np.sort(np.array(found))
    marks = np.empty((len(places), 2))
    for index, mark in enumerate(places):
        before = mark - places[index - 1] if index > 0 else period
        after = places[index + 1] - mark if index + 1 < len(places) else period
        marks[index] = mark, _level(samples, mark, _LEVEL_SHARE * before, _LEVEL_SHARE * after)
    return marks


@numba.njit(cache=True, nogil=True)
def _level(samples: Float64, mark: float, left: float, right: float) -> float:
    """Root mean square around a mark under a Hann window that ends `left` samples before and `right` after it."""
    energy, weight = 0.0, 0.0
    for place in range(max(0, int(np.ceil(mark - left))), min(len(samples), int(mark + right) + 1)):
        width = left if place < mark else right
        window = 0.5 + 0.5 * np.cos(np.pi * (place - mark) / width)
        energy += (window * samples[place]) ** 2
        weight += window**2
    return float(np.sqrt(energy / weight)) if weight > 0 else 0.0


@numba.njit(cache=True, nogil=True)
def _next_mark(samples: Float64, place: float, period: float, way: int) -> float:
    """Find the mark one period before or after a mark, -1 beyond the ends of the signal."""
    half = int(period / 2)
    centre = int(np.rint(place))
    shortest, longest = int(_SHORTEST_STEP * period), int(_LONGEST_STEP * period) + 1
    heights = np.full(longest - shortest + 3, -1.0)
    for index in range(len(heights)):
        other = centre + way * (shortest - 1 + index)
        if centre - half < 0 or centre + half >= len(samples) or other - half < 0 or other + half >= len(samples):
            continue
        product, own, its = 0.0, 1e-12, 1e-12
        for k in range(-half, half + 1):
            product += samples[centre + k] * samples[other + k]
            own += samples[centre + k] ** 2
            its += samples[other + k] ** 2
        heights[index] = product / np.sqrt(own * its)
    best = 1 + np.argmax(heights[1:-1])
    if heights[best] <= 0:
        return -1.0
    before, here, after = heights[best - 1], heights[best], heights[best + 1]
    curve = 2 * here - before - after
    shift = (after - before) / (2 * curve) if curve > 0 and before > -1 and after > -1 else 0.0
    return place + way * (shortest - 1 + best + min(max(shift, -0.5), 0.5))
