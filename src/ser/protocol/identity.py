"""The identity of a protocol: runs are compared only when their hashes are equal."""

from __future__ import annotations

import pandas as pd

from ser.files import digest
from ser.protocol.normalise import Normalisation
from ser.protocol.rules import SplitRule


def protocol_hash(
    utterances: pd.DataFrame, classes: list[str], rule: SplitRule, folds: pd.DataFrame, normalise: Normalisation
) -> str:
    """Hash everything that must be equal for two results to be comparable.

    That is: the class of every utterance in the folds, the classes in use and their order, the split rule with its
    settings and metric, the fold table, and by whose statistics features are normalised. Names, the order of
    rows and what the label set says of other corpora do not count.

    Args:
        utterances: columns `utterance_id label`; it may hold more than the folds use.
        classes: the classes in use.
        rule: the split rule.
        folds: the fold table.
        normalise: the normalisation.

    Returns:
        12 hexadecimal digits.
    """
    ordered = folds.sort_values(["fold", "utterance_id"])
    lines = ordered["fold"].astype("str") + "\t" + ordered["part"] + "\t" + ordered["utterance_id"]
    used = utterances[utterances["utterance_id"].isin(folds["utterance_id"].unique())].sort_values("utterance_id")
    return digest(
        {
            "labels": digest("\n".join(used["utterance_id"] + "\t" + used["label"]), 64),
            "classes": classes,
            "rule": {"kind": type(rule).__name__, **rule.settings()},
            "folds": digest("\n".join(lines), 64),
            "normalise": normalise.settings(),
        },
        12,
    )
