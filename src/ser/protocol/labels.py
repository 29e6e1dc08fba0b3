"""Label sets: from each corpus's native emotions to the classes of a study."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ser.errors import ConfigError, ProtocolError, nearest_first
from ser.protocol.balance import seeded_order

ANY = "any"
"""Key of the maps and drops that hold for every corpus which says nothing else of an emotion."""


@dataclass(frozen=True, kw_only=True)
class LabelSet:
    """Common classes, and how each corpus's native emotions become them.

    Every native emotion of a corpus in use must be mapped or dropped with a reason: none is lost in silence. What is
    said of a corpus goes before what is said of "any".

    Attributes:
        name: what people call it ("seven").
        classes: the common classes, in the order of every table and confusion matrix.
        maps: corpus, or "any" -> native emotion -> class.
        drops: corpus, or "any" -> native emotion -> the reason why it is left out.
        identity: whether an emotion that is neither mapped nor dropped is a class by its own name.
        thinned: native emotion -> share of its utterances, of each corpus, that is left out at random (always the same
            ones), where a study did so.

    Raises:
        ConfigError: for fewer than two classes (unless `identity`), repeated classes, a map to an unknown class, an
            emotion that is both mapped and dropped in one place, or a share that is none.
    """

    name: str
    classes: list[str]
    maps: dict[str, dict[str, str]]
    drops: dict[str, dict[str, str]]
    identity: bool
    thinned: dict[str, float]

    def __post_init__(self) -> None:
        if (len(self.classes) < 2 and not self.identity) or len(set(self.classes)) != len(self.classes):
            raise ConfigError(
                expected="two or more different class names",
                received=", ".join(self.classes) or "none",
                where="labels.classes",
                fix="List each common class once.",
            )
        for corpus, mapping in self.maps.items():
            self._check_map(corpus, mapping)
        for native, share in self.thinned.items():
            if not 0 < share < 1:
                raise ConfigError(
                    expected="a share above 0 and below 1",
                    received=share,
                    where=f"labels.thinned.{native}",
                    fix="To leave out the whole emotion, drop it with a reason.",
                )

    def _check_map(self, corpus: str, mapping: dict[str, str]) -> None:
        where = f"labels.maps.{corpus}"
        for native, label in mapping.items():
            if label not in self.classes:
                raise ConfigError(
                    expected=f"one of {', '.join(nearest_first(label, self.classes))}",
                    received=label,
                    where=f"{where}.{native}",
                    fix="Map it to one of labels.classes, or add the class there.",
                )
        both = sorted(mapping.keys() & self.drops.get(corpus, {}).keys())
        if both:
            raise ConfigError(
                expected="each native emotion either mapped or dropped",
                received=f"both for {', '.join(both)}",
                where=where,
                fix=f"Remove them from labels.maps.{corpus} or from labels.drops.{corpus}.",
            )

    def label_of(self, corpus: str, native: str | None) -> str | None:
        """Give the class of a corpus's native emotion; None when it is dropped or unknown."""
        for owner in (corpus, ANY):
            if native in self.maps.get(owner, {}):
                return self.maps[owner][str(native)]
            if native in self.drops.get(owner, {}):
                return None
        return native if self.identity else None

    def reason_of(self, corpus: str, native: str | None) -> str | None:
        """Say why a corpus's native emotion is dropped; None when it is mapped or unknown."""
        for owner in (corpus, ANY):
            if native in self.maps.get(owner, {}):
                return None
            if native in self.drops.get(owner, {}):
                return self.drops[owner][str(native)]
        return None


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Utterances under a label set.

    Attributes:
        utterances: the manifest rows that have a class, in their order, plus the column `label`.
        dropped: what was left out: columns `corpus emotion_native count reason`, sorted by corpus and emotion.
        classes: the classes that have utterances, in the order of the label set; others by name after them.
    """

    utterances: pd.DataFrame
    dropped: pd.DataFrame
    classes: list[str]


def apply(manifest: pd.DataFrame, label_set: LabelSet) -> Labelled:
    """Give every utterance its common class, and drop those that have none.

    Args:
        manifest: columns `utterance_id`, `corpus` and `emotion_native` are read; any others pass through.
        label_set: the classes and maps.

    Returns:
        The labelled utterances, the table of what was dropped and why, and the classes in use.

    Raises:
        ProtocolError: when a native emotion is neither mapped nor dropped, or fewer than two classes are left.
    """
    natives = manifest["emotion_native"].astype(object).where(manifest["emotion_native"].notna(), None)
    pairs = pd.MultiIndex.from_arrays([manifest["corpus"], natives])
    codes, kinds = pd.factorize(pairs)
    known = [(str(corpus), None if pd.isna(native) else str(native)) for corpus, native in kinds]
    label_of = np.array([label_set.label_of(*pair) for pair in known], dtype=object)
    reason_of = np.array([label_set.reason_of(*pair) for pair in known], dtype=object)
    rows = manifest.assign(label=pd.Series(label_of[codes], index=manifest.index, dtype="str"))
    reasons = pd.Series(reason_of[codes], index=manifest.index, dtype="str")
    _refuse_unknown(rows[rows["label"].isna() & reasons.isna()], label_set)
    thinned = _thinned(rows, label_set)
    reasons = reasons.mask(thinned.notna(), thinned)
    kept = rows[reasons.isna()].reset_index(drop=True)
    return Labelled(
        utterances=kept,
        dropped=_dropped(rows[reasons.notna()], reasons[reasons.notna()]),
        classes=_classes(kept, label_set),
    )


def restrict(labelled: Labelled, folds: pd.DataFrame, reason: str) -> Labelled:
    """Leave out the utterances that no fold uses, and the classes that then have none.

    Args:
        labelled: what was split.
        folds: the fold table.
        reason: why the split rule leaves utterances out.
    """
    used = labelled.utterances["utterance_id"].isin(folds["utterance_id"].unique())
    if used.all():
        return labelled
    kept, out = labelled.utterances[used].reset_index(drop=True), labelled.utterances[~used]
    present = set(kept["label"])
    more = _dropped(out, pd.Series(reason, index=out.index))
    return replace(
        labelled,
        utterances=kept,
        dropped=pd.concat([labelled.dropped, more]).sort_values(["corpus", "emotion_native"], ignore_index=True),
        classes=[label for label in labelled.classes if label in present],
    )


def _classes(kept: pd.DataFrame, label_set: LabelSet) -> list[str]:
    present = set(kept["label"])
    listed = [label for label in label_set.classes if label in present]
    classes = [*listed, *sorted(present - set(listed))]
    if len(classes) < 2:
        raise ProtocolError(
            expected="utterances of at least two classes",
            received=", ".join(classes) or "none",
            where=f"labels={label_set.name}",
            fix="Choose another label set or more corpora: there is nothing to tell apart.",
        )
    return classes


def _thinned(rows: pd.DataFrame, label_set: LabelSet) -> pd.Series[str]:
    """Say of each row why it is left out at random; null where it is not."""
    reasons = pd.Series(None, index=rows.index, dtype="str")
    chosen = rows[rows["emotion_native"].isin(list(label_set.thinned)) & rows["label"].notna()]
    for (_, native), group in chosen.groupby(["corpus", "emotion_native"]):
        share = label_set.thinned[str(native)]
        order = seeded_order(group["utterance_id"].tolist(), "thinned")
        reasons[group.index[order[: round(share * len(group))]]] = f"{share:.0%} left out at random, always the same"
    return reasons


def _refuse_unknown(rows: pd.DataFrame, label_set: LabelSet) -> None:
    if rows.empty:
        return
    corpus = min(rows["corpus"])
    natives = rows.loc[rows["corpus"] == corpus, "emotion_native"]
    counts = natives.fillna("without emotion").value_counts().sort_index()
    raise ProtocolError(
        expected=f"every native emotion of {corpus} to be mapped or dropped",
        received=", ".join(f"{native} ({count} utterances)" for native, count in counts.items()),
        where=f"labels.maps.{corpus}",
        fix=f"In conf/labels/{label_set.name}.yaml, add each to maps.{corpus}, or to drops.{corpus} with the reason "
        f"(on the command line: '+labels.maps.{corpus}={{NATIVE: CLASS}}'); or use labels=native, which keeps every "
        "corpus's own names.",
    )


def _dropped(out: pd.DataFrame, reasons: pd.Series[str]) -> pd.DataFrame:
    counts = out.assign(reason=reasons).groupby(["corpus", "emotion_native", "reason"]).size()
    return counts.rename("count").reset_index()[["corpus", "emotion_native", "count", "reason"]]
