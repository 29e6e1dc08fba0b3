"""A small speaking machine: a glottal source, formants, syllables, and seven ways of saying a thing.

The source-filter model of Fant (1960) with the glottal pulse of Klatt and Klatt (1990) and, for the filter, a cascade
of formant resonances applied to short overlapping spectra. It is speech-like rather than speech: enough for features,
folds and models to have something to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft
from scipy.signal import lfilter

from ser.arrays import Float32, Float64

Complex128 = npt.NDArray[np.complex128]
Flags = npt.NDArray[np.bool_]

_HOP_S = 0.008
_HOPS_PER_FRAME = 4
_TRANSITION_S = 0.03
# Frequencies of the first four formants of an adult male, in Hz (Peterson and Barney 1952, rounded; F4 by convention).
_VOWELS: dict[str, tuple[float, float, float, float]] = {
    "a": (730, 1090, 2440, 3400),
    "e": (530, 1840, 2480, 3500),
    "i": (270, 2290, 3010, 3600),
    "o": (570, 840, 2410, 3300),
    "u": (300, 870, 2240, 3300),
}
_BANDWIDTHS_HZ = np.array([80.0, 100.0, 140.0, 220.0])


@dataclass(frozen=True, kw_only=True)
class _Consonant:
    """How a consonant sounds: length, share of voice, strength and centre of its noise, pull on the first formant."""

    length_s: float
    voiced: float
    noise: float
    centre_hz: float
    first_formant_hz: float


_CONSONANTS = {
    "m": _Consonant(length_s=0.07, voiced=0.45, noise=0.0, centre_hz=1000, first_formant_hz=270),
    "n": _Consonant(length_s=0.06, voiced=0.45, noise=0.0, centre_hz=1500, first_formant_hz=280),
    "l": _Consonant(length_s=0.06, voiced=0.6, noise=0.0, centre_hz=1500, first_formant_hz=360),
    "d": _Consonant(length_s=0.05, voiced=0.15, noise=0.12, centre_hz=3200, first_formant_hz=250),
    "t": _Consonant(length_s=0.07, voiced=0.0, noise=0.2, centre_hz=3800, first_formant_hz=300),
    "k": _Consonant(length_s=0.07, voiced=0.0, noise=0.2, centre_hz=1900, first_formant_hz=300),
    "s": _Consonant(length_s=0.1, voiced=0.0, noise=0.3, centre_hz=5200, first_formant_hz=300),
    "f": _Consonant(length_s=0.09, voiced=0.0, noise=0.12, centre_hz=4200, first_formant_hz=320),
}


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A speaker.

    Attributes:
        pitch_hz: fundamental frequency when calm.
        tract: formant frequencies relative to an adult male's; about 1.17 for a woman.
        pace: syllable rate relative to 4.6 per second.
        breath: level of breath noise relative to the voice.
        tilt_hz: corner of the voice's spectral tilt; lower is duller.
        level_db: loudness relative to full scale, RMS of the voiced parts.
        noise_db: room noise relative to full scale.
    """

    pitch_hz: float
    tract: float
    pace: float
    breath: float
    tilt_hz: float
    level_db: float
    noise_db: float


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How one utterance departs from the speaker's calm speech.

    Attributes:
        pitch_st: of the mean pitch, in semitones.
        range_log2: of the pitch range; +1 doubles it.
        final_st: of the last syllable's pitch, in semitones.
        pace_log2: of the syllable rate.
        level_db: of the loudness.
        tilt_log2: of the tilt's corner; positive is brighter, a tenser voice.
        breath_log2: of the breath noise.
        jitter: of the glottal periods: standard deviation relative to the period.
        tremor_st: depth of a 7 Hz tremor, in semitones.
        tract_log2: of the formants; positive is a smile, negative a lowered, constricted throat.
        accent_db: extra loudness of stressed syllables.
    """

    pitch_st: float
    range_log2: float
    final_st: float
    pace_log2: float
    level_db: float
    tilt_log2: float
    breath_log2: float
    jitter: float
    tremor_st: float
    tract_log2: float
    accent_db: float


@dataclass(frozen=True, kw_only=True)
class _Score:
    """An utterance as tracks over its frames: float64, shape [frames], formants [frames, 4]; and the tract's scale."""

    voiced: Float64
    noise: Float64
    centre_hz: Float64
    pitch_hz: Float64
    formants_hz: Float64
    scale: float


def speak(
    syllables: Sequence[str], voice: Voice, manner: Manner, sample_rate_hz: int, rng: np.random.Generator
) -> Float32:
    """Say a sentence.

    Args:
        syllables: such as "ma", "si" or "o": an optional consonant of `m n l d t k s f` and a vowel of `a e i o u`.
        voice: who speaks.
        manner: how.
        sample_rate_hz: of the samples.
        rng: source of the utterance's chance: timing, noise and irregular periods.

    Returns:
        float32 of shape [samples], within -1 and 1, with some 0.1 s of room before and after.

    Example:
        >>> calm = Manner(pitch_st=0, range_log2=0, final_st=0, pace_log2=0, level_db=0, tilt_log2=0, breath_log2=0,
        ...               jitter=.01, tremor_st=0, tract_log2=0, accent_db=3)
        >>> adult = Voice(pitch_hz=110, tract=1, pace=1, breath=.02, tilt_hz=600, level_db=-26, noise_db=-60)
        >>> speak(["ma", "si"], adult, calm, 16000, np.random.default_rng(0)).dtype
        dtype('float32')
    """
    hop = round(_HOP_S * sample_rate_hz)
    score = _score(syllables, voice, manner, hop / sample_rate_hz, rng)
    times: Float64 = np.arange(len(score.voiced) * hop) / hop
    glottis = _glottis(_at(times, score.pitch_hz), voice, manner, sample_rate_hz, rng)
    voiced = glottis * _at(times, score.voiced)
    hiss = rng.standard_normal(len(times)) * _at(times, score.noise)
    speech = _filtered(voiced, hiss, score, sample_rate_hz, hop)
    loud = _at(times, score.voiced) > 0.5 * score.voiced.max()
    scale = 10 ** ((voice.level_db + manner.level_db) / 20) / np.sqrt(np.mean(np.square(speech[loud])))
    room = 10 ** (voice.noise_db / 20) * lfilter([1.0], [1.0, -0.7], rng.standard_normal(len(times)))
    samples = speech * scale + room
    unclipped: Float32 = (samples * min(1.0, 0.98 / np.abs(samples).max())).astype(np.float32)
    return unclipped


def _score(syllables: Sequence[str], voice: Voice, manner: Manner, hop_s: float, rng: np.random.Generator) -> _Score:
    """Lay the syllables out in time: targets at the middle of each sound, straight lines between them."""
    stressed: Flags = np.arange(len(syllables)) % 3 == 0
    pace = 4.6 * voice.pace * 2**manner.pace_log2
    lengths_s = np.where(stressed, 1.2, 0.9) / pace * np.exp(0.08 * rng.standard_normal(len(syllables)))
    starts_s = (rng.uniform(0.06, 0.14) + np.concatenate([[0.0], np.cumsum(lengths_s)])).astype(np.float64)
    end_s = starts_s[-1] + rng.uniform(0.08, 0.16)
    accents: Float64 = 10 ** (np.where(stressed, manner.accent_db, 0.0) / 20) * np.linspace(1.0, 0.75, len(syllables))
    targets = _targets(syllables, starts_s, accents)
    times_s = (hop_s * np.arange(int(np.ceil(end_s / hop_s)))).astype(np.float64)
    tracks = [np.interp(times_s, targets[:, 0], column) for column in targets.T[1:]]
    pitch_hz = _pitch(times_s, starts_s, stressed, voice, manner, rng)
    scale = voice.tract * 2**manner.tract_log2
    return _Score(
        voiced=tracks[0],
        noise=tracks[1],
        centre_hz=tracks[2],
        pitch_hz=pitch_hz,
        formants_hz=np.stack(tracks[3:], axis=1) * scale,
        scale=scale,
    )


def _targets(syllables: Sequence[str], starts_s: Float64, accents: Float64) -> Float64:
    """Return rows of time, voiced, noise, centre, F1 to F4: float64, shape [targets, 8], in order of time."""
    rows: list[tuple[float, ...]] = []
    still = (0.0, 0.0, 1500.0)
    for syllable, start_s, end_s, accent in zip(syllables, starts_s[:-1], starts_s[1:], accents, strict=True):
        vowel = _VOWELS[syllable[-1]]
        onset_s = start_s
        if len(syllable) > 1:
            sound = _CONSONANTS[syllable[0]]
            # A fast speaker swallows consonants too, but never more than half of the syllable is consonant.
            length_s = min(sound.length_s, (end_s - start_s) / 2)
            lowered = (sound.first_formant_hz, *vowel[1:])
            levels = (sound.voiced * accent, sound.noise * accent, sound.centre_hz)
            rows.append((start_s + 0.3 * length_s, *levels, *lowered))
            rows.append((start_s + 0.8 * length_s, *levels, *lowered))
            onset_s = start_s + length_s
        steady = (accent, 0.0, 1500.0, *vowel)
        rows.append((onset_s + min(_TRANSITION_S, (end_s - onset_s) / 3), *steady))
        rows.append((end_s - min(_TRANSITION_S, (end_s - onset_s) / 3), *steady))
    first, last = rows[0], rows[-1]
    return np.array(
        [(first[0] - _TRANSITION_S, *still, *first[4:]), *rows, (last[0] + 2 * _TRANSITION_S, *still, *last[4:])]
    )


def _pitch(
    times_s: Float64, starts_s: Float64, stressed: Flags, voice: Voice, manner: Manner, rng: np.random.Generator
) -> Float64:
    """Return the pitch in Hz: a falling line, accents on stressed syllables, a final move, wander and tremor."""
    middles_s = (starts_s[:-1] + starts_s[1:]) / 2
    span_st = 3.0 * 2**manner.range_log2
    fall_st = np.linspace(0.5, -0.5, len(middles_s)) * span_st
    accent_st = np.where(stressed, span_st, 0.0) * np.exp(0.3 * rng.standard_normal(len(middles_s)))
    semitones = manner.pitch_st + fall_st + accent_st + 0.3 * rng.standard_normal(len(middles_s))
    semitones[-1] += manner.final_st
    tremor = manner.tremor_st * np.sin(2 * np.pi * (7 * times_s + rng.uniform()))
    pitch_hz: Float64 = voice.pitch_hz * 2 ** ((np.interp(times_s, middles_s, semitones) + tremor) / 12)
    return pitch_hz


def _glottis(pitch_hz: Float64, voice: Voice, manner: Manner, sample_rate_hz: int, rng: np.random.Generator) -> Float64:
    """Return the derivative of the glottal flow, of about unit RMS, with irregular periods and breath.

    The pulse is 2 t - 3 t^2 while the glottis is open (Klatt and Klatt 1990, KLGLOTT88), then softened by a one-pole
    low-pass, the spectral tilt.
    """
    cycles = np.floor(np.cumsum(pitch_hz) / sample_rate_hz).astype(np.int64)
    uneven = rng.standard_normal((2, cycles[-1] + 1))
    period = 1 + manner.jitter * uneven[0, cycles]
    phase = np.cumsum(pitch_hz * period) / sample_rate_hz % 1.0
    tilt_hz = min(voice.tilt_hz * 2**manner.tilt_log2, 0.4 * sample_rate_hz)
    # A tense voice closes the glottis sooner.
    open_share = float(np.clip(0.62 - 0.08 * manner.tilt_log2, 0.4, 0.8))
    t = np.minimum(phase / open_share, 1.0)
    flow = np.where(t < 1.0, t * (2 - 3 * t), 0.0) * (1 + 3 * manner.jitter * uneven[1, cycles])
    breath = voice.breath * 2**manner.breath_log2 * rng.standard_normal(len(flow)) * (0.4 + (t < 1.0))
    pole = np.exp(-2 * np.pi * tilt_hz / sample_rate_hz)
    softened: Float64 = lfilter([1 - pole], [1.0, -pole], flow)
    pulses: Float64 = softened / np.sqrt(np.mean(np.square(softened)))
    return pulses + breath


def _filtered(voiced: Float64, hiss: Float64, score: _Score, sample_rate_hz: int, hop: int) -> Float64:
    """Shape the source by the vocal tract, and the hiss by its constriction, frame by frame in the spectrum."""
    frame = _HOPS_PER_FRAME * hop
    window: Float64 = np.hanning(frame + 1)[:-1]
    frequency_hz = np.fft.rfftfreq(2 * frame, 1 / sample_rate_hz).astype(np.float64)
    tract = np.tile(_higher_formants(frequency_hz, score.scale), (len(score.formants_hz), 1))
    for formant_hz, bandwidth_hz in zip(score.formants_hz.T, _BANDWIDTHS_HZ, strict=True):
        tract *= _resonance(frequency_hz, formant_hz[:, None], bandwidth_hz)
    slit = frequency_hz / score.centre_hz[:, None] * _resonance(frequency_hz, score.centre_hz[:, None], 1500.0)
    spectra = rfft(_frames(voiced, frame, hop) * window, 2 * frame) * tract
    spectra += rfft(_frames(hiss, frame, hop) * window, 2 * frame) * slit
    pieces = irfft(spectra, 2 * frame)
    joined = np.zeros((len(pieces) + 2 * _HOPS_PER_FRAME, hop))
    for part in range(2 * _HOPS_PER_FRAME):
        joined[part : part + len(pieces)] += pieces[:, part * hop : (part + 1) * hop]
    # The windows sum to half the number of hops a frame; the first frame starts half a frame early.
    return joined.ravel()[frame // 2 :][: len(voiced)] / (_HOPS_PER_FRAME / 2)


def _higher_formants(frequency_hz: Float64, scale: float) -> Complex128:
    """Return the joint response of the fifth formant and up: those of a plain tube, 1 kHz apart."""
    response = np.ones(len(frequency_hz), np.complex128)
    for formant_hz in np.arange(4500.0, frequency_hz[-1], 1000.0) * scale:
        response *= _resonance(frequency_hz, formant_hz, formant_hz / 15)
    return response


def _resonance(frequency_hz: Float64, centre_hz: Float64 | float, bandwidth_hz: float) -> Complex128:
    """Return the response of one formant, of unit gain at 0 Hz (Fant 1960)."""
    squared = np.square(centre_hz)
    denominator: Complex128 = squared - np.square(frequency_hz) + 1j * bandwidth_hz * frequency_hz
    return squared / denominator


def _frames(samples: Float64, frame: int, hop: int) -> Float64:
    """Cut into overlapping frames centred on each hop: float64, shape [hops, frame]."""
    padded = np.pad(samples, frame // 2)
    return np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop][: len(samples) // hop]


def _at(times: Float64, track: Float64) -> Float64:
    """Read a track of frames at sample times given in frames."""
    return np.interp(times, np.arange(len(track)), track)
