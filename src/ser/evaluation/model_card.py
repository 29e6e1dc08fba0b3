"""The card of a run: what was trained, on what, how well it is known to do, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser.evaluation.by_corpus import corpus_table
from ser.evaluation.cautions import cautions
from ser.evaluation.groups import group_table, worst_in_words
from ser.evaluation.summary import around_seeds


def model_card(record: Mapping[str, Any], summary: Mapping[str, Any], corpora: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a model card.

    Args:
        record: `run.json` of the run: `run_id name protocol chosen_on`, and `notices` of the features if there are any.
        summary: as :func:`ser.evaluation.summary.summarise` gives.
        corpora: by corpus id, at least `title`, `licence`, `language` and `benchmark`.

    Returns:
        Markdown.
    """
    protocol = record["protocol"]
    return "\n".join(
        [
            f"# {record['name']}",
            "",
            f"Run `{record['run_id']}`. Classes: {', '.join(protocol['classes'])}.",
            "",
            "## Data",
            *(_datum(facts) for facts in corpora.values()),
            "",
            f"{protocol['utterances']} utterances of {protocol['speakers']} speakers are in use; labels: "
            f"{protocol['labels']}.",
            "",
            *_features(record.get("notices", [])),
            "## Protocol",
            f"{protocol['words'][0].upper()}{protocol['words'][1:]}. Audit: {protocol['verdict']}. Protocol hash "
            f"`{protocol['hash']}`.",
            "",
            f"How the model was chosen: {record['chosen_on']}.",
            "",
            "## Scores on held-out utterances",
            *_warnings(protocol),
            *_scores(summary),
            *_groups(summary["groups"]),
            *_calibration(summary["calibration"]),
            *_limits(corpora),
            *_use(record["run_id"]),
        ]
    )


def _datum(facts: Mapping[str, Any]) -> str:
    warning = "" if facts["benchmark"] else " **Not a benchmark: numbers on it compare with nothing published.**"
    return f"- {facts['title']} ({facts['language']}). Licence: {facts['licence']}.{warning}"


def _limits(corpora: Mapping[str, Mapping[str, Any]]) -> list[str]:
    heard = ", ".join(sorted({facts["language"] for facts in corpora.values()}))
    published = all(facts["benchmark"] for facts in corpora.values())
    return [
        "## Limits",
        f"Heard in training: {heard}{', acted, in studio quality' if published else ''}. The scores do not carry over "
        "to other ways of speaking (spontaneous, acted, read), other languages, other microphones or noise. The model "
        "names the class whose expression in the training a clip resembles most, not what a person feels. Its "
        "probabilities are as well calibrated as is said above, on clips like those of the training alone.",
        "",
    ]


def _use(run_id: str) -> list[str]:
    return [
        "## Intended use",
        "Research on speech emotion recognition: comparing features, models and protocols, and studying recordings "
        f"whose speakers agreed to it. `ser predict {run_id} FILE` asks it.",
        "",
        "## Misuse",
        "Decisions about people (hiring, policing, health, credit, education), inferring the emotions of people at "
        "work or at school, which law forbids in some places, and listening to people who do not know of it.",
        "",
    ]


def _features(notices: Sequence[str]) -> list[str]:
    return ["## Features", *(f"- {notice}" for notice in notices), ""] if notices else []


def _recall(name: str, row: Mapping[str, Any]) -> str:
    recall = "never tested" if row["recall"] is None else f"{row['recall']:.3f}"
    return f"| {name} | {recall} | {row['support']} |"


def _warnings(protocol: Mapping[str, Any]) -> list[str]:
    return [line for caution in cautions(protocol) for line in (f"**{caution}**", "")]


def _scores(summary: Mapping[str, Any]) -> list[str]:
    return [
        _headline(summary),
        "",
        "| class | recall | utterances |",
        "|---|---|---|",
        *(_recall(name, row) for name, row in summary["per_class"].items()),
        "",
        *([by_corpus, ""] if (by_corpus := corpus_table(summary)) else []),
    ]


def _headline(summary: Mapping[str, Any]) -> str:
    interval = summary["uar_interval"]
    around = (
        f" (95 % interval {interval['low']:.3f} to {interval['high']:.3f}, {interval['method']})" if interval else ""
    )
    return (
        f"UAR {summary['uar']:.3f}{around_seeds(summary)}{around}; accuracy {summary['accuracy']:.3f}; "
        f"macro F1 {summary['macro_f1']:.3f}; weighted F1 {summary['weighted_f1']:.3f}; MCC {summary['mcc']:.3f}; "
        f"kappa {summary['kappa']:.3f}; chance (labels permuted) {summary['baselines']['permuted']['mean']:.3f}."
    )


def _groups(groups: Mapping[str, Any]) -> list[str]:
    if not groups["groupings"]:
        return []
    return [
        "## Groups",
        f"{worst_in_words(groups)} Each group is scored over the classes it has.",
        "",
        group_table(groups),
        "",
    ]


def _calibration(calibration: Mapping[str, Any]) -> list[str]:
    before, after = calibration["before"], calibration["after"]
    text = (
        f"Expected calibration error {before['ece']:.3f} ({calibration['bins']} bins of equal width), Brier score "
        f"{before['brier']:.3f} (from 0 to 2)."
    )
    if after is not None:
        text += (
            f" With a temperature fitted on the development part of each fold: {after['ece']:.3f} and "
            f"{after['brier']:.3f}. The stored models give the probabilities before it."
        )
    return ["## Calibration", text, ""]
