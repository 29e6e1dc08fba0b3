"""Compiled loops: the phase vocoder's walk, the overlap-add, and normally distributed numbers.

Compiled by numba at the first call and kept on disk; they release the interpreter's lock.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from ser.arrays import Float32, Float64

Floating = Float32 | Float64
UInt32 = npt.NDArray[np.uint32]

compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"})
"""Compile a loop. Sums may be reordered, so that they use all lanes of the processor; infinities and NaN stay."""

# Squares of the faintest bins would underflow; a power of two changes no digit.
_SCALE = np.float32(2.0**30)
_FAINTEST = np.float32(1e-37)

# Coefficients of power series: log(m) = log(2)/2 + 2 (r + r³/3 + r⁵/5 + ...) with r = (m - √2) / (m + √2).
_ROOT_2, _LOG_2 = np.float32(2**0.5), np.float32(0.6931471805599453)
_LOG = (np.float32(2), np.float32(2 / 3), np.float32(2 / 5), np.float32(2 / 7))
_SINE = (np.float32(1), np.float32(-1 / 6), np.float32(1 / 120), np.float32(-1 / 5040))
_COSINE = (np.float32(1), np.float32(-1 / 2), np.float32(1 / 24), np.float32(-1 / 720))
# Where the bits of a single-precision number are its mantissa, and those of the number one.
_MANTISSA, _ONE = np.int32(0x7FFFFF), np.int32(0x3F800000)
_BLOCK = 1024
# From a number between -2048 and 2048 to an angle between -45 and 45 degrees.
_ANGLE = np.float32(np.pi / 4 / 2048)


@compiled
def windowed(samples: Float32, window: Floating, first: int, hop: int, frames: Floating) -> None:
    """Cut frames out of a signal and weigh them; there is silence beyond its ends.

    Args:
        samples: float32 of shape [samples].
        window: float32 or float64 of shape [samples a frame].
        first: where the first frame starts; it may be negative.
        hop: samples from one frame's start to the next one's.
        frames: of the window's type, shape [frames, samples a frame], filled.
    """
    for number in range(frames.shape[0]):
        frame, start = frames[number], first + number * hop
        begin = min(max(0, -start), len(window))
        end = max(begin, min(len(window), len(samples) - start))
        frame[:begin] = 0
        frame[end:] = 0
        inside, weight, part = frame[begin:end], window[begin:end], samples[start + begin : start + end]
        for index in range(len(inside)):
            inside[index] = part[index] * weight[index]


@compiled
def unit_phasors(row: Float32, magnitude: Float32, real: Float32, imaginary: Float32) -> None:
    """Split one frame into magnitudes and unit phasors; a bin that is zero has phase zero.

    Args:
        row: float32 of shape [2 * bins], real and imaginary parts in turn.
        magnitude: float32 of shape [bins], filled.
        real: float32 of shape [bins], filled.
        imaginary: float32 of shape [bins], filled.
    """
    for index in range(len(magnitude)):
        re, im = row[2 * index] * _SCALE, row[2 * index + 1] * _SCALE
        power = re * re + im * im
        # Without branches, for the sake of speed: 1 where there is sound, else 0.
        sounds = np.float32(power > _FAINTEST)
        inverse = sounds / np.sqrt(power + _FAINTEST)
        magnitude[index] = power * inverse / _SCALE
        real[index] = re * inverse + (np.float32(1) - sounds)
        imaginary[index] = im * inverse


@compiled
def place_frame(
    here: Float32, there: Float32, share: float, phase_re: Float32, phase_im: Float32, frame: Float32
) -> None:
    """Write one frame, float32 of shape [2 * bins]: magnitudes between two frames' ones, and running phases."""
    for index in range(len(here)):
        size = here[index] + share * (there[index] - here[index])
        frame[2 * index] = size * phase_re[index]
        frame[2 * index + 1] = size * phase_im[index]


@compiled
def turn(
    here_re: Float32, here_im: Float32, there_re: Float32, there_im: Float32, phase_re: Float32, phase_im: Float32
) -> None:
    """Advance the running phases, unit phasors of shape [bins], as the phase does from one frame to the next."""
    for index in range(len(here_re)):
        turn_re = there_re[index] * here_re[index] + there_im[index] * here_im[index]
        turn_im = there_im[index] * here_re[index] - there_re[index] * here_im[index]
        re, im = phase_re[index], phase_im[index]
        phase_re[index] = re * turn_re - im * turn_im
        phase_im[index] = re * turn_im + im * turn_re


@compiled
def walk(spectrum: Float32, rate: float, stretched: Float32) -> None:
    """Read a spectrum at another pace; see :func:`ser.audio.vocoder.resampled_frames`.

    Args:
        spectrum: float32 of shape [frames, 2 * bins], real and imaginary parts in turn.
        rate: input frames read for each output frame.
        stretched: float32 of shape [frames read, 2 * bins], filled.
    """
    frames, bins = spectrum.shape[0], spectrum.shape[1] // 2
    # Two frames at a time, each at the place of its number's parity.
    magnitude = np.empty((2, bins), np.float32)
    real = np.empty((2, bins), np.float32)
    imaginary = np.empty((2, bins), np.float32)
    ready = 0
    phase_re, phase_im = np.empty(bins, np.float32), np.empty(bins, np.float32)
    silence = np.zeros(2 * bins, np.float32)
    for step in range(stretched.shape[0]):
        place = step * rate
        left = int(place)
        share = np.float32(place - left)
        # At a rate above 1 frames are passed over.
        ready = max(ready, left)
        while ready <= left + 1:
            slot = ready % 2
            row = spectrum[ready] if ready < frames else silence
            unit_phasors(row, magnitude[slot], real[slot], imaginary[slot])
            ready += 1
        here, there = left % 2, (left + 1) % 2
        if step == 0:
            phase_re[:], phase_im[:] = real[0], imaginary[0]
        place_frame(magnitude[here], magnitude[there], share, phase_re, phase_im, stretched[step])
        turn(real[here], imaginary[here], real[there], imaginary[there], phase_re, phase_im)


@compiled
def overlap_add(frames: Float32, window: Float32, first: int, hop: int, total: Float32) -> None:
    """Add windowed frames to a signal, frame `t` at `(first + t) * hop`.

    Args:
        frames: float32 of shape [frames, samples a frame].
        window: float32 of shape [samples a frame].
        first: number of the first of these frames.
        hop: samples from one frame's start to the next one's.
        total: float32 of shape [samples], added to.
    """
    for number in range(frames.shape[0]):
        start = (first + number) * hop
        frame, part = frames[number], total[start : start + len(window)]
        for index in range(len(window)):
            part[index] += frame[index] * window[index]


@compiled
def divide_by_weight(window: Float32, count: int, hop: int, total: Float32) -> None:
    """Divide a signal by the summed squares of the windows over it; where no window reaches it stays as it is.

    Args:
        window: float32 of shape [samples a frame], a whole number of hops.
        count: frames that were added, frame `t` at `t * hop`.
        hop: samples from one frame's start to the next one's.
        total: float32 of shape [(count - 1) * hop + samples a frame] or more, divided in place.
    """
    blocks = len(window) // hop
    weight = np.empty(hop, np.float32)
    for block in range(count + blocks - 1):
        # Between the ends every block lies under as many windows, all the same.
        if block < blocks or block >= count:
            weight[:] = 0
            for number in range(max(0, block - blocks + 1), min(count, block + 1)):
                start = (block - number) * hop
                for index in range(hop):
                    weight[index] += window[start + index] * window[start + index]
        for index in range(hop):
            heavy = weight[index] > np.float32(1.2e-38)
            total[block * hop + index] /= weight[index] if heavy else np.float32(1)


@compiled
def box_muller(bits: UInt32, normal: Float32) -> None:
    """Turn random bits into normally distributed numbers, two from each 32 (Box and Muller, 1958).

    Logarithm, sine and cosine are power series, written out because the compiler has no such functions for all lanes
    of the processor: within 1e-5 of the exact ones.

    Args:
        bits: uint32 of shape [n].
        normal: float32 of shape [2 * n], filled.
    """
    # Half a step from zero, whose logarithm there is not: the arguments are (k + 1/2) / 2**18.
    half, minus_two, middle = np.float32(0.5), np.float32(-2), np.float32(2047.5)
    uniform, scaled = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32)
    uniform_bits, scaled_bits = uniform.view(np.int32), scaled.view(np.int32)
    for start in range(0, len(bits), _BLOCK):
        part = bits[start : start + _BLOCK]
        pairs = normal[2 * start : 2 * (start + len(part))]
        for index in range(len(part)):
            uniform[index] = np.float32(np.int32(part[index] >> np.uint32(14))) + half
        for index in range(len(part)):
            # A number is its mantissa, from 1 to 2, times a power of two.
            scaled_bits[index] = (uniform_bits[index] & _MANTISSA) | _ONE
        for index in range(len(part)):
            power = np.float32((uniform_bits[index] >> np.int32(23)) - np.int32(127 + 18))
            ratio = (scaled[index] - _ROOT_2) / (scaled[index] + _ROOT_2)
            square = ratio * ratio
            series = ratio * (_LOG[0] + square * (_LOG[1] + square * (_LOG[2] + square * _LOG[3])))
            radius = np.sqrt(minus_two * ((power + half) * _LOG_2 + series))
            # Two bits choose the quarter of the circle, twelve the angle within 45 degrees of its middle.
            quarter = np.int32(part[index] >> np.uint32(12)) & np.int32(3)
            angle = (np.float32(np.int32(part[index] & np.uint32(0xFFF))) - middle) * _ANGLE
            square = angle * angle
            sine = angle * (_SINE[0] + square * (_SINE[1] + square * (_SINE[2] + square * _SINE[3])))
            cosine = _COSINE[0] + square * (_COSINE[1] + square * (_COSINE[2] + square * _COSINE[3]))
            signed = radius * np.float32(np.int32(1) - (quarter & np.int32(2)))
            pairs[2 * index] = signed * (cosine if quarter & np.int32(1) else sine)
            pairs[2 * index + 1] = signed * (sine if quarter & np.int32(1) else cosine)
