"""The studies that come with `ser`, or one's own: do them again, and compare."""

from __future__ import annotations

import argparse

from ser.commands.options import Commands, add_data_dir, add_work_dir


def add_reproduce(commands: Commands) -> None:
    """Add `ser reproduce`."""
    parser = commands.add_parser(
        "reproduce", help="do the runs of a study again and compare with its committed numbers"
    )
    parser.add_argument("study", help="a name in experiments/, or a folder with a study.yaml of your own")
    parser.add_argument("--workers", type=int, default=None, help="processes (default: one a core)")
    parser.add_argument(
        "--accept",
        action="store_true",
        help="commit the numbers of now: rewrites results.json and README.md of the study",
    )
    add_data_dir(parser)
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import reproduce

        outcome = reproduce.reproduce(
            options.study,
            work_dir=options.work_dir,
            data_dir=options.data_dir,
            workers=options.workers,
            accept=options.accept,
        )
        print(outcome.text)
        return 0 if outcome.met else 1

    parser.set_defaults(command=command)
