"""The application: a predictor behind the routes of an HTTP API."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from ser import __version__
from ser.errors import ConfigError, DataError
from ser.serving.answer import Answer
from ser.serving.facts import Facts
from ser.serving.http import bodies, docs, jobs_api, measures, problems, uploads
from ser.serving.http.batching import Batched
from ser.serving.http.capacity import Capacity, Deadline, Gate
from ser.serving.http.guard import Access, Guard
from ser.serving.http.measures import Measures
from ser.serving.http.problems import Problem
from ser.serving.http.worker import Worker
from ser.serving.predictor import Predictor

LONGEST_WINDOW_S = 30.0
"""Many windows are held at a time: longer ones would let a request take gigabytes."""
ASKED = {
    "window": "length of a window over a long recording, 0.1 to 30 s",
    "hop": "from one window to the next, 0.05 s to the window's length",
    "language": "what is spoken, as a BCP-47 tag such as de or pt-BR",
}
"""Query parameter of `POST /predict` -> what it takes."""
_SUMMARY = "Say what emotions are heard in recordings of speech. The model and its score: GET /model."


class Asked(BaseModel):
    """The query of `POST /predict`."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    window: float | None = Field(default=None, ge=0.1, le=LONGEST_WINDOW_S, description=ASKED["window"])
    hop: float | None = Field(default=None, ge=0.05, le=LONGEST_WINDOW_S, description=ASKED["hop"])
    language: str | None = Field(
        default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$", description=ASKED["language"]
    )


@dataclass(kw_only=True)
class Service:
    """What the routes work with.

    Attributes:
        predictor: answers; another takes its place when a training is done.
        capacity: what is refused.
        keep: folder for the uploads; None keeps none.
        gate: counts the requests inside.
        measures: what is told to Prometheus.
        threads: compute the answers.
    """

    predictor: Predictor
    capacity: Capacity
    keep: Path | None
    gate: Gate
    measures: Measures
    threads: ThreadPoolExecutor

    def use(self, predictor: Predictor) -> None:
        """Let another predictor answer from the next request on."""
        self.predictor = dataclasses.replace(predictor, engine=Batched(predictor.engine, self.measures.batch))

    @property
    def facts(self) -> Facts:
        """Those of the engine that answers now."""
        return self.predictor.engine.facts

    def asked(self, query: Asked) -> Predictor:
        """Give the predictor of a request.

        Raises:
            Problem: when the windows cannot be.
        """
        usual = self.predictor.windows
        window = usual.window_s if query.window is None else query.window
        hop = min(usual.hop_s, window) if query.hop is None else query.hop
        try:
            # Who asks for windows of a length means recordings of that length to be windows.
            whole = usual.whole_s if query.window is None else window
            windows = dataclasses.replace(usual, window_s=window, hop_s=hop, whole_s=whole)
        except ConfigError as error:
            detail = f"Expected {error.expected}, but got {error.received}."
            fix = "Set hop to at most window."
            raise Problem(reason="request", detail=detail, expected=error.expected, fix=fix) from error
        language = query.language or self.predictor.language
        return dataclasses.replace(self.predictor, windows=windows, language=language)

    def answer(self, predictor: Predictor, upload: uploads.Upload, deadline: Deadline) -> Answer:
        """Answer a request, in a thread.

        Raises:
            Problem: when the recording is refused, or there is no time left.
        """
        deadline.check()
        if self.keep is not None:
            uploads.keep(upload, self.keep)
        try:
            answer = predictor.answer(upload.file, name=upload.name, on_span=deadline.check, on_block=deadline.check)
        except DataError as error:
            raise problems.of_recording(error) from error
        self.measures.audio(answer.duration_s)
        return answer


def create_app(
    predictor: Predictor, *, capacity: Capacity, access: Access, keep: Path | None, worker: Worker | None
) -> FastAPI:
    """Build the service.

    Args:
        predictor: answers, until a training is done.
        capacity: what is refused.
        access: who may ask.
        keep: folder for the uploads, named by their hashes; None keeps none.
        worker: trains on request; None has no such routes.

    Returns:
        An ASGI application.
    """
    counted = Measures()
    gate = Gate(capacity)
    counted.watch_queue(lambda: gate.inside, capacity.at_once)
    threads = ThreadPoolExecutor(capacity.at_once, thread_name_prefix="answer")
    service = Service(predictor=predictor, capacity=capacity, keep=keep, gate=gate, measures=counted, threads=threads)
    service.use(predictor)

    @contextlib.asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        with threads, worker.at_work(service.use) if worker else contextlib.nullcontext():
            yield

    app = FastAPI(
        title="ser serve",
        summary=_SUMMARY,
        version=__version__,
        lifespan=running,
        # The usual pages load scripts from elsewhere; `docs` writes one that does not.
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(Guard, access=access, measures=counted)],
        exception_handlers={HTTPException: _no_route, RequestValidationError: _bad_query},
    )
    _add_predict(app, service)
    _add_facts(app, service)
    _add_pages(app)
    if worker:
        jobs_api.add(app, worker)
    return app


def _add_predict(app: FastAPI, service: Service) -> None:
    reasons = (
        "token",
        "origin",
        "upload-too-slow",
        "too-large",
        "content-type",
        "recording",
        "request",
        "busy",
        "too-long",
    )
    form = {
        "type": "object",
        "required": [uploads.FIELD],
        "properties": {uploads.FIELD: {"type": "string", "format": "binary"}},
    }
    content = {"multipart/form-data": {"schema": form}, "audio/*": {"schema": {"type": "string", "format": "binary"}}}

    @app.post(
        "/predict",
        summary="Say what is heard in a recording",
        responses=bodies.answers(bodies.Prediction, bodies.PREDICTION_EXAMPLE, *reasons),
        openapi_extra={"requestBody": {"required": True, "content": content}},
    )
    async def predict(request: Request, query: Annotated[Asked, Query()]) -> Response:
        """Class probabilities for the whole, and over time where it is long.

        WAV, FLAC, MP3 and OGG, and M4A, MP4 and WebM where the service can; told by content, not by name.
        """
        predictor = service.asked(query)
        with service.gate.place():
            async with uploads.received(request, service.capacity) as upload:
                deadline = Deadline(service.capacity.answer_s)
                work = service.threads.submit(service.answer, predictor, upload, deadline)
                answer = await asyncio.wrap_future(work)
        return JSONResponse(bodies.prediction(answer, predictor.engine.facts))


def _add_facts(app: FastAPI, service: Service) -> None:
    health = {"live": True, "ready": True}

    @app.get("/health", summary="Is it alive, and ready?", responses=bodies.answers(bodies.Health, health))
    async def healthy() -> Response:
        """Status 200 as long as it runs; `ready` is false while every place is taken. Needs no token."""
        return JSONResponse({"live": True, "ready": service.gate.open})

    @app.get("/model", summary="What answers?", responses=bodies.answers(Facts, None, "token", "request"))
    async def model(
        request: Request, format: Annotated[str | None, Query(description="json, or markdown for the card")] = None
    ) -> Response:
        """Facts of the model as JSON, or its card with `format=markdown` or `Accept: text/markdown`."""
        if format not in (None, "json", "markdown"):
            raise Problem(
                reason="request",
                detail="The query parameter format is not valid.",
                expected="json or markdown",
                fix="Leave it out for JSON.",
            )
        wanted = format or ("markdown" if "text/markdown" in request.headers.get("accept", "") else "json")
        if wanted == "markdown":
            return PlainTextResponse(service.facts.card, media_type="text/markdown")
        return JSONResponse(service.facts.record())

    @app.get(
        "/metrics",
        summary="Figures for Prometheus",
        responses=bodies.answers(str, None, "token"),
        response_class=PlainTextResponse,
    )
    async def metrics() -> Response:
        """Requests, latencies, queue, batches, seconds of sound and refusals, in the text format of Prometheus."""
        return Response(service.measures.text(), media_type=measures.MEDIA_TYPE)


def _add_pages(app: FastAPI) -> None:
    @app.get("/docs", include_in_schema=False)
    async def documentation(request: Request) -> Response:
        return HTMLResponse(docs.page_of(app.openapi(), str(request.base_url).rstrip("/")))

    @app.get("/", include_in_schema=False)
    async def front() -> Response:
        return RedirectResponse("/docs")


async def _no_route(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    raise problems.of_routing(error, request.method) from error


async def _bad_query(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    raise problems.of_query(error, ASKED) from error
