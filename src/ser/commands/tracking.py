"""MLflow: browse the runs, bring it up to date, enter runs in its model registry."""

from __future__ import annotations

import argparse

from ser.commands.options import Commands, add_work_dir


def add_ui(commands: Commands) -> None:
    """Add `ser ui`."""
    parser = commands.add_parser("ui", help="browse the runs in the MLflow UI on 127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.tracking import ui

        return ui.serve(options.work_dir, port=options.port)

    parser.set_defaults(command=command)


def add_sync(commands: Commands) -> None:
    """Add `ser sync`."""
    parser = commands.add_parser(
        "sync", help="log to MLflow the runs it has not seen: made offline, or brought from another machine"
    )
    parser.add_argument("runs", metavar="run", nargs="*", help="run ids, or the first letters of them (default: all)")
    parser.add_argument("--to", metavar="URI", help="http(s)://SERVER or sqlite:///FILE (default: mlflow.db below DIR)")
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import sync

        synced = sync.sync(options.work_dir, sync.store(options.work_dir, options.to), options.runs)
        print(synced.text)
        return 0 if synced.complete else 1

    parser.set_defaults(command=command)


def add_register(commands: Commands) -> None:
    """Add `ser register`."""
    parser = commands.add_parser(
        "register", help="enter runs in MLflow's model registry, whether or not they are the best of their protocol"
    )
    parser.add_argument("runs", metavar="run", nargs="+", help="run ids, or the first letters of them")
    parser.add_argument("--to", metavar="URI", help="http(s)://SERVER or sqlite:///FILE (default: mlflow.db below DIR)")
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import sync

        print(sync.register(options.work_dir, sync.store(options.work_dir, options.to), options.runs))
        return 0

    parser.set_defaults(command=command)
