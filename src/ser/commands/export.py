"""The command `export`: a run as a file for other programs and small devices."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser.commands.options import Commands, add_work_dir

_FORMATS = ("onnx", "onnx-int8", "litert", "torchscript")


def add_export(commands: Commands) -> None:
    """Add `ser export`."""
    parser = commands.add_parser(
        "export", help="a run as one file for other programs and small devices, checked against the run and measured"
    )
    parser.add_argument("run", help="a run id, or the first letters of one (`ser leaderboard` shows them)")
    parser.add_argument("--to", choices=_FORMATS, required=True, help="the format")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the file (default: named after the run, here)")
    parser.add_argument(
        "--members",
        choices=("all", "first"),
        help="all models of the cross-validation averaged, or the first alone (default: all; LiteRT holds one)",
    )
    parser.add_argument(
        "--input",
        choices=("auto", "audio", "features"),
        default="auto",
        help="what the file takes (default: audio where ONNX can compute the features, else features)",
    )
    parser.add_argument(
        "--form",
        choices=("float32", "float16", "dynamic", "int8"),
        default="dynamic",
        help="how LiteRT files hold numbers (default: dynamic, int8 weights)",
    )
    parser.add_argument("--header", action="store_true", help="write a LiteRT file as a C header too")
    parser.add_argument("--clips", type=int, default=20, help="recordings to compare answers on (default: 20)")
    parser.add_argument("--data-dir", type=Path, default=None, help="where the corpora lie now (default: as then)")
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import export

        wanted = export.Wanted(
            to=options.to,
            out=options.out,
            members=options.members,
            takes=options.input,
            form=options.form,
            header=options.header,
            clips=options.clips,
            data_dir=options.data_dir,
        )
        print(export.export(options.work_dir, options.run, wanted).text)
        return 0

    parser.set_defaults(command=command)
