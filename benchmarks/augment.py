"""How long every augmentation takes, beside audiomentations, torchaudio and librosa where they offer it, one thread.

Run from the repository's root:  python benchmarks/augment.py [--rounds N]

Contestants take turns on a clip of 3 s at 16,000 and at 22,050 Hz; every figure is the median over rounds of CPU time.
The floor beside them is what no way to do it can do without; where even the floor is not ten times faster than the
others, the target cannot be met. Printed, and written to `benchmarks/augment.json`, of which
`python benchmarks/speed.py` makes `docs/speed.md`.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import dataclasses
import importlib
import importlib.metadata
import importlib.util
import math
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import scipy.fft
import scipy.signal
import soundfile
import soxr
import torch
from recipes import chain
from rows import Row, race, save, show
from torchaudio import functional, transforms

from ser import config
from ser.arrays import Float32
from ser.audio.augment import Augmentation, Variant, augment
from ser.audio.operations.room import room_response
from ser.audio.stft import HOP, N_FFT
from ser.pipeline.environment import processor

RESULT = Path(__file__).with_suffix(".json")
SECONDS, ROUNDS, TIMES = 3.0, 9, 10
RATES_HZ = (16_000, 22_050)
RT60_S, DRR_DB, SNR_DB, GAIN_DB, STRETCH, SEMITONES, LINE_HZ = 0.5, 5.0, 15.0, -6.0, 0.8, 0.7, 8000
# The target is set against these; the rest is for comparison.
RIVALS = ("audiomentations", "torchaudio")
# Operations that audiomentations has too. Some of its versions do not work with the librosa that is installed.
OFFERED = frozenset({"noise", "snr_noise", "shift", "stretch", "pitch", "room"})
# What is the case whenever the target is missed, beside what the floor says.
REASONS = {
    "noise": "drawing normal numbers is nearly all of it, for both",
    "snr_noise": "drawing normal numbers is nearly all of it, for both",
    "gain": "both pass once over the samples; ours also draws from a generator seeded by clip, variant and copy",
    "shift": "both copy once; ours also draws from a generator seeded by clip, variant and copy",
    "stretch": "ours transforms there and back too, as any vocoder",
    "pitch": "ours transforms there and back, as any vocoder",
    "room": "ours draws a new response for each copy, theirs is given one; then both convolve by FFT",
    "band_pass": "both run a recursion whose samples wait for one another, and scipy's is compiled already",
    "codec": "nearly all is resampling; ours uses soxr's high quality, theirs a short filter",
}

Change = Callable[[Float32], object]
Contest = dict[str, Change]


def clip(rate_hz: int) -> Float32:
    """Make a gliding voice of 3 s over a little noise."""
    rng = np.random.default_rng(0)
    seconds = np.arange(round(SECONDS * rate_hz)) / rate_hz
    phase = 2 * np.pi * np.cumsum(140 * (1 + 0.2 * np.sin(2 * np.pi * 0.7 * seconds))) / rate_hz
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 30))
    return (0.1 * voice + 0.003 * rng.standard_normal(len(seconds))).astype(np.float32)


def augmentation(mode: str) -> Augmentation:
    """Take the shipped settings, and the others' where they cannot be set alike."""
    shipped = config.load([]).augment
    operations = dict(shipped.operations)
    alike = {
        "snr_noise": {"low_db": SNR_DB, "high_db": SNR_DB},
        "gain": {"low_db": GAIN_DB, "high_db": GAIN_DB},
        "room": {"rt60_low_s": RT60_S, "rt60_high_s": RT60_S, "drr_low_db": DRR_DB, "drr_high_db": DRR_DB},
    }
    for name, settings in alike.items():
        operations[name] = replace(operations[name], **settings)
    return replace(shipped, operations=operations, mode=mode)


def ours(rate_hz: int, *operations: str, mode: str = "parity") -> Change:
    """Make one copy as an extraction does: the generator is seeded by clip, variant and copy."""
    settings = augmentation(mode)
    variant = Variant(name="-".join(operations), chain=chain(*operations), copy=1)
    return lambda samples: augment(samples, rate_hz, variant, settings, "0" * 64)


def audiomentations(name: str, rate_hz: int, **settings: object) -> Contest:
    """Give one of audiomentations' transforms, where it is installed and works with the librosa that is."""
    try:
        change = getattr(importlib.import_module("audiomentations"), name)(**settings, p=1.0)
        change(clip(rate_hz), sample_rate=rate_hz)
    except (ImportError, AttributeError, TypeError) as reason:
        print(f"audiomentations' {name} is left out: {reason}")
        return {}
    return {"audiomentations": lambda samples: change(samples, sample_rate=rate_hz)}


def on_tensors(change: Callable[[torch.Tensor], torch.Tensor]) -> Contest:
    """Give a change by torchaudio."""
    return {"torchaudio": lambda samples: change(torch.from_numpy(samples))}


def torch_stretch() -> Contest:
    """Stretch by torchaudio: transform, vocoder, and back."""
    stretch, window = transforms.TimeStretch(hop_length=HOP, n_freq=1 + N_FFT // 2), torch.hann_window(N_FFT)

    def change(samples: torch.Tensor) -> torch.Tensor:
        spectrum = torch.stft(samples, N_FFT, HOP, window=window, return_complex=True)
        return torch.istft(stretch(spectrum, STRETCH), N_FFT, HOP, window=window)

    return on_tensors(change)


def torch_codec(rate_hz: int) -> Contest:
    """Code by torchaudio: resample, mu-law there and back, resample."""
    there, back = transforms.Resample(rate_hz, LINE_HZ), transforms.Resample(LINE_HZ, rate_hz)
    return on_tensors(
        lambda samples: back(functional.mu_law_decoding(functional.mu_law_encoding(there(samples), 256), 256))
    )


def torch_band_pass(rate_hz: int) -> Contest:
    """Filter by torchaudio: four second-order sections, as many as ours."""

    def change(samples: torch.Tensor) -> torch.Tensor:
        for _ in range(2):
            samples = functional.highpass_biquad(samples, rate_hz, 300.0)
            samples = functional.lowpass_biquad(samples, rate_hz, 3400.0)
        return samples

    return on_tensors(change)


def torch_snr_noise() -> Contest:
    """Add noise by torchaudio."""
    snr_db = torch.tensor(SNR_DB)
    return on_tensors(lambda samples: functional.add_noise(samples, torch.randn(len(samples)), snr_db))


def floors(rate_hz: int, samples: Float32) -> dict[str, tuple[str, Change]]:
    """List what each operation cannot do without, in words and as work."""
    count, reverberation = len(samples), math.ceil(RT60_S * rate_hz)
    rng = np.random.default_rng(0)
    frames = np.zeros((1 + count // HOP, N_FFT), np.float32)
    stretched = np.zeros((math.ceil(len(frames) / STRETCH), 1 + N_FFT // 2), np.complex64)
    length = scipy.fft.next_fast_len(count + reverberation, real=True)

    def bits(samples: Float32) -> None:
        # Sixteen random bits make one number.
        rng.bit_generator.random_raw((len(samples) + 3) // 4)
        samples.copy()

    def vocoder(back: np.ndarray) -> Change:
        def work(_: Float32) -> None:
            for start in range(0, len(frames), 24):
                scipy.fft.rfft(frames[start : start + 24], axis=-1)
            for start in range(0, len(back), 24):
                scipy.fft.irfft(back[start : start + 24], axis=-1)

        return work

    def convolution(samples: Float32) -> None:
        scipy.fft.irfft(scipy.fft.rfft(samples, length), length)
        samples.copy()

    sections = scipy.signal.butter(4, (300, 3400), "bandpass", fs=rate_hz, output="sos").astype(np.float32)

    def recursion(samples: Float32) -> None:
        scipy.signal.sosfilt(sections, samples)

    def line(samples: Float32) -> None:
        soxr.resample(soxr.resample(samples, rate_hz, LINE_HZ), LINE_HZ, rate_hz)

    copy, drawn = ("one copy", np.copy), ("random bits, one copy", bits)
    return {
        "noise": drawn,
        "snr_noise": drawn,
        "gain": copy,
        "shift": copy,
        "stretch": ("FFT of all frames, and back", vocoder(stretched)),
        "pitch": ("FFT of all frames, and back", vocoder(stretched[: len(frames)])),
        "stretch-pitch": ("FFT of all frames, and back", vocoder(stretched)),
        "room": ("FFT of the clip, and back; one copy", convolution),
        "band_pass": ("four recursions in single precision", recursion),
        "codec": ("soxr there and back", line),
    }


def contests(rate_hz: int, folder: Path) -> dict[str, Contest]:
    """List what is compared: operation -> who -> change."""

    def librosa_stretch(samples: Float32) -> Float32:
        return librosa.effects.time_stretch(samples, rate=STRETCH)

    def librosa_pitch(samples: Float32) -> Float32:
        return librosa.effects.pitch_shift(samples, sr=rate_hz, n_steps=SEMITONES)

    response = room_response(np.random.default_rng(0), rate_hz, RT60_S, DRR_DB)
    soundfile.write(folder / "response.wav", response, rate_hz)
    shift = {"min_fraction": -0.1, "max_fraction": 0.1}
    others: dict[str, Contest] = {
        "noise": audiomentations("AddGaussianNoise", rate_hz),
        "snr_noise": audiomentations("AddGaussianSNR", rate_hz) | torch_snr_noise(),
        "gain": on_tensors(transforms.Vol(GAIN_DB, "db")),
        "shift": audiomentations("Shift", rate_hz, **shift),
        "stretch": audiomentations("TimeStretch", rate_hz, min_rate=STRETCH, max_rate=STRETCH)
        | torch_stretch()
        | {"librosa": librosa_stretch},
        "pitch": audiomentations("PitchShift", rate_hz, min_semitones=SEMITONES, max_semitones=SEMITONES)
        | on_tensors(lambda samples: functional.pitch_shift(samples, rate_hz, SEMITONES))
        | {"librosa": librosa_pitch},
        "room": audiomentations("AddImpulseResponse", rate_hz, ir_path=str(folder))
        | on_tensors(lambda samples: functional.fftconvolve(samples, torch.from_numpy(response))),
        "stretch-pitch": {"librosa": lambda samples: librosa_pitch(librosa_stretch(samples))},
        "band_pass": torch_band_pass(rate_hz),
        "codec": torch_codec(rate_hz),
    }
    for name, contest in others.items():
        steps = name.split("-")
        contest["ser"] = ours(rate_hz, *steps)
        if name in {"stretch", "pitch", "stretch-pitch"}:
            contest["ser, fast"] = ours(rate_hz, *steps, mode="fast")
    return others


def judged(row: Row, name: str, spent: dict[str, float], best: str) -> Row:
    """Say how many times faster our best way is than a row's, and for the rivals whether that is enough, or why not."""
    times = row.value / spent[best]
    row = dataclasses.replace(row, times_faster=round(times, 2))
    if row.what not in RIVALS:
        return row
    met, bound = times >= TIMES, row.value / spent["floor"]
    limit = f"the floor alone would be {bound:.1f}x faster"
    note = "" if met else "; ".join([limit, *([REASONS[name]] if name in REASONS else [])])
    return dataclasses.replace(row, target=f"ser at least {TIMES}x faster", met=met, note=note)


def measure(rate_hz: int, rounds: int) -> list[Row]:
    """Run all contests at one rate. A row's ratio is how many times slower than our best it is."""
    samples, rows = clip(rate_hz), []
    with tempfile.TemporaryDirectory() as folder:
        floor = floors(rate_hz, samples)
        for name, contest in contests(rate_hz, Path(folder)).items():
            said, work = floor[name]
            spent = race({**contest, "floor": work}, [samples], rounds)
            best = "ser, fast" if "ser, fast" in spent else "ser"
            for who, ms in spent.items():
                row = Row(contest=f"{name}, {rate_hz:,} Hz", what=who, value=round(ms, 4))
                row = judged(row, name, spent, best)
                rows.append(dataclasses.replace(row, what=f"floor: {said}") if who == "floor" else row)
        # What a copy costs that does nothing.
        nothing = race({"seed": ours(rate_hz)}, [samples], rounds)["seed"]
    contest = f"a copy that does nothing, {rate_hz:,} Hz"
    return [*rows, Row(contest=contest, what="ser: seeding the generator", value=round(nothing, 4))]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    facts: dict[str, object] = {"processor": processor(), "seconds a clip": SECONDS, "rounds": rounds}
    for library in (*RIVALS, "librosa"):
        found = importlib.util.find_spec(library)
        facts[library] = importlib.metadata.version(library) if found else "not installed"
    rows = [row for rate_hz in RATES_HZ for row in measure(rate_hz, rounds)]
    offered = {row.contest.partition(",")[0] for row in rows if row.what == "audiomentations"}
    facts["of audiomentations left out, as it fails here"] = ", ".join(sorted(OFFERED - offered)) or "nothing"
    show(facts, rows, ratios="how many times faster the best of ser is")
    save(RESULT, facts, rows)


if __name__ == "__main__":
    main()
