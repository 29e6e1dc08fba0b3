from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ser.audio.augment import Augmentation, Chain
from ser.config import Settings, load
from ser.explore import examples, tables
from ser.explore.corpus_page import Pictured
from ser.explore.levels import levels
from ser.explore.tables import Explored
from ser.pipeline import prepare

SPEAKERS, TAKES, EMOTIONS = 3, 2, 7


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    sizes = [f"corpora.synthetic.speakers={SPEAKERS}", f"corpora.synthetic.utterances={TAKES}"]
    return load([*sizes, f"work_dir={tmp_path_factory.mktemp('explore')}", "workers=1"])


@pytest.fixture(scope="session")
def manifest(settings: Settings) -> pd.DataFrame:
    """The synthetic corpus as scanned, with the place of each file."""
    return prepare.manifest(settings)


@pytest.fixture(scope="session")
def explored(settings: Settings, manifest: pd.DataFrame) -> Explored:
    """The synthetic corpus with made-up levels, all but `surprise` in the label set."""
    ((result, _),) = prepare.scan(settings).values()
    measured = np.random.default_rng(0).uniform(0.1, 0.9, (len(manifest), 4)).astype(np.float32)
    label = manifest["emotion_native"].where(manifest["emotion_native"] != "surprise")
    utterances = tables.measured(manifest, label, levels().names(), measured).drop(columns="file")
    return Explored(
        card=result.card,
        utterances=utterances,
        quarantine=result.quarantine,
        left_out={"surprise": "too short for a class"},
    )


@pytest.fixture(scope="session")
def odd(explored: Explored) -> Explored:
    """A large corpus with everything missing or hostile: speakers, genders, texts, and a bad file name."""
    nothing = pd.Series(None, index=explored.utterances.index, dtype="str")
    rows = explored.utterances.assign(
        corpus="odd",
        utterance_id="odd/" + explored.utterances["utterance_id"],
        speaker=["unknown", "odd/b"] * (len(explored.utterances) // 2),
        gender="unknown",
        age=pd.array([41] * len(explored.utterances), dtype="Int16"),
        text_id=nothing,
        label=nothing,
        intensity=["weak", "strong"] * (len(explored.utterances) // 2),
    )
    card = replace(
        explored.card, corpus="odd", benchmark=True, texts=0, hours=42.0, warnings=["Nobody knows the <speakers>."]
    )
    bad = {"corpus": "odd", "path": "<script>alert(1)</script>.wav", "reason": "silence", "detail": "a & b"}
    return Explored(card=card, utterances=rows, quarantine=pd.DataFrame([bad] * 60), left_out={})


@pytest.fixture(scope="session")
def augmentation(settings: Settings) -> Augmentation:
    chain = Chain(operations=["stretch", "noise"], copies=1, probabilities={})
    return replace(settings.augment, variants={"slow_noise": chain})


@pytest.fixture(scope="session")
def pictured(manifest: pd.DataFrame, augmentation: Augmentation) -> Pictured:
    """Two recordings, to be seen and heard."""
    shown = examples.read(examples.one_per_emotion(manifest).head(2), {"s1": "ma si to"})
    return Pictured(by_emotion=shown, augmentation=augmentation, with_audio=True)
