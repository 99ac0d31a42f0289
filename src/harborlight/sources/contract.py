"""Do the portal's columns still fit what the city declared?

In go the declared columns and those that the portal offers now, out comes the list of new ones; a missing or
retyped column is a `SourceError` that names it. Checked before the first row is asked for, because a renamed
column that is read as empty looks exactly like good news.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from harborlight.catalog.models import Column, Source
from harborlight.errors import SourceError

Kind = Literal["text", "integer", "number", "boolean", "date", "time", "place", "unknown"]

FITS: dict[str, set[Kind]] = {
    "text": {"text", "place"},
    "integer": {"integer", "number", "text"},
    "number": {"number", "integer", "text"},
    "boolean": {"boolean", "text", "integer"},
    "time": {"time", "text", "integer"},
}


def check_columns(source: Source, offered: Mapping[str, Kind], *, ours: Collection[str] = ()) -> tuple[str, ...]:
    """The offered columns that are neither declared nor known nor the portal's own (`ours`).

    Raises SourceError for a declared column that is missing, or of a kind that cannot hold the declared type.
    """
    for name, column in source.columns.items():
        if name not in offered:
            raise SourceError(f"the column {name} is missing{_alike(name, offered)}", where=source.id, hint=HINT)
        kind = offered[name]
        if kind != "unknown" and kind not in fitting(column):
            raise SourceError(
                f"the column {name} is declared as {column.type} but the portal now has it as {kind}",
                where=source.id,
                hint=HINT,
            )
    known = {*source.columns, *source.known_extra_columns, *ours}
    return tuple(name for name in offered if name not in known)


HINT = "Compare the portal's columns with the source's file; the last good copy stays."


def fitting(column: Column) -> set[Kind]:
    """The kinds of portal column that a declared column can be read from."""
    if column.type not in ("date", "datetime"):
        return FITS[column.type]
    kinds: set[Kind] = {"date"}
    if column.format in ("epoch_ms", "epoch_s"):
        return kinds | {"integer", "number"}
    return kinds | {"text"} if column.format else kinds


def _alike(name: str, offered: Collection[str]) -> str:
    """Mention a column that differs in letter case or punctuation only."""

    def bare(text: str) -> str:
        return "".join(letter for letter in text.lower() if letter.isalnum())

    close = next((other for other in offered if bare(other) == bare(name)), None)
    return f" (there is {close})" if close else ""
