"""The verb `optimism`: one recipe under its clean protocol and under a leaking one, both as ordinary runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf, open_dict

from ser.config import Settings, compose
from ser.errors import ConfigError
from ser.evaluation import markdown
from ser.evaluation.cautions import cautions, marks
from ser.evaluation.figures import save
from ser.evaluation.optimism import Estimate, Optimism, optimism_figure, words
from ser.evaluation.optimism import optimism as compare
from ser.files import digest, folder_written_aside, write_json, write_text
from ser.pipeline import prepare, runs, train
from ser.pipeline.runs import RunFolder
from ser.protocol.learning import OPTIONS

LEAKING = "random"
_SHARED = ("dev_share", "seed", "metric")
"""What the leaking protocol takes over from the clean one, beside the number of folds and `OPTIONS`."""


def optimism(settings: Settings) -> tuple[Path, str]:
    """Train a recipe under both protocols, where that is not done yet, and write the comparison.

    Args:
        settings: the job, under a protocol that keeps speakers apart.

    Returns:
        The page `reports/optimism/<key>/optimism.md`, and its finding in words.

    Raises:
        ConfigError: when the job's own protocol mixes speakers: there is nothing clean to compare with.
        SerError: when a run fails.
    """
    made = prepare.split(settings)
    if not made.audit.speaker_independent:
        raise ConfigError(
            expected="a protocol that keeps the speakers of the test apart",
            received=f"{settings.protocol.name} ({made.audit.verdict})",
            where="protocol",
            fix="Leave protocol out, or write protocol=loso; the leaking one is run beside it by itself.",
        )
    other = leaking(settings, folds=int(made.folds["fold"].nunique()))
    sides = (train.train(settings), train.train(other))
    found = compare(
        pd.read_parquet(sides[0].predictions),
        pd.read_parquet(sides[1].predictions),
        made.utterances.set_index("utterance_id")["speaker"],
        classes=made.classes,
        metric=settings.protocol.metric,
        replicates=settings.replicates,
    )
    key = digest({"runs": [side.run_id for side in sides], "replicates": settings.replicates}, 12)
    out = settings.work_dir / "reports" / "optimism" / key
    said = _said(found, runs.read(sides[0])["protocol"])
    _write(out, found, sides, said)
    return out / "optimism.md", said


def leaking(settings: Settings, *, folds: int) -> Settings:
    """Give the same job with as many folds over shuffled utterances, speakers on both sides.

    As many folds, so that both train on about as much: what differs is only who is heard in training.

    Args:
        settings: the job.
        folds: of its own protocol.
    """
    config = settings.config.copy()
    node = compose([f"protocol={LEAKING}"]).protocol
    shared = {key: getattr(settings.protocol, key) for key in _SHARED} | {"folds": max(folds, 2)}
    with open_dict(config), open_dict(node):
        config.protocol = OmegaConf.merge(node, shared, {key: config.protocol[key] for key in OPTIONS})
    kept = [override for override in settings.overrides if not _is_replaced(override)]
    return Settings(config, [*kept, f"protocol={LEAKING}", *(f"protocol.{key}={shared[key]}" for key in shared)])


def _is_replaced(override: str) -> bool:
    """Say whether an override is of the clean protocol alone, and not of what both learn by."""
    group, _, key = override.lstrip("+").partition("=")[0].partition(".")
    return group == "protocol" and key.partition(".")[0] not in OPTIONS


def _said(found: Optimism, protocol: Mapping[str, Any]) -> str:
    """Say the finding, after what must be said of the clean side: its speakers may be known by unlabelled clips."""
    return " ".join([*cautions(protocol), words(found)])


def _write(out: Path, found: Optimism, sides: tuple[RunFolder, RunFolder], said: str) -> None:
    records = [runs.read(side) for side in sides]
    names = [str(record["protocol"]["name"]) for record in records]
    title = " · ".join([f"What a leak is worth: {records[0]['name']}", *marks(records[0]["protocol"])])
    figure = optimism_figure(found, (names[0], names[1]), title)
    with folder_written_aside(out) as aside:
        save(figure, aside / "optimism.png")
        about = {"runs": {name: side.run_id for name, side in zip(names, sides, strict=True)}, "words": said}
        write_json(aside / "optimism.json", {**about, **dataclasses.asdict(found)})
        rows = [
            _row(f"clean: {names[0]}", found.clean, sides[0].run_id),
            _row(f"leaking: {names[1]}", found.leaking, sides[1].run_id),
            _row("difference", found.gap, ""),
        ]
        table = markdown.table(["", found.metric, "95 % interval", "run"], rows, "lrll")
        protocols = [f"- {name}: {record['protocol']['words']}" for name, record in zip(names, records, strict=True)]
        method = found.gap.interval.method if found.gap.interval else "no interval: too few speakers"
        notes = f"Intervals: {method}, both runs on the same draws, paired by utterance."
        page = [
            f"# {title}",
            "",
            said,
            "",
            table,
            "",
            *protocols,
            "",
            notes,
            "",
            "![both scores](optimism.png)",
            "",
        ]
        write_text(aside / "optimism.md", "\n".join(page))


def _row(label: str, estimate: Estimate, run: str) -> list[str]:
    around = estimate.interval
    shown = f"[{around.low:.3f}, {around.high:.3f}]" if around else "-"
    return [label, markdown.number(estimate.value), shown, run]
