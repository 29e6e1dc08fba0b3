"""Asking a web server: over HTTP and HTTPS only, with what its answers say of the file."""

from __future__ import annotations

import functools
import http.client
import urllib.error
import urllib.request
from email.message import Message
from typing import IO, cast
from urllib.parse import urlsplit

from ser import __version__

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP answers that mean "later", not "no"."""


def ask(url: str, headers: dict[str, str], timeout_s: float) -> http.client.HTTPResponse:
    """Send a GET request and return the answer, its body unread.

    Args:
        url: an `http` or `https` address.
        headers: of the request, besides the usual ones.
        timeout_s: of silence.

    Raises:
        HTTPError: when the server refuses, or redirects in circles, to another scheme or out of encryption.
        OSError, HTTPException: whatever else the network does.
    """
    usual = {"User-Agent": f"ser/{__version__}", "Accept-Encoding": "identity"}
    request = urllib.request.Request(url, headers=usual | headers)  # noqa: S310 - the opener knows no other scheme
    return cast("http.client.HTTPResponse", _opener().open(request, timeout=timeout_s))


def span(answer: http.client.HTTPResponse) -> tuple[int, int | None]:
    """Return where the body starts in the file, and the size of the whole file where the server says."""
    length = answer.headers.get("Content-Length", "")
    if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0, int(length) if length.isdigit() else None
    where, _, total = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    start = where.partition("-")[0]
    if not start.isdigit():
        raise http.client.HTTPException("a part of the file, without saying which")
    return int(start), int(total) if total.isdigit() else None


def mark_of(headers: Message) -> str:
    """Return what names this version of the file, for `If-Range` (RFC 9110: strong ETags or a date); may be empty."""
    tag = str(headers.get("ETag", ""))
    return tag if tag and not tag.startswith("W/") else str(headers.get("Last-Modified", ""))


def asked_to_wait_s(headers: Message) -> float:
    """Return the seconds that a busy server asks for; 0 when it does not say."""
    wait = str(headers.get("Retry-After", ""))
    return float(wait) if wait.isdigit() else 0.0


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, but never from an encrypted address to a plain one."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        allowed = {"https"} if urlsplit(req.full_url).scheme == "https" else {"http", "https"}
        if urlsplit(newurl).scheme not in allowed:
            raise urllib.error.HTTPError(newurl, code, "a redirect out of encryption or of the web", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@functools.cache
def _opener() -> urllib.request.OpenerDirector:
    """Build an opener without urllib's handlers for local files, FTP and inline data."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
