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

from ser import __version__
from ser.commands import COMMANDS
from ser.console import quiet_libraries
from ser.errors import SerError, one_of
from ser.startup import collect_seldom

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
    "matrix": Verb("train on each corpus and test on each: a table of scores across corpora", True),
    "tune": Verb("search for the settings with the best development score; tests nothing", True),
    "evaluate": Verb("compute metrics, intervals and figures again from saved predictions", True),
    "optimism": Verb("run one recipe under a clean and a leaking protocol, and say what the leak is worth", True),
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
    collect_seldom()
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
    if verb == "matrix":
        from ser import matrix

        return matrix.run(arguments)
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


if __name__ == "__main__":
    sys.exit(main())
