"""What to fetch when not everything must be, and what the result adds up to.

In go the declared way of changing and the last snapshot, out comes a `Delta` or none; after the delta has
landed, the merged rows are counted and hashed from the files themselves. A merged count that differs from the
portal's means that rows were deleted there, and everything is fetched again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from harborlight.catalog.models import Incremental, Source
from harborlight.catalog.snapshot import Part, Snapshot
from harborlight.sources.landing import (
    CONTENT,
    WINDOW,
    Delta,
    Landed,
    Record,
    content_of,
    fields_of,
    read_pages,
    records_of,
    wanted_columns,
)

TIE = timedelta(hours=1)


@dataclass(frozen=True)
class Merged:
    """A snapshot's rows with a delta applied."""

    rows: int
    content: int
    parts: tuple[Part, ...]


def plan_delta(source: Source, previous: Snapshot | None, full_at: datetime | None, now: datetime) -> Delta | None:
    """Which rows to ask for, or None for all of them."""
    way = source.incremental
    if way is None or previous is None or full_at is None or now - full_at >= timedelta(days=way.full_every_days):
        return None
    asked = ",".join(wanted_columns(source))
    is_other = (previous.connector, previous.url, previous.query.get("columns")) != (
        source.connector,
        source.url,
        asked,
    )
    was_window = previous.window_from is not None
    has_delta = any(part.is_delta for part in previous.parts)
    if is_other or (has_delta and was_window == bool(way.changed_column)):
        return None
    if way.changed_column:
        return _plan_changed(way.changed_column, previous)
    return _plan_window(way, previous)


def _plan_changed(column: str, previous: Snapshot) -> Delta | None:
    """Rows stamped after the last stamp seen, or an hour before that fetch: stamps may be shared or late."""
    seen = read_moment(previous.query.get("changed_to"))
    return Delta(column, min(seen, previous.started_at - TIE), is_window=False) if seen else None


def _plan_window(way: Incremental, previous: Snapshot) -> Delta:
    """Rows of the days before the last full fetch; the start stays until the next, so none is lost."""
    start = previous.full_at.date() - timedelta(days=way.window_days)
    return Delta(way.date_column or "", datetime.combine(start, time.min, UTC), is_window=True)


def read_moment(text: str | None) -> datetime | None:
    """A change stamp as received, as an instant: epoch milliseconds or ISO text (UTC if it names no zone)."""
    if text is None:
        return None
    if text.lstrip("-").isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def merge(source: Source, folder: Path, previous: Snapshot, landed: Landed) -> Merged:
    """Apply a delta: the last row of each key counts, or, for a window, every base row before it."""
    if landed.window_from is not None:
        base = tuple(part for part in previous.parts if not part.is_delta)
        column = source.incremental.date_column if source.incremental else None
        rows, content = landed.rows, landed.content
        for values, record in _read(folder, base):
            if _is_before(values.get(column or ""), landed.window_from):
                rows, content = rows + 1, content + content_of(record)
        return Merged(rows, content % CONTENT, base)
    fresh = {values.get(source.key): content_of(record) for values, record in _read_pages(landed)}
    keys: set[Any] = set()
    replaced: dict[Any, int] = {}
    for values, record in _read(folder, previous.parts):
        key = values.get(source.key)
        keys.add(key)
        if key in fresh:
            replaced[key] = content_of(record)
    content = int(previous.sha256, 16) + sum(fresh.values()) - sum(replaced.values())
    return Merged(len(keys | fresh.keys()), content % CONTENT, previous.parts)


def _is_before(value: Any, start: str) -> bool:
    """Whether a date as received lies before the window; a row without one stays in the base."""
    if isinstance(value, int | float):
        return value < datetime.strptime(start, WINDOW).replace(tzinfo=UTC).timestamp() * 1000
    return not value or str(value)[:10] < start[:10]


def _read(folder: Path, parts: tuple[Part, ...]) -> Iterator[tuple[Record, Record]]:
    for part in parts:
        for page in read_pages(folder / part.file):
            for record in records_of(part.layout, page):
                yield fields_of(part.layout, record), record


def _read_pages(landed: Landed) -> Iterator[tuple[Record, Record]]:
    for page in read_pages(landed.file):
        for record in records_of(landed.layout, page):
            yield fields_of(landed.layout, record), record
