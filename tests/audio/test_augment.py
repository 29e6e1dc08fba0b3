from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ser.arrays import Float32
from ser.audio.augment import Augmentation, Noise, Pitch, Shift, Stretch, Variant, augment, identity, variants_of
from ser.audio.vocoder import pitch_shift, stretch_and_shift, time_stretch
from ser.errors import ConfigError

CLIP = "0" * 64
OTHER_CLIP = "1" * 64


def augmentation(
    variants: dict[str, list[str]], *, copies: int = 1, seed: int = 0, mode: str = "parity"
) -> Augmentation:
    return Augmentation(
        variants=variants,
        copies=copies,
        seed=seed,
        mode=mode,
        noise=Noise(amplitude=0.035),
        shift=Shift(max_s=0.2),
        stretch=Stretch(rate=0.8),
        pitch=Pitch(semitones=0.7),
    )


def one(settings: Augmentation) -> Variant:
    return variants_of(settings)[0]


def test_every_variant_has_its_copies_and_those_without_chance_have_one() -> None:
    settings = augmentation({"shift": ["shift"], "both": ["stretch", "noise"], "pitch": ["pitch"]}, copies=2)
    assert [variant.key for variant in variants_of(settings)] == ["both-1", "both-2", "pitch-1", "shift-1", "shift-2"]
    assert one(settings).chain == ("stretch", "noise")
    assert settings.name == "both+pitch+shift"


def test_no_variants_is_no_augmentation() -> None:
    assert variants_of(augmentation({})) == []
    assert augmentation({}).name == "none"


def test_a_copy_depends_on_clip_seed_variant_and_copy_only(voiced: Float32) -> None:
    settings = augmentation({"noise": ["noise"]}, copies=2)
    first, second = variants_of(settings)
    made = augment(voiced, 16_000, first, settings, CLIP)
    np.testing.assert_array_equal(made, augment(voiced.copy(), 16_000, first, settings, CLIP))
    others = [
        augment(voiced, 16_000, second, settings, CLIP),
        augment(voiced, 16_000, first, settings, OTHER_CLIP),
        augment(voiced, 16_000, first, augmentation({"noise": ["noise"]}, seed=1), CLIP),
        augment(voiced, 16_000, one(augmentation({"hiss": ["noise"]})), settings, CLIP),
    ]
    assert all(not np.array_equal(made, other) for other in others)


def test_other_settings_beside_it_do_not_change_a_copy(voiced: Float32) -> None:
    alone, among = augmentation({"noise": ["noise"]}), augmentation({"noise": ["noise"], "shift": ["shift"]}, copies=3)
    np.testing.assert_array_equal(
        augment(voiced, 16_000, one(alone), alone, CLIP), augment(voiced, 16_000, one(among), among, CLIP)
    )


def test_noise_is_gaussian_and_at_most_its_share_of_the_peak() -> None:
    settings = augmentation({"noise": ["noise"]}, copies=200)
    clip = np.full(4000, 0.5, np.float32)
    added = np.stack([augment(clip, 16_000, variant, settings, CLIP) - clip for variant in variants_of(settings)])
    assert added.dtype == np.float32
    deviation = added.std(axis=1)
    assert deviation.max() < 0.035 * 0.5 * 1.05
    assert deviation.mean() == pytest.approx(0.035 * 0.5 / 2, rel=0.15)
    kurtosis = np.mean((added / deviation[:, None]) ** 4)
    assert kurtosis == pytest.approx(3, abs=0.05)


def test_shift_rolls_by_at_most_its_limit_either_way() -> None:
    settings = augmentation({"shift": ["shift"]}, copies=100)
    clip = np.zeros(16_000, np.float32)
    clip[8000] = 1
    moves = np.array([np.argmax(augment(clip, 16_000, variant, settings, CLIP)) for variant in variants_of(settings)])
    moves -= 8000
    assert np.abs(moves).max() <= 0.2 * 16_000
    assert moves.min() < -2500
    assert moves.max() > 2500


def test_a_chain_applies_its_operations_in_turn(voiced: Float32) -> None:
    settings = augmentation({"slow_high": ["stretch", "pitch"]})
    expected = pitch_shift(time_stretch(voiced, rate=0.8), sample_rate_hz=16_000, semitones=0.7)
    np.testing.assert_array_equal(augment(voiced, 16_000, one(settings), settings, CLIP), expected)


@pytest.mark.parametrize(
    ("chain", "steps"),
    [
        (["stretch"], [(0.8, 0.0)]),
        (["pitch"], [(1.0, 0.7)]),
        (["stretch", "pitch"], [(0.8, 0.7)]),
        (["pitch", "stretch"], [(1.0, 0.7), (0.8, 0.0)]),
        (["stretch", "pitch", "pitch"], [(0.8, 0.7), (1.0, 0.7)]),
    ],
)
def test_fast_does_a_stretch_and_the_pitch_after_it_in_one_step(
    voiced: Float32, chain: list[str], steps: list[tuple[float, float]]
) -> None:
    settings = augmentation({"any": chain}, mode="fast")
    expected = voiced
    for rate, semitones in steps:
        expected = stretch_and_shift(expected, rate=rate, semitones=semitones)
    np.testing.assert_array_equal(augment(voiced, 16_000, one(settings), settings, CLIP), expected)


def test_fast_leaves_other_operations_as_they_are(voiced: Float32) -> None:
    chain = {"any": ["stretch", "noise", "pitch"]}
    fast, parity = augmentation(chain, mode="fast"), augmentation(chain)
    assert [step["operation"] for step in identity(one(fast), fast)["chain"]] == [  # type: ignore[attr-defined]
        "StretchAndPitch",
        "Noise",
        "StretchAndPitch",
    ]
    noise = augmentation({"noise": ["noise"]})
    noise_fast = augmentation({"noise": ["noise"]}, mode="fast")
    assert identity(one(noise), noise) == identity(one(noise_fast), noise_fast)
    assert identity(one(fast), fast) != identity(one(parity), parity)
    assert np.isfinite(augment(voiced, 16_000, one(fast), fast, CLIP)).all()


@pytest.mark.parametrize("mode", ["parity", "fast"])
@pytest.mark.parametrize("operation", ["noise", "shift", "stretch", "pitch"])
def test_the_clean_clip_is_left_as_it_was(voiced: Float32, operation: str, mode: str) -> None:
    settings = augmentation({"any": [operation]}, mode=mode)
    before = voiced.copy()
    changed = augment(voiced, 16_000, one(settings), settings, CLIP)
    np.testing.assert_array_equal(voiced, before)
    assert changed.dtype == np.float32
    assert not np.array_equal(changed, before)


def test_identity_holds_what_decides_the_samples_and_no_more() -> None:
    pitch = augmentation({"pitch": ["pitch"]})
    renamed = augmentation({"higher": ["pitch"]}, copies=5, seed=7)
    assert identity(one(pitch), pitch) == identity(one(renamed), renamed)
    noise = augmentation({"noise": ["noise"]})
    reseeded = augmentation({"noise": ["noise"]}, seed=7)
    assert identity(one(noise), noise) != identity(one(reseeded), reseeded)
    first, second = variants_of(augmentation({"noise": ["noise"]}, copies=2))
    assert identity(first, noise) != identity(second, noise)


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: Noise(amplitude=0.0), "augment.noise.amplitude"),
        (lambda: Shift(max_s=-1.0), "augment.shift.max_s"),
        (lambda: Stretch(rate=0.0), "augment.stretch.rate"),
        (lambda: Pitch(semitones=99.0), "augment.pitch.semitones"),
        (lambda: augmentation({}, copies=0), "augment.copies"),
        (lambda: augmentation({}, mode="fastest"), "augment.mode"),
        (lambda: augmentation({"empty": []}), "augment.variants.empty"),
        (lambda: augmentation({"typo": ["nois"]}), "augment.variants.typo"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_key(make: Callable[[], object], where: str) -> None:
    with pytest.raises(ConfigError) as error:
        make()
    assert error.value.where == where
