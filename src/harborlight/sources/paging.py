"""Fetch a portal's pages so that every row comes exactly once.

In goes a `Portal`, which knows how to count and how to ask for one page; out comes one gzipped file with a
page a line. Pages start after the last key (or at an offset whose edge is checked), and the rows must agree
in number with the portal's count before and after; if they do not, everything is fetched again, because a
patched-up copy of a moving table is a copy of nothing.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from typing import Any, Protocol

from harborlight.catalog.snapshot import Layout
from harborlight.errors import SourceError
from harborlight.log import get_logger
from harborlight.sources.http import Answer, TryAgain
from harborlight.sources.landing import (
    CONTENT,
    Job,
    Landed,
    Record,
    content_of,
    fields_of,
    one_line,
    records_of,
)

log = get_logger("fetch")
ROUNDS = 3
Key = int | str


class Portal(Protocol):
    """What `fetch_pages` must know about a portal. The delta's filter is the portal's own business."""

    layout: Layout
    is_keyset: bool
    """Pages start after a key that only grows; otherwise at an offset."""

    def count(self, *, everything: bool = False) -> int:
        """Rows that the pages will hold, or all rows of the dataset."""

    def page(self, after: Key | None, offset: int) -> Answer:
        """One page in key order; an empty one ends the fetch."""

    def key(self, values: Record) -> Key:
        """The unique key of a row."""

    def key_at(self, offset: int) -> Key | None:
        """The key of the row at an offset (asked for only where pages start at offsets)."""


class Unstable(Exception):
    """The pages do not add up; a fetch from the start may."""


@dataclass
class Tally:
    """What has been seen of the rows so far."""

    keys: set[Key]
    last: Key | None = None
    content: int = 0
    pages: int = 0
    changed_to: Any = None


def fetch_pages(job: Job, portal: Portal, landed: Landed) -> Landed:
    """Fill in `landed` with all pages, from the start again if they do not add up. Raises SourceError."""
    reason = ""
    for number in range(1, ROUNDS + 1):
        try:
            return _fetch_once(job, portal, landed)
        except Unstable as error:
            reason = str(error)
            log.info("%s: fetch %d of %d does not add up (%s)", job.source.id, number, ROUNDS, reason)
    raise SourceError(
        f"{reason}; {ROUNDS} fetches from the start did not add up",
        where=job.source.id,
        hint="The last good copy stays; the next run tries again.",
    )


def _fetch_once(job: Job, portal: Portal, landed: Landed) -> Landed:
    before = portal.count()
    tally = Tally(set())
    job.report(job.source.id, 0, before, 0)
    with (
        landed.file.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0, compresslevel=3) as out,
    ):
        while True:
            answer = portal.page(tally.last, len(tally.keys))
            records = records_of(portal.layout, answer.data)
            if not records:
                break
            if tally.pages and not portal.is_keyset and portal.key_at(len(tally.keys) - 1) != tally.last:
                raise Unstable("rows moved while the pages were fetched")
            _add(job, portal, tally, records)
            out.write(one_line(answer.body))
            job.report(job.source.id, len(tally.keys), before, tally.pages)
            if len(tally.keys) > before:
                raise Unstable(f"the portal counts {before:,} rows but sends more")
    rows, after = len(tally.keys), portal.count()
    if not before == rows == after:
        raise Unstable(f"the portal counts {before:,} rows before and {after:,} after, but sends {rows:,}")
    total = portal.count(everything=True) if landed.is_delta else rows
    query = landed.query | ({"changed_to": str(tally.changed_to)} if tally.changed_to is not None else {})
    return replace(landed, rows=rows, content=tally.content, total=total, query=query)


def _add(job: Job, portal: Portal, tally: Tally, records: list[Record]) -> None:
    """Take in a page's rows: every key must be new, and beyond the page before where keys are numbers."""
    stamp = job.source.incremental.changed_column if job.source.incremental else None
    edge = tally.last
    for record in records:
        values = fields_of(portal.layout, record)
        key = portal.key(values)
        is_behind = portal.is_keyset and isinstance(key, int) and isinstance(edge, int) and key <= edge
        if key in tally.keys or is_behind:
            raise Unstable("the portal sends a row twice")
        tally.keys.add(key)
        if portal.is_keyset and isinstance(key, int):
            tally.last = max(key, tally.last) if isinstance(tally.last, int) else key
        else:
            tally.last = key
        tally.content = (tally.content + content_of(record)) % CONTENT
        if stamp and (value := values.get(stamp)) is not None:
            tally.changed_to = value if tally.changed_to is None else max(tally.changed_to, value)
    tally.pages += 1


def check_shape(layout: Layout, data: Any) -> None:
    """Refuse an answer that is not a page. Raises TryAgain."""
    try:
        for record in records_of(layout, data):
            fields_of(layout, record)
    except (LookupError, TypeError):
        raise TryAgain("the answer is not a page of rows") from None
