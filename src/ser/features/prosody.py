"""Prosody and voice quality: pitch, level, harmonicity, formants, jitter, shimmer and the rhythm of voiced runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser.arrays import Bool, Float64
from ser.features import descriptors, functionals, periods
from ser.features.clip import HOP_S, Clip
from ser.features.descriptor_set import DescriptorSet
from ser.features.formants import COUNT

_F0 = ("f0_semitones", "f0_hz")
_LEVEL = ("level_db",)
_VOICE = (
    "voiced_level_db",
    "harmonicity_db",
    *(f"f{number}_hz" for number in range(1, COUNT + 1)),
    *(f"b{number}_hz" for number in range(1, COUNT)),
)
_MELODY = ("f0_rise_semitones_per_s", "f0_fall_semitones_per_s", "f0_end_semitones", "f0_peak_place")
_RHYTHM = (
    "duration_s",
    "voiced_share",
    "voiced_runs_per_s",
    "voiced_run_mean_s",
    "voiced_run_std_s",
    "voiced_run_longest_s",
    "unvoiced_run_mean_s",
    "unvoiced_run_std_s",
    "unvoiced_run_longest_s",
    "pause_share",
    "level_peaks_per_s",
)
# A pause: this far below the loudest frame.
_PAUSE_DB = 25.0


@dataclass(frozen=True, kw_only=True)
class Prosody(DescriptorSet):
    """Functionals of prosodic contours and measures of the voice; units are part of the names."""

    def names(self) -> list[str]:
        """Name the values."""
        contours = functionals.names([*_F0, *_LEVEL, *_VOICE], functionals.BRIEF)
        return [*contours, *_MELODY, *periods.NAMES, *_RHYTHM]

    def describe(self, clip: Clip) -> Float64:
        """Describe a clip, float64 of shape [width]."""
        f0_hz = clip.voiced_pitch.f0_hz
        semitones = descriptors.semitones(f0_hz)
        level = clip.level_db[clip.voiced] if clip.voiced.any() else clip.level_db.max(keepdims=True)
        voice = np.hstack(
            [
                np.stack([semitones, f0_hz, level, clip.voiced_pitch.harmonicity_db], axis=1),
                clip.voiced_formants.frequency_hz,
                clip.voiced_formants.bandwidth_hz[:, : COUNT - 1],
            ]
        )
        of_voice = functionals.brief(voice, HOP_S)
        of_level = functionals.brief(clip.level_db[:, None], HOP_S)
        contours = np.vstack([of_voice[: len(_F0)], of_level, of_voice[len(_F0) :]])
        return np.concatenate([contours.ravel(), _melody(semitones), clip.perturbation, _rhythm(clip)])


def _melody(semitones: Float64) -> Float64:
    """Describe the movement of the pitch: mean rise and fall, the end over the mean, where the peak lies (0 to 1)."""
    step = np.diff(semitones) / HOP_S
    # Larger steps lead from one voiced run to the next.
    step = step[np.abs(step) < 100]
    end = semitones[-max(1, len(semitones) // 5) :].mean() - semitones.mean()
    place = float(np.argmax(semitones)) / max(1, len(semitones) - 1)
    return np.array([_mean(step[step > 0]), _mean(step[step < 0]), end, place])


def _rhythm(clip: Clip) -> Float64:
    """Describe voiced and unvoiced runs and the peaks of the level, as `_RHYTHM` says."""
    count = len(clip.voiced)
    duration_s = count * HOP_S
    voiced, unvoiced = runs(clip.voiced), runs(~clip.voiced)
    level = clip.level_db
    smooth = np.convolve(np.pad(level, 3, mode="edge"), np.full(7, 1 / 7), mode="valid")
    peaks = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:]) & (smooth[1:-1] > level.max() - _PAUSE_DB)
    return np.array(
        [
            duration_s,
            clip.voiced.mean(),
            len(voiced) / duration_s,
            *_lengths(voiced),
            *_lengths(unvoiced),
            (level < level.max() - _PAUSE_DB).mean(),
            peaks.sum() / duration_s,
        ]
    )


def runs(flags: Bool) -> Float64:
    """Return the lengths of the runs of true flags, in order, float64.

    Example:
        >>> runs(np.array([True, True, False, True])).tolist()
        [2.0, 1.0]
    """
    edges = np.flatnonzero(np.diff(np.pad(flags.astype(np.int8), 1)))
    return (edges[1::2] - edges[::2]).astype(np.float64)


def _lengths(frames: Float64) -> list[float]:
    """Mean, standard deviation and largest length of runs, in seconds; 0 without runs."""
    if not len(frames):
        return [0.0, 0.0, 0.0]
    return [float(value) * HOP_S for value in (frames.mean(), frames.std(), frames.max())]


def _mean(values: Float64) -> float:
    return float(values.mean()) if len(values) else 0.0
