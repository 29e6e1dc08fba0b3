"""What the service answers, as plain data: the schemas and the examples of its documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from ser.serving.answer import Answer
from ser.serving.facts import Facts, Score
from ser.serving.http.problems import MEDIA_TYPE, REASONS


@dataclass(frozen=True, kw_only=True)
class Model:
    """Which model answered."""

    run_id: str
    name: str
    features: str
    members: int


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What is heard in a recording, and how far that can be trusted."""

    answer: Answer
    model: Model
    protocol: str
    cautions: list[str]
    score: Score


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether the service runs, and whether it would take one more request now."""

    live: bool
    ready: bool


@dataclass(frozen=True, kw_only=True)
class JobState:
    """A training that was asked for; `outcome` when it is done, `error` when it failed."""

    id: str
    accepted_at: str
    rerun: bool
    state: str
    attempts: int
    outcome: dict[str, Any] | None
    error: str | None


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a request was refused, after RFC 9457. Programs go by `reason`."""

    type: str
    title: str
    status: int
    reason: str
    detail: str
    expected: str
    fix: str


def prediction(answer: Answer, facts: Facts) -> dict[str, Any]:
    """Put an answer beside what must be known to judge it.

    Returns:
        The fields of :class:`Prediction`, as plain data for JSON.
    """
    told = facts.record()
    return {
        "answer": answer.record(),
        "model": {key: told[key] for key in ("run_id", "name", "features", "members")},
        "protocol": told["protocol"],
        "cautions": told["cautions"],
        "score": told["score"],
    }


_REFUSAL = TypeAdapter(Refusal).json_schema()
_PROBABILITIES = {"angry": 0.91, "neutral": 0.06, "sad": 0.03}
PREDICTION_EXAMPLE = {
    "answer": {
        "source": "speech.wav",
        "duration_s": 2.41,
        "sample_rate_hz": 16000,
        "channels": 1,
        "container": "WAV",
        "emotion": "angry",
        "probabilities": _PROBABILITIES,
        "spans": [
            {
                "start_s": 0.0,
                "end_s": 2.41,
                "level_db": -21.3,
                "emotion": "angry",
                "probabilities": _PROBABILITIES,
                "strangeness": 0.01,
            }
        ],
        "warnings": ["Language unknown: the model learned from de alone."],
    },
    "model": {"run_id": "0cc975b643fe", "name": "emodb functionals mlp", "features": "functionals", "members": 5},
    "protocol": "5 folds by speaker, so that no speaker is in training and test",
    "cautions": [],
    "score": {
        "uar": 0.71,
        "low": 0.65,
        "high": 0.77,
        "words": "UAR 0.710 (95 % interval 0.650 to 0.770) on 535 held-out utterances; chance 0.143",
    },
}
JOB_EXAMPLE = {
    "id": "18f3b2c45d6e7a80-1f2e3d4c",
    "accepted_at": "2025-01-01T12:00:00+00:00",
    "rerun": False,
    "state": "done",
    "attempts": 1,
    "outcome": {"run_id": "0cc975b643fe", "f1_macro_mean": 0.70, "f1_macro_sd": 0.05, "uar": 0.71},
    "error": None,
}


def answers(model: type, example: object, *reasons: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Document the responses of a route.

    Args:
        model: of the body when all is well.
        example: of it; None gives none.
        reasons: of `REASONS`, for which the route refuses requests; those that any route has need not be named.
        status: when all is well.
    """
    said: dict[int | str, dict[str, Any]] = {status: {"model": model}}
    if example is not None:
        said[status]["content"] = {"application/json": {"example": example}}
    for reason in ("host", "fault", *reasons):
        code, title = REASONS[reason]
        content = said.setdefault(code, _refusal(title))["content"][MEDIA_TYPE]
        content["examples"][reason] = {"summary": title, "value": _refusal_example(reason)}
    # Without it the framework documents refusals of its own that never happen.
    return {**said, "default": _refusal("Any other refusal")}


def _refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _REFUSAL, "examples": {}}}}


def _refusal_example(reason: str) -> dict[str, object]:
    status, title = REASONS[reason]
    words = {"detail": f"{title}.", "expected": "what was needed", "fix": "What to do about it."}
    return {"type": "about:blank", "title": title, "status": status, "reason": reason, **words}
