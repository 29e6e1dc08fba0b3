"""The corpora on this machine: list them, download them, make some up."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser.commands.options import Commands, add_data_dir

_FROM_HELP = "archives that you have downloaded yourself, where a form or an account stands before the corpus"


def add_corpora(commands: Commands) -> None:
    """Add `ser corpora`."""
    parser = commands.add_parser("corpora", help="the corpora that ser knows, and what is found on this machine")
    add_data_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser import machine

        print(machine.corpora_text(machine.data_dir(options.data_dir)))
        return 0

    parser.set_defaults(command=command)


def add_fetch(commands: Commands) -> None:
    """Add `ser fetch`."""
    parser = commands.add_parser(
        "fetch", help="download a corpus where anyone may, check it, unpack it, and keep a receipt"
    )
    parser.add_argument("corpus", help="a corpus id (`ser corpora` lists them)")
    parser.add_argument("--edition", help="another edition than the usual one (`ser corpora` lists them)")
    parser.add_argument("--from", dest="given", metavar="FILE", type=Path, nargs="+", default=[], help=_FROM_HELP)
    add_data_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser import machine
        from ser.fetch import fetch, sources
        from ser.fetch.download import PATIENT

        source, settings = sources.chosen(options.corpus, options.edition)
        corpus, folder = machine.corpus_named(options.corpus, settings), machine.data_dir(options.data_dir)
        print(fetch.terms(corpus.facts, source), flush=True)
        outcome = fetch.fetch(corpus, source, folder, options.given, PATIENT)
        print(fetch.summary(outcome, folder / (corpus.folder or corpus.facts.id), settings))
        return 0

    parser.set_defaults(command=command)


def add_synth(commands: Commands) -> None:
    """Add `ser synth`."""
    parser = commands.add_parser(
        "synth", help="let the embedded voice write itself under the names of published corpora, for trying things out"
    )
    parser.add_argument("corpora", metavar="corpus", nargs="+", help="corpus ids (`ser corpora` lists them)")
    parser.add_argument("--out", type=Path, required=True, help="the data_dir to make: DIR/CORPUS/... is written")
    parser.add_argument(
        "--size", choices=("tiny", "full"), default="tiny", help="default: two files a class and speaker"
    )
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
