"""The routes that train: there only where they were asked for."""

from __future__ import annotations

import dataclasses
import json

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from ser.serving.http import bodies, uploads
from ser.serving.http.problems import Problem
from ser.serving.http.worker import Worker

_BODY_AT_MOST = 1024
_BODY_S = 10.0
_TRAIN_REASONS = ("token", "origin", "upload-too-slow", "too-large", "request", "busy")


def add(app: FastAPI, worker: Worker) -> None:
    """Add `POST /train` and `GET /jobs/ID` to an application."""
    schema = {"type": "object", "properties": {"rerun": {"type": "boolean"}}, "additionalProperties": False}
    content = {"application/json": {"schema": schema, "example": {"rerun": True}}}

    @app.post(
        "/train",
        status_code=202,
        summary="Train the model again on what lies in its corpora now",
        responses=bodies.answers(bodies.JobState, bodies.JOB_EXAMPLE, *_TRAIN_REASONS, status=202),
        openapi_extra={"requestBody": {"required": False, "content": content}},
    )
    async def train(request: Request) -> Response:
        """Answers at once; `GET /jobs/ID` says what has become of it.

        Where nothing has changed the finished run is found, unless the body says `{"rerun": true}`. When it is done,
        `/predict` answers by the new run. An accepted training is kept over a restart of the service.
        """
        async with uploads.in_time(_BODY_S):
            body = b"".join([chunk async for chunk in uploads.body(request, _BODY_AT_MOST)])
        rerun = _rerun(body)
        job = await run_in_threadpool(worker.jobs.accept, rerun=rerun)
        worker.wake()
        return JSONResponse(dataclasses.asdict(job), 202, {"Location": f"/jobs/{job.id}"})

    @app.get(
        "/jobs/{job_id}",
        summary="What has become of a training?",
        responses=bodies.answers(bodies.JobState, bodies.JOB_EXAMPLE, "token", "route"),
    )
    async def job(job_id: str) -> Response:
        """Tell its state: queued, running, done (with macro F1 over the folds, UAR and run id) or failed (with why)."""
        found = worker.jobs.find(job_id)
        if found is None:
            raise Problem(
                reason="route",
                detail="No training has this id.",
                expected="an id that POST /train has answered",
                fix="Ask for a training with POST /train.",
            )
        return JSONResponse(dataclasses.asdict(found))


def _rerun(body: bytes) -> bool:
    try:
        asked = json.loads(body or b"{}")
        if set(asked) <= {"rerun"} and isinstance(asked.get("rerun", False), bool):
            return bool(asked.get("rerun", False))
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise Problem(
        reason="request",
        detail="The body is not what this route takes.",
        expected='no body, or the JSON {"rerun": true}',
        fix="Leave the body out to train where something has changed.",
    )
