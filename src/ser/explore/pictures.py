"""Pictures of recordings: waveform, mel-spectrogram and MFCCs, one above the other.

Plain figures without pyplot, on a transparent ground with mid-grey letters, so that they stand on a light and on a dark
page alike. Recordings shown together share all their axes and colours.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ser.arrays import Float32, Int64
from ser.audio.stft import stft
from ser.explore.examples import RATE_HZ
from ser.features.spectral import hz_to_mel, mel_bank, mfcc

N_FFT, HOP, N_MELS, N_MFCC = 1024, 128, 96, 13
"""64 ms every 8 ms: the voice's harmonics are told apart, and a step is about a picture's column."""
RANGE_DB = 70.0
MFCC_SPREAD = 2.5
"""Standard deviations at which the colours of the MFCCs end, either way."""
_LOW_HZ = 50.0
_TICKS_HZ = np.array([500.0, 1000, 2000, 4000, 8000])
_COLUMNS = 600
# Axes and colours need some extent, also where there is no sound.
_QUIETEST = 1e-6
# 4 to 1 or better against white and against the pages' dark ground (WCAG contrast).
_GREY = "#7b828a"
_BLUE = "#2b8cc4"
_SIZE_IN, _DPI = (4.6, 4.2), 120
# Left edge, bottom edge, width and height of waveform, mel-spectrogram and MFCCs, as shares of the figure.
_PANELS = ((0.1, 0.8, 0.88, 0.19), (0.1, 0.335, 0.88, 0.435), (0.1, 0.075, 0.88, 0.23))


@dataclass(frozen=True, kw_only=True)
class Scales:
    """What recordings shown together share.

    Attributes:
        duration_s: end of the time axis.
        amplitude: largest absolute sample.
        top_db: level of the loudest mel band.
        mfcc_mean: float32 of shape [N_MFCC - 1], over all frames of all recordings.
        mfcc_std: float32 of shape [N_MFCC - 1], likewise.
    """

    duration_s: float
    amplitude: float
    top_db: float
    mfcc_mean: Float32
    mfcc_std: Float32


def mel_power(samples: Float32) -> Float32:
    """Mel-spectrogram in power, float32 of shape [frames, N_MELS], of a clip at `RATE_HZ`."""
    bank = mel_bank(RATE_HZ, N_FFT, N_MELS, _LOW_HZ, None)
    power: Float32 = np.abs(stft(samples, n_fft=N_FFT, hop=HOP)) ** 2 @ bank
    return power


def scales(clips: Sequence[Float32]) -> Scales:
    """Find the axes and colours that some recordings share.

    Args:
        clips: one or more, float32 of shape [samples], one channel at `RATE_HZ`.
    """
    powers = [mel_power(samples) for samples in clips]
    cepstra = np.concatenate([_cepstrum(power) for power in powers])
    return Scales(
        duration_s=max(len(samples) for samples in clips) / RATE_HZ,
        amplitude=max(_QUIETEST, *(float(np.abs(samples).max()) for samples in clips)),
        top_db=float(_decibels(np.array([power.max() for power in powers])).max()),
        mfcc_mean=cepstra.mean(axis=0),
        mfcc_std=np.maximum(cepstra.std(axis=0), np.float32(_QUIETEST)),
    )


def picture(samples: Float32, shared: Scales) -> Figure:
    """Draw one recording.

    Args:
        samples: float32 of shape [samples], one channel at `RATE_HZ`.
        shared: the axes of those that it is shown with.
    """
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI)
    FigureCanvasAgg(figure)
    wave, bands, coefficients = (figure.add_axes(panel) for panel in _PANELS)
    power = mel_power(samples)
    end_s = len(samples) / RATE_HZ
    _draw_wave(wave, samples, shared)
    _draw_bands(bands, power, end_s, shared)
    _draw_cepstrum(coefficients, power, end_s, shared)
    for axes in (wave, bands, coefficients):
        lowest = axes is coefficients
        axes.set_xlim(0, shared.duration_s)
        axes.spines[:].set_visible(False)
        axes.tick_params(colors=_GREY, labelsize=8.5, length=2.5, labelbottom=lowest, bottom=lowest)
    coefficients.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    coefficients.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} s"))
    return figure


def png(figure: Figure) -> bytes:
    """Render a figure on a transparent ground; the same figure gives the same bytes."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI, transparent=True, metadata={"Software": None})
    return stream.getvalue()


def envelope(samples: Float32) -> tuple[Int64, Float32, Float32]:
    """Reduce a waveform to the extremes of at most 600 stretches, which is what a picture of it can show.

    Args:
        samples: float32 of shape [samples], at least one.

    Returns:
        Where each stretch starts, in samples; and its smallest and its largest sample.
    """
    count = min(_COLUMNS, len(samples))
    starts = np.linspace(0, len(samples), count, endpoint=False).astype(np.int64)
    return starts, np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)


def _draw_wave(axes: Axes, samples: Float32, shared: Scales) -> None:
    starts, low, high = envelope(samples)
    axes.fill_between(starts / RATE_HZ, low, high, color=_BLUE, linewidth=0.4)
    axes.set_ylim(-1.05 * shared.amplitude, 1.05 * shared.amplitude)
    axes.set_yticks([0, shared.amplitude], ["0", f"{shared.amplitude:.2f}"])


def _draw_bands(axes: Axes, power: Float32, end_s: float, shared: Scales) -> None:
    low, high = hz_to_mel(np.array([_LOW_HZ, RATE_HZ / 2]))
    axes.imshow(
        _decibels(power).T,
        origin="lower",
        aspect="auto",
        interpolation="bilinear",
        cmap="magma",
        extent=(0, end_s, float(low), float(high)),
        vmin=shared.top_db - RANGE_DB,
        vmax=shared.top_db,
    )
    labels = [f"{hz / 1000:g}" for hz in _TICKS_HZ]
    axes.set_yticks(hz_to_mel(_TICKS_HZ), [*labels[:-1], f"{labels[-1]} kHz"])


def _draw_cepstrum(axes: Axes, power: Float32, end_s: float, shared: Scales) -> None:
    axes.imshow(
        ((_cepstrum(power) - shared.mfcc_mean) / shared.mfcc_std).T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap="RdBu_r",
        extent=(0, end_s, 0.5, N_MFCC - 0.5),
        vmin=-MFCC_SPREAD,
        vmax=MFCC_SPREAD,
    )
    axes.set_yticks([1, 6, 12])


def _decibels(power: Float32) -> Float32:
    """Power in dB, with no floor relative to the clip: clips are shown on one scale."""
    decibels: Float32 = 10 * np.log10(np.maximum(power, np.float32(1e-10)))
    return decibels


def _cepstrum(power: Float32) -> Float32:
    """MFCCs from the first: the zeroth is the level, which the spectrogram shows. Shape [frames, N_MFCC - 1]."""
    return mfcc(power, N_MFCC)[:, 1:]
