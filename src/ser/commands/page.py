"""The web page of trained models."""

from __future__ import annotations

import argparse

from ser.commands.options import Commands, add_work_dir
from ser.commands.predict import add_model
from ser.startup import compute_in_one_thread


def add_page(commands: Commands) -> None:
    """Add `ser page`."""
    parser = commands.add_parser("page", help="a web page: drop or record speech, see its emotions over time")
    parser.add_argument(
        "runs",
        metavar="RUN",
        nargs="*",
        help="models to pick from: run ids, MODEL@ALIAS of the registry, or exported files (default: finished runs)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine alone)")
    parser.add_argument("--port", type=int, default=8501, help="0 takes a free one (default: %(default)s)")
    parser.add_argument(
        "--host-name", action="append", default=[], metavar="NAME", help="a name the page is called by; repeatable"
    )
    add_model(parser)
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        compute_in_one_thread()
        from ser.pipeline import page
        from ser.serving.web import server

        site = page.site(options.work_dir, options.runs, registry=options.registry, trusted=options.trust)
        return server.serve(site, host=options.host, port=options.port, names=options.host_name)

    parser.set_defaults(command=command)
