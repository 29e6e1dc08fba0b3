import dataclasses

from ser.evaluation.leaderboard import leaderboard, row
from ser.evaluation.report import study_page
from ser.evaluation.results import RunResult


def page(*results: RunResult) -> str:
    return study_page("my-study", leaderboard([row(result) for result in results]), results)


def test_the_page_holds_what_a_reader_needs(result: RunResult) -> None:
    text = page(result)
    assert text.startswith("# my-study\n")
    assert "## toy · three labels · loso" in text
    assert f"UAR **{result.summary['uar']:.3f}**" in text
    assert "expanded percentile bootstrap over speakers, 6 of them" in text
    assert "Majority class: UAR 0.333" in text
    assert "2 seeds." in text
    assert "Counts are summed over 2 seeds." in text
    assert "![Confusion matrix of toy functionals mlp](figures/0123456789ab/confusion_matrix.png)" in text
    assert "(figures/0123456789ab/history.png)" in text
    assert "toy/5" in text


def test_it_says_what_is_to_be_known_of_the_features(result: RunResult) -> None:
    noted = dataclasses.replace(result, record={**result.record, "notices": ["Computed by a licensed library."]})
    assert "\n\nComputed by a licensed library.\n\n| class |" in page(noted)


def test_the_audit_is_counted_by_kind_and_pair(result: RunResult) -> None:
    lines = [line.split("|") for line in page(result).splitlines()]
    cells = {line[1].strip(): [cell.strip() for cell in line[2:-1]] for line in lines if len(line) > 4}
    assert cells["speaker"] == ["none", "none", ""]
    assert cells["sentence"] == ["6 of 6 folds, up to 6", "6 of 6 folds, up to 6", "toy/a1"]


def test_it_says_how_to_repeat_a_run(result: RunResult) -> None:
    text = page(result)
    assert "ser verify 0123456789ab" in text
    # Where the data lay is this machine's affair.
    assert "ser train study=my-study corpus=toy model=mlp 'seeds=[0,1]'\n" in text
    assert "data_dir" not in text


def test_what_the_long_page_shows_is_said_in_a_line_each(result: RunResult) -> None:
    text = page(result)
    calibration, abstention = result.summary["calibration"], result.summary["abstention"]
    assert "- Lowest among groups of 20 utterances or more: " in text
    assert f"expected error {calibration['before']['ece']:.3f}, {calibration['after']['ece']:.3f} after" in text
    assert f"accuracy {abstention['curve'][9]['accuracy']:.3f} on the half it is surest of" in text
    assert "- Cost: 12.3 s of processor time, 0.42 ms a clip." in text
    assert "(report.html#run-0123456789ab)" in text
    bare = {**result.summary, "calibration": {**calibration, "after": None, "temperatures": None}}
    text = page(dataclasses.replace(result, summary=bare, cost=None))
    assert "temperature" not in text
    assert "- Cost" not in text


def test_runs_that_differ_in_a_setting_are_told_apart(result: RunResult) -> None:
    assert "settings" not in page(result)
    overrides = [*result.record["overrides"], "model.dropout=0.4", "study=other"]
    text = page(result, dataclasses.replace(result, run_id="b", record={**result.record, "overrides": overrides}))
    assert "| model.dropout=0.4 |" in text


def test_one_seed_one_speaker_and_missing_classes_are_said(result: RunResult) -> None:
    summary = {
        **result.summary,
        "seeds": [0],
        "uar_interval": None,
        "classes_without_support": ["sad"],
        "folds": [{**result.summary["folds"][0], "speakers": []}],
    }
    text = page(dataclasses.replace(result, summary=summary))
    assert "no interval: too few speakers" in text
    assert "1 seed. Never tested: sad." in text
    assert "summed over" not in text
    assert "| unknown" in text


def test_many_speakers_are_counted(result: RunResult) -> None:
    folds = [{**result.summary["folds"][0], "speakers": [f"toy/{index}" for index in range(9)]}]
    text = page(dataclasses.replace(result, summary={**result.summary, "folds": folds}))
    assert "toy/0, toy/1, toy/2, toy/3 and 5 more" in text


def test_runs_come_in_the_order_of_their_tables(result: RunResult) -> None:
    better = dataclasses.replace(result, run_id="b", name="better", summary={**result.summary, "uar": 0.99})
    text = page(result, better)
    assert text.index("### better") < text.index("### toy functionals mlp")
