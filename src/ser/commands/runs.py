"""What is done with finished runs: set them side by side, compare them, repeat them, ask more of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser.commands.options import Commands, add_work_dir


def add_leaderboard(commands: Commands) -> None:
    """Add `ser leaderboard`."""
    parser = commands.add_parser("leaderboard", help="one table of finished runs per protocol, best first")
    parser.add_argument("--format", choices=("markdown", "json", "csv"), default="markdown")
    parser.add_argument("--study", help="only the runs of this study")
    parser.add_argument("--from", dest="source", type=Path, help="a folder of exported runs, instead of runs/")
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import report

        print(report.leaderboard_text(options.source or options.work_dir / "runs", options.format, options.study))
        return 0

    parser.set_defaults(command=command)


def add_compare(commands: Commands) -> None:
    """Add `ser compare`."""
    parser = commands.add_parser(
        "compare", help="runs of one protocol against each other: settings, scores, and whether they differ"
    )
    parser.add_argument("runs", metavar="run", nargs="+", help="run ids, or the first letters of them; two or more")
    parser.add_argument("--format", choices=("markdown", "json"), default="markdown")
    parser.add_argument("--out", type=Path, metavar="DIR", help="a folder for the comparison and its figures")
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import compare

        found = compare.compare(options.work_dir, options.runs)
        if options.out:
            compare.write(found, options.out)
        print(compare.text_of(found, options.format))
        return 0

    parser.set_defaults(command=command)


def add_verify(commands: Commands) -> None:
    """Add `ser verify`."""
    parser = commands.add_parser(
        "verify", help="repeat a run from the audio on and compare its predictions bit for bit"
    )
    parser.add_argument("run", help="a run id, or the first letters of one (`ser leaderboard` shows them)")
    parser.add_argument("--workers", type=int, default=None, help="processes for the repetition (default: one a core)")
    parser.add_argument("--data-dir", type=Path, default=None, help="where the corpora lie now (default: as then)")
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import verify

        report = verify.verify(options.work_dir, options.run, workers=options.workers, data_dir=options.data_dir)
        print(report.text)
        return 0 if report.identical else 1

    parser.set_defaults(command=command)


def add_analyse(commands: Commands) -> None:
    """Add `ser analyse`."""
    parser = commands.add_parser(
        "analyse", help="ask more of a run: probes, enrolment, learning (in speakers), robustness, embedding"
    )
    parser.add_argument("run", help="a run id, or the first letters of one (`ser leaderboard` shows them)")
    parser.add_argument(
        "analyses",
        nargs="*",
        metavar="ANALYSIS",
        help="probes (what duration, loudness, silence, recording or speaker alone tell), enrolment (what clips of the "
        "tested speaker are worth), learning (what training speakers are worth), robustness (degraded test clips), "
        "embedding (features and inner representation in two dimensions); default: all",
    )
    parser.add_argument("--workers", type=int, default=None, help="processes (default: one a core)")
    parser.add_argument("--data-dir", type=Path, default=None, help="where the corpora lie now (default: as then)")
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.analysis.command import analyse

        print(
            analyse(options.work_dir, options.run, options.analyses, workers=options.workers, data_dir=options.data_dir)
        )
        return 0

    parser.set_defaults(command=command)
