from __future__ import annotations

import hashlib
import re
from pathlib import Path

import httpx
import pytest

from ser.serving.http.problems import REASONS
from toy_service import Toy, app_of, facts, form, live, speech


def test_an_upload_is_answered_with_all_that_is_needed_to_judge_it(client: httpx.Client) -> None:
    response = client.post("/predict", files=form(speech(amplitude=0.9), "clip.wav"), params={"language": "de"})
    assert response.status_code == 200
    said = response.json()
    answer = said["answer"]
    assert answer["source"] == "clip.wav"
    assert (answer["emotion"], answer["duration_s"], answer["sample_rate_hz"]) == ("loud", 1.0, 16000)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert [span["emotion"] for span in answer["spans"]] == ["loud"]
    assert said["model"] == {
        "run_id": "0123456789ab",
        "name": "toy loudness threshold",
        "features": "loudness",
        "members": 1,
    }
    assert said["protocol"] == facts().protocol
    assert said["cautions"] == ["Only a toy."]
    assert said["score"]["uar"] == 0.75
    assert answer["warnings"] == []


@pytest.mark.parametrize("container", ["WAV", "FLAC", "OGG", "MP3"])
def test_the_body_may_be_the_recording_itself(client: httpx.Client, container: str) -> None:
    body, kind = speech(container=container), {"Content-Type": f"audio/{container.lower()}"}
    said = client.post("/predict", content=body, headers=kind).json()["answer"]
    assert (said["emotion"], said["container"], said["source"]) == ("calm", container, "recording")


def test_a_long_recording_is_answered_over_time(client: httpx.Client) -> None:
    long = form(speech(5.0))
    usual = client.post("/predict", files=long).json()["answer"]["spans"]
    assert [(span["start_s"], span["end_s"]) for span in usual[:2]] == [(0.0, 1.0), (0.5, 1.5)]
    asked = client.post("/predict", files=long, params={"window": 2, "hop": 1}).json()["answer"]["spans"]
    assert [(span["start_s"], span["end_s"]) for span in asked] == [(0, 2), (1, 3), (2, 4), (3, 5)]
    narrow = client.post("/predict", files=long, params={"window": 0.25}).json()["answer"]["spans"]
    assert narrow[1]["start_s"] == 0.25


def test_a_language_it_does_not_know_is_said_with_the_answer(client: httpx.Client) -> None:
    said = client.post("/predict", files=form(speech()), params={"language": "ta"}).json()
    assert said["answer"]["warnings"] == ["Language ta: the model learned from de alone."]


@pytest.mark.parametrize(
    "query",
    [
        {"windw": "2"},
        {"window": "0"},
        {"window": "600"},
        {"window": "nan"},
        {"window": "2", "hop": "3"},
        {"hop": "a"},
        {"language": "<script>"},
    ],
)
def test_a_wrong_query_is_told_what_is_right(client: httpx.Client, query: dict[str, str]) -> None:
    response = client.post("/predict", files=form(speech()), params=query)
    assert response.status_code == 422
    assert response.json()["reason"] == "request"
    assert "window" in response.json()["expected"]


def test_the_model_is_told_as_json_or_as_its_card(client: httpx.Client) -> None:
    assert client.get("/model").json() == facts().record()
    for card in (
        client.get("/model", params={"format": "markdown"}),
        client.get("/model", headers={"Accept": "text/markdown"}),
    ):
        assert card.headers["content-type"].startswith("text/markdown")
        assert card.text == facts().card
    assert client.get("/model", params={"format": "pdf"}).json()["expected"] == "json or markdown"


def test_health_and_the_front_page(client: httpx.Client) -> None:
    assert client.get("/health").json() == {"live": True, "ready": True}
    assert client.get("/").headers["location"] == "/docs"


def test_there_is_no_training_unless_allowed(client: httpx.Client) -> None:
    assert client.post("/train").status_code == 404
    assert client.get("/jobs/1").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/nothing", 404, "route"),
        ("GET", "/predict/../../etc/passwd", 404, "route"),
        ("GET", "/predict", 405, "method"),
        ("DELETE", "/model", 405, "method"),
    ],
)
def test_what_is_not_there_is_refused_in_the_same_form(
    client: httpx.Client, method: str, path: str, status: int, reason: str
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    said = response.json()
    assert set(said) == {"type", "title", "status", "reason", "detail", "expected", "fix"}
    assert (said["status"], said["reason"]) == (status, reason)


def test_the_description_names_every_refusal_of_every_route(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {"/predict", "/health", "/model", "/metrics"}
    predict = described["paths"]["/predict"]["post"]
    assert set(predict["requestBody"]["content"]) == {"multipart/form-data", "audio/*"}
    assert {each["name"] for each in predict["parameters"]} == {"window", "hop", "language"}
    reasons = ("host", "token", "too-large", "content-type", "recording", "busy", "too-long", "fault")
    statuses = {str(REASONS[reason][0]) for reason in reasons}
    assert statuses <= set(predict["responses"])
    for status in statuses:
        examples = predict["responses"][status]["content"]["application/problem+json"]["examples"]
        assert all(str(example["value"]["status"]) == status for example in examples.values())
    # The example is what is answered.
    said = client.post("/predict", files=form(speech())).json()
    example = predict["responses"]["200"]["content"]["application/json"]["example"]
    assert example.keys() == said.keys()
    assert example["answer"].keys() == said["answer"].keys()
    assert example["answer"]["spans"][0].keys() == said["answer"]["spans"][0].keys()


def test_the_documentation_asks_for_nothing_from_elsewhere(client: httpx.Client) -> None:
    response = client.get("/docs")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "<script" not in response.text
    assert not re.findall(r'(?:src|srcset|action)="(?!data:)', response.text)
    assert re.findall(r'href="([^"]*)"', response.text) == ["/openapi.json"]
    assert "`" not in response.text
    for text in (
        "POST /predict",
        "GET /model",
        "<code>ready</code>",
        "json, or markdown",
        "too-large",
        f"{client.base_url}/predict".replace("//p", "/p"),
    ):
        assert text in response.text, text


def test_metrics_count_what_happened(client: httpx.Client) -> None:
    def value(line: str) -> float:
        found = re.search(rf"^{re.escape(line)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    lines = [
        'ser_requests_total{route="/predict",status="200"}',
        'ser_request_seconds_count{route="/predict"}',
        'ser_rejected_total{reason="recording"}',
        "ser_audio_seconds_total",
        "ser_batch_clips_count",
    ]
    before = [value(line) for line in lines]
    client.post("/predict", files=form(speech(1.5)))
    client.post("/predict", files=form(b"not audio"))
    client.get("/no/such/page")
    after = [value(line) for line in lines]
    assert [b - a for a, b in zip(before, after, strict=True)] == pytest.approx([1, 2, 1, 1.5, 1])
    text = client.get("/metrics").text
    assert "no/such/page" not in text
    assert "ser_waiting 0.0" in text


def test_uploads_are_kept_only_where_asked_named_by_their_hash(tmp_path: Path) -> None:
    content = speech()
    with live(app_of(Toy(), keep=tmp_path)) as client:
        for name in ("../../a.wav", "b.wav"):
            assert client.post("/predict", files=form(content, name)).status_code == 200
    assert [path.name for path in tmp_path.iterdir()] == [hashlib.sha256(content).hexdigest()]
    assert next(tmp_path.iterdir()).read_bytes() == content
