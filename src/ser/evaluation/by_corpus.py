"""Each tested corpus by itself: corpora need not have the same classes, and none is scored on what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser.evaluation import markdown


def lacking(summary: Mapping[str, Any]) -> dict[str, list[str]]:
    """Name the classes that each tested corpus has no test utterance of; corpora that have all are not named."""
    absent = {
        found["corpus"]: [name for name in summary["classes"] if name not in found["classes"]]
        for found in summary["corpora"]
    }
    return {corpus: names for corpus, names in absent.items() if names}


def corpus_table(summary: Mapping[str, Any]) -> str:
    """Show the score on each corpus, over the classes it has.

    Args:
        summary: as :func:`ser.evaluation.summary.summarise` gives.

    Returns:
        A Markdown table; nothing when a single corpus was tested in all classes, since the summary says it all.
    """
    absent = lacking(summary)
    if len(summary["corpora"]) == 1 and not absent:
        return ""
    rows = [
        [
            row["corpus"],
            str(row["n"]),
            ", ".join(absent.get(row["corpus"], ["none"])),
            *(markdown.number(row[key]) for key in ("uar", "accuracy")),
        ]
        for row in summary["corpora"]
    ]
    header = ["corpus tested", "utterances", "classes it lacks", "UAR over its classes", "accuracy"]
    return markdown.table(header, rows, "lrlrr")


def uar_table(runs: Sequence[tuple[str, str, Mapping[str, float]]]) -> list[str]:
    """Show how each run of a leaderboard does on each corpus.

    Args:
        runs: of each run its model, its id, and its UAR by corpus; the same corpora in all.

    Returns:
        The lines of a heading and a Markdown table; none when a single corpus was tested.
    """
    corpora = list(runs[0][2])
    if len(corpora) == 1:
        return []
    rows = [
        [str(place), model, *(markdown.number(uars[corpus]) for corpus in corpora), run_id]
        for place, (model, run_id, uars) in enumerate(runs, start=1)
    ]
    table = markdown.table(["", "model", *corpora, "run"], rows, "rl" + "r" * len(corpora) + "l")
    return ["UAR on each corpus:", "", table, ""]
