"""Which recording a name means: the same one whatever its folder and suffix, and the one that a copy was made from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

FROM_CORPUS = ("corpus", "speaker", "session", "text_id", "audio", "file", "label")
Lookup = Callable[[str], Mapping[str, str | None] | None]
"""From a name to what the corpora know of that utterance (`utterance` and `FROM_CORPUS`), or None."""

_SUFFIX = re.compile(r"\.(wav|flac|mp3|ogg|opus|aiff?|m4a|mp4|webm|sph|npy|npz|pt|pth|pkl|csv|txt|json|png|jpg)$")
_AMOUNT = r"(?:[ _+-]?(?:up|down|snr|\d+(?:\.\d+)?(?:db|st|x|hz|ms)?))*"
# What nobody calls a recording of its own by.
_SURE = (
    r"aug(?:m|mented|mentation)?|noise|noisy|noised|pitch(?:ed|shift(?:ed)?)?|time[ _-]?stretch|stretch(?:ed)?"
    r"|speed|specaug|mixup|reverb(?:ed)?|time[ _-]?shift|shift(?:ed)?|perturb(?:ed)?"
)
# What may also be a way of speaking, a place, or a recording of its own.
_PERHAPS = r"tempo|fast|slow|gain|vol(?:ume)?|loud|rev|rir|echo|room|babble|white|music|mask(?:ed)?|codec|mp3|copy|orig"
_AFTER_SURELY = re.compile(rf"(?:[ _.+-]+(?:{_SURE}){_AMOUNT})+$|[ _-]*\(\d+\)$")
_AFTER_PERHAPS = re.compile(rf"(?:[ _.+-]+(?:{_SURE}|{_PERHAPS}){_AMOUNT})+$")
# Kaldi's speed perturbation writes sp0.9-NAME.
_BEFORE_SURELY = re.compile(r"^sp\d\.\d+[_-]")
_BEFORE_PERHAPS = re.compile(rf"^(?:(?:{_SURE}|{_PERHAPS}){_AMOUNT}[ _.+-]+)+")
_GUESSES = ((_AFTER_SURELY, True), (_BEFORE_SURELY, True), (_AFTER_PERHAPS, False), (_BEFORE_PERHAPS, False))


@dataclass(frozen=True, kw_only=True)
class _Known:
    """The names of a split: plain name -> itself, and stem -> plain name where one alone has it."""

    plain: frozenset[str]
    by_stem: Mapping[str, str]


def plain(name: str) -> str:
    r"""Write a name one way only: forward slashes, no suffix of a file, small letters.

    Example:
        >>> plain("wav\\03a01Fa.WAV"), plain("emodb/03a01Fa")
        ('wav/03a01fa', 'emodb/03a01fa')
    """
    return _SUFFIX.sub("", name.replace("\\", "/").removeprefix("./").lower())


def origin(stem: str) -> tuple[str, bool] | None:
    """Guess by a name whose augmented copy it is.

    Args:
        stem: the last part of a plain name.

    Returns:
        The stem of the original, and whether that is sure even if nobody knows the original; None for other names.

    Example:
        >>> origin("03a01fa_noise_snr10"), origin("03a01fa_fast"), origin("03a01fa")
        (('03a01fa', True), ('03a01fa', False), None)
    """
    for pattern, sure in _GUESSES:
        left = pattern.sub("", stem)
        if left and left != stem:
            return left, sure
    return None


def resolve(rows: pd.DataFrame, lookup: Lookup) -> pd.DataFrame:
    """Say which utterance each row means, and complete it by what the corpora know.

    Args:
        rows: as :func:`ser.protocol.foreign.read` gives them.
        lookup: what the corpora know. They go before the table, but for labels, which are the table's own affair.

    Returns:
        The rows with the columns `utterance` (equal where two names mean one utterance), `origin` (the utterance that a
        copy was made from; its own for others), `copy` (whether it is an augmented copy) and `matched` (whether the
        corpora know it) added, and the facts filled in.
    """
    names = rows["name"].unique().tolist()
    known = _known(names)
    meant = pd.DataFrame([_meaning(name, lookup, known) for name in names], index=names)
    table = meant.loc[rows["name"]].set_axis(rows.index)
    parents = {name: _parent(name, lookup, known) for name in rows["parent"].dropna().unique()}
    told = rows["parent"].map(parents)
    filled = rows.assign(
        utterance=table["utterance"],
        origin=told.where(told.notna(), table["origin"]),
        copy=table["copy"] | (told.notna() & (told != table["utterance"])),
        matched=table["matched"],
    )
    for column in FROM_CORPUS:
        first, second = (table[column], rows[column]) if column != "label" else (rows[column], table[column])
        filled[column] = first.where(first.notna(), second)
    return filled


def _known(names: Iterable[str]) -> _Known:
    every = {plain(name) for name in names}
    stems = Counter(_stem(name) for name in every)
    return _Known(plain=frozenset(every), by_stem={_stem(name): name for name in every if stems[_stem(name)] == 1})


def _meaning(name: str, lookup: Lookup, known: _Known) -> dict[str, object]:
    found = lookup(name)
    if found is not None:
        return {**found, "origin": found["utterance"], "copy": False, "matched": True}
    here = plain(name)
    guess = origin(_stem(here))
    nothing = dict.fromkeys(FROM_CORPUS)
    if guess is not None:
        left, sure = guess
        found = lookup(left)
        if found is not None:
            # A copy has the speaker and the words of its original, and sounds otherwise.
            facts = {**found, "audio": None, "file": None}
            return {**facts, "utterance": here, "origin": found["utterance"], "copy": True, "matched": True}
        beside = here.removesuffix(_stem(here)) + left
        if sure or beside in known.plain or left in known.by_stem:
            parent = beside if beside in known.plain else known.by_stem.get(left, beside)
            return {**nothing, "utterance": here, "origin": parent, "copy": True, "matched": False}
    return {**nothing, "utterance": here, "origin": here, "copy": False, "matched": False}


def _parent(name: str, lookup: Lookup, known: _Known) -> str:
    found = lookup(name)
    if found is not None:
        return str(found["utterance"])
    return known.by_stem.get(_stem(plain(name)), plain(name))


def _stem(name: str) -> str:
    return name.rpartition("/")[2]
