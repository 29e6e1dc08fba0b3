"""The commands of `ser` that are no steps of the pipeline, with options of their own.

Heavy libraries are imported only by the command that needs them, so that help is instant.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]


def _add_sync(commands: Commands) -> None:
    parser = commands.add_parser(
        "sync", help="log to MLflow the runs it has not seen: made offline, or brought from another machine"
    )
    parser.add_argument("runs", metavar="run", nargs="*", help="run ids, or the first letters of them (default: all)")
    parser.add_argument("--to", metavar="URI", help="http(s)://SERVER or sqlite:///FILE (default: mlflow.db below DIR)")
    parser.add_argument("--work-dir", metavar="DIR", type=Path, default=Path(), help="holds runs/ (default: here)")

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import sync

        synced = sync.sync(options.work_dir, sync.store(options.work_dir, options.to), options.runs)
        print(synced.text)
        return 0 if synced.complete else 1

    parser.set_defaults(command=command)
