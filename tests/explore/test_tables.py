from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ser.explore import tables
from ser.explore.tables import Explored

CLIPS = 3 * 2 * 7


def test_every_table_counts_every_utterance_once(explored: Explored, odd: Explored) -> None:
    made = tables.all_tables([explored, odd])
    for name in ("corpora", "classes", "speakers", "durations", "duration_histogram", "levels", "formats"):
        per_corpus = made[name].groupby("corpus")["utterances"].sum()
        assert per_corpus.to_dict() == {"odd": CLIPS, "synthetic": CLIPS}, name
    assert len(made["utterances"]) == 2 * CLIPS
    assert made["utterances"]["utterance_id"].is_unique
    assert set(made["intensity"]["corpus"]) == {"odd"}


def test_classes_are_counted_by_gender_under_their_label(explored: Explored) -> None:
    rows = tables.classes(explored).set_index("emotion_native")
    # Of the three speakers two are women.
    assert rows[["female", "male", "unknown"]].drop_duplicates().to_numpy().tolist() == [[4, 2, 0]]
    assert rows["share"].to_numpy() == pytest.approx(np.full(7, 1 / 7))
    assert rows["published"].tolist() == [6] * 7
    assert rows.loc["happy", "label"] == "happy"
    assert pd.isna(rows.loc["surprise", "label"])


def test_a_published_emotion_that_was_not_found_is_shown_with_none(explored: Explored) -> None:
    rest = explored.utterances[explored.utterances["emotion_native"] != "fear"]
    rows = tables.classes(replace(explored, utterances=rest)).set_index("emotion_native")
    assert rows.loc["fear", ["utterances", "published"]].tolist() == [0, 6]


def test_a_corpus_is_described_in_a_row_and_nobody_is_no_speaker(explored: Explored, odd: Explored) -> None:
    first, second = tables.corpora([explored, odd]).to_dict("records")
    assert (first["speakers"], first["female_speakers"], first["male_speakers"]) == (3, 2, 1)
    assert first["minutes"] == pytest.approx(explored.utterances["duration_s"].sum() / 60, abs=0.01)
    assert (second["female_speakers"], second["unknown_speakers"], second["refused"]) == (0, 1, 60)


def test_genders_that_do_not_occur_are_not_listed(explored: Explored, odd: Explored) -> None:
    assert tables.genders(explored.utterances) == ["female", "male"]
    assert tables.genders(odd.utterances) == ["unknown"]


def test_levels_and_durations_are_numpys(explored: Explored) -> None:
    fear = explored.utterances[explored.utterances["emotion_native"] == "fear"]
    levels = tables.levels(explored.utterances).set_index("emotion_native").loc["fear"]
    assert levels["rms_dbfs"] == pytest.approx(np.mean(fear["rms_dbfs"]))
    assert levels["rms_dbfs_std"] == pytest.approx(np.std(fear["rms_dbfs"].to_numpy()))
    assert levels["min_amplitude"] == pytest.approx(np.mean(fear["min_amplitude"]))
    durations = tables.durations(explored.utterances).set_index("emotion_native").loc["fear"]
    expected = np.quantile(fear["duration_s"], [0, 0.1, 0.5, 0.9, 1])
    assert durations[["shortest_s", "p10_s", "median_s", "p90_s", "longest_s"]].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("longest", [0.01, 0.5, 3.99, 4.0, 12.0, 59.9, 3000.0])
def test_the_bins_of_a_histogram_hold_everything(longest: float) -> None:
    durations = pd.DataFrame({"corpus": ["a", "a", "b"], "duration_s": [0.0, longest / 3, longest]})
    rows = tables.histogram(durations)
    assert rows.groupby("corpus")["utterances"].sum().to_dict() == {"a": 2, "b": 1}
    for _, bins in rows.groupby("corpus"):
        assert len(bins) % 4 == 0
        assert len(bins) <= 44
        assert (bins["from_s"].iloc[1:].to_numpy() == bins["to_s"].iloc[:-1].to_numpy()).all()


def test_a_length_on_an_edge_counts_in_the_bin_that_starts_there() -> None:
    rows = tables.histogram(pd.DataFrame({"corpus": "a", "duration_s": [1.0, 3.5]}))
    counted = rows[rows["utterances"] > 0]
    assert counted["from_s"].tolist() == [1.0, 3.5]
