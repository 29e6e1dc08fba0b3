import copy
import csv
import dataclasses
import io
import json
from typing import Any

from ser.evaluation.interchange import to_csv, to_json
from ser.evaluation.leaderboard import leaderboard, row, to_markdown
from ser.evaluation.results import RunResult


def variant(result: RunResult, run_id: str, uar: float = 0.5, **protocol: Any) -> RunResult:
    record: dict[str, Any] = copy.deepcopy(dict(result.record))
    record["protocol"].update(protocol)
    summary = {**result.summary, "uar": uar}
    return dataclasses.replace(result, run_id=run_id, record=record, summary=summary)


def test_a_row_shows_what_the_run_says(result: RunResult) -> None:
    found = row(result)
    assert (found.model, found.features, found.augment, found.corpora) == ("mlp", "functionals", "none", "toy")
    assert found.uar == result.summary["uar"]
    assert found.low == result.summary["uar_interval"]["low"]
    assert found.permuted_uar == result.summary["baselines"]["permuted"]["mean"]
    assert found.seeds == 2
    assert (found.cpu_s, found.parameters, found.latency_ms) == (12.3, 1234, 0.42)


def test_what_runs_cost_has_columns_where_it_is_known(result: RunResult) -> None:
    exported = dataclasses.replace(variant(result, "a"), cost=None)
    estimator = dataclasses.replace(variant(result, "b"), cost={"cpu_s": 2, "parameters": None, "latency_ms": 1})
    assert "CPU s" not in to_markdown(leaderboard([row(exported)]))
    text = to_markdown(leaderboard([row(exported), row(estimator)]))
    assert "| CPU s | ms a clip | run" in text
    assert "|   2.0 |      1.00 | " in text
    assert "|     - |         - | " in text
    (line,) = csv.DictReader(io.StringIO(to_csv(leaderboard([row(estimator)]))))
    assert (line["cpu_s"], line["parameters"], line["latency_ms"]) == ("2", "", "1")


def test_runs_of_different_protocols_or_data_are_never_in_one_table(result: RunResult) -> None:
    other_data = dataclasses.replace(variant(result, "c"), record={**result.record, "data_hash": "another"})
    rows = [row(variant(result, "a", hash="1")), row(variant(result, "b", hash="2")), row(other_data)]
    tables = leaderboard([*rows, row(variant(result, "d", hash="1"))])
    assert sorted([entry.run_id for entry in table.rows] for table in tables) == [["a", "d"], ["b"], ["c"]]


def test_the_best_comes_first_whatever_the_order(result: RunResult) -> None:
    rows = [row(variant(result, name, uar)) for name, uar in (("a", 0.4), ("b", 0.7), ("c", 0.5), ("d", 0.5))]
    for entries in (rows, rows[::-1]):
        assert [entry.run_id for entry in leaderboard(entries)[0].rows] == ["b", "c", "d", "a"]


def test_those_not_told_apart_from_the_best_are_marked(result: RunResult) -> None:
    rows = [row(variant(result, name, uar)) for name, uar in (("a", 0.7), ("b", 0.6), ("c", 0.4))]
    (table,) = leaderboard(rows)
    assert "against the best" not in to_markdown([table])
    tested = dataclasses.replace(table, p_against_best={"b": 0.3, "c": 0.0123})
    lines = [line for line in to_markdown([tested]).splitlines() if line.startswith("|")]
    assert [("not told apart (p 0.3)" in line, "worse (p 0.012)" in line) for line in lines] == [
        (False, False),
        (False, False),
        (False, False),
        (True, False),
        (False, True),
    ]
    assert [entry["p_against_best"] for entry in json.loads(to_json([tested]))[0]["rows"]] == [None, 0.3, 0.0123]


def test_runs_are_ranked_by_the_metric_of_their_protocol(result: RunResult) -> None:
    first, second = (variant(result, name, uar, metric="accuracy") for name, uar in (("a", 0.4), ("b", 0.7)))
    better = dataclasses.replace(first, summary={**first.summary, "accuracy": 0.99})
    assert [entry.run_id for entry in leaderboard([row(second), row(better)])[0].rows] == ["a", "b"]


def test_markdown_says_in_words_what_was_contested(result: RunResult) -> None:
    text = to_markdown(leaderboard([row(result)]))
    assert "## toy · three labels · loso" in text
    words = " ".join(text.split())
    assert "85 utterances of 6 speakers, 3 classes (angry, happy, sad), 6 folds." in words
    assert "Leave-one-speaker-out cross-validation. Audit: speaker-independent. Protocol abcdef012345" in words
    assert "NOT" not in text
    assert "benchmark" not in text
    low, high = (result.summary["uar_interval"][end] for end in ("low", "high"))
    assert f"{low:.3f} to {high:.3f}" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(line) for line in table}) == 1


def test_a_missing_interval_is_said(result: RunResult) -> None:
    without = dataclasses.replace(result, summary={**result.summary, "uar_interval": None})
    tables = leaderboard([row(without)])
    assert "not available" in to_markdown(tables)
    assert json.loads(to_json(tables))[0]["rows"][0]["low"] is None


def test_leaking_protocols_and_synthetic_corpora_are_said_loudly(result: RunResult) -> None:
    leaking = variant(result, "a", speaker_independent=False, verdict="not speaker-independent: ...", hash="1")
    judged = variant(result, "b", verdict="not speaker-independent: speakers overlap in 1 of 5 folds", hash="2")
    synthetic = dataclasses.replace(result, record={**result.record, "corpora": {"synthetic": {"benchmark": False}}})
    for run, warning in (
        (leaking, "**NOT speaker-independent"),
        (judged, "**NOT speaker-independent"),
        (synthetic, "**Not a benchmark: numbers on these data compare with nothing published.**"),
    ):
        tables = leaderboard([row(run)])
        assert warning in to_markdown(tables)
        assert warning.strip("*") in to_json(tables)
        assert warning.strip("*") in to_csv(tables)


def test_numbers_of_new_speakers_stand_before_those_that_carry_a_warning(result: RunResult) -> None:
    leaking = variant(result, "a", name="a", speaker_independent=False, hash="1")
    assert [table.warnings() == [] for table in leaderboard([row(leaking), row(result)])] == [True, False]


def test_what_normalisation_costs_the_numbers_is_in_heading_and_warnings(result: RunResult) -> None:
    known = variant(result, "a", hash="1", normalise="speaker", warning="TRANSDUCTIVE: the speakers are known.")
    usual, by_speaker = leaderboard([row(result), row(known)])
    assert usual.title() == "toy · three labels · loso"
    assert by_speaker.title() == "toy · three labels · loso · normalise=speaker"
    assert "**TRANSDUCTIVE: the speakers are known.**" in to_markdown([by_speaker])
    line = next(csv.DictReader(io.StringIO(to_csv([by_speaker]))))
    assert (line["normalise"], line["warnings"]) == ("speaker", "TRANSDUCTIVE: the speakers are known.")


def test_on_what_the_models_were_fitted_is_said_with_the_scores(result: RunResult) -> None:
    both = "nothing is chosen on the development part, so the model that is tested is fitted on it too"
    network = row(result)
    estimator = row(dataclasses.replace(result, run_id="b", record={**result.record, "chosen_on": both}))
    (alike,), (table,) = leaderboard([network]), leaderboard([network, estimator])
    assert "- Every model: the best epoch is tested." in to_markdown([alike])
    assert "| fit" not in to_markdown([alike])
    text = to_markdown([table])
    for number, entry in enumerate(table.rows, start=1):
        assert f"- fit {number}: {entry.chosen_on}." in text.replace("\n  ", " ")
        assert any(f"| {number} | {entry.run_id}" in " ".join(line.split()) for line in text.splitlines())
    assert {entry["chosen_on"] for entry in json.loads(to_json([table]))[0]["rows"]} == {network.chosen_on, both}
    assert {line["chosen_on"] for line in csv.DictReader(io.StringIO(to_csv([table])))} == {network.chosen_on, both}


def test_json_and_csv_hold_the_same_rows(result: RunResult) -> None:
    tables = leaderboard([row(result), row(variant(result, "b", hash="2"))])
    from_json = [entry for table in json.loads(to_json(tables)) for entry in table["rows"]]
    from_csv = list(csv.DictReader(io.StringIO(to_csv(tables))))
    assert [entry["run_id"] for entry in from_json] == [line["run_id"] for line in from_csv]
    assert [entry["uar"] for entry in from_json] == [float(line["uar"]) for line in from_csv]
    assert {line["protocol_hash"] for line in from_csv} == {"abcdef012345", "2"}


def test_no_runs_give_empty_tables() -> None:
    assert to_markdown(leaderboard([])) == ""
    assert json.loads(to_json([])) == []
    assert to_csv([]).strip() == ""


def test_what_a_contest_ranks_by_is_shown(result: RunResult) -> None:
    by_mcc = [variant(result, "a", 0.7, metric="mcc"), variant(result, "b", 0.4, metric="mcc")]
    by_mcc[1] = dataclasses.replace(by_mcc[1], summary={**by_mcc[1].summary, "mcc": 0.987})
    (table,) = leaderboard([row(run) for run in by_mcc])
    assert [entry.run_id for entry in table.rows] == ["b", "a"]
    text = to_markdown([table])
    assert " mcc |" in text
    assert "0.987" in text
