from __future__ import annotations

import dataclasses

import pytest

from markup import Page
from ser.evaluation.leaderboard import leaderboard, row
from ser.report.material import Material
from ser.report.page import study_page


def written(*materials: Material) -> Page:
    return Page(study_page("my-study", leaderboard([row(one.result) for one in materials]), materials))


@pytest.fixture(scope="module")
def page(network: Material, estimator: Material, leaking: Material) -> Page:
    return written(network, estimator, leaking)


def test_the_page_asks_the_network_for_nothing_and_runs_nothing(page: Page) -> None:
    assert not page.all("script") + page.all("link") + page.all("iframe")
    assert all(image["src"].startswith("data:image/png") for image in page.all("img"))
    targets = [link["href"] for link in page.all("a")]
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {target[1:] for target in targets} <= ids
    assert all(target.startswith("#") for target in targets)
    assert "<script>alert(1)</script>/" in page.text


def test_the_page_can_be_read_without_seeing_it(page: Page) -> None:
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table")) > 30
    assert {header["scope"] for header in page.all("th")} == {"row", "col"}
    assert all(image["alt"] for image in page.all("img"))
    assert all(drawn["role"] == "img" and drawn["aria-label"] for drawn in page.all("svg"))


def test_what_a_reader_needs_is_on_it(page: Page, network: Material) -> None:
    summary = network.result.summary
    assert f"UAR {summary['uar']:.3f}" in page.text
    for words in (
        "Two folds of two speakers",
        "mlp: mlp is chosen in its own way",
        "percentile bootstrap over speakers, 4 of them",
        "Counts, summed over 2 seeds",
        "Every seed, over all folds",
        "Lowest among groups of 20 utterances",
        "Temperatures, each fitted on its fold's development part",
        "fold 2, seed 1: loss",
        "Licence: for play",
        "protocol abcdef012345, data d0d0",
        "ser verify aaaaaaaaaaaa\nser train study=my-study corpus=toy model=mlp",
        "ser report study=my-study",
        "numpy==2",
        "12.3",
        "1,234",
    ):
        assert words in page.text
    # Where the data lay is this machine's affair.
    assert "data_dir" not in page.text


def test_numbers_are_never_shown_without_their_mark(leaking: Material) -> None:
    page = written(leaking)
    assert "NOT speaker-independent: these numbers say nothing of new speakers." in page.text
    badges = [attributes for name, attributes in page.elements if attributes.get("class") == "badge"]
    # In the opening, at the contest and at the run, two marks each.
    assert len(badges) == 6
    scored = ("Leaderboard", "Behind the scores", "Classes.", "Shares of", "Counts", "Every", "By gender", "By speaker")
    labels = [region["aria-label"] for region in page.all("div") if region.get("role") == "region"]
    marked = [label for label in labels if label.startswith(scored)]
    assert len(marked) >= len(scored)
    assert all("Not speaker-independent. Transductive." in label for label in marked)


def test_a_clean_run_has_no_mark(network: Material) -> None:
    page = written(network)
    assert "ransductive" not in page.text
    assert "badge" not in {attributes.get("class") for _, attributes in page.elements}


def test_only_the_leader_of_a_contest_is_unfolded_and_links_lead_into_the_others(page: Page) -> None:
    folds = [attributes for attributes in page.all("details") if attributes.get("class") == "run"]
    assert ["open" in fold for fold in folds].count(True) == 2
    assert {"#run-aaaaaaaaaaaa", "#run-bbbbbbbbbbbb"} <= {link["href"] for link in page.all("a")}


def test_a_run_exported_without_cost_machine_and_epochs_says_so(estimator: Material) -> None:
    page = written(estimator)
    assert "there are no epochs to show" in page.text
    assert "CPU s" not in page.text
    assert "Installed packages" not in page.text
    assert "Every seed" not in page.text


def test_what_was_asked_is_answered_and_how_to_ask_the_rest_is_said(estimator: Material, network: Material) -> None:
    page = written(estimator)
    assert "Duration tells a little." in page.text
    assert page.all("img")[0]["alt"] == "Duration tells a little."
    assert "Each probe is a regression." in page.text
    assert "ser analyse bbbbbbbbbbbb enrolment learning robustness embedding" in page.text
    every = dataclasses.replace(
        network,
        analyses=dict.fromkeys(
            ("probes", "enrolment", "learning", "robustness", "embedding"), estimator.analyses["probes"]
        ),
    )
    assert "ser analyse" not in written(every).text


def test_predictions_stand_beside_the_true_class_model_by_model(network: Material, estimator: Material) -> None:
    page = written(network, estimator)
    wrong = sum(entry["predicted"] != entry["true"] for one in (network, estimator) for entry in one.sample)
    assert wrong > 0
    assert page.text.count("✗ ") == wrong + 1  # and once in the legend
    ids = [entry["utterance_id"] for entry in network.sample]
    assert len(ids) == 9
    assert ids == [entry["utterance_id"] for entry in estimator.sample]


def test_one_speaker_and_untested_classes_are_said(estimator: Material) -> None:
    summary = {
        **estimator.result.summary,
        "uar_interval": None,
        "classes_without_support": ["sad"],
        "development": None,
        "calibration": {**estimator.result.summary["calibration"], "after": None, "temperatures": None},
    }
    record = {**estimator.result.record, "notices": ["Computed by a licensed library."]}
    page = written(
        dataclasses.replace(estimator, result=dataclasses.replace(estimator.result, summary=summary, record=record))
    )
    for words in (
        "no interval: too few speakers",
        "Never tested: sad",
        "No temperature was fitted",
        "licensed library",
    ):
        assert words in page.text


def test_several_corpora_are_set_side_by_side(network: Material) -> None:
    corpora = [{**network.result.summary["corpora"][0], "corpus": name} for name in ("one", "two")]
    result = dataclasses.replace(network.result, summary={**network.result.summary, "corpora": corpora})
    assert "UAR on each corpus tested" in written(dataclasses.replace(network, result=result)).text


def test_many_fits_are_not_all_drawn(network: Material) -> None:
    epochs = network.histories["fold 1, seed 0"]
    many = dataclasses.replace(network, histories={f"fold {fold}": epochs for fold in range(1, 31)})
    page = written(many)
    assert "The first 12 of 30 fits." in page.text
    assert "fold 13: loss" not in page.text


def test_a_metric_of_its_own_has_a_column(network: Material) -> None:
    protocol = {**network.result.record["protocol"], "metric": "mcc"}
    result = dataclasses.replace(network.result, record={**network.result.record, "protocol": protocol})
    page = written(dataclasses.replace(network, result=result))
    assert f"{network.result.summary['mcc']:.3f}" in page.text
    assert "mcc" in page.text


def test_differences_from_the_best_are_shown_where_they_were_tested(network: Material, estimator: Material) -> None:
    (board,) = leaderboard([row(one.result) for one in (network, estimator)])
    tested = dataclasses.replace(board, p_against_best={board.rows[1].run_id: 0.4})
    page = Page(study_page("my-study", [tested], [network, estimator]))
    assert "not told apart (p " in page.text
    assert "against the best" not in written(network, estimator).text
