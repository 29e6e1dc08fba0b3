"""The front door: `ser VERB [overrides]`.

Heavy libraries are imported only by the verb that needs them, so that help is instant.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ser import __version__
from ser.commands import _add_sync
from ser.console import quiet_libraries
from ser.errors import SerError, one_of

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130

OVERRIDES_HELP = """\
Overrides are Hydra's: GROUP=NAME picks a file of conf/GROUP/, KEY=VALUE sets one value, and with -m a comma makes
a sweep (all combinations are run).

  ser {verb} corpus=emodb model=cnn
  ser {verb} -m data_dir=DIR corpus=emodb,ravdess model=mlp,cnn,svm
  ser {verb} augment=[noise,pitch] model.dropout=0.4 seeds=[0,1,2]

Groups and their names:
{groups}

Common keys: data_dir (holds the corpora by name; or SER_DATA_DIR), work_dir, study, seeds, workers, rerun, to.
All keys and their defaults: ser {verb} --cfg job
"""
_FROM_HELP = "archives that you have downloaded yourself, where a form or an account stands before the corpus"


@dataclass(frozen=True)
class Verb:
    """A step of the pipeline: one line of help, and whether it needs a model."""

    help: str
    needs_model: bool


VERBS = {
    "scan": Verb("read the corpora: manifest, quarantine and corpus card", False),
    "explore": Verb("write pages that show the corpora: counts, durations, loudness, pictures", False),
    "split": Verb("make the folds of the protocol and audit them for leaks", False),
    "features": Verb("extract the features (and those of augmented copies) into the store", False),
    "train": Verb("train and test a model on every fold; evaluates and logs the run", True),
    "tune": Verb("search for the settings with the best development score; tests nothing", True),
    "evaluate": Verb("compute metrics, intervals and figures again from saved predictions", True),
    "report": Verb("write the page of a study: every run, one table per protocol", False),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments after the program's name; None takes them from the process.

    Returns:
        The exit code: 0, 2 for an error that the user can mend (said without a traceback), 130 after Ctrl-C.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    quiet_libraries()
    try:
        if arguments and not arguments[0].startswith("-"):
            one_of(arguments[0], [*VERBS, *COMMANDS], what="a command", where="ser")
        if arguments and arguments[0] in VERBS:
            return _run_verb(arguments[0], arguments[1:])
        options = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except SerError as error:
        print(f"ser: {type(error).__name__}: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("ser: stopped. What was finished is kept; the same command goes on from there.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) has left; that is its right.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run_verb(verb: str, arguments: list[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        print(_verb_help(verb))
        return 0
    if verb == "tune":
        from ser.tuning import command

        return command.run(arguments)
    from ser import sweep

    return sweep.run(verb, arguments, needs_model=VERBS[verb].needs_model)


def _verb_help(verb: str) -> str:
    from ser.paths import GROUPS, choices

    groups = "\n".join(f"  {group:10s} {', '.join(choices(group))}" for group in GROUPS)
    head = f"usage: ser {verb} [-m] [overrides]\n\n{VERBS[verb].help}.\n\n"
    overrides = OVERRIDES_HELP if VERBS[verb].needs_model else re.sub(r" model[.=]\S+", "", OVERRIDES_HELP)
    return head + overrides.format(verb=verb, groups=groups)


def _parser() -> argparse.ArgumentParser:
    lines = "\n".join(f"  {name:12s}{verb.help}" for name, verb in VERBS.items())
    parser = argparse.ArgumentParser(
        prog="ser",
        description="Speech emotion recognition, compared and repeatable.\n\n"
        f"steps (Hydra overrides; -m for sweeps):\n{lines}",
        epilog="`ser VERB --help` says more of each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ser {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="", required=True)
    for add in COMMANDS.values():
        add(commands)
    return parser


if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]


def _add_leaderboard(commands: Commands) -> None:
    parser = commands.add_parser("leaderboard", help="one table of finished runs per protocol, best first")
    parser.add_argument("--format", choices=("markdown", "json", "csv"), default="markdown")
    parser.add_argument("--study", help="only the runs of this study")
    parser.add_argument("--from", dest="source", type=Path, help="a folder of exported runs, instead of runs/")
    _add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import report

        print(report.leaderboard_text(options.source or options.work_dir / "runs", options.format, options.study))
        return 0

    parser.set_defaults(command=command)


def _add_corpora(commands: Commands) -> None:
    parser = commands.add_parser("corpora", help="the corpora that ser knows, and what is found on this machine")
    parser.add_argument("--data-dir", type=Path, default=None, help="folder that holds the corpora (or SER_DATA_DIR)")

    def command(options: argparse.Namespace) -> int:
        from ser import machine

        print(machine.corpora_text(machine.data_dir(options.data_dir)))
        return 0

    parser.set_defaults(command=command)


def _add_fetch(commands: Commands) -> None:
    parser = commands.add_parser(
        "fetch", help="download a corpus where anyone may, check it, unpack it, and keep a receipt"
    )
    parser.add_argument("corpus", help="a corpus id (`ser corpora` lists them)")
    parser.add_argument("--edition", help="another edition than the usual one (`ser corpora` lists them)")
    parser.add_argument("--from", dest="given", metavar="FILE", type=Path, nargs="+", default=[], help=_FROM_HELP)
    parser.add_argument("--data-dir", type=Path, default=None, help="folder that holds the corpora (or SER_DATA_DIR)")

    def command(options: argparse.Namespace) -> int:
        from ser import machine
        from ser.fetch import fetch, sources
        from ser.fetch.download import PATIENT

        source, settings = sources.chosen(options.corpus, options.edition)
        corpus, folder = machine.corpus_named(options.corpus, settings), machine.data_dir(options.data_dir)
        print(fetch.terms(corpus.facts, source), flush=True)
        receipt = fetch.fetch(corpus, source, folder, options.given, PATIENT)
        print(fetch.summary(receipt, folder / (corpus.folder or corpus.facts.id), settings))
        return 0

    parser.set_defaults(command=command)


def _add_synth(commands: Commands) -> None:
    parser = commands.add_parser(
        "synth", help="let the embedded voice write itself under the names of published corpora, for trying things out"
    )
    parser.add_argument("corpora", metavar="corpus", nargs="+", help="corpus ids (`ser corpora` lists them)")
    parser.add_argument("--out", type=Path, required=True, help="the data_dir to make: DIR/CORPUS/... is written")
    parser.add_argument("--size", choices=("tiny", "full"), default="tiny", help="default: two files a class, speaker")
    parser.add_argument("--workers", type=int, default=None, help="processes (default: one a core)")

    def command(options: argparse.Namespace) -> int:
        from ser import machine
        from ser.config import available_cores
        from ser.corpora.synth import synthesize

        for corpus in [machine.corpus_named(name) for name in options.corpora]:
            folder, workers = options.out / corpus.facts.id, options.workers or available_cores()
            count = synthesize(corpus, folder, size=options.size, workers=workers)
            print(f"{corpus.facts.id}: {count} synthetic files in {folder}")
        print(f"next: ser scan data_dir={options.out} corpus=[{','.join(options.corpora)}]")
        return 0

    parser.set_defaults(command=command)


def _add_verify(commands: Commands) -> None:
    parser = commands.add_parser(
        "verify", help="repeat a run from the audio on and compare its predictions bit for bit"
    )
    parser.add_argument("run", help="a run id, or the first letters of one (`ser leaderboard` shows them)")
    parser.add_argument("--workers", type=int, default=None, help="processes for the repetition (default: one a core)")
    parser.add_argument("--data-dir", type=Path, default=None, help="where the corpora lie now (default: as then)")
    _add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import verify

        report = verify.verify(options.work_dir, options.run, workers=options.workers, data_dir=options.data_dir)
        print(report.text)
        return 0 if report.identical else 1

    parser.set_defaults(command=command)


def _add_ui(commands: Commands) -> None:
    parser = commands.add_parser("ui", help="browse the runs in the MLflow UI on 127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    _add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.tracking import ui

        return ui.serve(options.work_dir, port=options.port)

    parser.set_defaults(command=command)


def _add_doctor(commands: Commands) -> None:
    parser = commands.add_parser("doctor", help="what is installed, found and missing here")
    parser.add_argument("--data-dir", type=Path, default=None, help="folder that holds the corpora (or SER_DATA_DIR)")
    _add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser import machine

        text, healthy = machine.doctor(machine.data_dir(options.data_dir), options.work_dir)
        print(text)
        return 0 if healthy else 1

    parser.set_defaults(command=command)


def _add_code(commands: Commands) -> None:
    parser = commands.add_parser("code", help="write the code version of each pipeline step (for dvc.yaml)")
    parser.add_argument("folder", type=Path)

    def command(options: argparse.Namespace) -> int:
        from ser.fingerprint import write_versions

        write_versions(options.folder)
        return 0

    parser.set_defaults(command=command)


COMMANDS: dict[str, Callable[[Commands], None]] = {
    "leaderboard": _add_leaderboard,
    "corpora": _add_corpora,
    "fetch": _add_fetch,
    "synth": _add_synth,
    "verify": _add_verify,
    "ui": _add_ui,
    "sync": _add_sync,
    "doctor": _add_doctor,
    "code": _add_code,
}


def _add_work_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--work-dir", type=Path, default=Path(), help="where runs/ and mlflow.db lie (default: here)")


if __name__ == "__main__":
    sys.exit(main())
