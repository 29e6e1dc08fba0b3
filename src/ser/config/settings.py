"""The typed settings of one job, and what stands at the top of its configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from omegaconf import DictConfig, OmegaConf

from ser.config.components import build, checked
from ser.config.composition import compose
from ser.config.tracking import Tracking
from ser.errors import ConfigError, one_of
from ser.paths import GROUPS, choices
from ser.pool import available_cores

if TYPE_CHECKING:
    from ser.audio.augment import Augmentation
    from ser.corpora.base import Corpus
    from ser.features.base import Recipe
    from ser.features.engine import Engine
    from ser.models.base import ModelSpec
    from ser.protocol.labels import LabelSet
    from ser.protocol.normalise import Normalisation
    from ser.protocol.rules import SplitRule
    from ser.training.trainer import Trainer

OWN = frozenset({"folder", "table"})
"""The corpora that `path` is for."""

_STUDY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TAKEN = frozenset({"explore", "matrix", "optimism"})
_NAME_IT = "Write study=my-study."
_LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True, kw_only=True)
class Options:
    """The values at the top of the configuration; conf/config.yaml says what each means.

    Raises:
        ConfigError: for values out of range.
    """

    study: str
    seeds: list[int]
    data_dir: str
    path: str | None
    work_dir: str
    workers: int | None
    allowed_bad_share: float
    replicates: int
    embed_audio: bool
    rerun: bool
    runs_from: str | None
    to: str | None

    def __post_init__(self) -> None:
        taken = self.study.lower()
        wrong_seeds = [seed for seed in self.seeds if not 0 <= seed <= _LARGEST_SEED]
        for fine, key, expected, fix in (
            (_STUDY.fullmatch(self.study), "study", "letters, digits, '.', '_' and '-'", _NAME_IT),
            (taken not in _TAKEN, "study", f"another name: reports/{taken} is of `ser {taken}`", _NAME_IT),
            (self.seeds, "seeds", "one or more whole numbers", "Write seeds=[0,1,2]."),
            (len(set(self.seeds)) == len(self.seeds), "seeds", "each seed once", "Write seeds=[0,1,2]."),
            (not wrong_seeds, "seeds", f"seeds from 0 to {_LARGEST_SEED}", "Write seeds=[0,1,2]."),
            (self.workers is None or self.workers >= 1, "workers", "at least one worker", "Set workers=1."),
            (0 <= self.allowed_bad_share <= 1, "allowed_bad_share", "a share from 0 to 1", "Set 0.05, say."),
            (self.replicates >= 1, "replicates", "one replicate or more", "Set replicates=2000."),
        ):
            if not fine:
                raise ConfigError(expected=expected, received=getattr(self, key), where=key, fix=fix)


class Settings:
    """One composed job, its components built and type-checked when first asked for.

    Their families are imported then too: who asks for the features alone waits for no model, table or compiled loop.

    Args:
        config: the composed configuration, without Hydra's own node.
        overrides: what the user wrote, to be shown again.

    Raises:
        ConfigError: for a key or value at the top that does not fit; on access, when a group does not fit its
            component's schema.
    """

    def __init__(self, config: DictConfig, overrides: Sequence[str] = ()) -> None:
        self.config = config
        self.overrides = list(overrides)
        top = [field.name for field in fields(Options)]
        for key in config:
            one_of(str(key), [*top, *GROUPS[1:], "corpora"], what="a configuration key", where="command line")
        plain = {key: value for key, value in self.plain().items() if key in top}
        if isinstance(plain["seeds"], int):
            plain["seeds"] = [plain["seeds"]]
        options = checked(Options, plain, "")
        self.study, self.rerun, self.embed_audio = options.study, options.rerun, options.embed_audio
        self.allowed_bad_share, self.replicates = options.allowed_bad_share, options.replicates
        # Their order changes nothing, so two runs that differ in it are one.
        self.seeds = sorted(options.seeds)
        self.data_dir, self.work_dir = Path(options.data_dir).expanduser(), Path(options.work_dir).expanduser()
        self.runs_from = Path(options.runs_from).expanduser() if options.runs_from is not None else None
        self.to = Path(options.to).expanduser() if options.to is not None else None
        self.workers = options.workers or available_cores()
        if options.path is not None and not OWN & set(self.config.get("corpora") or {}):
            raise ConfigError(
                expected="no path, since the corpora chosen are found by name below data_dir",
                received=options.path,
                where="path",
                fix="Choose corpus=folder or corpus=table for a corpus of your own, or leave path out.",
            )

    @cached_property
    def corpora(self) -> dict[str, Corpus]:
        """The corpora by id, in order of their names."""
        nodes = self.config.get("corpora") or {}
        if not nodes:
            raise ConfigError(
                expected="at least one corpus",
                received="none",
                where="corpus",
                fix=f"Choose from: {', '.join(choices('corpus'))}.",
            )
        from ser.corpora.base import Corpus

        return {name: build(nodes[name], Corpus, f"corpora.{name}") for name in sorted(nodes)}  # type: ignore[type-abstract]

    @cached_property
    def labels(self) -> LabelSet:
        """The label map."""
        from ser.protocol.labels import LabelSet

        return build(self.config.labels, LabelSet, "labels")

    @cached_property
    def protocol(self) -> SplitRule:
        """The split rule."""
        from ser.protocol.rules import SplitRule

        return build(self.config.protocol, SplitRule, "protocol")  # type: ignore[type-abstract]

    @cached_property
    def normalise(self) -> Normalisation:
        """By whose statistics features are normalised."""
        from ser.protocol.normalise import Normalisation

        return build(self.config.normalise, Normalisation, "normalise")  # type: ignore[type-abstract]

    @cached_property
    def augment(self) -> Augmentation:
        """The augmentation of training utterances."""
        from ser.audio.augment import Augmentation

        return build(self.config.augment, Augmentation, "augment")

    @cached_property
    def features(self) -> Recipe:
        """The feature recipe."""
        from ser.features.base import Recipe

        return build(self.config.features, Recipe, "features")  # type: ignore[type-abstract]

    @cached_property
    def engine(self) -> Engine:
        """What carries out the extraction; results do not depend on it."""
        from ser.features.engine import Engine

        return build(self.config.engine, Engine, "engine")  # type: ignore[type-abstract]

    @cached_property
    def model(self) -> ModelSpec:
        """The model's description. Imports torch."""
        from ser.models.base import ModelSpec

        return build(self.config.model, ModelSpec, "model")

    @cached_property
    def trainer(self) -> Trainer:
        """The training settings. Imports torch."""
        from ser.training.trainer import Trainer

        return build(self.config.trainer, Trainer, "trainer")

    @cached_property
    def tracking(self) -> Tracking:
        """Where runs are logged."""
        return build(self.config.tracking, Tracking, "tracking")

    def plain(self) -> dict[str, Any]:
        """Return the whole configuration, interpolations resolved, as plain data."""
        return cast("dict[str, Any]", OmegaConf.to_container(self.config, resolve=True))


def load(overrides: Sequence[str]) -> Settings:
    """Compose one job.

    Args:
        overrides: Hydra overrides ("model=cnn", "seeds=[0,1]"), without sweeps.

    Raises:
        ConfigError: for a misspelt group, choice, key or value; the nearest valid ones are named.
    """
    return Settings(compose(overrides), overrides)
