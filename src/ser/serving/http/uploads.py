"""Uploads, read as they arrive: counted before they are held, and spooled to a file that has no name."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from ser.files import written_aside
from ser.serving.http.capacity import Capacity
from ser.serving.http.problems import Problem

FIELD = "file"
RAW = re.compile(r"(audio|video)/[\w.+-]+|application/(octet-stream|ogg)")
"""Content types of a body that is the recording itself."""
_IN_MEMORY = 1 << 20
_NAME_AT_MOST = 100
NAMELESS = "recording"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A recording that has arrived.

    Attributes:
        file: its bytes, from their start; gone when it is closed.
        name: what the sender calls it, without folders.
    """

    file: BinaryIO
    name: str


@contextlib.asynccontextmanager
async def received(request: Request, capacity: Capacity) -> AsyncIterator[Upload]:
    """Receive the recording of a request; it is gone after the block.

    Args:
        request: with a multipart form of one part, `file`, or with the recording as its body.
        capacity: what is refused.

    Yields:
        The recording.

    Raises:
        Problem: when it is too large, too slow, or not in one of the two forms.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    content_type = kind.decode("latin-1")
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
        file = cast("BinaryIO", spooled)
        sink: _Sink
        if content_type == "multipart/form-data" and options.get(b"boundary"):
            sink = _Form(options[b"boundary"], file)
        elif RAW.fullmatch(content_type):
            sink = _Raw(file)
        else:
            raise Problem(
                reason="content-type",
                detail="The body is neither a multipart form nor a recording.",
                expected=f"multipart/form-data with one part named {FIELD}, or a body of type audio/*",
                fix=f"Send it as `curl -F {FIELD}=@speech.wav` does.",
            )
        async with in_time(capacity.upload_s):
            async for chunk in body(request, capacity.upload_bytes):
                with _room():
                    sink.write(chunk)
        name = sink.finished()
        file.seek(0)
        yield Upload(file=file, name=name)


@contextlib.contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _log.error("an upload cannot be held: %s", error)
        raise Problem(
            reason="busy",
            detail="The service has no room for the upload now.",
            expected="room for the uploads that are being answered",
            fix="Send it again later, or compressed: FLAC, OGG or MP3.",
            headers={"Retry-After": "10"},
        ) from error


async def body(request: Request, at_most: int) -> AsyncIterator[bytes]:
    """Give the body of a request as it arrives.

    Args:
        request: whose body nothing has read yet.
        at_most: bytes; more are refused as soon as they are promised, or else as soon as they arrive.

    Raises:
        Problem: when it is larger.
    """
    promised = request.headers.get("content-length", "0")
    count = int(promised) if promised.isascii() and promised.isdigit() else 0
    _check_size(count, at_most)
    count = 0
    async for chunk in request.stream():
        count += len(chunk)
        _check_size(count, at_most)
        yield chunk


def _check_size(count: int, at_most: int) -> None:
    if count > at_most:
        raise Problem(
            reason="too-large",
            detail="The body is larger than the service takes.",
            expected=f"at most {at_most:,} bytes",
            fix="Send a shorter recording, or a compressed one: FLAC, OGG or MP3.",
        )


@contextlib.asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """Wait no longer than this for the body that is received in the block.

    Raises:
        Problem: when it has not arrived by then.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Problem(
            reason="upload-too-slow",
            detail=f"The body had not arrived after {seconds:g} s.",
            expected=f"the whole body within {seconds:g} s",
            fix="Send a smaller file, or over a faster connection.",
            headers={"Connection": "close"},
        ) from error


class _Sink(Protocol):
    """Takes a body, chunk by chunk."""

    def write(self, chunk: bytes, /) -> object:
        """Take the next chunk."""

    def finished(self) -> str:
        """Say what the recording is called, when the body is whole."""


class _Raw:
    """A body that is the recording."""

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write

    def finished(self) -> str:
        return NAMELESS


class _Form:
    """The one file of a multipart form. Anything else in the form is refused where it begins."""

    def __init__(self, boundary: bytes, file: BinaryIO) -> None:
        self._file = file
        self._parts = 0
        self._whole = False
        self._name = NAMELESS
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        with _said_plainly():
            # The parser itself bounds the number and the size of a part's headers.
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._add_header,
                    "on_header_value": self._add_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._start,
                    "on_part_data": self._add,
                    "on_end": self._end,
                },
            )

    def write(self, chunk: bytes) -> None:
        with _said_plainly():
            self._parser.write(chunk)

    def finished(self) -> str:
        if not self._whole or not self._parts:
            raise _not_one_file("a form that ends before its last boundary" if self._parts else "a form without parts")
        return self._name

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise _not_one_file("a form of several parts")

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _start(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        if options.get(b"name") != FIELD.encode():
            raise _not_one_file("a part of another name")
        self._name = plain_name(options.get(b"filename", b"").decode("utf-8", "replace"))

    def _add(self, data: bytes, start: int, end: int) -> None:
        self._file.write(data[start:end])

    def _end(self) -> None:
        self._whole = True


@contextlib.contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except FormParserError as error:
        raise _not_one_file("a form that is damaged, or whose headers are too long") from error


def _not_one_file(received: str) -> Problem:
    return Problem(
        reason="request",
        detail=f"Expected a form of one part, {FIELD}, but got {received}.",
        expected=f"one part named {FIELD}, the recording",
        fix=f"Send it as `curl -F {FIELD}=@speech.wav` does; window, hop and language go into the query.",
    )


def plain_name(given: str) -> str:
    r"""Reduce what a sender calls a file to something that can be shown: no folders, nothing unprintable, not long.

    Example:
        >>> plain_name("../../etc/passwd"), plain_name("C:\\a\\b.wav"), plain_name("..")
        ('passwd', 'b.wav', 'recording')
    """
    last = re.split(r"[/\\]", given)[-1]
    shown = "".join(sign for sign in last if sign.isprintable()).strip(" .")
    return shown[:_NAME_AT_MOST] or NAMELESS


def keep(upload: Upload, folder: Path) -> None:
    """Keep an upload, named by the SHA-256 of its bytes, so that each is kept once and no name of a sender is used.

    Args:
        upload: whose bytes are read, and which is at its start again after.
        folder: where to.

    Raises:
        StoreError: when it cannot be written.
    """
    total = hashlib.file_digest(upload.file, "sha256")  # type: ignore[arg-type]
    final = folder / total.hexdigest()
    if not final.exists():
        upload.file.seek(0)
        with written_aside(final) as aside, aside.open("wb") as copy:
            shutil.copyfileobj(upload.file, copy)
    upload.file.seek(0)
