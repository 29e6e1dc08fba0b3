"""The folds of a job, ready to be gathered by whoever fits them.

Apart from :mod:`ser.pipeline.folds`, whose code is part of a run's identity: that of configuration and scanning is not.
"""

from __future__ import annotations

from collections.abc import Iterator

from ser.config import Settings
from ser.pipeline import prepare
from ser.pipeline.folds import FoldLoader, fold_loaders
from ser.protocol.normalise import Normalisation


def loaders(
    settings: Settings, made: prepare.Split, normalise: Normalisation | None = None
) -> Iterator[tuple[int, FoldLoader, list[str]]]:
    """Extract what features the store lacks, and give each fold's number, its loader, and the ids of what it tests.

    Args:
        settings: the job.
        made: its split, or a part of it.
        normalise: by whose statistics features are normalised; None takes the job's own.
    """
    source = prepare.features(settings, made).source
    facts = made.utterances[["utterance_id", "sha256", "label", "speaker", "corpus"]]
    return fold_loaders(
        made.folds.merge(facts, on="utterance_id", validate="many_to_one"),
        made.classes,
        source,
        rule=settings.protocol,
        normalise=normalise or settings.normalise,
        widths=[width for _, width in settings.features.blocks()],
    )
