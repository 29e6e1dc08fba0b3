"""The command `audit`: leaks in a split that may be anybody's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ser.commands.options import Commands

if TYPE_CHECKING:
    from ser.protocol.leaks import Leaks

_TARGET = (
    "a split (CSV, TSV, Parquet, JSON; ours or somebody's), or a run: its id, the first letters of it, or its folder"
)


def add_audit(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("audit", help="name every leak of a split, anybody's, and exit with 1 when it leaks")
    parser.add_argument("target", help=_TARGET)
    parser.add_argument(
        "--corpus", nargs="+", metavar="NAME", default=[], help="what the names are of (default: as the names say)"
    )
    parser.add_argument(
        "--data-dir", type=Path, help="scan these corpora below DIR (default: their names alone are read)"
    )
    parser.add_argument(
        "--statistics", type=Path, metavar="FILE", help="means and deviations to be judged, by --features"
    )
    parser.add_argument("--features", type=Path, metavar="FILE", help="what --statistics were taken of")
    parser.add_argument(
        "--alarm", nargs="+", metavar="KIND", choices=("sentence", "session"), default=[],
        help="notes that are leaks under what the split claims (sentence: it claims to be text-independent)",
    )  # fmt: skip
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")
    parser.add_argument("--work-dir", type=Path, default=Path(), help="where runs/ and data/ lie (default: here)")

    def command(options: argparse.Namespace) -> int:
        from ser.files import write_text
        from ser.pipeline import audit_words

        found = _found(options)
        said = audit_words.RENDER[options.format](found)
        if options.out is None:
            print(said)
        else:
            write_text(options.out, said + "\n")
            print(f"{audit_words.verdict(found)}: {options.out}")
        return 0 if found.sound else 1

    parser.set_defaults(command=command)


def _found(options: argparse.Namespace) -> Leaks:
    from ser.errors import ConfigError
    from ser.pipeline import auditing, runs

    target = Path(options.target)
    if target.is_file() or target.suffix:
        if (options.statistics is None) != (options.features is None):
            raise ConfigError(
                expected="--statistics and --features together",
                received="one of them",
                where="ser audit",
                fix="Statistics are judged by the features they were taken of.",
            )
        question = auditing.Question(
            corpora=options.corpus,
            data_dir=options.data_dir,
            work_dir=options.work_dir,
            statistics=options.statistics,
            features=options.features,
            alarm=options.alarm,
        )
        return auditing.audit_file(target, question)
    if (target / "run.json").is_file():
        return auditing.audit_run(runs.RunFolder(target.resolve()), options.alarm)
    return auditing.audit_run(runs.find(options.work_dir, options.target), options.alarm)
