"""The command `serve`: a run behind the HTTP service, and its training again."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ser.console import stderr_of_python
from ser.errors import ConfigError, SerError
from ser.pipeline import deployed
from ser.serving.addresses import LOOPBACK
from ser.serving.engine import Engine
from ser.serving.http import server
from ser.serving.http.app import create_app
from ser.serving.http.capacity import Capacity
from ser.serving.http.guard import Access, hosts
from ser.serving.http.jobs import Job, jobs_in
from ser.serving.http.worker import Work, Worker
from ser.serving.predictor import Predictor

TOKEN = "SER_SERVE_TOKEN"  # noqa: S105 - the name of a variable
_UPLOAD_S = 60.0
_CONNECTIONS_MORE = 256
_JOBS_AT_MOST = 8
_log = logging.getLogger(__name__)


def serve(options: argparse.Namespace) -> int:
    """Serve a run until it is stopped.

    Args:
        options: of `ser serve`.

    Returns:
        The exit code.

    Raises:
        ConfigError: when the service would stand open to others without that having been said, or cannot listen.
        StoreError: when the run is unknown or unfinished.
    """
    token = token_of(options)
    access = Access(hosts=hosts([options.host, *options.host_name]), token=token)
    capacity = Capacity(
        upload_bytes=round(options.max_mb * 1e6),
        upload_s=_UPLOAD_S,
        answer_s=options.time_limit,
        at_once=options.at_once,
        waiting=options.waiting,
    )
    make_keep(options.keep)
    with server.listening(options.host, options.port) as listener, worker_of(options) as worker:
        predictor = predictor_of(options, last_run(options, worker))
        app = create_app(predictor, capacity=capacity, access=access, keep=options.keep, worker=worker)
        # Beside those that are answered or wait: those that send, or are about to.
        connections = capacity.at_once + capacity.waiting + _CONNECTIONS_MORE
        name = predictor.engine.facts.name
        with stderr_of_python():
            server.run(app, listener, name, connections=connections, patience_s=options.time_limit)
    return 0


def token_of(options: argparse.Namespace) -> str | None:
    """Read the token. It never stands on the command line, which every user of the machine can see.

    Raises:
        ConfigError: when the file cannot be read, or when there is none though others can reach the service.
    """
    if options.token_file is not None:
        try:
            return str(options.token_file.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                expected="a text file that holds the token",
                received=f"{error}",
                where="--token-file",
                fix="Make one with `openssl rand -hex 32 > FILE`, readable by you alone.",
            ) from error
    token = os.environ.get(TOKEN) or None
    if token is None and options.host not in LOOPBACK and not options.no_token:
        raise ConfigError(
            expected="a token where others can reach the service",
            received=f"--host {options.host}, and no token",
            where="ser serve",
            fix=f"Give --token-file FILE or set {TOKEN}; or say --no-token if anyone may ask.",
        )
    return token


def make_keep(folder: Path | None) -> None:
    """Make the folder that uploads are kept in, if any are, before the first one comes.

    Raises:
        ConfigError: when it cannot be.
    """
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            expected="a folder to keep uploads in",
            received=f"{error}",
            where="--keep",
            fix="Name another, or leave it out: then none is kept.",
        ) from error


def predictor_of(options: argparse.Namespace, run: str) -> Predictor:
    """Set a run to answer uploads, none longer than asked. See :func:`ser.pipeline.deployed.predictor`."""
    engine = deployed.engine_of(options.work_dir, run, registry=options.registry, trusted=options.trust)
    found = deployed.predictor(engine, window_s=options.window, hop_s=options.hop, language=options.language)
    warm(engine)
    return dataclasses.replace(found, limits=dataclasses.replace(found.limits, seconds=60.0 * options.max_minutes))


@contextlib.contextmanager
def worker_of(options: argparse.Namespace) -> Iterator[Worker | None]:
    """Set up what trains the run again, with the jobs that an earlier service was asked for.

    Yields:
        What does the jobs; None where training is not allowed.

    Raises:
        StoreError: when what is served is no run: exported files know no corpora.
        ConfigError: when another service trains this run.
    """
    if not options.allow_train:
        yield None
        return
    folder = deployed.folder_of(options.work_dir, options.run, registry=options.registry)

    def command(job: Job, outcome: Path) -> list[str]:
        places = ["--work-dir", str(options.work_dir), "--outcome", str(outcome)]
        places += ["--data-dir", str(options.data_dir)] if options.data_dir else []
        places += ["--workers", str(options.workers)] if options.workers else []
        again = ["--rerun"] if job.rerun else []
        return [sys.executable, "-m", "ser.pipeline.retrain", folder.run_id, *places, *again]

    with jobs_in(options.work_dir / "jobs" / folder.run_id, _JOBS_AT_MOST) as jobs:
        yield Worker(jobs, Work(command=command, predictor=functools.partial(predictor_of, options)))


def last_run(options: argparse.Namespace, worker: Worker | None) -> str:
    """Say which run answers: what was trained last, where an earlier service trained; else the one that is named."""
    done = worker.jobs.last_done() if worker else None
    if done is None or done.outcome is None:
        return str(options.run)
    run_id = str(done.outcome["run_id"])
    try:
        return deployed.folder_of(options.work_dir, run_id, registry=None).run_id
    except SerError as error:
        _log.warning("What was trained last cannot be served: %s", error)
        return str(options.run)


def warm(engine: Engine) -> None:
    """Ask a model once, so that nobody waits for what the first question loads and compiles."""
    rate = engine.facts.learned.lowest_rate_hz
    noise = np.random.default_rng(0).normal(0, 0.1, rate).astype(np.float32)
    engine.classify([engine.represent(noise, rate)])
