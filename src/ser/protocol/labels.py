"""Label sets: from each corpus's native emotions to the classes of a study."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from ser.errors import ConfigError, ProtocolError, nearest_first


@dataclass(frozen=True, kw_only=True)
class LabelSet:
    """Common classes, and how each corpus's native emotions become them.

    Every native emotion of a corpus in use must be mapped or dropped with a reason: none is lost in silence.

    Attributes:
        name: what people call it ("seven").
        classes: the common classes, in the order of every table and confusion matrix.
        maps: corpus -> native emotion -> class.
        drops: corpus -> native emotion -> the reason why it is left out.

    Raises:
        ConfigError: for fewer than two classes, repeated classes, a map to an unknown class, or an emotion that is
            both mapped and dropped.
    """

    name: str
    classes: list[str]
    maps: dict[str, dict[str, str]]
    drops: dict[str, dict[str, str]]

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise ConfigError(
                expected="two or more different class names",
                received=", ".join(self.classes) or "none",
                where="labels.classes",
                fix="List each common class once.",
            )
        for corpus, mapping in self.maps.items():
            self._check_map(corpus, mapping)

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


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Utterances under a label set.

    Attributes:
        utterances: the manifest rows that have a class, in their order, plus the column `label`.
        dropped: what was left out: columns `corpus emotion_native count reason`, sorted by corpus and emotion.
        classes: the classes that have utterances, in the order of the label set.
    """

    utterances: pd.DataFrame
    dropped: pd.DataFrame
    classes: list[str]


def apply(manifest: pd.DataFrame, label_set: LabelSet) -> Labelled:
    """Give every utterance its common class, and drop those that have none.

    Args:
        manifest: columns `corpus` and `emotion_native` are read; any others pass through.
        label_set: the classes and maps.

    Returns:
        The labelled utterances, the table of what was dropped and why, and the classes in use.

    Raises:
        ProtocolError: when a corpus has no map, a native emotion is neither mapped nor dropped, or fewer than two
            classes are left.
    """
    natives = manifest["emotion_native"].astype(object).where(manifest["emotion_native"].notna(), None)
    pairs = list(zip(manifest["corpus"], natives, strict=True))
    counts = Counter(pairs)
    _refuse_unknown(counts, label_set)
    kept = {(corpus, native): label for corpus, mapping in label_set.maps.items() for native, label in mapping.items()}
    labels = pd.Series([kept.get(pair) for pair in pairs], index=manifest.index, dtype="str")
    present = set(labels.dropna())
    classes = [label for label in label_set.classes if label in present]
    if len(classes) < 2:
        raise ProtocolError(
            expected="utterances of at least two classes",
            received=", ".join(classes) or "none",
            where=f"labels={label_set.name}",
            fix="Choose another label set or more corpora: there is nothing to tell apart.",
        )
    has_label = labels.notna()
    return Labelled(
        utterances=manifest.assign(label=labels).loc[has_label].reset_index(drop=True),
        dropped=_dropped(counts, label_set),
        classes=classes,
    )


def _refuse_unknown(counts: Counter[tuple[str, str | None]], label_set: LabelSet) -> None:
    place = f"conf/labels/{label_set.name}.yaml"
    for corpus in sorted({corpus for corpus, _ in counts}):
        if corpus not in label_set.maps:
            raise ProtocolError(
                expected=f"a label map for the corpus {corpus}",
                received=f"maps for {', '.join(nearest_first(corpus, label_set.maps)) or 'no corpus'}",
                where=f"labels.maps.{corpus}",
                fix=f"Add maps.{corpus} to {place}, or choose another label set with labels=NAME.",
            )
        known = label_set.maps[corpus].keys() | label_set.drops.get(corpus, {}).keys()
        unknown = {
            str(native or "without emotion"): n
            for (owner, native), n in counts.items()
            if owner == corpus and native not in known
        }
        if unknown:
            raise ProtocolError(
                expected=f"every native emotion of {corpus} to be mapped or dropped",
                received=", ".join(f"{native} ({n} utterances)" for native, n in sorted(unknown.items())),
                where=f"labels.maps.{corpus}",
                fix=f"In {place}, add each to maps.{corpus}, or to drops.{corpus} with the reason.",
            )


def _dropped(counts: Counter[tuple[str, str | None]], label_set: LabelSet) -> pd.DataFrame:
    rows = [
        (corpus, native, count, label_set.drops[corpus][native])
        for (corpus, native), count in sorted(counts.items())
        if native in label_set.drops.get(corpus, {})
    ]
    return pd.DataFrame(rows, columns=["corpus", "emotion_native", "count", "reason"])
