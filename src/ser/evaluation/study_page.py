"""The page of a study, written from `study.yaml` and `results.json` alone, so that no number on it can drift."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np

from ser.evaluation import markdown
from ser.evaluation.metrics import METRICS
from ser.evaluation.study import FOLD_MEAN, INDEPENDENT, SAME, Study
from ser.evaluation.study_results import Job, Results, RunResults

_COLUMNS = 118
_WORDS: Mapping[str, str] = {
    "accuracy": "Accuracy is the share of recordings recognised.",
    "macro_f1": "Macro F1 is the harmonic mean of precision and recall of each emotion, averaged over the emotions.",
    "uar": "UAR, of all test parts together, is the share of each emotion's recordings that is recognised, averaged.",
}


def page(name: str, study: Study, results: Results) -> str:
    """Write the page of a study as Markdown.

    Args:
        name: what `ser reproduce` is asked for.
        study: what it asks, and what others reported.
        results: its committed numbers; every run of the study is among them.
    """
    sections = [
        f"# {study.title}",
        f"<!-- Written by `ser reproduce {name} --accept` from study.yaml and results.json. -->",
        _filled(f"**Question.** {study.question}"),
        "## Three numbers",
        _three(study, results),
        _filled(f"{_explained(study.metric)} {_of_a_hundred(study, results)}"),
        _filled(study.reading),
        "## What was run",
        "\n".join(_run(run.words, results.runs[key], key) for key, run in study.runs.items()),
        _scores(study, results),
        "### Fold by fold",
        *(_folds(key, results.runs[key], study.metric) for key in study.runs),
        "## What they leave unsaid",
        _filled(f"{study.published.source} {study.published.words}"),
        _bullets(study.published.unsaid),
        "## Repeat it",
        f"    ser reproduce {name} --data-dir DIR",
        _repeat(study, results),
    ]
    return "\n\n".join(sections) + "\n"


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()), _COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _bullets(lines: list[str]) -> str:
    return "\n".join(_filled(f"- {line}", "  ") for line in lines)


def _named(score: str) -> str:
    metric = score.removesuffix(FOLD_MEAN)
    return METRICS[metric].title + (", mean of the folds" if score.endswith(FOLD_MEAN) else "")


def _explained(score: str) -> str:
    """Say what the metrics of the three numbers are."""
    metrics = dict.fromkeys([score.removesuffix(FOLD_MEAN), "uar"])
    return " ".join(_WORDS[metric] for metric in metrics if metric in _WORDS)


def _three(study: Study, results: Results) -> str:
    published = study.published
    stated = "none published" if published.number is None else markdown.number(published.number, 4)
    behind = "" if published.spread is None else f"± {published.spread:.4f} over the folds"
    rows = [["published", stated, behind, "-"]]
    for role, title in (
        (SAME, "ours, same protocol: the speakers are known"),
        (INDEPENDENT, "ours, speakers that the model has never heard"),
    ):
        run = results.runs[study.named(role)]
        around = f" ({_interval(run.jobs)})" if len(run.jobs) == 1 else ""
        beside = f"{markdown.number(run.mean('uar'))}{around}"
        rows.append([title, markdown.number(run.mean(study.metric), 4), _around(run, study.metric), beside])
    return markdown.table(["", _named(study.metric), "", "UAR (95 % interval)"], rows, "lrll")


def _around(run: RunResults, score: str) -> str:
    """Say how sure the number is: its range over repetitions, or the folds' spread where there is one job."""
    values, metric = run.values(score), score.removesuffix(FOLD_MEAN)
    if len(values) > 1:
        return f"mean of {len(values)} repetitions, {min(values):.4f} to {max(values):.4f}"
    return f"± {run.jobs[0].fold_std[metric]:.4f} over the folds"


def _of_a_hundred(study: Study, results: Results) -> str:
    known, unknown = (results.runs[study.named(role)] for role in (SAME, INDEPENDENT))
    return (
        f"Of a hundred recordings, this system names the emotion of {100 * known.mean('accuracy'):.0f} when it was "
        f"trained on other recordings of the same speaker, and of {100 * unknown.mean('accuracy'):.0f} when it has "
        f"never heard the speaker; always naming the commonest is right for {100 * unknown.majority_accuracy:.0f}."
    )


def _run(words: str, run: RunResults, name: str) -> str:
    runs = f"run{'s' * (len(run.jobs) > 1)} {', '.join(job.run_id for job in run.jobs)}"
    first = ", of the first repetition" if len(run.jobs) > 1 else ""
    return _filled(
        f"- **{name}**: {words} In the words of the framework{first}: {run.protocol}; {run.chosen_on}. "
        f"Audit: {run.verdict}. {run.utterances} utterances of {run.speakers} speakers; data {run.data_hash}; {runs}.",
        "  ",
    )


def _scores(study: Study, results: Results) -> str:
    header = ["run", "UAR", "95 % interval", "UAR, folds", "macro F1", "macro F1, folds", "accuracy", "seeds"]
    rows = []
    for name in study.runs:
        run = results.runs[name]
        others = (_cell(run, score) for score in (f"uar{FOLD_MEAN}", "macro_f1", f"macro_f1{FOLD_MEAN}", "accuracy"))
        seeds = ", ".join(map(str, run.jobs[0].seeds))
        rows.append([name, _cell(run, "uar"), _interval(run.jobs), *others, seeds])
    return (
        markdown.table(header, rows, "lrrrrrrr")
        + "\n\n"
        + _filled(
            "Where a run was repeated with other settings (below), each number is their mean ± their standard "
            "deviation (divisor n - 1). UAR and macro F1 are of all test parts together; *folds* is the mean of the "
            "folds' own. "
            "The interval draws speakers anew, and is that of the pooled UAR; with several repetitions, of the first."
        )
    )


def _cell(run: RunResults, score: str) -> str:
    values = run.values(score)
    spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"


def _interval(jobs: list[Job]) -> str:
    interval = jobs[0].interval
    return "-" if interval is None else f"{interval['low']:.3f} to {interval['high']:.3f}"


def _folds(name: str, run: RunResults, score: str) -> str:
    metric = score.removesuffix(FOLD_MEAN)
    lines = []
    for job in run.jobs:
        by_fold: dict[int | float, list[float]] = {}
        for row in job.folds:
            by_fold.setdefault(row["fold"], []).append(row[metric])
        values = " ".join(f"{np.mean(found):.3f}" for found in by_fold.values())
        lines.append(f"{' '.join(job.settings)}: {values}" if job.settings else values)
    told = "\n".join(f"    {line}" for line in lines)
    return f"{name}, {_named(metric)} of each fold, means over seeds:\n\n{told}"


def _repeat(study: Study, results: Results) -> str:
    rows = [
        [name, _named(score), f"{results.runs[name].mean(score):.4f}", f"{tolerance:g}"]
        for name, run in study.runs.items()
        for score, tolerance in run.tolerances.items()
    ]
    made = "; ".join(f"{key} {value}" for key, value in results.made_with.items())
    return "\n\n".join(
        [
            _filled(
                "compares these numbers, and ends with exit code 1 when one lies further away than its tolerance. "
                + study.tolerated
            ),
            markdown.table(["run", "score", "committed", "tolerance"], rows, "llrr"),
            _filled(f"The committed numbers are of {results.date}, made with {made}."),
        ]
    )
