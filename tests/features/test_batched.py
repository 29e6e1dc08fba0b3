from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from ser.arrays import Float32
from ser.errors import ConfigError
from ser.features.base import Recipe
from ser.features.batched import BatchedRecipe, compute_batched
from ser.features.recipes import Functionals, LogMel, MfccMean, MfccSequence
from ser.features.rich import Rich

RATE_HZ = 22_050
LOADING = {"sample_rate_hz": RATE_HZ, "offset_s": 0.0, "duration_s": None}
FUNCTIONALS = Functionals(name="functionals", mode="parity", **LOADING)
RECIPES = {
    "functionals": FUNCTIONALS,
    "mfcc_mean": MfccMean(name="mfcc_mean", n_mfcc=40, **LOADING),
    "mfcc_sequence": MfccSequence(name="mfcc_sequence", n_mfcc=13, load_rate_hz=None, pad_frames=None, **LOADING),
    "padded": MfccSequence(name="padded", n_mfcc=13, load_rate_hz=None, pad_frames=20, **LOADING),
    "log_mel": LogMel(name="log_mel", n_mels=64, n_fft=512, hop=256, fmin_hz=50.0, fmax_hz=None, floor=1e-8, **LOADING),
}
# Shorter than a hop, than half a frame, than a frame; at and beside multiples of the hop; up to 2.7 s.
LENGTHS = (1, 2, 37, 511, 512, 513, 1023, 1024, 2047, 2049, 4096, 9_000, 11_025, 22_050, 40_001, 60_000)


def voice(number: int, length: int) -> Float32:
    rng = np.random.default_rng(number)
    pitch_hz = rng.uniform(90, 250) * (1 + 0.1 * np.sin(2 * np.pi * np.arange(length) / RATE_HZ))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    tone = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 20))
    made: Float32 = (0.1 * tone + 0.003 * rng.standard_normal(length)).astype(np.float32)
    return made


def made_clips() -> list[Float32]:
    """Voices of all lengths, digital silence, a faint voice, and a tone above the range where tuning is looked for."""
    high = (0.3 * np.sin(2 * np.pi * 6000 * np.arange(12_000) / RATE_HZ)).astype(np.float32)
    others = [np.zeros(3000, np.float32), np.float32(1e-4) * voice(99, 15_000), high]
    return [voice(number, length) for number, length in enumerate(LENGTHS)] + others


CLIPS = made_clips()


def references(recipe: Recipe, clips: Sequence[Float32]) -> list[Float32]:
    return [recipe.compute(clip, RATE_HZ) for clip in clips]


def assert_close(ours: Sequence[Float32], expected: Sequence[Float32], deviations: float) -> None:
    """Hold each clip to 1e-4 of the value, and a share of the value's deviation over all clips."""
    atol = deviations * np.vstack(expected).std(axis=0, dtype=np.float64)
    assert len(ours) == len(expected)
    for values, reference in zip(ours, expected, strict=True):
        assert values.shape == reference.shape
        assert np.all(np.abs(values - reference) <= 1e-4 * np.abs(reference) + atol)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_in_double_precision_it_is_the_recipe(recipe: Recipe) -> None:
    batched = compute_batched(BatchedRecipe(recipe, RATE_HZ, double=True), CLIPS, batch_samples=200_000)
    assert batched.kind == recipe.kind
    assert_close(list(batched), references(recipe, CLIPS), 1e-5)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_in_single_precision_it_is_near(recipe: Recipe) -> None:
    batched = compute_batched(BatchedRecipe(recipe, RATE_HZ), CLIPS, batch_samples=200_000)
    # Chroma apart: their tuning may jump at a rounding.
    kept = [place for place, name in enumerate(recipe.names()) if not name.startswith("chroma")]
    expected = [reference[:, kept] for reference in references(recipe, CLIPS)]
    assert_close([values[:, kept] for values in batched], expected, 1e-4)


@pytest.mark.parametrize("rate_hz", [4000, 16_000, 44_100])
def test_every_rate_has_its_filters(rate_hz: int) -> None:
    ours = compute_batched(BatchedRecipe(FUNCTIONALS, rate_hz, double=True), CLIPS[-8:], batch_samples=200_000)
    assert_close(list(ours), [FUNCTIONALS.compute(clip, rate_hz) for clip in CLIPS[-8:]], 1e-5)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("padding", [1, 511, 512, 5000])
def test_what_follows_a_clip_does_not_matter(recipe: Recipe, padding: int) -> None:
    module = BatchedRecipe(recipe, RATE_HZ, double=True)
    clips = [CLIPS[2], CLIPS[10], CLIPS[12]]
    lengths = torch.tensor([len(clip) for clip in clips])
    batch = torch.full((len(clips), int(lengths.max()) + padding), torch.nan)
    for row, clip in zip(batch, clips, strict=True):
        row[: len(clip)] = torch.from_numpy(clip)
    values, counts = module(batch, lengths)
    for clip, rows, count in zip(clips, values, counts.tolist(), strict=True):
        alone, (own,) = module(torch.from_numpy(clip)[None], torch.tensor([len(clip)]))
        assert count == own
        torch.testing.assert_close(rows[:count], alone[0], rtol=1e-6, atol=1e-5)
        assert not rows[count:].any()


def test_a_vector_has_one_row_and_a_sequence_one_a_frame() -> None:
    batch, lengths = torch.zeros(2, 3000), torch.tensor([100, 3000])
    for recipe, expected in ((FUNCTIONALS, [1, 1]), (RECIPES["mfcc_sequence"], [1, 6]), (RECIPES["padded"], [20, 20])):
        assert BatchedRecipe(recipe, RATE_HZ)(batch, lengths)[1].tolist() == expected


@pytest.mark.parametrize("batch_samples", [1, 50_000, 10_000_000])
def test_order_and_size_of_batches_do_not_matter(batch_samples: int) -> None:
    module = BatchedRecipe(RECIPES["mfcc_sequence"], RATE_HZ, double=True)
    expected = compute_batched(module, CLIPS, batch_samples=200_000)
    order = np.random.default_rng(0).permutation(len(CLIPS))
    shuffled = compute_batched(module, [CLIPS[number] for number in order], batch_samples=batch_samples)
    for place, number in enumerate(order):
        np.testing.assert_allclose(shuffled[place], expected[number], rtol=1e-6, atol=1e-4)


def test_batches_hold_no_more_than_allowed() -> None:
    module = BatchedRecipe(RECIPES["mfcc_mean"], RATE_HZ)
    sizes: list[torch.Size] = []
    module.register_forward_pre_hook(lambda _, arguments: sizes.append(arguments[0].shape))
    compute_batched(module, CLIPS, batch_samples=30_000)
    assert sum(batch for batch, _ in sizes) == len(CLIPS)
    assert all(batch * samples <= 30_000 or batch == 1 for batch, samples in sizes)
    # Clips of like length go together.
    assert len(sizes) < len(CLIPS) / 2


def test_it_is_one_graph_to_the_compiler() -> None:
    module = BatchedRecipe(FUNCTIONALS, RATE_HZ)
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    batch, lengths = torch.from_numpy(np.stack([CLIPS[12], CLIPS[12][::-1]])), torch.tensor([11_025, 4000])
    torch.testing.assert_close(compiled(batch, lengths), module(batch, lengths))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_gpu_gives_the_same_and_never_waits(recipe: Recipe) -> None:
    module = BatchedRecipe(recipe, RATE_HZ, double=True).cuda()
    on_gpu = compute_batched(module, CLIPS, batch_samples=200_000)
    assert_close(list(on_gpu), references(recipe, CLIPS), 1e-5)
    batch, lengths = torch.zeros(2, 3000, device="cuda"), torch.tensor([100, 3000], device="cuda")
    torch.cuda.set_sync_debug_mode("error")
    try:
        module(batch, lengths)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_recipe_that_has_no_batched_form_is_refused() -> None:
    with pytest.raises(ConfigError, match="Functionals, MfccMean, MfccSequence, LogMel"):
        BatchedRecipe(Rich(name="rich", n_mfcc=20, **LOADING), RATE_HZ)
