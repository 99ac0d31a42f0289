"""The manifest of one fetched, immutable copy of a source, as it lies beside the data in `snapshots/`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Layout = Literal["csv", "arcgis", "rows", "ckan", "carto", "geojson", "parquet"]


class Part(BaseModel):
    """One file of a snapshot. Page layouts are gzipped text with one whole page (JSON as received) per line.

    `arcgis`: `{"features": [{"attributes": {...}, "geometry": {"x", "y"}}]}` · `rows`: `[{...}]` (Socrata) ·
    `ckan`: `{"result": {"records": [{...}]}}` · `carto`: `{"rows": [{...}]}` ·
    `geojson`: `{"features": [{"properties": {...}, "geometry": {...}}]}` (also a whole file) · `csv`, `parquet`: the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    layout: Layout
    sha256: str
    bytes: int
    rows: int
    is_delta: bool = False


class Snapshot(BaseModel):
    """`rows` counts what staging will see: the full part's rows less those that a delta replaces, plus the delta's.

    `full_at` is when all rows were last fetched; `columns` are the names the portal offered, of which
    `new_columns` are neither declared nor known (reported, never read). `withheld` of the rows are not in the files:
    they were removed by order; `rows` and `sha256` still are those of the source's own answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_id: str
    id: str
    connector: str
    connector_version: int
    url: str
    query: dict[str, str]
    started_at: datetime
    finished_at: datetime
    full_at: datetime
    source_updated_at: datetime | None = None
    rows: int
    withheld: int = 0
    sha256: str
    parts: tuple[Part, ...]
    window_from: str | None = None
    columns: tuple[str, ...]
    new_columns: tuple[str, ...] = ()
