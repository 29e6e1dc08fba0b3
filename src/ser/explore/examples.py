"""The recordings that the pictures show: one per emotion, and one under every augmentation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from ser.arrays import Float32
from ser.audio.augment import Augmentation, Chain, Variant, augment
from ser.audio.decode import load

RATE_HZ = 16000
"""The rate of pictures and playable samples: the lowest of the common corpora, so that all pictures compare."""
LONGEST_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Example:
    """A recording to be shown.

    Attributes:
        title: the emotion, or the augmentation.
        utterance_id: whose recording it is.
        origin: who speaks which text, in words.
        sha256: of the file, which seeds the augmentation.
        samples: float32 of shape [samples], one channel at `RATE_HZ`.
    """

    title: str
    utterance_id: str
    origin: str
    sha256: str
    samples: Float32

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE_HZ


def one_per_emotion(utterances: pd.DataFrame) -> pd.DataFrame:
    """Choose an utterance of each emotion, of one speaker and one text as far as the corpus has them.

    The speaker and text that occur in the most emotions are taken, the first in order among equals; an emotion that
    lacks them is shown by the same speaker, else by the same text, else by anyone.

    Args:
        utterances: one corpus; `utterance_id speaker text_id emotion_native` are read.

    Returns:
        One row per emotion, sorted by emotion.
    """
    ordered = utterances.sort_values("utterance_id")
    speaker, text = ordered["speaker"].fillna(""), ordered["text_id"].fillna("")
    covered = ordered.groupby([speaker, text])["emotion_native"].nunique()
    best_speaker, best_text = covered.index[int(covered.to_numpy().argmax())]
    fit = 2 * (speaker == best_speaker).astype(int) + (text == best_text).astype(int)
    by_fit = ordered.assign(fit=fit).sort_values("fit", ascending=False, kind="stable")
    return by_fit.drop_duplicates("emotion_native").sort_values("emotion_native").drop(columns="fit")


def read(chosen: pd.DataFrame, texts: dict[str, str]) -> list[Example]:
    """Load the chosen utterances.

    Args:
        chosen: rows with `file` (path of the audio), as :func:`one_per_emotion` gives them.
        texts: what is said, by text id, where it is published.

    Raises:
        DataError: when a recording cannot be read.
    """
    found = []
    for row in chosen.itertuples():
        samples, _ = load(Path(str(row.file)), sample_rate_hz=RATE_HZ, offset_s=0.0, duration_s=LONGEST_S)
        found.append(
            Example(
                title=str(row.emotion_native),
                utterance_id=str(row.utterance_id),
                origin=_origin(str(row.speaker), texts.get(str(row.text_id))),
                sha256=str(row.sha256),
                samples=samples,
            )
        )
    return found


def _origin(speaker: str, said: str | None) -> str:
    who = f"speaker {speaker.partition('/')[2] or speaker}"
    return f'{who}: "{said}"' if said else who


def augmented(example: Example, augmentation: Augmentation) -> list[Example]:
    """Show one recording clean, under each operation alone, and under every variant of the configuration.

    Args:
        example: the clean recording.
        augmentation: settings of the operations, and the variants.

    Returns:
        The examples, "clean" first; the copies are those that training would draw first.
    """
    alone = {name: _alone(name) for name in augmentation.operations}
    copies = [replace(example, title="clean")]
    for name, chain in {**alone, **augmentation.variants}.items():
        variant = Variant(name=name, chain=chain, copy=1)
        samples = augment(example.samples, RATE_HZ, variant, augmentation, example.sha256)
        copies.append(replace(example, title=name, samples=samples))
    return copies


def settings_of(name: str, augmentation: Augmentation) -> str:
    """Say what was done to a copy, with the settings: "noise (amplitude 0.035)".

    Args:
        name: as the title of an example that :func:`augmented` gave.
        augmentation: the settings it was given.
    """
    if name == "clean":
        return "as recorded"
    chain = augmentation.variants.get(name, _alone(name))
    return ", then ".join(f"{part} ({_settings(part, chain, augmentation)})" for part in chain.operations)


def _alone(operation: str) -> Chain:
    return Chain(operations=[operation], copies=1, probabilities={})


def _settings(operation: str, chain: Chain, augmentation: Augmentation) -> str:
    settings = asdict(augmentation.operations[operation])
    share = chain.probability(operation)
    if share < 1:
        settings["probability"] = share
    return ", ".join(f"{key} {value}" for key, value in settings.items() if value is not None)
