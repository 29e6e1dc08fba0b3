"""Runs of one contest side by side: their scores, what belongs to these, and what each run called a few utterances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser.evaluation.leaderboard import Row, Table
from ser.evaluation.paired import told_apart
from ser.evaluation.report import overlaps
from ser.pages import charts
from ser.pages.blocks import bullets
from ser.pages.html import Html, Number, join, number, table, tag
from ser.report.material import Material, marks

UNKNOWN = float("nan")


def badges(marked: Sequence[str]) -> Html:
    """Show marks, to stand beside a heading."""
    return join(tag("span", mark, class_="badge") for mark in marked)


def contest(board: Table, materials: Sequence[Material]) -> list[Html]:
    """Show one contest.

    Args:
        board: its leaderboard.
        materials: its runs, in the order of the board.
    """
    return [
        tag("p", board.facts()),
        *(tag("p", warning, class_="warning") for warning in board.warnings()),
        _scores(board),
        _choices(board.rows),
        _background(board, materials),
        _development(board, materials),
        *_corpora(board),
        _named(board, materials),
        _audit(materials[0]),
    ]


def _caption(words: str, board: Table) -> str:
    """Put the marks into a table's caption: copied out of the page, it still says them."""
    return words + "".join(f" {mark.capitalize()}." for mark in marks(board))


def _scores(board: Table) -> Html:
    rows = board.rows
    ends = [value for row in rows for value in (row.low, row.high, row.uar, row.permuted_uar) if value is not None]
    axis = max(0.0, min(ends) - 0.03), min(1.0, max(ends) + 0.03)
    told, tested = any(row.settings for row in rows), bool(board.p_against_best)
    others = [] if board.contest.metric in ("uar", "accuracy", "macro_f1") else [board.contest.metric]
    body = [
        [
            tag("a", f"{place}. {row.model}", href=f"#run-{row.run_id}"),
            row.features if row.augment == "none" else f"{row.features}, {row.augment}",
            charts.span(
                row.uar if row.low is None else row.low, row.uar, row.uar if row.high is None else row.high, axis
            ),
            *(number(row.score, ".3f") for _ in others),
            number(row.uar, ".3f"),
            _interval(row.low, row.high),
            *[Number(told_apart(board.p_against_best.get(row.run_id)))] * tested,
            number(row.accuracy, ".3f"),
            number(row.macro_f1, ".3f"),
            Number(row.seeds if row.uar_seed_std is None else f"{row.seeds} (± {row.uar_seed_std:.3f})"),
            *([tag("code", row.settings)] if told else []),
        ]
        for place, row in enumerate(rows, start=1)
    ]
    header = ["model", "features", "", *others, "UAR", "95 % interval", *["against the best"] * tested]
    header += ["accuracy", "macro F1", "seeds"]
    words = (
        f"Leaderboard. The tick is the UAR, the bar its 95 % interval, on an axis from {axis[0]:.2f} to {axis[1]:.2f}. "
        "Scores are means over seeds; after ± stands the standard deviation of the UAR over them."
    )
    if tested:
        words += " Against the best: tested by exchanging whole speakers, adjusted for the number of lines (Holm)."
    return table(_caption(words, board), [*header, *(["settings"] if told else [])], body)


def _interval(low: float | None, high: float | None) -> Number:
    return Number("none" if low is None or high is None else f"{low:.3f} to {high:.3f}")


def _choices(rows: Sequence[Row]) -> Html:
    """Say on which parts the models were fitted, which the scores alone do not tell."""
    ways: dict[str, list[str]] = {}
    for row in rows:
        ways.setdefault(row.chosen_on, []).append(row.model)
    whose = {way: ", ".join(dict.fromkeys(models)) if len(ways) > 1 else "Every model" for way, models in ways.items()}
    return bullets([f"{who}: {way}." for way, who in whose.items()])


def _background(board: Table, materials: Sequence[Material]) -> Html:
    """Show what a score is to be read beside: the folds' mean, what takes no listening, and what it cost."""
    known = any(row.cpu_s is not None for row in board.rows)
    body = []
    for place, (row, material) in enumerate(zip(board.rows, materials, strict=True), start=1):
        baselines, cost = material.result.summary["baselines"], material.result.cost or {}
        costs = (("cpu_s", ",.1f"), ("parameters", ",d"), ("multiply_adds", ",d"), ("latency_ms", ".2f"))
        body.append(
            [
                f"{place}. {row.model}",
                number(row.uar_fold_mean, ".3f"),
                number(row.majority_uar, ".3f"),
                number(baselines["stratified"]["uar"], ".3f"),
                number(row.permuted_uar, ".3f"),
                number(baselines["permuted"]["p_value"], ".2g"),
                *(_known(cost.get(name), form) for name, form in costs if known),
                tag("code", row.run_id),
            ]
        )
    header = ["model", "fold mean", "majority", "by shares", "permuted", "p"]
    header += ["CPU s", "parameters", "multiply-adds", "ms a clip"] * known
    words = (
        "Behind the scores: mean of the folds' UARs; UAR of always naming the commonest training class, of guessing by "
        "the training shares, and of the same predictions against labels permuted within speakers, with its p-value."
    )
    if known:
        words += (
            " Cost: processor time of all fits; trained weights; multiply-adds and time for one clip of median length "
            "on one core, from its features on."
        )
    return table(_caption(words, board), [*header, "run"], body)


def _known(value: float | None, form: str) -> Html:
    return number(UNKNOWN, form) if value is None else number(value, form)


def _development(board: Table, materials: Sequence[Material]) -> Html:
    """Show what was recognised before and in the test: model by model, on clips it has not learned from."""
    body = [
        [f"{place}. {material.result.record['model']}", *_both(material.result.summary)]
        for place, material in enumerate(materials, start=1)
    ]
    words = (
        "Development and test. Both by models that had not learned from these clips; accuracy on training clips is "
        "not kept, since it tells how well they were learned by heart."
    )
    return table(_caption(words, board), ["model", "accuracy, dev", "accuracy, test", "UAR, dev", "UAR, test"], body)


def _both(summary: Mapping[str, Any]) -> list[Html]:
    parts = [summary["development"] or {}, summary]
    return [_known(part.get(name), ".3f") for name in ("accuracy", "uar") for part in parts]


def _corpora(board: Table) -> list[Html]:
    """Show each run's UAR on each corpus, where several are tested."""
    names = list(board.rows[0].uar_by_corpus)
    if len(names) == 1:
        return []
    body = [
        [
            f"{place}. {row.model}",
            *(charts.heat(f"{row.uar_by_corpus[name]:.3f}", row.uar_by_corpus[name]) for name in names),
        ]
        for place, row in enumerate(board.rows, start=1)
    ]
    return [table(_caption("UAR on each corpus tested, over the classes it has.", board), ["model", *names], body)]


def _named(board: Table, materials: Sequence[Material]) -> Html:
    """Show predictions beside the true class, model by model."""
    # Runs of one contest test the same utterances, and a sample is drawn by their ids.
    body = [
        [row["utterance_id"], row["true"], *(_verdict(material.sample[line]) for material in materials)]
        for line, row in enumerate(materials[0].sample)
    ]
    models = [f"{place}. {material.result.record['model']}" for place, material in enumerate(materials, start=1)]
    words = (
        "What each model called a few tested utterances, the same for all, with its probability (means over seeds). "
        "They were drawn without looking; ✗ marks errors."
    )
    return table(_caption(words, board), ["utterance", "true class", *models], body)


def _verdict(row: Mapping[str, Any]) -> Html:
    right = row["predicted"] == row["true"]
    chance = tag("small", f" {row['p_predicted']:.2f}")
    return tag("span", "" if right else "✗ ", row["predicted"], chance, class_="right" if right else "wrong")


def _audit(material: Material) -> Html:
    pairs, lines = overlaps(material.result.audit)
    words = f"Audit of the folds: what two parts share. Verdict: {material.result.audit['verdict']}."
    body = [[*counts, tag("span", example, class_="long")] for *counts, example in lines]
    return table(words, ["shared", *pairs, "for example"], body)
