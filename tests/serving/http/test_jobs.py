from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

import toy_trainer
from ser.errors import ConfigError, StoreError
from ser.serving.http import jobs_api
from ser.serving.http.jobs import Job, Jobs, jobs_in
from ser.serving.http.outcomes import do_once
from ser.serving.http.problems import Problem
from ser.serving.http.worker import ATTEMPTS, Work, Worker
from ser.serving.predictor import Predictor
from toy_service import TOKEN, Toy, app_of, form, live, predictor, speech

Command = Callable[[Job, Path], Sequence[str]]
WRITE = 'import sys; open(sys.argv[1], "w").write(sys.argv[2])'


def writes(text: str) -> Command:
    """A training that takes no time and leaves a text as its outcome."""
    return lambda job, outcome: [sys.executable, "-S", "-c", WRITE, str(outcome), text]


def loaded(run_id: str) -> Predictor:
    return predictor(Toy(run_id))


def worker_of(folder: Path, command: Command, load: Callable[[str], Predictor] = loaded) -> Worker:
    return Worker(Jobs(folder, 3), Work(command=command, predictor=load))


def ended(client: httpx.Client, job: str) -> dict[str, object]:
    for _ in range(1000):
        state: dict[str, object] = client.get(f"/jobs/{job}").json()
        if state["state"] in ("done", "failed"):
            return state
        time.sleep(0.02)
    raise TimeoutError(job)


def test_a_body_that_trickles_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_api, "_BODY_S", 0.1)

    def slowly() -> Iterator[bytes]:
        yield b"{"
        time.sleep(0.4)
        yield b"}"

    with live(app_of(Toy(), worker=worker_of(tmp_path, writes("{}")))) as client:
        assert client.post("/train", content=slowly()).json()["reason"] == "upload-too-slow"
    assert list(tmp_path.iterdir()) == []


def test_a_training_is_accepted_followed_and_answers_from_then_on(tmp_path: Path) -> None:
    with live(app_of(Toy(), worker=worker_of(tmp_path, writes('{"run_id": "ffff", "f1_macro_mean": 0.7}')))) as client:
        assert client.post("/predict", files=form(speech())).json()["model"]["run_id"] == "0123456789ab"
        response = client.post("/train", json={"rerun": True})
        job = response.json()
        assert (response.status_code, response.headers["location"]) == (202, f"/jobs/{job['id']}")
        assert (job["state"], job["rerun"]) == ("queued", True)
        done = ended(client, job["id"])
        assert (done["state"], done["error"], done["attempts"]) == ("done", None, 1)
        assert done["outcome"] == {"run_id": "ffff", "f1_macro_mean": 0.7}
        assert client.post("/predict", files=form(speech())).json()["model"]["run_id"] == "ffff"
        assert client.get("/model").json()["run_id"] == "ffff"
        assert {"/train", "/jobs/{job_id}"} <= set(client.get("/openapi.json").json()["paths"])
        assert "POST /train" in client.get("/docs").text


def test_a_training_that_fails_says_why_and_the_model_stays(tmp_path: Path) -> None:
    def gone(run_id: str) -> Predictor:
        raise StoreError(expected="a finished run", received="none", where=tmp_path, fix="Train it again.")

    cases: list[tuple[Command, Callable[[str], Predictor], str]] = [
        (writes('{"error": "The corpus is empty."}'), loaded, "The corpus is empty."),
        (lambda job, outcome: [sys.executable, "-S", "-c", "raise SystemExit(3)"], loaded, "ended with exit code 3"),
        (writes('{"run_id": "ffff"}'), gone, "Expected a finished run. Train it again."),
        (lambda job, outcome: ["no-such-program"], loaded, "The service could not go on."),
    ]
    for number, (command, load, words) in enumerate(cases):
        folder = tmp_path / str(number)
        with live(app_of(Toy(), worker=worker_of(folder, command, load))) as client:
            state = ended(client, client.post("/train").json()["id"])
            assert state["state"] == "failed"
            assert words in str(state["error"])
            assert str(tmp_path) not in str(state["error"])
            assert client.get("/model").json()["run_id"] == "0123456789ab"


def test_only_a_few_trainings_wait_and_only_with_the_token(tmp_path: Path) -> None:
    slow: Command = lambda job, outcome: [sys.executable, "-S", "-c", "import time; time.sleep(60)"]  # noqa: E731
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    with live(app_of(Toy(), token=TOKEN, worker=worker_of(tmp_path, slow))) as client:
        assert client.post("/train").status_code == 401
        first = client.post("/train", headers=bearer).json()["id"]
        while client.get(f"/jobs/{first}", headers=bearer).json()["state"] != "running":
            time.sleep(0.02)
        answers = [client.post("/train", headers=bearer).status_code for _ in range(4)]
        assert answers == [202, 202, 202, 503]
        for body in (b"{", b"[]", b'{"rerun": 1}', b'{"other": true}', b"[" * 900):
            assert client.post("/train", content=body, headers=bearer).status_code == 422
        assert client.post("/train", content=bytes(2000), headers=bearer).status_code == 413
        assert client.get("/jobs/..%2f..%2fetc", headers=bearer).status_code == 404
        assert client.get("/jobs/1", headers=bearer).json()["reason"] == "route"
    # The training ended with the service, and waits for the next.
    assert [job.state for job in Jobs(tmp_path, 3)._jobs.values()] == ["queued"] * 4


def test_two_services_do_not_share_a_folder(tmp_path: Path) -> None:
    with jobs_in(tmp_path, 3), pytest.raises(ConfigError, match="--allow-train"), jobs_in(tmp_path, 3):
        pass
    with jobs_in(tmp_path, 3) as jobs:
        assert jobs.next() is None


def test_what_kills_every_service_is_given_up(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, 3)
    job = jobs.note(jobs.accept(rerun=False), state="running", attempts=ATTEMPTS)
    with live(app_of(Toy(), worker=worker_of(tmp_path, writes('{"run_id": "ffff"}')))) as client:
        state = ended(client, job.id)
    assert (state["state"], state["attempts"]) == ("failed", ATTEMPTS)


def test_old_jobs_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser.serving.http.jobs.KEPT", 5)
    jobs = Jobs(tmp_path, 3)
    for _ in range(8):
        last = jobs.note(jobs.accept(rerun=False), state="done")
    assert len(list(tmp_path.glob("*.json"))) == 6
    assert jobs.last_done() == last
    assert Jobs(tmp_path, 3).find(last.id) == last
    assert jobs.next() is None


def test_the_queue_is_bounded(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, 1)
    jobs.accept(rerun=False)
    with pytest.raises(Problem) as refused:
        jobs.accept(rerun=False)
    assert refused.value.headers["Retry-After"] == "60"


def test_a_job_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    outcome = tmp_path / "outcome.json"
    done: list[int] = []
    for number in range(2):
        do_once(outcome, lambda number=number: done.append(number) or {"run_id": str(number)})  # type: ignore[misc]
    assert done == [0]


@contextlib.contextmanager
def service(folder: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    process = subprocess.Popen([sys.executable, toy_trainer.__file__, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("Serving toy at http://127.0.0.1:")
    try:
        with httpx.Client(base_url=line.split()[3], trust_env=False, timeout=30) as client:
            yield process, client
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        process.wait()
        process.stdout.close()


def test_a_service_killed_under_load_loses_no_training_and_does_none_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    with service(tmp_path) as (process, client):
        accepted = [client.post("/train").json()["id"] for _ in range(4)]
        ended(client, accepted[0])
        process.send_signal(signal.SIGKILL)
    with service(tmp_path) as (process, client):
        states = [ended(client, job) for job in accepted]
        assert [state["state"] for state in states] == ["done"] * 4
        assert client.get("/model").json()["run_id"] == f"run-of-{accepted[-1]}"
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert (tmp_path / "ended").read_text().split() == accepted
