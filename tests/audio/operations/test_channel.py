from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torchaudio.functional import mu_law_decoding, mu_law_encoding

from ser.arrays import Float32
from ser.audio.operations.base import Operation
from ser.audio.operations.channel import BandPass, Codec, mu_law
from ser.errors import ConfigError

TELEPHONE = BandPass(low_hz=300.0, high_hz=3400.0, order=4)


def apply(operation: Operation, clip: Float32, rate_hz: int) -> Float32:
    return operation.apply(clip, rate_hz, np.random.default_rng(0))


@pytest.mark.parametrize("rate_hz", [16_000, 22_050])
def test_the_band_is_butterworths(rate_hz: int) -> None:
    impulse = np.zeros(1 << 15, np.float32)
    impulse[0] = 1
    response_db = 20 * np.log10(np.abs(np.fft.rfft(apply(TELEPHONE, impulse, rate_hz))) + 1e-12)

    def at(frequency_hz: float) -> float:
        return float(response_db[round(frequency_hz * len(impulse) / rate_hz)])

    assert at(300) == pytest.approx(-3.01, abs=0.1)
    assert at(3400) == pytest.approx(-3.01, abs=0.1)
    assert at(1000) == pytest.approx(0, abs=0.01)
    # The analogue prototype, its frequencies warped as the bilinear transform warps them.
    low, high = (np.tan(np.pi * corner / rate_hz) for corner in (300, 3400))
    for frequency_hz in (75, 150, 600, 2000, 4000, 5000):
        warped = np.tan(np.pi * frequency_hz / rate_hz)
        detuned = (warped**2 - low * high) / (warped * (high - low))
        assert at(frequency_hz) == pytest.approx(-10 * np.log10(1 + detuned**8), abs=0.2)


def test_a_band_beyond_the_clips_rate_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"operations\.band_pass\.high_hz: expected below 3000 Hz"):
        apply(TELEPHONE, np.zeros(100, np.float32), 6_000)


@pytest.mark.parametrize("levels", [16, 256])
def test_the_mu_law_is_torchaudios(levels: int) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 10_000).astype(np.float32) ** 3
    theirs = mu_law_decoding(mu_law_encoding(torch.from_numpy(samples), levels), levels).numpy()
    # Where a sample lies on the border of two levels, rounding decides.
    assert np.mean(np.abs(mu_law(samples, levels) - theirs) > 1e-6) < 1e-3


def test_a_coded_tone_has_the_noise_of_eight_bits() -> None:
    time = np.arange(32_000) / 16_000
    tone = (0.5 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    for quieter in (1, 10):
        clip = tone / quieter
        error = (apply(Codec(sample_rate_hz=8000, levels=256), clip, 16_000) - clip)[2000:-2000]
        snr_db = 10 * np.log10(np.mean(clip**2) / np.mean(error**2))
        # Mu-law keeps its ratio over a wide range of levels: about 38 dB.
        assert 33 < snr_db < 42


def test_nothing_above_half_the_lines_rate_comes_through() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 44_100).astype(np.float32)
    power = np.abs(np.fft.rfft(apply(Codec(sample_rate_hz=8000, levels=256), noise, 44_100))) ** 2
    assert 10 * np.log10(power[4200:].mean() / power[300:3500].mean()) < -55


def test_a_clip_of_the_lines_rate_is_coded_only(voiced: Float32) -> None:
    coded = apply(Codec(sample_rate_hz=16_000, levels=256), voiced, 8_000)
    np.testing.assert_array_equal(coded, mu_law(voiced, 256))


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: BandPass(low_hz=3400.0, high_hz=300.0, order=4), "band_pass.low_hz"),
        (lambda: BandPass(low_hz=300.0, high_hz=3400.0, order=0), "band_pass.order"),
        (lambda: Codec(sample_rate_hz=8, levels=256), "codec.sample_rate_hz"),
        (lambda: Codec(sample_rate_hz=8000, levels=1), "codec.levels"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_key(make: Callable[[], object], where: str) -> None:
    with pytest.raises(ConfigError) as error:
        make()
    assert error.value.where == f"augment.operations.{where}"
