"""Removal orders from a file: read whole, every bad line told at once, nothing done where one is bad."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from harborlight.catalog.models import REMOVAL_KINDS
from harborlight.errors import ConfigError

MOST_TOLD = 20
LONGEST_ID = 200


@dataclass(frozen=True)
class Order:
    """One record to be removed: the kind of its id, and the id as the source writes it."""

    kind: str
    id: str


def read_orders(path: Path) -> list[Order]:
    """The orders of a CSV file with the columns `kind` and `id`. Raises ConfigError, with line numbers and never with an id."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            if header != ["kind", "id"]:
                raise ConfigError("the first line must be `kind,id`", where=f"{path}:1")
            rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        words = error.strerror if isinstance(error, OSError) else "it is not whole UTF-8 CSV text"
        raise ConfigError(f"the orders cannot be read ({words})", where=str(path)) from error
    mistakes = [f"line {line}: {why}" for line, row in rows if (why := _what_is_wrong(row))]
    if mistakes:
        more = f"; and {len(mistakes) - MOST_TOLD} more" if len(mistakes) > MOST_TOLD else ""
        raise ConfigError(f"nothing was removed: {'; '.join(mistakes[:MOST_TOLD])}{more}.", where=str(path), hint="Mend the file and run again.")
    if not rows:
        raise ConfigError("there is no order in this file", where=str(path))
    return [make_order(row[0], row[1]) for _, row in rows]


def make_order(kind: str, text: str) -> Order:
    """One order. Raises ConfigError."""
    if why := _what_is_wrong([kind, text]):
        raise ConfigError(f"this is no order: {why}")
    return Order(kind.strip().lower(), text.strip())


def _what_is_wrong(row: list[str]) -> str:
    if len(row) != 2:
        return f"{len(row)} columns instead of 2"
    kind, text = row[0].strip().lower(), row[1].strip()
    if kind not in REMOVAL_KINDS:
        return f"the kind is not one of {', '.join(REMOVAL_KINDS)}"
    if not text:
        return "the id is empty"
    if len(text) > LONGEST_ID or not text.isprintable():
        return "the id is longer than 200 characters or holds a control character"
    return ""
