from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from asked import Ear, facts, predictor, tone, written
from ser.errors import StoreError
from ser.serving.answer import Answer, from_record
from ser.serving.answers import FORMATS
from ser.serving.facts import from_record as facts_from_record


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Answer]:
    folder = tmp_path_factory.mktemp("recordings")
    call = np.concatenate([tone(400, 4), np.zeros(32_000, np.float32), tone(3000, 4)])
    asked = predictor(Ear(), hop_s=1.0)
    return [
        asked.answer(written(folder / "call.wav", call), name="call, the first.wav"),
        asked.answer(written(folder / "clip.wav", tone(400, 2)), name="clip.wav"),
    ]


def test_the_table_reads_from_the_turns(answers: list[Answer]) -> None:
    text = FORMATS["table"](answers, facts(cautions=["NOT speaker-independent: mind."]))

    lines = text.splitlines()
    assert "UAR 0.750 (95 % interval 0.700 to 0.800)" in lines[0]
    assert lines[1] == "NOT speaker-independent: mind."
    assert lines[3].split() == ["recording", "seconds", "emotion", "low", "high"]
    assert [line.split() for line in lines[5:8]] == [
        ["0:00.0", "to", "0:04.0", "low", "1.00"],
        ["0:04.0", "to", "0:06.0", "silence"],
        ["0:06.0", "to", "0:10.0", "high", "1.00"],
    ]
    assert lines[8].split()[:3] == ["clip.wav", "2.00", "low"]
    assert lines[-1].endswith("(call, the first.wav)")


def test_json_lines_hold_everything(answers: list[Answer]) -> None:
    lines = [json.loads(line) for line in FORMATS["jsonl"](answers, facts()).splitlines()]

    assert [line.pop("model") for line in lines] == [{"run_id": "0123456789ab", "name": "tones zero_crossings ear"}] * 2
    assert [from_record(line) for line in lines] == answers


def test_csv_has_a_line_a_window(answers: list[Answer]) -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](answers, facts()))))

    assert len(rows) == len(answers[0].spans) + 1
    assert rows[0]["recording"] == "call, the first.wav"
    assert float(rows[0]["p_low"]) + float(rows[0]["p_high"]) == pytest.approx(1)
    assert (rows[4]["emotion"], rows[4]["p_low"]) == ("", "")
    assert [float(row["start_s"]) for row in rows[:-1]] == [float(second) for second in range(10)]


def test_facts_travel_as_plain_data() -> None:
    record = json.loads(json.dumps(facts().record()))

    assert facts_from_record(record, where="a file") == facts()
    with pytest.raises(StoreError, match=r"model\.onnx: expected the facts of a model"):
        facts_from_record({**record, "score": {}}, where="model.onnx")
