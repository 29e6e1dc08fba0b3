"""How long every augmentation takes, beside audiomentations and torchaudio where they offer it, with one thread.

Run from the repository's root:  python benchmarks/augment.py [--rounds N]

Contestants take turns on clips of 3 s at 16,000 and 22,050 Hz; every figure is the median over rounds of CPU time.
Printed and written to `benchmarks/augment.json`: milliseconds a clip, and how many times faster `ser` is than each.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import importlib
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from torchaudio import functional, transforms

from ser import config
from ser.arrays import Float32
from ser.audio.augment import Variant, augment
from ser.audio.operations.room import room_response
from ser.audio.stft import HOP, N_FFT
from ser.pipeline.environment import processor

RESULT = Path(__file__).with_suffix(".json")
SECONDS = 3.0
RATES_HZ = (16_000, 22_050)
RT60_S, DRR_DB, SNR_DB, GAIN_DB, STRETCH, SEMITONES = 0.5, 5.0, 15.0, -6.0, 0.8, 0.7

Change = Callable[[Float32], object]
Contest = dict[str, Change]


def clip(rate_hz: int) -> Float32:
    """Make a gliding voice of 3 s over a little noise."""
    rng = np.random.default_rng(0)
    seconds = np.arange(round(SECONDS * rate_hz)) / rate_hz
    phase = 2 * np.pi * np.cumsum(140 * (1 + 0.2 * np.sin(2 * np.pi * 0.7 * seconds))) / rate_hz
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 30))
    return (0.1 * voice + 0.003 * rng.standard_normal(len(seconds))).astype(np.float32)


def ours(chain: str, rate_hz: int, mode: str = "parity") -> Change:
    """Make one copy as training does, with the shipped settings where the others' cannot be set alike."""
    shipped = config.load([]).augment
    operations = dict(shipped.operations)
    alike = {
        "snr_noise": {"low_db": SNR_DB, "high_db": SNR_DB},
        "gain": {"low_db": GAIN_DB, "high_db": GAIN_DB},
        "room": {"rt60_low_s": RT60_S, "rt60_high_s": RT60_S, "drr_low_db": DRR_DB, "drr_high_db": DRR_DB},
    }
    for name, settings in alike.items():
        operations[name] = replace(operations[name], **settings)
    augmentation = replace(shipped, operations=operations, mode=mode)
    variant = Variant(name=chain, chain=(chain,), copy=1)
    return lambda samples: augment(samples, rate_hz, variant, augmentation, "0" * 64)


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
    there, back = transforms.Resample(rate_hz, 8000), transforms.Resample(8000, rate_hz)
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


def contests(rate_hz: int, folder: Path) -> dict[str, Contest]:
    """List what is compared: operation -> who -> change. Ours come last."""
    response = room_response(np.random.default_rng(0), rate_hz, RT60_S, DRR_DB)
    soundfile.write(folder / "response.wav", response, rate_hz)
    shift = {"min_fraction": -0.1, "max_fraction": 0.1}
    others: dict[str, Contest] = {
        "noise": audiomentations("AddGaussianNoise", rate_hz),
        "snr_noise": audiomentations("AddGaussianSNR", rate_hz) | torch_snr_noise(),
        "gain": on_tensors(transforms.Vol(GAIN_DB, "db")),
        "shift": audiomentations("Shift", rate_hz, **shift),
        "stretch": audiomentations("TimeStretch", rate_hz, min_rate=STRETCH, max_rate=STRETCH) | torch_stretch(),
        "pitch": audiomentations("PitchShift", rate_hz, min_semitones=SEMITONES, max_semitones=SEMITONES)
        | on_tensors(lambda samples: functional.pitch_shift(samples, rate_hz, SEMITONES)),
        "room": audiomentations("AddImpulseResponse", rate_hz, ir_path=str(folder))
        | on_tensors(lambda samples: functional.fftconvolve(samples, torch.from_numpy(response))),
        "band_pass": torch_band_pass(rate_hz),
        "codec": torch_codec(rate_hz),
    }
    for name, contest in others.items():
        contest["ser"] = ours(name, rate_hz)
        if name in {"stretch", "pitch"}:
            contest["ser, fast"] = ours(name, rate_hz, "fast")
    return others


def race(contest: Contest, samples: Float32, rounds: int) -> dict[str, float]:
    """Let contestants take turns. Returns the median milliseconds of CPU time of each."""
    for change in contest.values():
        change(samples)
    spent: dict[str, list[float]] = {name: [] for name in contest}
    for _ in range(rounds):
        for name, change in contest.items():
            # Short work is repeated, so that the clock's own steps do not show; the slowest is not.
            times = 10 if statistics.median(spent[name] or [1000.0]) < 5 else 1
            start = time.process_time()
            for _ in range(times):
                change(samples)
            spent[name].append(1000 * (time.process_time() - start) / times)
    return {name: statistics.median(values) for name, values in spent.items()}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    results: dict[str, dict[str, dict[str, float]]] = {}
    for rate_hz in RATES_HZ:
        samples = clip(rate_hz)
        with tempfile.TemporaryDirectory() as folder:
            for name, contest in contests(rate_hz, Path(folder)).items():
                spent = race(contest, samples, rounds)
                best = spent.get("ser, fast", spent["ser"])
                rows = {who: {"ms": round(ms, 4), "ser_times_faster": round(ms / best, 1)} for who, ms in spent.items()}
                results[f"{name}, {rate_hz} Hz"] = rows
                print(f"\n{name}, {rate_hz} Hz")
                for who, row in rows.items():
                    print(f"  {who:16} {row['ms']:9.4f} ms {row['ser_times_faster']:8.1f}x")
    facts = {"processor": processor(), "seconds_a_clip": SECONDS, "rounds": rounds}
    RESULT.write_text(json.dumps({**facts, "results": results}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
