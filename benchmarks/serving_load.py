"""Clients that post one recording again and again. Run by `serving.py`, in a process of its own; prints JSON.

python benchmarks/serving_load.py PORT FILE CLIENTS SECONDS
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import threading
import time
from pathlib import Path

BOUNDARY = "a-line-that-is-in-no-recording"
TIMEOUT_S = 60


def client(port: int, body: bytes, end: float, spent: list[float], errors: list[str]) -> None:
    """Post until the time is over; note the seconds of each answer, or what went wrong."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    while time.monotonic() < end:
        start = time.monotonic()
        try:
            connection.request("POST", "/predict", body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except OSError as error:
            errors.append(repr(error))
            connection.close()
            continue
        if answer.status == http.client.OK:
            spent.append(time.monotonic() - start)
        else:
            errors.append(f"{answer.status} {text[:200]!r}")
    connection.close()


def main() -> None:
    """Let the clients post, and print what came of it."""
    port, path, clients, seconds = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
    body = head.encode() + path.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()
    spent: list[float] = []
    errors: list[str] = []
    start = time.monotonic()
    arguments = (port, body, start + seconds, spent, errors)
    threads = [threading.Thread(target=client, args=arguments) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.monotonic() - start
    cuts = statistics.quantiles(spent, n=20) if len(spent) > 1 else [float("nan")] * 19
    figures = {"answers": len(spent), "a_second": len(spent) / wall, "p50_ms": 1e3 * cuts[9], "p95_ms": 1e3 * cuts[18]}
    print(json.dumps({**figures, "errors": len(errors), "first_errors": errors[:3]}))


if __name__ == "__main__":
    main()
