"""Ask a trained model: the emotions of recordings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ser.commands.options import Commands, add_work_dir
from ser.startup import compute_in_one_thread


def add_predict(commands: Commands) -> None:
    """Add `ser predict`."""
    parser = commands.add_parser(
        "predict", help="the emotions of recordings, over time where they are long, by a trained run or exported file"
    )
    parser.add_argument("run", help="a run id or its first letters, MODEL@ALIAS of the registry, or an exported file")
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="recordings, folders, patterns, or - for standard input"
    )
    parser.add_argument("--format", choices=("table", "jsonl", "csv"), default="table")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the answers there (stopped work goes on)")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="draw each recording over time, as PNG")
    add_windows(parser)
    add_model(parser)
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        compute_in_one_thread()
        from ser.pipeline import deployed, predict
        from ser.serving.answers import FORMATS
        from ser.serving.recordings import recordings

        files = recordings(options.files)
        engine = deployed.engine_of(options.work_dir, options.run, registry=options.registry, trusted=options.trust)
        asked = deployed.predictor(engine, window_s=options.window, hop_s=options.hop, language=options.language)
        found = predict.predict(
            asked, files, pictures=options.pictures, out=options.out, form=options.format, run=options.run
        )
        for failure in found.failures:
            print(f"ser: {failure}", file=sys.stderr)
        if found.answers:
            print(options.out or FORMATS[options.format](found.answers, engine.facts))
        return 1 if found.failures else 0

    parser.set_defaults(command=command)


def add_windows(parser: argparse.ArgumentParser) -> None:
    """Let the user say how long recordings are read, and what is spoken."""
    parser.add_argument(
        "--window",
        type=float,
        default=None,
        metavar="S",
        help="seconds a window (default: 3, and short recordings whole)",
    )
    parser.add_argument(
        "--hop", type=float, default=None, metavar="S", help="seconds from one window to the next (default: a third)"
    )
    parser.add_argument(
        "--language", metavar="TAG", help="what is spoken, such as de: warns when the model knows others"
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Let the user say where aliases are looked up, and vouch for a file that may carry code."""
    parser.add_argument("--registry", metavar="URI", help="of MODEL@ALIAS (default: mlflow.db below --work-dir)")
    parser.add_argument(
        "--trust",
        action="store_true",
        help="use a file that may hold code (TorchScript) or name an encoder to fetch: only if you made it",
    )
