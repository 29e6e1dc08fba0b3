"""Embeddings, from tiny encoders drawn at random: nothing is fetched."""

from __future__ import annotations

import dataclasses
import functools
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from features.voices import tone
from ser.arrays import Float32
from ser.config import load
from ser.errors import ConfigError, DataError
from ser.features.base import Recipe
from ser.features.source import feature_source

FAMILIES = {"wav2vec2": "Wav2Vec2", "hubert": "Hubert", "wavlm": "WavLM"}
LAYERS, WIDTH = 3, 16
# One frame needs 10 + 5 * ((2 - 1) * 2 + 3 - 1) samples.
RECEPTIVE_FIELD = 30


def written(folder: Path, family: str = "hubert", *, stable: bool = False, seed: int = 0) -> Path:
    """Write a tiny encoder; `stable`: of the large published kind, with another order of normalization."""
    config = getattr(transformers, f"{FAMILIES[family]}Config")(
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        intermediate_size=24,
        conv_dim=(8, 8, 8),
        conv_kernel=(10, 3, 2),
        conv_stride=(5, 2, 2),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
        feat_extract_norm="layer" if stable else "group",
        do_stable_layer_norm=stable,
    )
    torch.manual_seed(seed)
    transformers.logging.disable_progress_bar()
    getattr(transformers, f"{FAMILIES[family]}Model")(config).save_pretrained(folder)
    return folder


@functools.cache
def composed(name: str) -> Recipe:
    return load([f"features={name}"]).features


def recipe(weights: Path | str | None, name: str = "ssl", **changes: object) -> Recipe:
    """Change settings of what is composed: composing anew takes a tenth of a second."""
    return dataclasses.replace(composed(name), weights=None if weights is None else str(weights), **changes)


def answers(folder: Path, samples: Float32) -> tuple[list[Float32], Float32]:
    """Ask transformers itself: every hidden state, and the last one as the model gives it."""
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=True)
    asked = extractor(samples, sampling_rate=16_000, return_tensors="pt").input_values
    with torch.no_grad():
        found = transformers.AutoModel.from_pretrained(folder).eval()(asked, output_hidden_states=True)
    return [state[0].numpy() for state in found.hidden_states], found.last_hidden_state[0].numpy()


VOICE = tone(180.0, 0.4)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("stable", [False, True])
def test_the_embeddings_are_the_encoders_answers(family: str, stable: bool, tmp_path: Path) -> None:
    folder = written(tmp_path / "encoder", family, stable=stable)
    states, last = answers(folder, VOICE)
    assert len(states) == 1 + LAYERS
    for layer, expected in [(None, last), *enumerate(states)]:
        frames = recipe(folder, "ssl_frames", layer=layer).compute(VOICE, 16_000)
        assert frames.dtype == np.float32
        np.testing.assert_allclose(frames, expected, atol=2e-5)
    pooled = recipe(folder, pooling="mean_std").compute(VOICE, 16_000)
    assert pooled.shape == (1, 2 * WIDTH)
    np.testing.assert_allclose(pooled[0], np.hstack([last.mean(axis=0), last.std(axis=0)]), atol=2e-5)
    assert np.array_equal(recipe(folder).compute(VOICE, 16_000), pooled[:, :WIDTH])


def test_every_value_has_a_name(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert recipe(folder).names()[::15] == ["embedding_01_mean", "embedding_16_mean"]
    assert recipe(folder, pooling="mean_std").names()[-1] == "embedding_16_std"
    assert recipe(folder, "ssl_frames").names()[-1] == "embedding_16"


@pytest.mark.parametrize("length", [1, RECEPTIVE_FIELD - 1, RECEPTIVE_FIELD, 400])
def test_clips_of_any_length_give_finite_rows(length: int, tmp_path: Path) -> None:
    folder = written(tmp_path)
    for clip in (np.zeros(length, np.float32), VOICE[:length]):
        frames = recipe(folder, "ssl_frames").compute(clip, 16_000)
        assert len(frames) == max(1, 1 + (length - RECEPTIVE_FIELD) // 20)
        assert np.isfinite(frames).all()
        assert np.isfinite(recipe(folder).compute(clip, 16_000)).all()


def test_a_clip_has_the_same_embedding_whatever_was_asked_before(tmp_path: Path) -> None:
    made = recipe(written(tmp_path))
    alone = made.compute(VOICE, 16_000)
    made.compute(tone(90.0, 0.3), 16_000)
    assert np.array_equal(made.compute(VOICE, 16_000), alone)


def test_what_the_encoder_says_of_its_input_is_kept(tmp_path: Path) -> None:
    folder = written(tmp_path, stable=True)
    normalized = recipe(folder).compute(0.1 * VOICE, 16_000)
    np.testing.assert_allclose(normalized, recipe(folder).compute(VOICE, 16_000), atol=1e-4)
    before = recipe(folder).identity()
    (folder / "preprocessor_config.json").write_text('{"do_normalize": false}')
    assert not np.allclose(recipe(folder).compute(0.1 * VOICE, 16_000), normalized, atol=1e-3)
    assert recipe(folder).identity() != before


def test_the_content_of_the_weights_is_the_identity_not_their_place(tmp_path: Path) -> None:
    first = written(tmp_path / "first")
    copied = Path(shutil.copytree(first, tmp_path / "copied"))
    other = written(tmp_path / "other", seed=1)
    spaces = [feature_source(tmp_path / "store", recipe(at), None).clean_space for at in (first, copied, other)]
    assert spaces[0].folder == spaces[1].folder != spaces[2].folder
    assert recipe(first, layer=1).identity() != recipe(first).identity()
    shutil.copyfile(other / "model.safetensors", first / "model.safetensors")
    assert recipe(first).identity() == recipe(other).identity()
    assert np.array_equal(recipe(first).compute(VOICE, 16_000), recipe(other).compute(VOICE, 16_000))


def test_an_encoder_joins_other_sets(tmp_path: Path) -> None:
    folder = written(tmp_path)
    overrides = ["+features@features.parts.ssl=ssl", f"features.parts.ssl.weights={folder}"]
    joined = load(["features=strong", *overrides]).features
    assert joined.blocks()[-1] == ("ssl", WIDTH)


def test_weights_that_may_hold_code_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ConfigError, match="no others are read, as they may hold code"):
        recipe(folder).identity()
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="but got 'an empty folder'"):
        recipe(tmp_path / "empty").identity()


def test_an_encoder_without_all_its_weights_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "layers.2" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"encoder\.layers\.2\.[^,]*, .* and \d+ more"):
        recipe(folder).compute(VOICE, 16_000)
    save_file(
        {name: value for name, value in weights.items() if name != "masked_spec_embed"},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    assert recipe(folder).compute(VOICE, 16_000).shape == (1, WIDTH)


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, "model_type": "bert"}))
    with pytest.raises(ConfigError, match="expected an encoder of one of these families, but got 'bert'"):
        recipe(folder).names()
    (folder / "config.json").write_text(json.dumps({**settings, "model_type": "nothing"}))
    with pytest.raises(ConfigError, match="expected the configuration of an encoder"):
        recipe(folder).names()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": LAYERS + 1}, r"features\.layer: expected 0 to 3, the layers of"),
        ({"layer": -1}, r"features\.layer: expected 0 or more, or null"),
        ({"pooling": "max"}, r"features\.pooling: expected a pooling"),
        ({"sample_rate_hz": 8000}, r"features\.sample_rate_hz: expected 16000 Hz"),
        ({"sample_rate_hz": None}, r"features\.sample_rate_hz: expected 16000 Hz"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        recipe(written(tmp_path), **changes).names()


def test_weights_must_be_named_and_found() -> None:
    with pytest.raises(ConfigError, match=r"features\.weights: expected an encoder.*Set features\.weights=DIR"):
        recipe(None).names()
    with pytest.raises(ConfigError, match="a folder of weights, or a name on the hub"):
        recipe("nowhere/near/this").names()


def test_without_transformers_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(tmp_path)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ConfigError, match=r"Run pip install 'ser\[ssl\]'"):
        recipe(folder).names()


def hub_copy(root: Path, name: str, encoder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay an encoder out as the hub's own cache does, with no way to the hub."""
    home = root / f"models--{name.replace('/', '--')}"
    commit = "0" * 40
    shutil.copytree(encoder, home / "snapshots" / commit)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(root))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return home / "snapshots" / commit


def test_what_was_fetched_from_the_hub_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = written(tmp_path / "local")
    kept = hub_copy(tmp_path / "hub", "some/encoder", local, monkeypatch)
    assert recipe("some/encoder").identity() == recipe(local).identity()
    (kept / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match=r"features.weights=some/encoder: expected (a model that the hub has|a conf)"):
        recipe("some/encoder").names()
    with pytest.raises(ConfigError, match="Check name and revision, or fetch it elsewhere"):
        recipe("another/encoder").names()


def test_a_run_is_told_what_the_encoder_has_seen() -> None:
    seen = recipe("ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition")
    assert "was TRAINED ON ravdess, which is tested here" in seen.notices(["emodb", "ravdess"])[0]
    assert seen.notices(["emodb"])[0].endswith("was trained on CommonVoice, ravdess; on none of the tested corpora.")
    assert "It is not known" in recipe("my/own").notices(["emodb"])[0]
    local = recipe("/somewhere", known_as="amiriparian/ExHuBERT")
    assert "TRAINED ON emodb, savee" in local.notices(["savee", "emodb"])[0]
