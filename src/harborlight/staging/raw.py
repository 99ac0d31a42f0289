"""Reads the parts of a snapshot as text columns under the names that the portal gives them.

Nothing is sniffed: the columns come from the contract, the dialect from the source's file, and a page of JSON is
unpacked by a structure written out in full. What comes out is one SELECT that DuckDB streams; no row passes through Python.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
from pathlib import Path

from harborlight.catalog import Part, Snapshot, Source
from harborlight.staging.contract import typed
from harborlight.store import StoreError, connect, quote_name, quote_text, read_value

# DuckDB sets buffers of this size aside, so the smallest that holds the longest page is used.
PAGE_SIZES = tuple(size * 1024 * 1024 for size in (16, 64, 160))
LONGEST_LINE = 2 * 1024 * 1024

# Where a page keeps its rows, and where a row keeps its columns.
PAGES = {
    "arcgis": ("$.features", "attributes"),
    "geojson": ("$.features", "properties"),
    "ckan": ("$.result.records", None),
    "carto": ("$.rows", None),
    "rows": ("$", None),
}


def select_raw(
    source: Source, snapshot: Snapshot, folder: Path, scratch: Path, largest_page: int = PAGE_SIZES[0]
) -> str:
    """A SELECT of every declared column as text, `_x` and `_y` of a point, and `_part`, base rows superseded by a delta left out.

    A file in another encoding is rewritten as UTF-8 below `scratch` first.
    """
    selects = [
        _select_part(source, snapshot, part, _as_utf8(source, part, folder / part.file, scratch), index, largest_page)
        for index, part in enumerate(snapshot.parts)
    ]
    merged = selects[0]
    for delta in selects[1:]:
        merged = _supersede(source, snapshot, merged, delta)
    return merged


def _supersede(source: Source, snapshot: Snapshot, base: str, delta: str) -> str:
    incremental = source.incremental
    if incremental is None or incremental.date_column is None:
        key = quote_name(source.key)
        keep = f"({key} is null or {key} not in (select {key} from ({delta}) where {key} is not null))"
    else:
        # The window is cut on the portal's own clock, as it was asked for; base rows without a date stay.
        column = typed(incremental.date_column, source.columns[incremental.date_column], None)
        keep = f"coalesce({column} < timestamp {quote_text(snapshot.window_from or '9999-01-01')}, true)"
    return f"select * from ({base}) where {keep} union all by name select * from ({delta})"


def _as_utf8(source: Source, part: Part, path: Path, scratch: Path) -> Path:
    """The file itself, or its UTF-8 copy. A byte that the encoding does not know becomes U+FFFD: never a wrong letter."""
    if part.layout != "csv" or source.csv.encoding == "utf-8":
        return path
    scratch.mkdir(parents=True, exist_ok=True)
    copy = scratch / f"{source.id}-{part.file}".removesuffix(".gz")
    opened = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 (closed below)
    text = io.TextIOWrapper(opened, source.csv.encoding, errors="replace", newline="")
    with text, copy.open("w", encoding="utf-8", newline="") as out:
        shutil.copyfileobj(text, out)
    return copy


def _select_part(source: Source, snapshot: Snapshot, part: Part, file: Path, index: int, largest_page: int) -> str:
    path = quote_text(str(file))
    match part.layout:
        case "csv":
            columns = ", ".join(quote_name(name) for name in source.columns)
            return f"select {columns}, {index} as _part from {_read_csv(source, snapshot, path)}"
        case "parquet":
            columns = ", ".join(f"cast({quote_name(name)} as varchar) as {quote_name(name)}" for name in source.columns)
            return f"select {columns}, {index} as _part from read_parquet({path})"
        case _:
            return _select_pages(source, part, path, index, largest_page)


def _read_csv(source: Source, snapshot: Snapshot, path: str) -> str:
    # Columns that nobody declared have no name here: one may differ from a declared one in capital letters only.
    names = (name if name in source.columns else f"_undeclared_{place}" for place, name in enumerate(snapshot.columns))
    columns = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({path}, auto_detect = false, header = true, columns = {{{columns}}}, delim = {quote_text(source.csv.delimiter)}, "
        f"quote = {quote_text(source.csv.quote)}, escape = {quote_text(source.csv.quote)}, nullstr = '', encoding = 'utf-8', "
        f"max_line_size = {LONGEST_LINE}, store_rejects = true, strict_mode = true)"
    )


def _select_pages(source: Source, part: Part, path: str, index: int, largest_page: int) -> str:
    rows_at, columns_in = PAGES[part.layout]
    names = [name for name in source.columns if name not in ("_x", "_y")]
    columns: dict[str, object] = dict.fromkeys(names, "VARCHAR")
    structure: object = columns
    prefix = "r"
    extras = ""
    if columns_in:
        geometry = {"x": "DOUBLE", "y": "DOUBLE"} if part.layout == "arcgis" else {"coordinates": ["DOUBLE"]}
        structure = {columns_in: columns, "geometry": geometry}
        prefix = f"r.{columns_in}"
        point = (
            ("r.geometry.x", "r.geometry.y")
            if part.layout == "arcgis"
            else ("r.geometry.coordinates[1]", "r.geometry.coordinates[2]")
        )
        extras = f", cast({point[0]} as varchar) as _x, cast({point[1]} as varchar) as _y"
    picked = ", ".join(f"{prefix}.{quote_name(name)} as {quote_name(name)}" for name in names)
    pages = f"read_ndjson_objects({path}, maximum_object_size = {largest_page}, compression = {_compression(part)})"
    rows = f"unnest(from_json(json_extract(json, {quote_text(rows_at)}), {quote_text(json.dumps([structure]))}))"
    return f"select {picked}{extras}, {index} as _part from (select {rows} as r from {pages})"


def _compression(part: Part) -> str:
    return "'gzip'" if part.file.endswith(".gz") else "'none'"


def count_rows(source: Source, snapshot: Snapshot, folder: Path, scratch: Path) -> int:
    """How many rows staging finds in a snapshot's files, lines that are none included."""
    con = connect()
    try:
        for largest_page in PAGE_SIZES:
            try:
                n = int(read_value(con, f"select count(*) from ({select_raw(source, snapshot, folder, scratch, largest_page)})"))
                break
            except StoreError as error:
                if "maximum_object_size" not in str(error) or largest_page == PAGE_SIZES[-1]:
                    raise
        if read_value(con, "select count(*) from duckdb_tables() where table_name = 'reject_errors'"):
            n += int(read_value(con, "select count(distinct (scan_id, line)) from reject_errors"))
    finally:
        con.close()
    return n
