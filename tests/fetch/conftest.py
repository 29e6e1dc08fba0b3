"""A web server of this process with every fault that a download meets, and archives of every kind."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ser.fetch.download import Patience, Remote

HASTY = Patience(timeout_s=0.2, tries=3, pause_s=0.001)
PLENTY = 1 << 30
BODY = bytes(range(256)) * 4000


class Web:
    """Files by path, and the faults that the next requests for a path meet, one a request."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[str]] = {}
        self.mark: str | None = '"v1"'
        self.asked: list[tuple[str, str | None]] = []

    def put(self, path: str, body: bytes, *faults: str) -> str:
        self.files[path] = body
        self.faults[path] = list(faults)
        return f"{self.address}{path}"

    def remote(self, path: str, body: bytes, *faults: str, **published: object) -> Remote:
        """A file whose size and SHA-256 are published, unless other ones are given."""
        values = {"size": len(body), "checksums": {"sha256": hashlib.sha256(body).hexdigest()}} | published
        return Remote(name=path.strip("/"), urls=(self.put(path, body, *faults),), **values)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """Answers for `server.site`."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        site: Web = self.server.site  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        site.asked.append((path, self.headers.get("Range")))
        faults = site.faults.get(path, [])
        fault = faults.pop(0) if faults else ""
        if fault.isdigit() or path not in site.files:
            self.send_response(int(fault or 404))
            self.send_header("Retry-After", "0")
            self.end_headers()
        elif fault.startswith("to "):
            faults.insert(0, fault)
            self.send_response(302)
            self.send_header("Location", fault.removeprefix("to "))
            self.end_headers()
        else:
            body = self.begin(site, site.files[path], fault)
            self.send_body(body, fault)

    def begin(self, site: Web, body: bytes, fault: str) -> bytes:
        """Send the status, and what it says of the span. Returns the span."""
        wanted = self.headers.get("Range")
        start = 0
        if wanted and self.headers.get("If-Range") in (site.mark, None) and fault != "range refused":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            said = start + 7 if fault == "other range" else start
            self.send_response(206)
            where = "bytes" if fault == "no range" else f"bytes {said}-{len(body) - 1}/{len(body)}"
            self.send_header("Content-Range", where)
        else:
            self.send_response(200)
        if site.mark:
            self.send_header("ETag", site.mark)
        return body[start:]

    def send_body(self, body: bytes, fault: str) -> None:
        body = bytes(len(body)) if fault == "wrong bytes" else body + b"more" if fault == "longer" else body
        if fault != "no length":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault in ("cut", "slow") else body)
        if fault == "slow":
            self.wfile.flush()
            time.sleep(2 * HASTY.timeout_s)


class Server(ThreadingHTTPServer):
    """Says nothing when a client hangs up, which is what clients with little patience do."""

    def handle_error(self, *_: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[Web]:
    server = Server(("127.0.0.1", 0), Handler)
    site = Web(f"http://127.0.0.1:{server.server_port}")
    server.site = site  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[..., Path]:
    """Write a zip of name -> content; a `ZipInfo` may stand for a name."""

    def write(entries: Mapping[str, bytes] | list[tuple[zipfile.ZipInfo | str, bytes]], name: str = "a.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries.items() if isinstance(entries, Mapping) else entries:
                archive.writestr(entry, content)
        return path

    return write


@pytest.fixture
def tarred(tmp_path: Path) -> Callable[..., Path]:
    """Write a tar of (name, content, changes to its header)."""

    def write(
        entries: list[tuple[str, bytes, dict[str, object]]], packing: str = "gz", form: int = tarfile.PAX_FORMAT
    ) -> Path:
        path = tmp_path / f"a{packing}.tar"
        with tarfile.open(path, f"w:{packing}", format=form) as archive:  # type: ignore[call-overload]
            for name, content, changes in entries:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                for key, value in changes.items():
                    setattr(info, key, value)
                archive.addfile(info, io.BytesIO(content))
        return path

    return write
