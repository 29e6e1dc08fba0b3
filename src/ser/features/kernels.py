"""Compiled loops over frames: filter banks, spectral peaks, zero crossings and energy.

Compiled by numba at the first call and kept on disk; they release the interpreter's lock.
"""

from __future__ import annotations

import numba
import numpy as np

from ser.arrays import Float32, Float64, Int64
from ser.audio.kernels import compiled

# Where a last bit decides, no sum is reordered and no product fused.
_compiled_exactly = numba.njit(cache=True, nogil=True, error_model="numpy")


@compiled
def banded_power(magnitude: Float32, first: Int64, offset: Int64, weights: Float32, bands: Float32) -> None:
    """Weigh the power of each frame by a bank of filters that are zero outside a short run of bins.

    Args:
        magnitude: float32 of shape [frames, bins].
        first: int64 of shape [filters], first bin of each filter's run.
        offset: int64 of shape [filters + 1], where each filter's weights lie in `weights`.
        weights: float32, all runs end to end.
        bands: float32 of shape [frames, filters], filled.
    """
    power = np.empty(magnitude.shape[1], np.float32)
    for number in range(len(magnitude)):
        frame, row = magnitude[number], bands[number]
        for index in range(len(power)):
            power[index] = frame[index] * frame[index]
        for band in range(len(first)):
            weight = weights[offset[band] : offset[band + 1]]
            part = power[first[band] : first[band] + len(weight)]
            total = np.float32(0)
            for index in range(len(weight)):
                total += weight[index] * part[index]
            row[band] = total


@_compiled_exactly
def find_peaks(
    magnitude: Float32, floor: Float32, bins: tuple[int, int], bins_a_hz: tuple[int, int], peaks: Float32
) -> int:
    """Find the local maxima of each frame, interpolated by a parabola, in librosa's mixture of precisions.

    Args:
        magnitude: float32 of shape [frames, bins].
        floor: float32 of shape [frames]; lower maxima do not count.
        bins: the first bin searched, and the first beyond; both have a neighbour on either side.
        bins_a_hz: length of the transform and rate of the signal.
        peaks: float32 of shape [2, most], filled with frequencies in Hz and interpolated maxima.

    Returns:
        How many there are.
    """
    count = 0
    first, end = bins
    is_peak = np.empty(end - first, np.uint8)
    places = np.empty(end - first + 1, np.int64)
    for number in range(len(magnitude)):
        frame = magnitude[number]
        before, at, after = frame[first - 1 : end - 1], frame[first:end], frame[first + 1 : end + 1]
        least = floor[number]
        # Two loops without branches, as no processor could foretell them.
        for index in range(len(is_peak)):
            is_peak[index] = (at[index] > least) & (at[index] > before[index]) & (at[index] >= after[index])
        found = 0
        for index in range(len(is_peak)):
            places[found] = index
            found += is_peak[index]
        for index in places[:found]:
            curve = np.float64(before[index] + after[index]) - 2 * np.float64(at[index])
            slope = (after[index] - before[index]) / np.float32(2)
            shift = np.float32(-np.float64(slope) / curve) if abs(slope) < abs(curve) else np.float32(0)
            place = np.float64(first + index) + np.float64(shift)
            peaks[0, count] = np.float32(place * bins_a_hz[1] / bins_a_hz[0])
            peaks[1, count] = at[index] + np.float32(0.5) * slope * shift
            count += 1
    return count


@_compiled_exactly
def vote(semitone: Float32, height: Float32, least: Float32, edges: Float64) -> int:
    """Find the fullest bin of a histogram of deviations from whole semitones, the first of several.

    Args:
        semitone: float32 of shape [voters].
        height: float32 of shape [voters].
        least: voters of a lesser height do not count.
        edges: float64 of shape [bins + 1], rising evenly from -0.5 to 0.5. A bin holds its lower edge.
    """
    bins = len(edges) - 1
    votes = np.zeros(bins, np.int64)
    for index in range(len(semitone)):
        above = semitone[index] - np.floor(semitone[index])
        deviation = above - np.float32(above >= np.float32(0.5))
        place = min(int((deviation + 0.5) * bins), bins - 1)
        # Rounding may have carried it across one edge; the edges decide.
        place -= (place > 0) & (deviation < edges[place])
        place += (place < bins - 1) & (deviation >= edges[place + 1])
        votes[place] += height[index] >= least
    return int(np.argmax(votes))


@compiled
def crossings(samples: Float32, zero: float, hop: int, inside: Int64, at_start: Int64) -> None:
    """Count the changes of sign in blocks of a hop.

    Args:
        samples: float32 of shape [samples].
        zero: samples above `-zero` are not negative.
        hop: samples a block.
        inside: int64 of shape [blocks], filled: changes into the samples of each block.
        at_start: int64 of shape [blocks], filled: 1 where the block's first sample is one.
    """
    for block in range(len(inside)):
        start = block * hop
        after = samples[max(start, 1) : min(start + hop, len(samples))]
        before = samples[max(start - 1, 0) :]
        count = np.int32(0)
        for index in range(len(after)):
            count = np.int32(count + np.int32((after[index] < -zero) != (before[index] < -zero)))
        inside[block] = count
        at_start[block] = 0
        if 0 < start < len(samples):
            at_start[block] = (samples[start] < -zero) != (samples[start - 1] < -zero)


@compiled
def energies(samples: Float32, hop: int, energy: Float32) -> None:
    """Sum the squares in blocks of a hop, float32 of shape [blocks]; zeros follow the end."""
    for block in range(len(energy)):
        total = np.float32(0)
        part = samples[block * hop : (block + 1) * hop]
        for index in range(len(part)):
            total += part[index] * part[index]
        energy[block] = total
