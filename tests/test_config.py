"""Names on the command line become typed settings, or are refused with the nearest valid name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from ser import config, paths
from ser.arrays import Shape
from ser.errors import ConfigError
from ser.models.base import EstimatorSpec, NetworkSpec

GROUP_CHOICES = [(group, name) for group in paths.GROUPS for name in paths.choices(group)]


@pytest.mark.parametrize(("group", "name"), GROUP_CHOICES)
def test_every_shipped_yaml_composes_and_builds(group: str, name: str, tmp_path: Path) -> None:
    settings = config.load([f"{group}={name}", f"work_dir={tmp_path}"])
    built: dict[str, Any] = {
        "corpus": settings.corpora if name == "all" else settings.corpora.get(name),
        "labels": settings.labels,
        "protocol": settings.protocol,
        "normalise": settings.normalise,
        "augment": settings.augment,
        "features": settings.features,
        "engine": settings.engine,
        "model": settings.model,
        "trainer": settings.trainer,
        "tracking": settings.tracking,
    }
    assert built[group] is not None
    if group in {"labels", "protocol", "normalise", "features", "model", "trainer"}:
        assert built[group].name == name, "the name in tables is the name on the command line"


@pytest.mark.parametrize("name", sorted({*paths.choices("features")} - {"ssl", "ssl_frames"}))
def test_every_recipe_computes(name: str) -> None:
    recipe = config.load([f"features={name}"]).features
    samples = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    values = recipe.compute(samples, 16000)
    assert values.shape[1] == recipe.width == len(recipe.names())


@pytest.mark.parametrize("name", paths.choices("model"))
def test_every_model_builds(name: str) -> None:
    model = config.load([f"model={name}"]).model
    if isinstance(model, NetworkSpec):
        for kind in model.accepts:
            assert sum(p.numel() for p in model.build(Shape(kind=kind, width=20), 3).parameters()) > 0
    else:
        assert isinstance(model, EstimatorSpec)
        assert hasattr(model.build(0, [20]), "fit")


def test_several_corpora_and_augmentations_compose_in_any_spelling() -> None:
    one = config.load(["corpus=emodb", "augment=noise"])
    several = config.load(["corpus=[synthetic,emodb]", "augment=[noise,pitch]"])
    assert list(one.corpora) == ["emodb"]
    assert list(several.corpora) == ["emodb", "synthetic"]
    assert {name: chain.operations for name, chain in several.augment.variants.items()} == {
        "noise": ["noise"],
        "pitch": ["pitch"],
    }


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("corpus=emobd", r"corpus: expected a name of the group corpus, but got 'emobd'. Did you mean 'emodb'"),
        ("augment=[noise,ptich]", "Did you mean 'pitch'"),
        ("model=cnm", "Did you mean 'cnn'"),
        ("model.hiden=[3]", r"Did you mean 'model.hidden'"),
        ("dta_dir=x", "Did you mean 'data_dir'"),
        ("+fetures=1", "Did you mean 'features'"),
        ("+model.hiden=3", "Did you mean 'hidden'"),
        ("+augment.operations.noise.amplitud=1", "Did you mean 'amplitude'"),
        ("+augment.variants.noise={copeis: 2}", "Did you mean 'copies'"),
        (
            "features=[strong,egemaps]",
            r"Join sets as parts of features=strong: '\+features@features.parts.NAME=egemaps'",
        ),
        ("model=[mlp,svm]", r"model: expected one name: .*Write model=mlp, or mlp,svm with -m"),
        ("~model.dropout", r"model.dropout: expected a value for dropout, but got 'none'"),
        ("model.hidden=abc", r"model.hidden: expected a valid list, but got 'abc'"),
        ("model.hidden=[1,abc]", r"model.hidden.1: expected a valid integer"),
        ("trainer.max_epochs=many", r"trainer.max_epochs: expected a valid integer"),
        ("model.dropout=2", "model.dropout"),
        ("augment.operations.noise.amplitude=-1", "augment.operations.noise.amplitude"),
        ("model._target_=os.system", r"model._target_: expected a class derived from ser.models.base.ModelSpec"),
        ("model._target_=ser.nowhere.Thing", "expected the dotted name of a class"),
        ("model._target_=Thing", "expected the dotted name of a class"),
        ("seeds=[]", "expected one or more whole numbers"),
        ("seeds=[0,x]", r"seeds\.1: expected a valid integer"),
        ("seeds=[0,0]", "seeds: expected each seed once"),
        ("seeds=[-1]", "expected seeds from 0 to"),
        ("replicates=0", "expected one replicate or more"),
        ("allowed_bad_share=1.5", "expected a share from 0 to 1"),
        ("study=../elsewhere", "study: expected letters, digits"),
        ("study=Explore", "study: expected another name: reports/Explore is a verb's"),
        ("corpora.emodb.folder=x", "corpora.emodb.folder: expected|expected settings of a corpus that is chosen"),
        ("workers=0", "expected at least one worker"),
        ("workers=two", "workers: expected a valid integer"),
        ("rerun=perhaps", "rerun: expected a valid boolean"),
        ("no equals sign", "expected overrides of the form key=value"),
        ("model={a:1", "expected overrides of the form key=value"),
        ("path=mine", "path: expected no path, .* but got 'mine'.*corpus=folder"),
        ("corpus=[]", "expected at least one corpus"),
        ("~corpus", "expected overrides that Hydra can compose"),
    ],
)
def test_what_is_wrong_is_refused_with_what_would_be_right(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        settings = config.load([override])
        _ = settings.corpora, settings.augment, settings.model, settings.trainer


def test_a_path_is_that_of_a_corpus_of_ones_own() -> None:
    assert config.load(["corpus=folder", "path=mine"]).corpora["folder"].folder == "mine"
    assert getattr(config.load(["corpus=table", "path=mine.csv"]).corpora["table"], "path") == "mine.csv"  # noqa: B009


def test_whole_numbers_do_for_fractions() -> None:
    assert config.load(["allowed_bad_share=1"]).allowed_bad_share == 1.0


def test_one_seed_may_stand_without_brackets() -> None:
    assert config.load(["seeds=3"]).seeds == [3]


def test_a_sweep_expands_to_every_combination_in_hydras_order() -> None:
    assert config.expand(["model=mlp,cnn", "seeds=0", "features=functionals,log_mel"]) == [
        ["model=mlp", "seeds=0", "features=functionals"],
        ["model=mlp", "seeds=0", "features=log_mel"],
        ["model=cnn", "seeds=0", "features=functionals"],
        ["model=cnn", "seeds=0", "features=log_mel"],
    ]


def test_an_installed_package_carries_its_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "ser"
    (package / "conf").mkdir(parents=True)
    monkeypatch.setattr(paths, "__file__", str(package / "paths.py"))
    assert paths.conf_dir() == package / "conf"


def test_params_and_conf_are_in_step() -> None:
    root = Path(__file__).parents[1]
    params = OmegaConf.to_container(OmegaConf.load(root / "params.yaml"))
    assert isinstance(params, dict)
    for group in ("corpus", "labels", "protocol", "augment", "features"):
        assert params[group] in paths.choices(group)
    assert set(params["models"]) <= set(paths.choices("model"))
    config.load([f"seeds={params['seeds']}"])
