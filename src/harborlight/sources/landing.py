"""What a connector is given and what it hands back.

In goes a `Job`: the source, the gated client, the folder to write to. Out comes a `Landed`: one temporary
file and what was learned while writing it. The file becomes part of a snapshot only after the caller has
checked it, so a connector that dies half-way leaves nothing but a file that the next run sweeps away.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from harborlight.catalog.models import Source
from harborlight.catalog.snapshot import Layout
from harborlight.sources.http import Client

Report = Callable[[str, int, int | None, int], None]
Record = dict[str, Any]
CONTENT = 2**256
WINDOW = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Delta:
    """Only what changed: rows whose `column` is later than `since`; for a window, from that day on.

    `since` is an instant (UTC); for a window it is midnight of the portal's own clock.
    """

    column: str
    since: datetime
    is_window: bool


@dataclass(frozen=True)
class Job:
    """One fetch of one source."""

    source: Source
    client: Client
    folder: Path
    city_folder: Path
    data: Path
    is_local_free: bool
    report: Report
    delta: Delta | None = None

    def wanted(self) -> list[str]:
        """The columns to ask for."""
        return wanted_columns(self.source)

    def token(self) -> str:
        """The portal's token from the environment, or nothing."""
        return os.environ.get(self.source.token_variable or "", "")

    def part_file(self, kind: str = "part") -> Path:
        """A temporary file of this job; every file that ends in `.part` is swept at the next start."""
        return self.folder / f".{self.source.id}.{os.getpid()}.{kind}.part"


@dataclass(frozen=True)
class Landed:
    """One fetched file. `content` adds up the rows' hashes in any order (or is the file's own hash)."""

    file: Path
    layout: Layout
    columns: tuple[str, ...]
    new_columns: tuple[str, ...]
    extension: str = "ndjson.gz"
    rows: int = 0
    content: int = 0
    version: int = 1
    query: dict[str, str] = field(default_factory=dict)
    source_updated_at: datetime | None = None
    is_delta: bool = False
    total: int = 0
    window_from: str | None = None


def wanted_columns(source: Source) -> list[str]:
    """The declared columns, and the change stamp where one is declared."""
    stamp = source.incremental.changed_column if source.incremental else None
    return list(dict.fromkeys([*source.columns, *([stamp] if stamp else [])]))


# --------------------------------------------------------------------------------------------- page layouts


def records_of(layout: Layout, page: Any) -> list[Record]:
    """The rows of a page as received. Raises LookupError or TypeError if it is no such page."""
    match layout:
        case "arcgis" | "geojson":
            found = page["features"]
        case "ckan":
            found = page["result"]["records"]
        case "carto":
            found = page["rows"]
        case _:
            found = page
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise TypeError("no list of rows")
    return found


def fields_of(layout: Layout, record: Record) -> Record:
    """The named values of a row. Raises LookupError or TypeError if it has none."""
    inner = {"arcgis": "attributes", "geojson": "properties"}.get(layout)
    found = record[inner] if inner else record
    if not isinstance(found, dict):
        raise TypeError("no named values")
    return found


def content_of(record: Record) -> int:
    """The hash of one row, as a number to be added up."""
    return int.from_bytes(hashlib.sha256(to_json(record)).digest())


def one_line(body: bytes) -> bytes:
    """A JSON document on one line: a raw line break can only stand between its tokens."""
    return body.replace(b"\r", b" ").replace(b"\n", b" ").strip() + b"\n"


def read_pages(path: Path) -> Iterator[Any]:
    """The pages of a landed file, parsed."""
    with gzip.open(path, "rb") as lines:
        for line in lines:
            yield from_json(line, cache_strings="keys")
