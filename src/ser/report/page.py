"""The page of a study as one HTML file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser.evaluation.leaderboard import Table
from ser.evaluation.report import command
from ser.pages import blocks
from ser.pages.html import Html, number, page, section, tag
from ser.report import confidence, confusion, groups, training
from ser.report.analyses import analyses
from ser.report.contest import badges, contest
from ser.report.material import Material, marks

_HOW_TO_READ = [
    "UAR (unweighted average recall, also balanced accuracy) is the mean of the classes' recalls, so that a common "
    "class counts no more than a rare one. It is computed once over the test parts of all folds together; the fold "
    "mean averages the folds' own UARs, each over the classes that the fold has.",
    "An interval draws speakers anew: it says how far the number would move with other speakers of the same kind.",
    "Permuted: the same predictions against labels permuted within each speaker. A result that does not clear it, and "
    "the majority class, is chance.",
    "Runs stand in one table only when labels, folds, metric and data are the same.",
]


def study_page(study: str, boards: Sequence[Table], materials: Sequence[Material]) -> str:
    """Write the page.

    Args:
        study: its name.
        boards: its leaderboard.
        materials: its runs; those in `boards` are shown, in that order.

    Returns:
        An HTML document.
    """
    by_id = {material.result.run_id: material for material in materials}
    shown = [[by_id[row.run_id] for row in board.rows] for board in boards]
    every = [material for of_board in shown for material in of_board]
    links = {f"#contest-{place}": board.title() for place, board in enumerate(boards, start=1)}
    links |= {"#reading": "How to read this", "#data": "Data", "#repeat": "How to repeat it"}
    contests = [
        part
        for place, (board, of_board) in enumerate(zip(boards, shown, strict=True), start=1)
        for part in _contest(study, f"contest-{place}", board, of_board)
    ]
    return page(
        study,
        tag("header", tag("h1", study), _opening(boards), blocks.nav(links)),
        *contests,
        section("reading", "How to read this", blocks.bullets(_HOW_TO_READ)),
        section("data", "Data", _data(every)),
        section("repeat", "How to repeat it", *_repeat(study, every)),
    )


def _opening(boards: Sequence[Table]) -> Html:
    """Name the best run of each contest, with its marks."""
    lines = []
    for board in boards:
        best = board.rows[0]
        who = f"the best of {len(board.rows)} runs" if len(board.rows) > 1 else "the only run"
        around = "no interval" if best.low is None else f"95 % interval {best.low:.3f} to {best.high:.3f}"
        lines.append(
            tag(
                "span",
                f"{board.title()}: {best.model}, {who}, has UAR ",
                tag("strong", f"{best.uar:.3f}"),
                f" ({around}; permuted labels {best.permuted_uar:.3f}). ",
                badges(marks(board)),
            )
        )
    return blocks.bullets(lines)


def _contest(study: str, anchor: str, board: Table, materials: Sequence[Material]) -> list[Html]:
    marked = marks(board)
    runs = [_run(study, place, material, marked) for place, material in enumerate(materials, start=1)]
    return [section(anchor, board.title(), tag("p", badges(marked)), *contest(board, materials), *runs)]


def _run(study: str, place: int, material: Material, marked: Sequence[str]) -> Html:
    """Show one run, folded up unless it leads its contest."""
    result, summary = material.result, material.result.summary
    caution = "".join(f" {mark.capitalize()}." for mark in marked)
    parts = {
        "Score": [blocks.tiles(_tiles(summary)), *_remarks(material)],
        "Classes": [groups.per_class(summary, caution)],
        "Confusions": confusion.matrices(summary, caution),
        "Learning curves": training.learning_curves(material.histories),
        "Folds and seeds": training.folds_and_seeds(summary, caution),
        "Groups": groups.groups(summary["groups"], caution),
        "Calibration": confidence.calibration(summary["calibration"]),
        "Abstention": confidence.abstention(summary["abstention"]),
        "Hardest utterances": [confidence.hardest(material.hardest, caution)],
        "Asked beyond the scores": analyses(result.run_id, material.analyses, caution),
        "Repeat this run": [tag("pre", f"ser verify {result.run_id}\n{command(study, result.record)}")],
    }
    head = tag(
        "summary", tag("h3", f"{place}. {result.name}"), tag("span", f"UAR {summary['uar']:.3f}"), badges(marked)
    )
    # A link to something inside opens what is folded up; a link to the fold itself does not.
    start = tag("span", Html(""), id=f"run-{result.run_id}")
    body = (tag("div", tag("h4", title), *content) for title, content in parts.items())
    return tag("details", head, start, *body, class_="run", open="" if place == 1 else None)


def _tiles(summary: Mapping[str, Any]) -> dict[str, tuple[object, str]]:
    interval, chance = summary["uar_interval"], summary["baselines"]["permuted"]
    around = f"{interval['low']:.3f} to {interval['high']:.3f}" if interval else "no interval: too few speakers"
    seeds = len(summary["seeds"])
    return {
        "UAR": (number(summary["uar"], ".3f"), around),
        "accuracy": (number(summary["accuracy"], ".3f"), ""),
        "macro F1": (number(summary["macro_f1"], ".3f"), f"weighted {summary['weighted_f1']:.3f}"),
        "MCC": (number(summary["mcc"], ".3f"), f"kappa {summary['kappa']:.3f}"),
        "permuted labels": (number(chance["mean"], ".3f"), f"p = {chance['p_value']:.2g}"),
        "tested": (summary["n"], f"{seeds} seed{'s' * (seeds > 1)}"),
    }


def _remarks(material: Material) -> list[Html]:
    record, summary = material.result.record, material.result.summary
    interval, lacking = summary["uar_interval"], summary["classes_without_support"]
    words = [f"How the model was chosen: {record['chosen_on']}."]
    if interval:
        words.append(f"Interval: {interval['method']}, {interval['clusters']} of them.")
    if lacking:
        words.append(f"Never tested: {', '.join(lacking)}.")
    return [tag("p", " ".join(words)), *(tag("p", notice, class_="warning") for notice in record.get("notices", []))]


def _data(materials: Sequence[Material]) -> Html:
    corpora = {name: facts for material in materials for name, facts in material.result.record["corpora"].items()}
    return blocks.bullets(
        [
            tag(
                "span",
                tag("strong", facts["title"]),
                f" ({name}, {facts['language']}). Licence: {facts['licence']}. ",
                f"Cite: {facts['citation']}",
            )
            for name, facts in sorted(corpora.items())
        ]
    )


def _repeat(study: str, materials: Sequence[Material]) -> list[Html]:
    """Give every command, hash and environment once."""
    commands = dict.fromkeys(command(study, material.result.record) for material in materials)
    environments: dict[str, list[str]] = {}
    for material in materials:
        environments.setdefault(material.environment, []).append(material.result.run_id)
    hashes = dict.fromkeys(
        (material.result.record["protocol"]["hash"], material.result.record["data_hash"]) for material in materials
    )
    return [
        tag("pre", "\n".join([*commands, f"ser report study={study}"])),
        tag(
            "p", "Protocol and data: ", "; ".join(f"protocol {protocol}, data {data}" for protocol, data in hashes), "."
        ),
        *(_environment(text, runs) for text, runs in environments.items() if text),
    ]


def _environment(text: str, runs: Sequence[str]) -> Html:
    machine, _, packages = text.partition("\n\n")
    return tag(
        "div",
        tag("p", f"Trained with ({training.some(runs)}):"),
        tag("pre", machine),
        tag("details", tag("summary", "Installed packages"), tag("pre", packages)),
    )
