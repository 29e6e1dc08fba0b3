"""This installation: what it finds, and which code it is."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser.commands.options import Commands, add_data_dir, add_work_dir


def add_doctor(commands: Commands) -> None:
    """Add `ser doctor`."""
    parser = commands.add_parser("doctor", help="what is installed, found and missing here")
    add_data_dir(parser)
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser import machine

        text, healthy = machine.doctor(machine.data_dir(options.data_dir), options.work_dir)
        print(text)
        return 0 if healthy else 1

    parser.set_defaults(command=command)


def add_code(commands: Commands) -> None:
    """Add `ser code`."""
    parser = commands.add_parser("code", help="write the code version of each pipeline step (for dvc.yaml)")
    parser.add_argument("folder", type=Path)

    def command(options: argparse.Namespace) -> int:
        from ser.fingerprint import write_versions

        write_versions(options.folder)
        return 0

    parser.set_defaults(command=command)
