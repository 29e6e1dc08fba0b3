"""The verbs as the command line calls them: do the step, export it to `to` when asked, and say what was done.

Modules that need torch or matplotlib are imported by the verbs that use them: scanning should not wait for them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from ser.config import Settings, components
from ser.errors import ConfigError, one_of
from ser.evaluation.summary import around_seeds
from ser.files import folder_written_aside, read_json
from ser.paths import store_dir
from ser.pipeline import leave, prepare, runs
from ser.pipeline.runs import RunFolder

if TYPE_CHECKING:
    from ser.training.trainer import Trainer


def check(settings: Settings, *, needs_model: bool) -> None:
    """Refuse a job that cannot work, before any work: keys, types, ranges, and the pairing of model and features.

    Args:
        settings: the job.
        needs_model: whether the verb trains or evaluates; otherwise the model is not looked at.

    Raises:
        ConfigError: naming what does not fit.
    """
    _ = settings.corpora, settings.labels, settings.protocol, settings.augment, settings.features, settings.tracking
    for name in settings.protocol.corpus_weights:
        one_of(name, settings.corpora, what="a corpus of this job", where="protocol.corpus_weights")
    if needs_model:
        from ser.models.base import NetworkSpec, check_pairing
        from ser.training import hardware

        trainer = settings.trainer
        if isinstance(settings.model, NetworkSpec):
            trainer.spec_augment.check(settings.features.kind)
            hardware.check(trainer)
        _refuse_idle(trainer, is_network=isinstance(settings.model, NetworkSpec), copies=settings.augment.variants)
        _check_learning(settings)
        check_pairing(
            settings.model,
            settings.features.kind,
            features=settings.features.name,
            fitting_models=[name for name, cls in components("model") if settings.features.kind in cls.accepts],
            fitting_features=[name for name, cls in components("features") if cls.kind in settings.model.accepts],
        )
        # How wide some features are, only their library or their weights can tell.
        _ = settings.features.width
        if not settings.seeds:
            raise ConfigError(expected="at least one seed", received="none", where="seeds", fix="Write seeds=[0].")


def _check_learning(settings: Settings) -> None:
    """Refuse what the protocol asks of learning where the model cannot do it."""
    from ser.models.base import check_self_training, check_weighing

    if settings.protocol.corpus_weights:
        check_weighing(settings.model, weighing_models=[name for name, cls in components("model") if cls.weighs])
    if settings.protocol.self_training is not None:
        check_self_training(settings.model)


def _refuse_idle(trainer: Trainer, *, is_network: bool, copies: Collection[str]) -> None:
    """Refuse settings that were asked for and would do nothing: such a run would pass for what it is not."""
    network = ("a network, which alone is trained so", "an estimator", "Choose a network, such as model=mlp")
    for asked, works, key, (expected, received, fix) in (
        (trainer.copies != "all", is_network, "copies", network),
        (trainer.mixup_alpha > 0, is_network, "mixup_alpha", network),
        (trainer.spec_augment.on, is_network, "spec_augment", network),
        (
            trainer.copies != "all",
            bool(copies),
            "copies",
            ("augmented copies to draw from", "none", "Choose some, such as augment=noise"),
        ),
    ):
        if asked and not works:
            raise ConfigError(
                expected=expected,
                received=received,
                where=f"trainer.{key}",
                fix=f"{fix}, or leave trainer.{key} out.",
            )


def scan(settings: Settings) -> str:
    """Scan the corpora."""
    lines = []
    for name, (result, folder) in prepare.scan(settings).items():
        found = result.card.utterances
        published = "" if found.expected is None else f" of {found.expected} published"
        lines.append(
            f"{name}: {found.found} utterances{published}, "
            f"{len(result.quarantine)} files in quarantine; card: {folder / 'card.md'}"
        )
        if settings.to:
            leave.files(
                [folder / part for part in ("manifest.parquet", "quarantine.csv", "card.md", "card.json")],
                settings.to if len(settings.corpora) == 1 else settings.to / name,
            )
    return "\n".join(lines)


def split(settings: Settings) -> str:
    """Make and audit the folds."""
    made = prepare.split(settings)
    if settings.to:
        leave.files([made.folder / part for part in ("folds.parquet", "audit.json", "protocol.json")], settings.to)
    dropped = int(made.dropped["count"].sum())
    warning = f"{made.protocol['warning']}\n" if made.protocol["warning"] else ""
    return (
        f"{made.protocol['words']}\n{made.protocol['utterances']} utterances of {made.protocol['speakers']} speakers, "
        f"{len(made.classes)} classes, {made.protocol['folds']} folds; {dropped} utterances left out by labels "
        f"or protocol.\n{warning}audit: {made.audit.verdict}; {made.audit.note}\n"
        f"protocol {made.protocol_hash}: {made.folder}"
    )


def features(settings: Settings) -> str:
    """Extract the features."""
    made = prepare.split(settings)
    done = prepare.features(settings, made)
    if settings.to:
        leave.features(done.source, made.utterances["sha256"].unique().tolist(), settings.to)
    shape, copies = done.source.shape, ", ".join(["clean", *done.source.variant_spaces])
    return (
        f"{settings.features.name}: {shape.kind}, {shape.width} values a row; {copies}\n"
        f"{done.computed} computed now, {done.found} found in {store_dir(settings.work_dir)}"
    )


def train(settings: Settings) -> str:
    """Train, evaluate and log."""
    from ser.pipeline import train as training

    folder = training.train(settings)
    if settings.to:
        leave.trained(folder, settings.to)
    return _result(folder, read_json(folder.summary))


def evaluate(settings: Settings) -> str:
    """Evaluate again."""
    from ser.pipeline import evaluate as evaluation

    if settings.runs_from is None:
        folder = evaluation.evaluate(settings)
        if settings.to:
            leave.evaluated(folder, settings.to)
        return _result(folder, read_json(folder.summary))
    if settings.to is None:
        raise ConfigError(
            expected="a folder for the evaluation", received="none", where="to", fix="Set to=DIR beside runs_from=DIR."
        )
    exported = RunFolder(settings.runs_from)
    with folder_written_aside(settings.to) as aside:
        summary = evaluation.evaluate_run(exported, aside / "evaluation", replicates=settings.replicates)
        leave.identity(exported, aside)
    return _result(exported, summary)


def report(settings: Settings) -> str:
    """Write the page of the study."""
    from ser.pipeline import report as reporting

    page = reporting.report(settings)
    if settings.to:
        with folder_written_aside(settings.to) as aside:
            shutil.copytree(page.parent, aside, dirs_exist_ok=True)
    return str(page)


def explore(settings: Settings) -> str:
    """Write the pages that show the corpora."""
    from ser.pipeline import explore as exploring

    page = exploring.explore(settings)
    if settings.to:
        with folder_written_aside(settings.to) as aside:
            shutil.copytree(page.parent, aside, dirs_exist_ok=True)
    return str(page)


def optimism(settings: Settings) -> str:
    """Run the recipe under its protocol and under a leaking one, and say what the leak is worth."""
    from ser.pipeline import optimism as comparing

    page, said = comparing.optimism(settings)
    if settings.to:
        with folder_written_aside(settings.to) as aside:
            shutil.copytree(page.parent, aside, dirs_exist_ok=True)
    return f"{said}\n{page}"


def _result(folder: RunFolder, summary: Mapping[str, Any]) -> str:
    interval = summary["uar_interval"]
    around = f" [{interval['low']:.3f}, {interval['high']:.3f}]" if interval else ""
    chance = summary["baselines"]["permuted"]["mean"]
    uar = f"UAR {summary['uar']:.3f}{around_seeds(summary)}{around}"
    score = f"{uar} on {summary['n']} held-out utterances (chance {chance:.3f})"
    record = runs.read(folder)
    warning = f"{record['protocol']['warning']}\n" if record["protocol"]["warning"] else ""
    return f"{warning}run {record['run_id']}: {score}; {folder.path}"


VERBS: dict[str, Callable[[Settings], str]] = {
    "scan": scan,
    "split": split,
    "features": features,
    "train": train,
    "evaluate": evaluate,
    "report": report,
    "explore": explore,
    "optimism": optimism,
}
"""By name: does the step for the settings, leaves its results in `to` when that is set, and says what was done."""
