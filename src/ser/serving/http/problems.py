"""What is said when a request is refused: one form for all, after RFC 9457 (Problem Details for HTTP APIs, 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from ser.errors import SerError

MEDIA_TYPE = "application/problem+json"
REASONS = {
    "token": (401, "The token is missing or wrong"),
    "origin": (403, "The request comes from a page of another site"),
    "route": (404, "There is nothing here"),
    "method": (405, "This cannot be done here"),
    "upload-too-slow": (408, "The upload did not arrive in time"),
    "too-large": (413, "The upload is too large"),
    "content-type": (415, "This kind of content is not taken"),
    "host": (421, "The service is not known by this name"),
    "recording": (422, "The recording cannot be used"),
    "request": (422, "The request is not valid"),
    "fault": (500, "The service failed"),
    "busy": (503, "The service is busy"),
    "too-long": (504, "The answer took too long"),
}
"""Reason -> status and title. The reason is what programs go by: it stands in the body and in the metrics."""


@dataclass(kw_only=True, eq=False)
class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A request that is refused.

    Attributes:
        reason: one of `REASONS`.
        detail: what is wrong with this request, in a sentence.
        expected: what was needed, as a clause.
        fix: what to do about it, as an imperative sentence.
        headers: of the response, beside the usual ones.
    """

    reason: str
    detail: str
    expected: str
    fix: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return REASONS[self.reason][0]

    def record(self) -> dict[str, object]:
        """Give the body, as plain data for JSON."""
        status, title = REASONS[self.reason]
        return {
            "type": "about:blank",
            "title": title,
            "status": status,
            "reason": self.reason,
            "detail": self.detail,
            "expected": self.expected,
            "fix": self.fix,
        }

    def response(self) -> Response:
        """Give the response."""
        return JSONResponse(self.record(), self.status, dict(self.headers), MEDIA_TYPE)


def of_recording(error: SerError) -> Problem:
    """Say what is wrong with a recording, without where: the sender knows, and the machine's folders stay its own."""
    return Problem(
        reason="recording",
        detail=f"Expected {error.expected}, but got {error.received}.",
        expected=error.expected,
        fix=error.fix,
    )


def of_query(error: RequestValidationError, known: Mapping[str, str]) -> Problem:
    """Say what is wrong with query parameters.

    Args:
        error: of the framework; its own words are left out.
        known: name -> what it takes.
    """
    wrong = list(dict.fromkeys(str(fault["loc"][-1]) for fault in error.errors()))
    listed = "; ".join(f"{name}: {what}" for name, what in known.items())
    return Problem(
        reason="request",
        detail=f"The query parameters {', '.join(name[:40] for name in wrong[:5])} are unknown or out of range.",
        expected=listed,
        fix="Correct them, or leave them out; /docs lists them.",
    )


def of_routing(error: HTTPException, method: str) -> Problem:
    """Say that there is no such route, or none for the method."""
    allowed = (error.headers or {}).get("Allow")
    if error.status_code != 405 or allowed is None:
        return Problem(
            reason="route",
            detail="No route has this address.",
            expected="an address that /docs lists",
            fix="Look at /docs.",
        )
    return Problem(
        reason="method",
        detail=f"{method[:10]} is not possible at this address.",
        expected=allowed,
        fix=f"Use {allowed}.",
        headers={"Allow": allowed},
    )
