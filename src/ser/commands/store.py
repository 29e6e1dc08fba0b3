"""The feature store: list it, verify it, prune it."""

from __future__ import annotations

import argparse

from ser.commands.options import Commands, add_work_dir
from ser.paths import store_dir


def add_cache(commands: Commands) -> None:
    """Add `ser cache` and its actions."""
    parser = commands.add_parser("cache", help="the feature store: list what is in it, verify it, prune it")
    actions = parser.add_subparsers(title="actions", metavar="list, verify or prune", required=True)
    _add_cache_list(actions)
    _add_cache_verify(actions)
    _add_cache_prune(actions)


def _add_cache_list(actions: Commands) -> None:
    parser = actions.add_parser("list", help="the spaces of the store: what is in them, how large, of which code")
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.features import cache

        print(cache.listing(store_dir(options.work_dir)))
        return 0

    parser.set_defaults(command=command)


def _add_cache_verify(actions: Commands) -> None:
    parser = actions.add_parser("verify", help="read everything in full; remove what is damaged, and exit with 1 then")
    add_work_dir(parser)

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
    add_work_dir(parser)

    def command(options: argparse.Namespace) -> int:
        from ser.features import cache

        root = store_dir(options.work_dir)
        chosen = cache.chosen(cache.entries(root), older_than_days=options.older_than, keep=options.keep)
        print(cache.prune(root, chosen) if options.yes else cache.would_prune(chosen))
        return 0

    parser.set_defaults(command=command)
