"""What runs must have in common to be compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Contest:
    """What the runs of one table have in common: only such runs may be compared.

    Attributes:
        protocol_hash: of labels, folds and metric.
        data_hash: of the audio and labels.
        protocol: name of the split rule.
        words: the protocol in words.
        normalise: by whose statistics features are normalised.
        warning: what must be said of such numbers; empty when nothing.
        speaker_independent: whether the split rule keeps speakers on one side.
        benchmark: whether every corpus is a published one, in its own recordings.
        verdict: of the leakage audit.
        metric: what its runs are ranked by.
        labels: name of the label set.
        classes: class names.
        corpora: corpus ids.
        lacking: corpus tested -> the classes that its test utterances lack, and that it is not scored on.
        utterances: number of utterances.
        tested: number of those that some fold tests.
        speakers: number of speakers.
        folds: number of folds.
    """

    protocol_hash: str
    data_hash: str
    protocol: str
    words: str
    normalise: str
    warning: str
    speaker_independent: bool
    benchmark: bool
    verdict: str
    metric: str
    labels: str
    classes: list[str]
    corpora: list[str]
    lacking: dict[str, list[str]]
    utterances: int
    tested: int
    speakers: int
    folds: int
