from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from ser import config
from ser.arrays import Float32
from ser.audio.augment import Augmentation, Chain, Variant, augment, identity, modules_of, variants_of
from ser.audio.operations.channel import BandPass
from ser.audio.operations.level import Gain, Noise
from ser.audio.operations.tempo import Pitch, Shift, Stretch
from ser.audio.vocoder import pitch_shift, stretch_and_shift, time_stretch
from ser.errors import ConfigError

CLIP = "0" * 64
OTHER_CLIP = "1" * 64


def augmentation(
    variants: dict[str, list[str]],
    *,
    copies: int = 1,
    copies_of_all: int | None = None,
    seed: int = 0,
    mode: str = "parity",
    probabilities: dict[str, float] | None = None,
) -> Augmentation:
    return Augmentation(
        variants={
            name: Chain(operations=operations, copies=copies, probabilities=probabilities or {})
            for name, operations in variants.items()
        },
        copies=copies_of_all,
        seed=seed,
        mode=mode,
        operations={
            "noise": Noise(amplitude=0.035),
            "gain": Gain(low_db=-6.0, high_db=-6.0),
            "shift": Shift(max_s=0.2),
            "stretch": Stretch(rate=0.8),
            "pitch": Pitch(semitones=0.7),
            "band_pass": BandPass(low_hz=300.0, high_hz=3400.0, order=4),
        },
    )


def one(settings: Augmentation) -> Variant:
    return variants_of(settings)[0]


def test_every_variant_has_its_copies_and_those_without_chance_have_one() -> None:
    settings = augmentation({"shift": ["shift"], "both": ["stretch", "noise"], "pitch": ["pitch"]}, copies=2)
    assert [variant.key for variant in variants_of(settings)] == ["both-1", "both-2", "pitch-1", "shift-1", "shift-2"]
    assert one(settings).chain.operations == ["stretch", "noise"]
    assert settings.name == "both+pitch+shift"
    thrice = augmentation({"shift": ["shift"], "pitch": ["pitch"]}, copies=2, copies_of_all=3)
    assert [variant.key for variant in variants_of(thrice)] == ["pitch-1", "shift-1", "shift-2", "shift-3"]


@pytest.mark.parametrize("names", list(itertools.permutations(["noise", "robust", "snr_noise"])), ids=",".join)
def test_a_choice_is_the_same_alone_and_beside_others_in_any_order(names: tuple[str, ...]) -> None:
    together = config.load([f"augment=[{','.join(names)}]"]).augment
    apart = {name: config.load([f"augment={name}"]).augment for name in names}
    assert together.variants == {name: alone.variants[name] for name, alone in apart.items()}
    assert [variant.key for variant in variants_of(together)] == ["noise-1", "robust-1", "robust-2", "snr_noise-1"]
    for variant in variants_of(together):
        assert identity(variant, together) == identity(variant, apart[variant.name])


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
        "ser.audio.operations.tempo.StretchAndPitch",
        "ser.audio.operations.level.Noise",
        "ser.audio.operations.tempo.StretchAndPitch",
    ]
    noise = augmentation({"noise": ["noise"]})
    noise_fast = augmentation({"noise": ["noise"]}, mode="fast")
    assert identity(one(noise), noise) == identity(one(noise_fast), noise_fast)
    assert identity(one(fast), fast) != identity(one(parity), parity)
    assert np.isfinite(augment(voiced, 16_000, one(fast), fast, CLIP)).all()


def test_an_operation_is_applied_in_its_share_of_the_copies() -> None:
    settings = augmentation({"some": ["gain", "shift"]}, copies=400, probabilities={"gain": 0.25, "shift": 0.5})
    ramp = np.linspace(0, 0.5, 8000, dtype=np.float32)
    made = [augment(ramp, 16_000, variant, settings, CLIP) for variant in variants_of(settings)]
    assert np.mean([copy.max() < 0.4 for copy in made]) == pytest.approx(0.25, abs=0.07)
    assert np.mean([np.array_equal(copy, ramp) for copy in made]) == pytest.approx(0.75 * 0.5, abs=0.07)


def test_what_chance_leaves_out_does_not_part_a_stretch_from_its_pitch(voiced: Float32) -> None:
    chain = {"any": ["stretch", "gain", "pitch"]}
    settings = augmentation(chain, copies=20, mode="fast", probabilities={"gain": 0.5})
    one_step = stretch_and_shift(voiced, rate=0.8, semitones=0.7)
    copies = [augment(voiced, 16_000, variant, settings, CLIP) for variant in variants_of(settings)]
    assert 2 < sum(np.array_equal(copy, one_step) for copy in copies) < 18


def test_a_probability_makes_a_chain_random_and_is_part_of_its_identity() -> None:
    sure, perhaps = augmentation({"any": ["pitch"]}), augmentation({"any": ["pitch"]}, probabilities={"pitch": 0.5})
    assert len(variants_of(augmentation({"any": ["pitch"]}, copies=3, probabilities={"pitch": 0.5}))) == 3
    assert len(variants_of(augmentation({"any": ["pitch"]}, copies=3))) == 1
    seldom = augmentation({"any": ["pitch"]}, probabilities={"pitch": 0.25})
    assert len({str(identity(one(settings), settings)) for settings in (sure, perhaps, seldom)}) == 3


def test_the_code_of_a_copy_is_that_of_its_operations() -> None:
    settings = augmentation({"a": ["noise"], "b": ["noise", "band_pass"]})
    first, second = variants_of(settings)
    assert modules_of(first, settings) == ["ser.audio.augment", "ser.audio.operations.level"]
    assert modules_of(second, settings)[1:] == ["ser.audio.operations.channel", "ser.audio.operations.level"]


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
        (lambda: augmentation({}, copies_of_all=0), "augment.copies"),
        (lambda: augmentation({"hiss": ["noise"]}, copies=0), "augment.variants.hiss.copies"),
        (lambda: augmentation({}, mode="fastest"), "augment.mode"),
        (lambda: augmentation({"hiss": ["noise"]}, probabilities={"gain": 0.5}), "augment.variants.hiss.probabilities"),
        (
            lambda: augmentation({"hiss": ["noise"]}, probabilities={"noise": 0.0}),
            "augment.variants.hiss.probabilities.noise",
        ),
        (lambda: augmentation({"empty": []}), "augment.variants.empty.operations"),
        (lambda: augmentation({"typo": ["nois"]}), "augment.variants.typo.operations"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_key(make: Callable[[], object], where: str) -> None:
    with pytest.raises(ConfigError) as error:
        make()
    assert error.value.where == where
