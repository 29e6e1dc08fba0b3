from __future__ import annotations

import librosa
import numpy as np
import pytest

from ser.audio.stft import istft, shared_transforms, stft


@pytest.mark.parametrize("samples", [2048, 5000, 22050])
@pytest.mark.parametrize(("n_fft", "hop"), [(2048, 512), (512, 256)])
def test_transform_is_librosas_to_the_last_bits(samples: int, n_fft: int, hop: int) -> None:
    signal = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    ours = stft(signal, n_fft=n_fft, hop=hop)
    assert ours.dtype == np.complex64
    np.testing.assert_allclose(ours.T, librosa.stft(signal, n_fft=n_fft, hop_length=hop), rtol=0, atol=1e-5)


@pytest.mark.parametrize("samples", [1, 300, 1024])
def test_clip_shorter_than_a_frame_is_transformed(samples: int) -> None:
    signal = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    with pytest.warns(UserWarning, match="n_fft"):
        expected = librosa.stft(signal)
    np.testing.assert_allclose(stft(signal).T, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("samples", [1, 511, 2048, 10_001])
def test_inverse_gives_the_signal_back(samples: int) -> None:
    signal = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    restored = istft(stft(signal), length=samples)
    assert restored.dtype == np.float32
    np.testing.assert_allclose(restored, signal, atol=1e-5)


def test_inverse_of_a_changed_spectrum_is_librosas() -> None:
    signal = np.random.default_rng(0).standard_normal(9000).astype(np.float32)
    spectrum = stft(signal) * np.linspace(0, 1, 1025, dtype=np.float32)
    for length in (4000, 9000):
        expected = librosa.istft(np.asfortranarray(spectrum.T), length=length)
        np.testing.assert_allclose(istft(spectrum, length=length), expected, atol=1e-5)


def test_inverse_is_silent_where_no_frame_reaches() -> None:
    restored = istft(stft(np.ones(1000, np.float32)), length=6000)
    assert restored.shape == (6000,)
    assert not restored[3000:].any()


def test_single_precision_is_near() -> None:
    signal = np.random.default_rng(0).standard_normal(9000).astype(np.float32)
    double, single = stft(signal), stft(signal, double=False)
    assert single.dtype == np.complex64
    assert np.abs(single - double).max() < 2e-6 * np.abs(double).max()


def test_a_shared_signal_is_transformed_once_and_cannot_be_changed() -> None:
    signal = np.random.default_rng(0).standard_normal(9000).astype(np.float32)
    with shared_transforms(signal):
        first = stft(signal)
        assert stft(signal) is first
        assert stft(signal, double=False) is not first
        assert stft(signal.copy()) is not first
        with pytest.raises(ValueError, match="read-only"):
            signal[0] = 1
    signal[0] = 1
    assert stft(signal) is not first


def test_sharing_one_signal_inside_another_goes_back_to_the_first() -> None:
    outer, inner = np.ones((2, 4000), np.float32)
    with shared_transforms(outer):
        kept = stft(outer)
        with shared_transforms(inner):
            assert stft(inner) is stft(inner)
        assert stft(outer) is kept


def test_inverse_at_another_length_sounds_higher_and_as_loud() -> None:
    tone = np.sin(2 * np.pi * 500 * np.arange(16_000) / 16_000).astype(np.float32)
    higher = istft(stft(tone), length=8000, n_fft=1024, hop=256)[2000:6000]
    assert np.argmax(np.abs(np.fft.rfft(higher))) * 4 == 1000
    assert higher.std() == pytest.approx(tone.std(), rel=0.01)
