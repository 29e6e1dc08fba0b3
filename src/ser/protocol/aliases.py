"""Speakers who go by two names in one corpus."""

from __future__ import annotations

import re

import pandas as pd

_TITLE = re.compile(r"^(?:speaker|spk|actor|subject|participant|id)(?=\d)")


def persons(rows: pd.DataFrame) -> dict[str, str]:
    """Say which speaker ids of one corpus are one person: spelled alike, or heard in one recording.

    Args:
        rows: columns `corpus speaker audio`; what is unknown is None.

    Returns:
        Each speaker id -> the first id of the same person.
    """
    known = rows[rows["speaker"].notna()].drop_duplicates(["corpus", "speaker", "audio"])
    corpus = known["corpus"].fillna(known["speaker"].map(lambda name: name.rpartition("/")[0]))
    first = {name: name for name in sorted(known["speaker"].unique())}
    spelled = corpus + "/" + known["speaker"].map(spelling)
    heard = corpus + "/" + known["audio"]
    for key in (spelled, heard):
        for _, names in known["speaker"].groupby(key):
            alike = sorted(names.unique())
            for name in alike[1:]:
                _join(first, alike[0], name)
    return {name: _first(first, name) for name in first}


def spelling(speaker: str) -> str:
    """Write a speaker id as all its usual spellings have it in common.

    Example:
        >>> spelling("Actor_03"), spelling("spk3"), spelling("emodb/03"), spelling("M03")
        ('3', '3', '3', 'm3')
    """
    name = re.sub(r"[^a-z0-9]", "", speaker.lower().rpartition("/")[2])
    return re.sub(r"(?<!\d)0+(?=\d)", "", _TITLE.sub("", name)) or speaker


def _first(first: dict[str, str], name: str) -> str:
    while first[name] != name:
        name = first[name]
    return name


def _join(first: dict[str, str], one: str, other: str) -> None:
    a, b = sorted((_first(first, one), _first(first, other)))
    first[b] = a
