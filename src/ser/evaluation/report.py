"""The page of a study: everything a reader needs to believe, doubt and repeat its numbers."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ser.evaluation import markdown
from ser.evaluation.by_corpus import corpus_table
from ser.evaluation.groups import worst_in_words
from ser.evaluation.leaderboard import ELSEWHERE, Table, to_markdown
from ser.evaluation.results import RunResult
from ser.evaluation.summary import around_seeds

_HOW_TO_READ = """\
UAR (unweighted average recall, also balanced accuracy) is the mean of the classes' recalls, so that a common class
counts no more than a rare one. It is computed once over the test parts of all folds together; *fold mean* averages the
folds' own UARs instead, each over the classes that the fold has, and differs where folds are small or lack a class. The
interval draws speakers anew, with replacement. *majority* always names the commonest training class; *permuted* scores
the same predictions against labels permuted within each speaker. A result that does not clear both is chance.
*against the best* tests the difference from the first line by exchanging whole speakers between the two, adjusted for
the number of lines (Holm); *not told apart* is no proof that they are equal. Scores are means over seeds; after
± stands the standard deviation of the UAR over seeds."""


def study_page(study: str, tables: Sequence[Table], results: Sequence[RunResult]) -> str:
    """Write the page of a study as Markdown.

    Args:
        study: its name.
        tables: its leaderboard.
        results: its runs; those in `tables` are shown, in that order. Pictures are looked for in
            `figures/<run id>/confusion_matrix.png` and `history.png` beside the page.
    """
    by_id = {result.run_id: result for result in results}
    sections = [f"# {study}", "", _HOW_TO_READ, ""]
    for table in tables:
        runs = [by_id[entry.run_id] for entry in table.rows]
        sections += [to_markdown([table]), "### Audit", "", audit_table(runs[0].audit), ""]
        for result in runs:
            sections += [*_run(study, result), ""]
    return "\n".join(sections).rstrip("\n") + "\n"


def audit_table(audit: Mapping[str, Any]) -> str:
    """Show, for each kind of overlap and pair of parts, in how many folds it occurs and the most that one fold has.

    Args:
        audit: `verdict`, and `rows` of `fold kind parts count examples`.
    """
    pairs, lines = overlaps(audit)
    return f"Verdict: {audit['verdict']}.\n\n" + markdown.table(
        ["shared", *pairs, "for example"], lines, "l" * (len(pairs) + 2)
    )


def overlaps(audit: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Count, for each kind of overlap and pair of parts, in how many folds it occurs, and the most that one fold has.

    Args:
        audit: `verdict`, and `rows` of `fold kind parts count examples`.

    Returns:
        The pairs of parts, and a line for each kind: its name, a cell for each pair, examples.
    """
    rows = audit["rows"]
    folds = len({row["fold"] for row in rows})
    kinds, pairs = (list(dict.fromkeys(row[key] for row in rows)) for key in ("kind", "parts"))
    lines = []
    for kind in kinds:
        of_kind = [row for row in rows if row["kind"] == kind]
        cells = [_overlap([row["count"] for row in of_kind if row["parts"] == pair], folds) for pair in pairs]
        lines.append([kind, *cells, next((row["examples"] for row in of_kind if row["count"]), "")])
    return pairs, lines


def _overlap(counts: Sequence[int], folds: int) -> str:
    found = sum(count > 0 for count in counts)
    return f"{found} of {folds} folds, up to {max(counts)}" if found else "none"


def _run(study: str, result: RunResult) -> list[str]:
    summary, run_id = result.summary, result.run_id
    return [
        f"### {result.name}",
        "",
        _score(summary),
        "",
        f"How the model was chosen: {result.record['chosen_on']}.",
        "",
        *(line for notice in result.record.get("notices", []) for line in (notice, "")),
        per_class_table(summary),
        "",
        confusion_table(summary),
        "",
        f"![Confusion matrix of {result.name}](figures/{run_id}/confusion_matrix.png)",
        "",
        f"![Training history of {result.name}](figures/{run_id}/history.png)",
        "",
        *([by_corpus, ""] if (by_corpus := corpus_table(summary)) else []),
        *([by_seed, ""] if (by_seed := seed_table(summary)) else []),
        fold_table(summary),
        "",
        *(f"- {words}" for words in _beyond(result)),
        "",
        f"Run `{run_id}`. Repeat and compare it with `ser verify {run_id}`, or train it anew:",
        "",
        f"    {command(study, result.record)}",
    ]


def _beyond(result: RunResult) -> list[str]:
    """Say in a line each what `report.html` shows of a run at length."""
    summary = result.summary
    before, after = (summary["calibration"][stage] for stage in ("before", "after"))
    scaled = f", {after['ece']:.3f} after temperature scaling" if after else ""
    found, cost = summary["abstention"], result.cost
    half = min(found["curve"], key=lambda row: abs(float(row["coverage"]) - 0.5))
    lines = [
        worst_in_words(summary["groups"]),
        f"Calibration: expected error {before['ece']:.3f}{scaled}; Brier score {before['brier']:.3f}.",
        f"Abstention: accuracy {half['accuracy']:.3f} on the half it is surest of; area under the curve of errors "
        f"{found['aurc']:.3f}, with confidence at random {found['aurc_random']:.3f}.",
    ]
    if cost:
        lines.append(f"Cost: {cost['cpu_s']:.1f} s of processor time, {cost['latency_ms']:.2f} ms a clip.")
    return [
        *lines,
        f"Hardest utterances, learning curves and all groups: [report.html](report.html#run-{result.run_id}).",
    ]


def _score(summary: Mapping[str, Any]) -> str:
    interval, chance = summary["uar_interval"], summary["baselines"]["permuted"]
    around = "no interval: too few speakers"
    if interval:
        drawn = f"{interval['method']}, {interval['clusters']} of them"
        around = f"95 % interval {interval['low']:.3f} to {interval['high']:.3f}, {drawn}"
    lacking = summary["classes_without_support"]
    return (
        f"UAR **{summary['uar']:.3f}**{around_seeds(summary)} ({around}); "
        f"mean of folds {summary['uar_fold_mean']:.3f}, standard deviation {summary['uar_fold_std']:.3f}; "
        f"accuracy {summary['accuracy']:.3f}; macro F1 {summary['macro_f1']:.3f}. "
        f"Majority class: UAR {summary['baselines']['majority']['uar']:.3f}. Permuted labels: UAR {chance['mean']:.3f} "
        f"({chance['low']:.3f} to {chance['high']:.3f}), p = {chance['p_value']:.2g}. "
        f"{summary['n']} utterances, {len(summary['seeds'])} seed{'s' * (len(summary['seeds']) > 1)}."
        + (f" Never tested: {', '.join(lacking)}." if lacking else "")
    )


def per_class_table(summary: Mapping[str, Any]) -> str:
    """Show precision, recall, F1 and support of each class."""
    rows = [
        [name, *(markdown.number(scores[key]) for key in ("precision", "recall", "f1")), str(scores["support"])]
        for name, scores in summary["per_class"].items()
    ]
    return markdown.table(["class", "precision", "recall", "F1", "utterances"], rows, "lrrrr")


def confusion_table(summary: Mapping[str, Any]) -> str:
    """Show the confusion matrix, summed over seeds: rows are true classes, columns are predicted."""
    rows = [[name, *map(str, counts)] for name, counts in zip(summary["classes"], summary["confusion"], strict=True)]
    table = markdown.table(["true \\ predicted", *summary["classes"]], rows, "l" + "r" * len(rows))
    seeds = len(summary["seeds"])
    return table + (f"\n\nCounts are summed over {seeds} seeds." if seeds > 1 else "")


def fold_table(summary: Mapping[str, Any]) -> str:
    """Show the score of every fold and seed, with the speakers tested."""
    rows = [
        [
            *(str(row[key]) for key in ("fold", "seed", "n")),
            _some(row["speakers"]),
            *(markdown.number(row[key]) for key in ("uar", "accuracy")),
        ]
        for row in summary["folds"]
    ]
    return markdown.table(["fold", "seed", "utterances", "speakers", "UAR", "accuracy"], rows, "rrrlrr")


def seed_table(summary: Mapping[str, Any]) -> str:
    """Show the scores of every seed, with their mean and standard deviation (divisor n - 1); "" for a single seed."""
    rows = summary["per_seed"]
    if len(rows) < 2:
        return ""
    keys = ("uar", "accuracy", "macro_f1")
    columns = {key: np.array([row[key] for row in rows], dtype=np.float64) for key in keys}
    lines = [[str(row["seed"]), *(markdown.number(row[key]) for key in keys)] for row in rows]
    lines += [["mean", *(markdown.number(float(columns[key].mean())) for key in keys)]]
    lines += [["standard deviation", *(markdown.number(float(columns[key].std(ddof=1))) for key in keys)]]
    return markdown.table(["seed", "UAR", "accuracy", "macro F1"], lines, "lrrr")


def _some(speakers: Sequence[str], most: int = 4) -> str:
    more = len(speakers) - most
    return ", ".join(speakers[:most]) + (f" and {more} more" if more > 0 else "") if speakers else "unknown"


def command(study: str, record: Mapping[str, Any]) -> str:
    """Write the command that trains a run again.

    Args:
        study: the study that asks for it.
        record: `run.json` of the run.
    """
    kept = [word for word in record["overrides"] if word.split("=")[0] not in (*ELSEWHERE, "study")]
    return shlex.join(["ser", "train", f"study={study}", *kept])
