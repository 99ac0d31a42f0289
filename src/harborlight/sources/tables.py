"""Look through a CSV or GeoJSON file that has just arrived.

In goes a file, out come its columns and its number of records, read with the declared dialect and nothing
sniffed. The file itself stays as it is (GeoJSON is put on one line and gzipped, as pages are); its values are
staging's business.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Literal, TextIO, cast

from pydantic_core import from_json

from harborlight.catalog.models import Csv
from harborlight.errors import SourceError
from harborlight.sources.contract import Kind
from harborlight.sources.http import TryAgain
from harborlight.sources.landing import CONTENT, Job, content_of, fields_of, one_line, records_of

FIELD_LIMIT = 2**31 - 1
CHUNK = 2**20
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


@dataclass(frozen=True)
class Table:
    """What a whole file was found to hold; `content` is set where it is not simply the file's hash."""

    columns: dict[str, Kind]
    rows: int
    query: dict[str, str] = field(default_factory=dict)
    content: int | None = None


def read_csv(job: Job, path: Path, is_packed: bool) -> Table:
    """Columns and number of records of a CSV file. Raises TryAgain, SourceError."""
    dialect, where = job.source.csv, job.source.id
    try:
        with _open_plain(job, path, is_packed) as plain:
            text = io.TextIOWrapper(plain, _encoding(plain, dialect), newline="")
            header, rows = count_records(text, dialect)
    except UnicodeDecodeError:
        raise SourceError(
            f"the file is not {dialect.encoding} text",
            where=where,
            hint="Declare its `encoding` under `csv`.",
        ) from None
    except DAMAGED:
        raise TryAgain("the packed file is damaged or cut short") from None
    if not header:
        raise TryAgain("the file is empty")
    if header[0].lstrip()[:1] in ("{", "[", "<"):
        raise TryAgain("this is not a table but something else")
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise SourceError(
            f"the header has the column {twice!r} twice",
            where=where,
            hint="Ask the publisher which one is meant.",
        )
    return Table(dict.fromkeys(header, "unknown"), rows)


def count_records(lines: TextIO, dialect: Csv) -> tuple[list[str], int]:
    """The header and the number of records below it. Raises TryAgain if the file ends inside quotes.

    A line without a quote is a record; only others go through the parser, which takes the lines it needs.
    """
    csv.field_size_limit(FIELD_LIMIT)
    quote = dialect.quote or "\0"
    header: list[str] | None = None
    rows = 0
    rest = iter(lines)
    for line in rest:
        if not line.strip("\r\n"):
            continue
        if header is None or quote in line:
            record = _parse(chain([line], rest), dialect)
            if header is None:
                header = record
                continue
        rows += 1
    return header or [], rows


def _parse(lines: Iterator[str], dialect: Csv) -> list[str]:
    """One record. A misplaced quote spoils the record, not the count; staging rejects it with a reason."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
    reader = csv.reader(
        lines, delimiter=dialect.delimiter, quotechar=dialect.quote or None, quoting=quoting, strict=True
    )
    try:
        return next(reader)
    except csv.Error as error:
        if "end of data" in str(error):
            raise TryAgain("the file ends inside a quoted value, so it is cut short") from None
        return []


def _encoding(plain: BinaryIO, dialect: Csv) -> str:
    """The declared encoding, past a byte-order mark (which some servers put before any encoding)."""
    start = plain.read(3)
    if start != b"\xef\xbb\xbf":
        plain.seek(0)
    return dialect.encoding


@contextmanager
def _open_plain(job: Job, path: Path, is_packed: bool) -> Iterator[BinaryIO]:
    """Open a file for reading, unpacked; a packed one is first unpacked into nothing, to see its size."""
    if not is_packed:
        with path.open("rb") as plain:
            yield plain
        return
    size, total = path.stat().st_size, 0
    with gzip.open(path, "rb") as packed:
        while chunk := packed.read(CHUNK):
            total += len(chunk)
            job.client.check_caps(size, total)
    with gzip.open(path, "rb") as packed:
        yield cast(BinaryIO, packed)


def read_geojson(job: Job, path: Path, is_packed: bool) -> Table:
    """Columns and features of a GeoJSON file, which is put on one line. Raises TryAgain, SourceError."""
    try:
        with _open_plain(job, path, is_packed) as plain:
            body = plain.read().removeprefix(b"\xef\xbb\xbf")
        page = from_json(body, allow_inf_nan=False, cache_strings="keys")
        features = records_of("geojson", page)
        columns = dict.fromkeys(chain.from_iterable(fields_of("geojson", feature) for feature in features))
    except DAMAGED:
        raise TryAgain("the packed file is damaged or cut short") from None
    except (ValueError, LookupError, TypeError):
        raise TryAgain("the file is not whole, valid GeoJSON") from None
    if any(place.get("exceededTransferLimit") for place in (page, page.get("properties") or {})):
        raise SourceError(
            "the file says that it holds only a part of the rows",
            where=job.source.id,
            hint="Use the connector `arcgis` for this layer.",
        )
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as out:
        out.write(one_line(body))
    content = sum(map(content_of, features)) % CONTENT
    return Table(dict.fromkeys(columns, "unknown"), len(features), content=content)
