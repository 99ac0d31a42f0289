"""Takes removed records out of files as received, row by row, and leaves every other byte as it came.

In: a landed file or part, its source and the ledger. Out: how many rows were left out, and the file without them. A line that is
no row at all goes when any of its values is a removed id.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from pydantic_core import from_json, to_json

from harborlight.catalog.models import Source
from harborlight.catalog.snapshot import Layout
from harborlight.records.ledger import Ledger
from harborlight.sources.landing import Record, fields_of, one_line, records_of
from harborlight.store import connect, quote_text, read_value

# A quote that is never closed would take the rest of the file for one value.
LONGEST_RECORD = 2**16


def scrub_file(source: Source, layout: Layout, path: Path, target: Path, ledger: Ledger) -> int:
    """Write `path` without removed rows to `target`; returns how many were left out. Where there are none, no file is left."""
    if not ledger.entries or not source.removal_ids:
        return 0
    match layout:
        case "csv":
            dropped = _scrub_csv(source, path, target, ledger)
        case "parquet":
            dropped = _scrub_parquet(source, path, target, ledger)
        case _:
            dropped = _scrub_pages(source, layout, path, target, ledger)
    if not dropped:
        target.unlink(missing_ok=True)
    return dropped


# ------------------------------------------------------------------------------------------- delimited text


def _scrub_csv(source: Source, path: Path, target: Path, ledger: Ledger) -> int:
    dialect, dropped = source.csv, 0
    with _opened(path, "rb") as raw, _opened(target, "wb", like=path) as out:
        start = raw.read(3)
        has_mark = start == b"\xef\xbb\xbf"
        out.write(start if has_mark else b"")
        text = io.TextIOWrapper(io.BufferedReader(_Rejoined(b"" if has_mark else start, raw)), dialect.encoding, errors="surrogateescape", newline="")
        records = _records(text, dialect.quote or "")
        header = next(records, "")
        out.write(header.encode(dialect.encoding, "surrogateescape"))
        columns = next(_reader(header, dialect.delimiter, dialect.quote), [])
        wanted = [(kind, columns.index(name)) for kind, names in source.removal_ids.items() for name in names if name in columns]
        for record in records:
            if _is_removed(record, dialect.delimiter, dialect.quote, len(columns), wanted, ledger):
                dropped += 1
            else:
                out.write(record.encode(dialect.encoding, "surrogateescape"))
    return dropped


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._start or self._rest.read(len(buffer))
        self._start = chunk[len(buffer) :] if self._start else b""
        buffer[: len(chunk[: len(buffer)])] = chunk[: len(buffer)]
        return min(len(chunk), len(buffer))


def _records(lines: io.TextIOWrapper, quote: str) -> Iterator[str]:
    """Records as they stand in the file. A quote that is not closed within 64 KB is taken as a slip of one line."""
    source: Iterator[str] = iter(lines)
    waiting: list[str] = []
    while True:
        line = waiting.pop(0) if waiting else next(source, None)
        if line is None:
            return
        taken = [line]
        is_open, size = bool(quote) and line.count(quote) % 2 == 1, len(line)
        while is_open and size < LONGEST_RECORD:
            more = waiting.pop(0) if waiting else next(source, None)
            if more is None:
                break
            taken.append(more)
            size += len(more)
            is_open = is_open != (more.count(quote) % 2 == 1)
        if is_open:
            waiting = taken[1:] + waiting
            taken = taken[:1]
        yield "".join(taken)


def _reader(record: str, delimiter: str, quote: str | None) -> Iterator[list[str]]:
    return csv.reader([record], delimiter=delimiter, quotechar=quote or None, quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE)


def _is_removed(
    record: str, delimiter: str, quote: str | None, width: int, wanted: Sequence[tuple[str, int]], ledger: Ledger
) -> bool:
    if quote and quote in record:
        try:
            values = next(_reader(record, delimiter, quote), [])
        except csv.Error:
            values = []
    else:
        values = record.rstrip("\r\n").split(delimiter)
    if len(values) != width:
        return ledger.holds_token(record, delimiter, quote or "")
    return any(values[index] and ledger.holds(kind, values[index]) for kind, index in wanted)


@contextmanager
def _opened(path: Path, mode: str, like: Path | None = None) -> Iterator[IO[bytes]]:
    """A plain or gzipped file; what is packed anew holds no time, so that the same rows give the same bytes."""
    if (like or path).suffix != ".gz" and not _is_gzip(like or path):
        with path.open(mode) as plain:
            yield cast(IO[bytes], plain)
    elif mode == "rb":
        with gzip.open(path, "rb") as packed:
            yield cast(IO[bytes], packed)
    else:
        with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as out:
            yield cast(IO[bytes], out)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(2) == b"\x1f\x8b"


# ------------------------------------------------------------------------------------------ pages, Parquet


def _scrub_pages(source: Source, layout: Layout, path: Path, target: Path, ledger: Ledger) -> int:
    dropped = 0
    with _opened(path, "rb") as lines, _opened(target, "wb", like=path) as out:
        for line in lines:
            page = from_json(line, cache_strings="keys")
            records = records_of(layout, page)
            kept = [record for record in records if not _holds(source, fields_of(layout, record), ledger)]
            dropped += len(records) - len(kept)
            if len(kept) == len(records):
                out.write(line)
                continue
            records[:] = kept
            out.write(one_line(to_json(page)))
    return dropped


def _holds(source: Source, values: Record, ledger: Ledger) -> bool:
    return any(
        values.get(name) is not None and ledger.holds(kind, str(values[name])) for kind, names in source.removal_ids.items() for name in names
    )


def _scrub_parquet(source: Source, path: Path, target: Path, ledger: Ledger) -> int:
    con = connect(threads=1)
    try:
        ledger.register(con)
        rows, held = f"read_parquet({quote_text(str(path))})", ledger.sql_holds(source.removal_ids)
        dropped = int(read_value(con, f"select count(*) from {rows} where {held}"))
        if dropped:
            con.execute(f"copy (select * from {rows} where not ({held})) to {quote_text(str(target))} (format parquet, compression zstd)")
    finally:
        con.close()
    return dropped
