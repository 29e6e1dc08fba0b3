"""Serve a trained model over HTTP."""

from __future__ import annotations

import argparse
import contextlib
import math
from pathlib import Path

from ser.commands.options import Commands, add_data_dir, add_work_dir
from ser.commands.predict import add_model, add_windows
from ser.startup import compute_in_one_thread


def add_serve(commands: Commands) -> None:
    """Add `ser serve`."""
    parser = commands.add_parser("serve", help="answer uploads over HTTP by a trained run or exported file")
    parser.add_argument("run", help="a run id or its first letters, MODEL@ALIAS of the registry, or an exported file")
    _add_address(parser)
    _add_limits(parser)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the uploads, named by hash (default: none is)")
    parser.add_argument("--allow-train", action="store_true", help="let POST /train train the run again")
    parser.add_argument("--workers", type=int, default=None, help="processes of a training (default: one a core)")
    add_windows(parser)
    add_model(parser)
    add_data_dir(parser)
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        compute_in_one_thread()
        from ser.extras import required

        for module in ("fastapi", "prometheus_client", "python_multipart", "uvicorn"):
            required(module, extra="serve", where="ser serve", instead="ask the model with `ser predict`")
        from ser.pipeline import serve

        return serve.serve(options)

    parser.set_defaults(command=command)


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine alone)")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: %(default)s)")
    parser.add_argument(
        "--host-name", action="append", default=[], metavar="NAME", help="a name the service is called by; repeatable"
    )
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="holds the token that requests must bring (or SER_SERVE_TOKEN)"
    )
    parser.add_argument("--no-token", action="store_true", help="let anyone ask who can reach --host")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--max-mb", type=_above_zero, default=200, metavar="MB", help="largest upload (default: %(default)s)"
    )
    parser.add_argument(
        "--max-minutes", type=_above_zero, default=60, metavar="MIN", help="longest recording (default: %(default)s)"
    )
    parser.add_argument(
        "--time-limit",
        type=_above_zero,
        default=60,
        metavar="S",
        help="seconds an answer may take (default: %(default)s)",
    )
    parser.add_argument("--at-once", type=int, default=4, help="recordings computed at a time (default: %(default)s)")
    parser.add_argument("--waiting", type=int, default=124, help="requests held beyond those (default: %(default)s)")


def _above_zero(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (number := float(text)) < math.inf:
            return number
    raise argparse.ArgumentTypeError(f"expected a number above zero, but got {text!r}")
