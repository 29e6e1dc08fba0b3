"""One clip under analysis: what the descriptor sets share is computed once, when first asked for."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import scipy.fft

from ser.arrays import Bool, Float32, Float64
from ser.audio.stft import frame
from ser.features import periods, pitch
from ser.features.formants import COUNT, NEUTRAL_BANDWIDTH_HZ, NEUTRAL_HZ, Formants, formants
from ser.features.pitch import Pitch
from ser.features.spectral import mel_bank

FRAME_S, HOP_S = 0.025, 0.010
"""Length of a frame of the spectrum, and from one frame to the next, in seconds."""
N_MELS = 40
"""Bands of the mel-spectrum that MFCCs and convolutions start from."""
NEUTRAL_F0_HZ = 150.0
"""Pitch of a clip without voiced frames."""

# Silence at the ends: frames this far below the loudest.
_SILENT_DB = 40.0
# Power of the rounding noise of 16-bit audio, about -98 dB.
_POWER_FLOOR = 1e-10


class Clip:
    """A clip without the silence at its ends. Frames are centred, every 10 ms; the first on the first sample.

    Args:
        samples: float32 of shape [samples], at least one.
        sample_rate_hz: their rate.
    """

    def __init__(self, samples: Float32, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.hop = round(HOP_S * sample_rate_hz)
        kept = trimmed(samples, self.hop)
        self.samples: Float32 = kept - np.float32(kept.mean(dtype=np.float64))

    @cached_property
    def frames(self) -> Float32:
        """Frames of 25 ms, not windowed, float32, shape [frames, samples]."""
        length = 2 * round(FRAME_S * self.sample_rate_hz / 2)
        return frame(np.pad(self.samples, length // 2), length, self.hop)

    @cached_property
    def power(self) -> Float32:
        """Power spectrum of the frames under a Hamming window, float32, shape [frames, bins]."""
        length = self.frames.shape[1]
        window = np.hamming(length).astype(np.float32)
        spectrum = scipy.fft.rfft(self.frames * window, n=self.n_fft, axis=1)
        power: Float32 = (spectrum.real**2 + spectrum.imag**2) / np.float32(np.sum(window**2))
        return power

    @property
    def n_fft(self) -> int:
        """Length of the transform: the next power of two."""
        return 1 << int(self.frames.shape[1] - 1).bit_length()

    @cached_property
    def bins_hz(self) -> Float64:
        """Frequency of each bin of the power spectrum, shape [bins]."""
        return np.asarray(np.arange(1 + self.n_fft // 2) * (self.sample_rate_hz / self.n_fft), np.float64)

    @cached_property
    def log_mel(self) -> Float32:
        """Natural logarithm of the power in 40 mel bands from 20 Hz to 8 kHz, float32, shape [frames, 40]."""
        top_hz = min(8000.0, self.sample_rate_hz / 2)
        bank = mel_bank(self.sample_rate_hz, self.n_fft, N_MELS, 20.0, top_hz)
        bands: Float32 = np.log(self.power @ bank + np.float32(_POWER_FLOOR))
        return bands

    @cached_property
    def level_db(self) -> Float64:
        """Root mean square of each frame in dB relative to full scale, -100 at least, float64, shape [frames]."""
        mean_square = np.einsum("ts,ts->t", self.frames, self.frames, dtype=np.float64) / self.frames.shape[1]
        return np.asarray(10 * np.log10(mean_square + _POWER_FLOOR))

    @cached_property
    def pitch(self) -> Pitch:
        """Pitch and harmonicity of the frames."""
        return pitch.track(self.samples, self.sample_rate_hz, self.hop)

    @cached_property
    def voiced(self) -> Bool:
        """Which frames are voiced, bool, shape [frames]."""
        return self.pitch.voiced

    @cached_property
    def voiced_pitch(self) -> Pitch:
        """Pitch and harmonicity of the voiced frames alone; one frame of 150 Hz and 0 dB if there are none."""
        if not self.voiced.any():
            return Pitch(f0_hz=np.array([NEUTRAL_F0_HZ]), harmonicity_db=np.zeros(1))
        return Pitch(f0_hz=self.pitch.f0_hz[self.voiced], harmonicity_db=self.pitch.harmonicity_db[self.voiced])

    @cached_property
    def voiced_formants(self) -> Formants:
        """Formants of the voiced frames alone; one frame of a uniform tube if there are none."""
        if not self.voiced.any():
            return Formants(frequency_hz=np.array([NEUTRAL_HZ]), bandwidth_hz=np.full((1, COUNT), NEUTRAL_BANDWIDTH_HZ))
        return formants(self.samples, self.sample_rate_hz, HOP_S, self.voiced)

    @cached_property
    def perturbation(self) -> Float64:
        """Jitter and shimmer, see :func:`ser.features.periods.perturbation`, shape [9]."""
        return periods.perturbation(self.samples, self.sample_rate_hz, self.pitch.f0_hz, self.hop)


def trimmed(samples: Float32, hop: int) -> Float32:
    """Cut the silence off both ends: blocks 40 dB below the loudest one.

    Args:
        samples: float32 of shape [samples].
        hop: samples a block.

    Returns:
        A view of what lies between the first and the last block that is not silent, at least one block.
    """
    blocks = np.pad(samples, (0, -len(samples) % hop)).reshape(-1, hop)
    # About the mean of each block: a constant offset is silence.
    power = blocks.var(axis=1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (-_SILENT_DB / 10))
    return samples[loud[0] * hop : (loud[-1] + 1) * hop]
