"""Runs side by side: one table for each protocol and data, never across them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ser.evaluation import markdown
from ser.evaluation.by_corpus import lacking, uar_table
from ser.evaluation.cautions import cautions
from ser.evaluation.contest import Contest
from ser.evaluation.metrics import METRICS
from ser.evaluation.paired import told_apart
from ser.evaluation.results import RunResult
from ser.evaluation.summary import seed_spread

_COLUMNS = 118
_NO_BENCHMARK = "Not a benchmark: numbers on these data compare with nothing published."
COSTS = {"cpu_s": "CPU s", "parameters": "parameters", "latency_ms": "ms a clip"}
"""What of a run's cost a leaderboard shows, where it is known."""
_DIGITS = {"cpu_s": 1, "parameters": 0, "latency_ms": 2}
NAMED = ("corpus", "labels", "protocol", "augment", "features", "model", "study", "seeds")
"""Overrides that a leaderboard shows in columns or headings of their own."""
ELSEWHERE = (
    "data_dir",
    "work_dir",
    "workers",
    "to",
    "runs_from",
    "rerun",
    "tracking",
    "allowed_bad_share",
    "embed_audio",
)
"""Overrides that say where and how fast, not what: another machine has others."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run in a leaderboard.

    Attributes:
        run_id: the run.
        model: its model.
        features: its features.
        augment: its augmentation.
        corpora: corpus ids, joined by "+".
        score: its value of the metric that the contest ranks by.
        uar: UAR of the pooled test parts, averaged over seeds.
        low: lower end of its interval, or None.
        high: upper end of its interval, or None.
        uar_by_corpus: corpus tested -> UAR over the classes it has.
        uar_fold_mean: mean over folds of their UARs.
        accuracy: share of utterances recognised.
        macro_f1: macro F1.
        majority_uar: UAR of the commonest training class.
        permuted_uar: mean UAR of the same predictions against permuted labels.
        verdict: of the leakage audit.
        seeds: number of seeds.
        uar_seed_std: standard deviation of the UAR over seeds, or None with one seed.
        cpu_s: processor time of all fits, in seconds, or None.
        parameters: trained weights, or None.
        latency_ms: median time to judge one clip on one core, from its features on, in milliseconds, or None.
        settings: what was overridden beyond the names in the other columns.
        chosen_on: which parts the model was fitted on, and how it was chosen, in words.
        contest: what it may be compared within.
    """

    run_id: str
    model: str
    features: str
    augment: str
    corpora: str
    score: float
    uar: float
    low: float | None
    high: float | None
    uar_by_corpus: dict[str, float]
    uar_fold_mean: float
    accuracy: float
    macro_f1: float
    majority_uar: float
    permuted_uar: float
    verdict: str
    seeds: int
    uar_seed_std: float | None
    cpu_s: float | None
    parameters: int | None
    latency_ms: float | None
    settings: str
    chosen_on: str
    contest: Contest


@dataclass(frozen=True, kw_only=True)
class Table:
    """The runs of one contest, the best first.

    Attributes:
        contest: what they have in common.
        rows: the runs.
        p_against_best: run id -> p-value of its difference from the best run (permutation test exchanging speakers,
            adjusted by Holm's method); empty where predictions were not read.
    """

    contest: Contest
    rows: list[Row]
    p_against_best: Mapping[str, float]

    def title(self) -> str:
        """Name the contest in one line."""
        contest = self.contest
        parts = [" + ".join(contest.corpora), f"{contest.labels} labels", contest.protocol]
        return " · ".join([*parts, f"normalise={contest.normalise}"] if contest.normalise != "train" else parts)

    def facts(self) -> str:
        """Say in words what was contested."""
        contest = self.contest
        lacking = "; ".join(f"{corpus} has no {' or '.join(names)}" for corpus, names in contest.lacking.items())
        return (
            f"{contest.utterances} utterances of {contest.speakers} speakers, "
            + (f"{contest.tested} of them tested, " if contest.tested < contest.utterances else "")
            + f"{len(contest.classes)} classes ({', '.join(contest.classes)}), "
            f"{contest.folds} fold{'s' * (contest.folds > 1)}. {contest.words[0].upper()}{contest.words[1:]}. "
            + (f"Each corpus is scored over the classes it has: {lacking}. " if lacking else "")
            + f"Audit: {contest.verdict}. Protocol {contest.protocol_hash}, data {contest.data_hash}."
        )

    def warnings(self) -> list[str]:
        """Say what must not be overlooked."""
        benchmark = [] if self.contest.benchmark else [_NO_BENCHMARK]
        return [*cautions(vars(self.contest)), *benchmark]


def row(result: RunResult) -> Row:
    """Take from a run what a leaderboard shows."""
    record, summary = result.record, result.summary
    protocol, interval = record["protocol"], summary["uar_interval"] or {"low": None, "high": None}
    cost = result.cost or {}
    shared = ["words", "normalise", "warning", "speaker_independent", "verdict", "metric", "labels", "classes"]
    shared += ["utterances", "speakers", "folds"]
    return Row(
        run_id=result.run_id,
        model=record["model"],
        features=record["features"],
        augment=record["augment"],
        corpora="+".join(record["corpora"]),
        score=summary[protocol["metric"]],
        low=interval["low"],
        high=interval["high"],
        uar_by_corpus={found["corpus"]: found["uar"] for found in summary["corpora"]},
        **{key: summary[key] for key in ("uar", "uar_fold_mean", "accuracy", "macro_f1")},
        majority_uar=summary["baselines"]["majority"]["uar"],
        permuted_uar=summary["baselines"]["permuted"]["mean"],
        verdict=protocol["verdict"],
        seeds=len(summary["seeds"]),
        uar_seed_std=seed_spread(summary),
        cpu_s=cost.get("cpu_s"),
        parameters=cost.get("parameters"),
        latency_ms=cost.get("latency_ms"),
        settings=" ".join(word for word in record["overrides"] if word.split("=")[0] not in (*ELSEWHERE, *NAMED)),
        chosen_on=record["chosen_on"],
        contest=Contest(
            protocol_hash=protocol["hash"],
            data_hash=record["data_hash"],
            protocol=protocol["name"],
            benchmark=all(facts["benchmark"] for facts in record["corpora"].values()),
            corpora=list(record["corpora"]),
            lacking=lacking(summary),
            tested=summary["n"],
            **{key: protocol[key] for key in shared},
        ),
    )


def leaderboard(rows: Iterable[Row]) -> list[Table]:
    """Group runs by what they may be compared within.

    The same folds over other audio (an embedded corpus from another seed) share the protocol's hash but not the data's:
    they are apart too.

    Args:
        rows: runs, in any order.

    Returns:
        One table per protocol hash and data hash, those of new speakers first, of these the ones with the fewest
        warnings, then by title; in each, the best run by the metric comes first.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for entry in rows:
        groups.setdefault((entry.contest.protocol_hash, entry.contest.data_hash), []).append(entry)
    tables = [
        Table(contest=found[0].contest, rows=sorted(found, key=_rank), p_against_best={}) for found in groups.values()
    ]
    return sorted(tables, key=_place)


def _place(table: Table) -> tuple[bool, int, str, str, str]:
    contest = table.contest
    said = len(table.warnings())
    return not contest.speaker_independent, said, table.title(), contest.protocol_hash, contest.data_hash


def _rank(entry: Row) -> tuple[float, str]:
    return -entry.score if METRICS[entry.contest.metric].higher_is_better else entry.score, entry.run_id


def to_markdown(tables: Sequence[Table]) -> str:
    """Write the tables as Markdown, each under a heading that says what was contested."""
    return "\n".join(
        "\n".join(
            [
                f"## {table.title()}",
                "",
                textwrap.fill(table.facts(), _COLUMNS),
                "",
                *_loud(table.warnings()),
                table_of_runs(table),
                "",
                *_words_of_choices(table),
                "",
                *uar_table([(entry.model, entry.run_id, entry.uar_by_corpus) for entry in table.rows]),
            ]
        )
        for table in tables
    )


def _loud(warnings: Sequence[str]) -> list[str]:
    return [line for warning in warnings for line in (f"**{warning}**", "")]


def _choices(table: Table) -> dict[str, str]:
    """Number the ways in which models were fitted and chosen, in the order of the runs."""
    ways = dict.fromkeys(entry.chosen_on for entry in table.rows)
    return {way: str(number) for number, way in enumerate(ways, start=1)}


def _words_of_choices(table: Table) -> list[str]:
    """Say on which parts the models were fitted, which the scores alone do not tell."""
    choices = _choices(table)
    whose = {way: f"fit {number}" if len(choices) > 1 else "Every model" for way, number in choices.items()}
    return [textwrap.fill(f"- {who}: {way}.", _COLUMNS, subsequent_indent="  ") for way, who in whose.items()]


def table_of_runs(table: Table) -> str:
    """Write the runs of one contest as a Markdown table."""
    choices = _choices(table)
    differ = len(choices) > 1
    costs = [key for key in COSTS if any(getattr(entry, key) is not None for entry in table.rows)]
    metric = table.contest.metric
    ranked = [] if metric in ("uar", "accuracy", "macro_f1") else [metric]
    tested = bool(table.p_against_best)
    header = ["", "model", "features", "augment", *ranked, "UAR", "95 % interval", *["against the best"] * tested]
    header += ["fold mean", "accuracy", "macro F1"]
    told = any(entry.settings for entry in table.rows)
    header += ["majority", "permuted", "seeds", *(COSTS[key] for key in costs), *(["fit"] if differ else []), "run"]
    header += ["settings"] if told else []
    rows = [
        [
            str(place),
            entry.model,
            entry.features,
            entry.augment,
            *(markdown.number(entry.score) for _ in ranked),
            markdown.number(entry.uar),
            "not available" if entry.low is None else f"{entry.low:.3f} to {entry.high:.3f}",
            *[told_apart(table.p_against_best.get(entry.run_id))] * tested,
            *(markdown.number(value) for value in (entry.uar_fold_mean, entry.accuracy, entry.macro_f1)),
            *(markdown.number(value) for value in (entry.majority_uar, entry.permuted_uar)),
            str(entry.seeds) if entry.uar_seed_std is None else f"{entry.seeds} (± {entry.uar_seed_std:.3f})",
            *(markdown.number(getattr(entry, key), _DIGITS[key]) for key in costs),
            *([choices[entry.chosen_on]] if differ else []),
            entry.run_id,
            *([entry.settings] if told else []),
        ]
        for place, entry in enumerate(table.rows, start=1)
    ]
    sides = "rlllrrrrrrrr" + "r" * (len(ranked) + tested + len(costs) + differ) + "l" * (1 + told)
    return markdown.table(header, rows, sides)
