"""The verb `explore`: pages that show the corpora, before anything is trained."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ser.config import Settings
from ser.corpora.scan import ScanResult
from ser.corpora.synthetic import Synthetic
from ser.explore import examples, tables
from ser.explore.corpus_page import Pictured, corpus_page
from ser.explore.levels import levels
from ser.explore.overview_page import overview_page
from ser.explore.tables import Explored
from ser.features.extract import extract
from ser.files import folder_written_aside
from ser.paths import store_dir
from ser.pipeline import prepare
from ser.progress import track
from ser.protocol.labels import LabelSet


@dataclass(frozen=True, kw_only=True)
class _Corpus:
    """A corpus measured, what its pictures show, and the folder of its card."""

    explored: Explored
    pictured: Pictured
    scanned: Path


def explore(settings: Settings) -> Path:
    """Write `reports/explore/<corpora>/`: a page per corpus, one over all of them, their cards, and every table.

    Args:
        settings: names the corpora, the label set and the settings of the augmentations.

    Returns:
        `index.html`: the page over all corpora, or that of the only one.

    Raises:
        DataError: when a corpus is missing, too much of it is bad, or audio could not be read.
    """
    corpora = {name: _measured(settings, name, *scanned) for name, scanned in prepare.scan(settings).items()}
    out = settings.work_dir / "reports" / "explore" / "+".join(corpora)
    with folder_written_aside(out) as aside:
        _write_pages(settings, corpora, aside)
        _write_tables([corpus.explored for corpus in corpora.values()], aside / "tables")
        (aside / "cards").mkdir()
        for name, corpus in corpora.items():
            for suffix in ("md", "json"):
                shutil.copyfile(corpus.scanned / f"card.{suffix}", aside / "cards" / f"{name}.{suffix}")
    return out / "index.html"


def _measured(settings: Settings, name: str, result: ScanResult, scanned: Path) -> _Corpus:
    manifest = prepare.with_files(settings, name, result)
    recipe = levels()
    clips = prepare.clips_of(manifest)
    done = extract(clips, recipe, None, store_dir(settings.work_dir), engine=settings.engine)
    found = done.source.clean([clip.sha256 for clip in clips]).values
    label = pd.Series(
        [settings.labels.label_of(name, str(native)) for native in manifest["emotion_native"]], dtype="str"
    )
    utterances = tables.measured(manifest, label, recipe.names(), found)
    corpus = settings.corpora[name]
    pictured = Pictured(
        by_emotion=examples.read(examples.one_per_emotion(utterances), dict(corpus.facts.texts)),
        augmentation=settings.augment,
        with_audio=settings.embed_audio or isinstance(corpus, Synthetic),
    )
    explored = Explored(
        card=result.card,
        utterances=utterances.drop(columns="file"),
        quarantine=result.quarantine,
        left_out=_left_out(settings.labels, name, sorted(set(manifest["emotion_native"]))),
    )
    return _Corpus(explored=explored, pictured=pictured, scanned=scanned)


def _left_out(labels: LabelSet, corpus: str, natives: list[str]) -> dict[str, str]:
    """Say of each emotion that is left out, wholly or in part, why."""
    reasons = {}
    for native in natives:
        if labels.label_of(corpus, native) is None:
            reasons[native] = labels.reason_of(corpus, native) or "the label set does not name it"
        elif native in labels.thinned:
            reasons[native] = f"{labels.thinned[native]:.0%} of the utterances, at random and always the same"
    return reasons


def _write_pages(settings: Settings, corpora: Mapping[str, _Corpus], out: Path) -> None:
    alone = len(corpora) == 1
    for name, corpus in track(corpora.items(), total=len(corpora), what="drawing"):
        page = corpus_page(
            corpus.explored, corpus.pictured, label_set=settings.labels.name, home=None if alone else "index.html"
        )
        (out / ("index.html" if alone else f"{name}.html")).write_text(page, encoding="utf-8")
    if not alone:
        explored = [corpus.explored for corpus in corpora.values()]
        page = overview_page(explored, label_set=settings.labels.name, classes=settings.labels.classes)
        (out / "index.html").write_text(page, encoding="utf-8")


def _write_tables(explored: list[Explored], out: Path) -> None:
    out.mkdir()
    for name, table in tables.all_tables(explored).items():
        table.to_csv(out / f"{name}.csv", index=False, lineterminator="\n")
        table.to_parquet(out / f"{name}.parquet", index=False)
