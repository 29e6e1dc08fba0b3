"""The identity of a protocol: runs are compared only when their hashes are equal."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from ser.files import digest
from ser.protocol.labels import LabelSet
from ser.protocol.rules import SplitRule


def protocol_hash(label_set: LabelSet, classes: list[str], rule: SplitRule, folds: pd.DataFrame) -> str:
    """Hash everything that must be equal for two results to be comparable.

    That is: the maps and drops of the corpora in use, the classes in use and their order, the split rule with its
    settings, metric and selection, and the fold table. Names, the order of rows and the maps of other corpora do not
    count.

    Args:
        label_set: the label set.
        classes: the classes in use.
        rule: the split rule.
        folds: the fold table; its utterance ids start with the corpus and a slash.

    Returns:
        12 hexadecimal digits.
    """
    corpora = _corpora_of(folds)
    settings = {key: value for key, value in asdict(rule).items() if key != "name"}
    ordered = folds.sort_values(["fold", "utterance_id"])
    lines = ordered["fold"].astype("str") + "\t" + ordered["part"] + "\t" + ordered["utterance_id"]
    return digest(
        {
            "maps": {corpus: label_set.maps.get(corpus, {}) for corpus in corpora},
            "drops": {corpus: label_set.drops.get(corpus, {}) for corpus in corpora},
            "classes": classes,
            "rule": {"kind": type(rule).__name__, **settings},
            "folds": digest("\n".join(lines), 64),
        },
        12,
    )


def _corpora_of(folds: pd.DataFrame) -> list[str]:
    return sorted({str(utterance).split("/", 1)[0] for utterance in folds["utterance_id"].unique()})
