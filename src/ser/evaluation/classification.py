"""The classification report of a run, as plain data and as text, in the forms of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def classification_table(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Give the classification report as plain data, in the form of scikit-learn's `output_dict`.

    Args:
        summary: as :func:`ser.evaluation.summary.summarise` gives.

    Returns:
        class -> `precision recall f1-score support`, then `accuracy` and the two averages. `macro avg` is over the
        classes where each is defined, so that its recall is the UAR.
    """
    rows = {
        name: {"precision": row["precision"], "recall": row["recall"], "f1-score": row["f1"], "support": row["support"]}
        for name, row in summary["per_class"].items()
    }
    support = [row["support"] for row in rows.values()]
    averages = {
        title: {
            **{
                key: _average([row[key] for row in rows.values()], weights)
                for key in ("precision", "recall", "f1-score")
            },
            "support": summary["n"],
        }
        for title, weights in (("macro avg", [1] * len(rows)), ("weighted avg", support))
    }
    return {**rows, "accuracy": summary["accuracy"], **averages}


def _average(values: Sequence[float | None], weights: Sequence[int]) -> float | None:
    """Average what is defined; None when nothing with a weight is."""
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total else None


def classification_report(summary: Mapping[str, Any]) -> str:
    """Write the classification report as text, as scikit-learn prints it; "-" is undefined.

    Args:
        summary: as :func:`ser.evaluation.summary.summarise` gives.
    """
    table = classification_table(summary)
    width = max(map(len, table))
    n = summary["n"]
    lines = [f"{'':>{width}}  precision    recall  f1-score   support", ""]
    for name, row in table.items():
        if name == "accuracy":
            lines += ["", f"{name:>{width}}  {'':>9} {'':>9} {row:>9.3f} {n:>9}"]
        else:
            cells = "".join(f" {_shown(row[key]):>9}" for key in ("precision", "recall", "f1-score"))
            lines.append(f"{name:>{width}} {cells} {row['support']:>9}")
    if len(summary["seeds"]) > 1:
        lines += ["", f"Over {len(summary['seeds'])} seeds; support is that of one."]
    return "\n".join(lines) + "\n"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
