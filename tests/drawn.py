"""Records and numbers drawn as tables of text, so that an example reads like the page of a book.

A column that an example does not need is left out and means "not known". `yes` and `no` are flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

NAMES = {
    "record": "record_id", "incident": "incident_id", "date": "occurred_date", "hour": "occurred_hour", "code": "offense_code",
    "shot": "is_shooting", "justified": "is_justified", "injury": "injury_code", "victim": "victim_type_code",
    "status": "status_code", "district": "district_name", "died": "died_at", "ruled": "ruled_at", "source": "source_id",
}  # fmt: skip
FLAGS = {"yes": True, "no": False}


def read_table(text: str) -> list[dict[str, str]]:
    """Rows of a table drawn with bars; the first line is the header."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def read_record(row: Mapping[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, cell in row.items():
        if not cell:
            continue
        value: Any = FLAGS.get(cell, cell)
        if name == "date":
            value = date.fromisoformat(cell)
        elif name in ("died", "ruled"):
            value = datetime.fromisoformat(f"{cell}T17:00:00")
        record[NAMES[name]] = value
    return record
