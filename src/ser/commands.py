"""The commands of `ser` that are no steps of the pipeline, with options of their own.

Heavy libraries are imported only by the command that needs them, so that help is instant.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ser.commands_audit import add_audit
from ser.paths import store_dir

_FROM_HELP = "archives that you have downloaded yourself, where a form or an account stands before the corpus"

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
        outcome = fetch.fetch(corpus, source, folder, options.given, PATIENT)
        print(fetch.summary(outcome, folder / (corpus.folder or corpus.facts.id), settings))
        return 0

    parser.set_defaults(command=command)


def _add_synth(commands: Commands) -> None:
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


def _add_cache(commands: Commands) -> None:
    parser = commands.add_parser("cache", help="the feature store: list what is in it, verify it, prune it")
    actions = parser.add_subparsers(title="actions", metavar="list, verify or prune", required=True)
    _add_cache_list(actions)
    _add_cache_verify(actions)
    _add_cache_prune(actions)


def _add_cache_list(actions: Commands) -> None:
    parser = actions.add_parser("list", help="the spaces of the store: what is in them, how large, of which code")
    _add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.features import cache

        print(cache.listing(store_dir(options.work_dir)))
        return 0

    parser.set_defaults(command=command)


def _add_cache_verify(actions: Commands) -> None:
    parser = actions.add_parser("verify", help="read everything in full; remove what is damaged, and exit with 1 then")
    _add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.features import cache

        text, sound = cache.verify(store_dir(options.work_dir))
        print(text)
        return 0 if sound else 1

    parser.set_defaults(command=command)


def _add_cache_prune(actions: Commands) -> None:
    parser = actions.add_parser("prune", help="remove what the code of today can no longer use")
    parser.add_argument("--older-than", type=float, metavar="DAYS", help="also what was not used for so many days")
    parser.add_argument("--keep", nargs="+", metavar="NAME", help="everything but these recipes or spaces instead")
    parser.add_argument("--yes", action="store_true", help="remove it; without, only say what would be removed")
    _add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.features import cache

        root = store_dir(options.work_dir)
        chosen = cache.chosen(cache.entries(root), older_than_days=options.older_than, keep=options.keep)
        print(cache.prune(root, chosen) if options.yes else cache.would_prune(chosen))
        return 0

    parser.set_defaults(command=command)


def _add_ui(commands: Commands) -> None:
    parser = commands.add_parser("ui", help="browse the runs in the MLflow UI on 127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    _add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.tracking import ui

        return ui.serve(options.work_dir, port=options.port)

    parser.set_defaults(command=command)


def _add_sync(commands: Commands) -> None:
    parser = commands.add_parser(
        "sync", help="log to MLflow the runs it has not seen: made offline, or brought from another machine"
    )
    parser.add_argument("runs", metavar="run", nargs="*", help="run ids, or the first letters of them (default: all)")
    parser.add_argument("--to", metavar="URI", help="http(s)://SERVER or sqlite:///FILE (default: mlflow.db below DIR)")
    _add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.pipeline import sync

        synced = sync.sync(options.work_dir, sync.store(options.work_dir, options.to), options.runs)
        print(synced.text)
        return 0 if synced.complete else 1

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
    "audit": add_audit,
    "corpora": _add_corpora,
    "fetch": _add_fetch,
    "synth": _add_synth,
    "verify": _add_verify,
    "cache": _add_cache,
    "ui": _add_ui,
    "sync": _add_sync,
    "doctor": _add_doctor,
    "code": _add_code,
}


def _add_work_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--work-dir", type=Path, default=Path(), help="where runs/ and mlflow.db lie (default: here)")
