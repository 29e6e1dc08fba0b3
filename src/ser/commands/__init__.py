"""The commands of `ser` that are no steps of the pipeline, with options of their own.

Each `add_...` adds one command to the parser. Heavy libraries are imported only by the command that needs them, when it
runs, so that help is instant.
"""

from __future__ import annotations

from collections.abc import Callable

from ser.commands import audit, data, export, page, predict, runs, serve, setup, store, studies, tracking
from ser.commands.options import Commands

COMMANDS: dict[str, Callable[[Commands], None]] = {
    "leaderboard": runs.add_leaderboard,
    "compare": runs.add_compare,
    "audit": audit.add_audit,
    "corpora": data.add_corpora,
    "fetch": data.add_fetch,
    "synth": data.add_synth,
    "verify": runs.add_verify,
    "analyse": runs.add_analyse,
    "reproduce": studies.add_reproduce,
    "predict": predict.add_predict,
    "serve": serve.add_serve,
    "page": page.add_page,
    "export": export.add_export,
    "cache": store.add_cache,
    "ui": tracking.add_ui,
    "sync": tracking.add_sync,
    "register": tracking.add_register,
    "doctor": setup.add_doctor,
    "code": setup.add_code,
}
"""Name of the command -> what adds it to the parser, in the order of the help."""
