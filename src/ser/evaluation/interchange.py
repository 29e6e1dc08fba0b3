"""Leaderboards for other programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict

from ser.evaluation.leaderboard import Row, Table


def to_json(tables: Sequence[Table]) -> str:
    """Write the tables as JSON: a list of `protocol`, `warnings` and `rows`."""
    value = [
        {
            "protocol": asdict(table.contest),
            "warnings": table.warnings(),
            "rows": [_flat(table, entry) for entry in table.rows],
        }
        for table in tables
    ]
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def to_csv(tables: Sequence[Table]) -> str:
    """Write every run as one line of CSV; compare only lines of the same `protocol_hash` and `data_hash`."""
    lines = [
        {
            "protocol_hash": table.contest.protocol_hash,
            "data_hash": table.contest.data_hash,
            "protocol": table.contest.protocol,
            "labels": table.contest.labels,
            "normalise": table.contest.normalise,
            "warnings": " ".join(table.warnings()),
            **{key: value for key, value in _flat(table, entry).items() if key != "uar_by_corpus"},
            **{f"uar/{corpus}": value for corpus, value in entry.uar_by_corpus.items()},
        }
        for table in tables
        for entry in table.rows
    ]
    stream = io.StringIO()
    writer = csv.DictWriter(
        stream, fieldnames=list(dict.fromkeys(key for line in lines for key in line)), lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(lines)
    return stream.getvalue()


def _flat(table: Table, entry: Row) -> dict[str, object]:
    values = {key: value for key, value in asdict(entry).items() if key != "contest"}
    return {**values, "p_against_best": table.p_against_best.get(entry.run_id)}
