"""What the commands' options share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What a command adds its parser to."""


def add_work_dir(parser: argparse.ArgumentParser) -> None:
    """Let the user say where the runs lie."""
    parser.add_argument("--work-dir", type=Path, default=Path(), help="where runs/ and mlflow.db lie (default: here)")


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """Let the user say where the corpora lie."""
    parser.add_argument("--data-dir", type=Path, default=None, help="folder that holds the corpora (or SER_DATA_DIR)")
