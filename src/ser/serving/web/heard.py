"""What the pictures need of a recording of any length, taken while it passes: bounded in memory."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import matplotlib.image
import numpy as np
import scipy.fft

from ser.arrays import Float32
from ser.audio.stft import hann
from ser.features.spectral import mel_power
from ser.serving.envelope import Envelope

HOP_S, FRAME_S = 0.008, 0.032
"""32 ms every 8 ms: syllables and the formants of their vowels are told apart."""
BANDS, LOWEST_HZ, HIGHEST_HZ = 80, 60.0, 8000.0
RANGE_DB = 70.0
COLUMNS = 800
_QUIETEST = 1e-12


@dataclass(kw_only=True)
class Spectrogram:
    """Mel power over time; when there are too many columns, neighbours are averaged.

    Attributes:
        fold: frames that each column stands for, so far.
        power: of the whole columns, float32 of shape [columns, BANDS].
        covered_s: how much of the recording they stand for.
    """

    fold: int = 1
    power: Float32 = field(default_factory=lambda: np.empty((0, BANDS), np.float32))
    covered_s: float = 0.0
    _frames: Float32 = field(default_factory=lambda: np.empty((0, BANDS), np.float32))
    _rest: Float32 = field(default_factory=lambda: np.empty(0, np.float32))

    def add(self, samples: Float32, sample_rate_hz: int) -> None:
        """Take in the next samples, float32 of shape [samples], always of the same rate."""
        size, hop = round(FRAME_S * sample_rate_hz), round(HOP_S * sample_rate_hz)
        held = np.concatenate([self._rest, samples])
        count = max(0, (len(held) - size) // hop + 1)
        self._rest = held[count * hop :]
        if not count:
            return
        frames = np.lib.stride_tricks.sliding_window_view(held, size)[: count * hop : hop]
        self._frames = np.concatenate([self._frames, _power_of(frames, sample_rate_hz)])
        self._fold_frames()
        while len(self.power) > COLUMNS:
            self._halve()
        self.covered_s = len(self.power) * self.fold * hop / sample_rate_hz

    def _fold_frames(self) -> None:
        whole = len(self._frames) // self.fold * self.fold
        columns = self._frames[:whole].reshape(-1, self.fold, BANDS).mean(axis=1)
        self.power, self._frames = np.concatenate([self.power, columns]), self._frames[whole:]

    def _halve(self) -> None:
        if len(self.power) % 2:
            # A column without a neighbour waits for one as its frames.
            self._frames = np.concatenate([np.repeat(self.power[-1:], self.fold, axis=0), self._frames])
            self.power = self.power[:-1]
        self.power = self.power.reshape(-1, 2, BANDS).mean(axis=1)
        self.fold *= 2

    def png(self) -> bytes | None:
        """Draw it, low frequencies at the bottom, the loudest 70 dB; None when there is less than a frame of sound."""
        if not len(self.power):
            return None
        decibels = 10 * np.log10(np.maximum(self.power, _QUIETEST))
        top, drawn = float(decibels.max()), io.BytesIO()
        matplotlib.image.imsave(
            drawn, decibels.T, vmin=top - RANGE_DB, vmax=top, cmap="magma", origin="lower", format="png"
        )
        return drawn.getvalue()


def _power_of(frames: Float32, sample_rate_hz: int) -> Float32:
    """Transform frames, float32 of shape [frames, samples], to mel power, [frames, BANDS]."""
    size = frames.shape[1]
    # Bins narrower than the lowest bands, so that no band falls between two.
    spectra = scipy.fft.rfft(frames * hann(size).astype(np.float32), 2 * scipy.fft.next_fast_len(size, real=True))
    magnitude: Float32 = np.abs(spectra)
    top = top_hz(sample_rate_hz)
    return mel_power(magnitude, sample_rate_hz, n_mels=BANDS, fmin_hz=LOWEST_HZ, fmax_hz=top)


def top_hz(sample_rate_hz: int) -> float:
    """Say where the highest band ends, in Hz."""
    return min(HIGHEST_HZ, sample_rate_hz / 2)


@dataclass(kw_only=True)
class Heard:
    """All that is shown of a recording's sound.

    Attributes:
        envelope: of the waveform.
        spectrogram: of it.
        samples: how many.
        total: their sum.
        squares: sum of their squares.
        peak: the largest absolute one.
    """

    envelope: Envelope = field(default_factory=lambda: Envelope(points=1200))
    spectrogram: Spectrogram = field(default_factory=Spectrogram)
    samples: int = 0
    total: float = 0.0
    squares: float = 0.0
    peak: float = 0.0

    def add(self, samples: Float32, sample_rate_hz: int) -> None:
        """Take in the next samples, float32 of shape [samples], at least one, full scale 1."""
        self.envelope.add(samples)
        self.spectrogram.add(samples, sample_rate_hz)
        self.samples += len(samples)
        self.total += float(np.sum(samples, dtype=np.float64))
        self.squares += float(np.sum(np.square(samples, dtype=np.float64)))
        self.peak = max(self.peak, float(np.abs(samples).max()))

    @property
    def level_db(self) -> float:
        """Root mean square about the mean, in dB of full scale; -200 dB at the least."""
        variance = self.squares / self.samples - (self.total / self.samples) ** 2
        return float(10 * np.log10(max(variance, 1e-20)))

    @property
    def peak_db(self) -> float:
        """The largest sample, in dB of full scale; -200 dB at the least."""
        return float(20 * np.log10(max(self.peak, 1e-10)))
