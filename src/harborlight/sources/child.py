"""Open a Parquet file or a workbook in a process of its own.

In goes one wish as JSON on standard input, out comes one answer as JSON on standard output. Binary formats
made by others are the likeliest thing to crash a reader or eat the memory; here that ends a child with
bounded memory and time, and the source is held.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineError, CalamineWorkbook

from harborlight.store import StoreError, connect, quote_text

if TYPE_CHECKING:  # the child starts faster without the catalog
    from harborlight.sources.contract import Kind

MEMORY, SECONDS = 4 * 2**30, 600
MEMBERS, EXPANDED, RATIO = 50, 2 * 2**30, 100
STARTS: dict[str, Kind] = {
    "VARCHAR": "text", "ENUM": "text", "UUID": "text", "BOOLEAN": "boolean", "DATE": "date",
    "TIMESTAMP": "date", "TIME": "time", "TINYINT": "integer",
    "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer",
    "HUGEINT": "integer", "UTINYINT": "integer", "USMALLINT": "integer", "UINTEGER": "integer",
    "UBIGINT": "integer", "FLOAT": "number", "DOUBLE": "number", "DECIMAL": "number",
}  # fmt: skip


def read_parquet(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Columns with their kinds, and the number of rows."""
    with connect(threads=1, memory="1GB") as con:
        scan = f"read_parquet({quote_text(wish['path'])})"
        columns = {row[0]: find_kind(row[1]) for row in con.execute(f"describe select * from {scan}").fetchall()}
        row = con.execute(f"select count(*), count(columns(*)) from {scan}").fetchone()
    return {"columns": columns, "rows": row[0] if row else 0}


def find_kind(store_type: str) -> Kind:
    """The kind of a store's column type, longest name first (TIMESTAMP before TIME)."""
    for start in sorted(STARTS, key=len, reverse=True):
        if store_type.startswith(start) and not store_type.endswith("[]"):
            return STARTS[start]
    return "unknown"


def write_sheet(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Write a sheet's cells as CSV text in the declared dialect; empty rows are left out."""
    check_members(Path(wish["path"]))
    with CalamineWorkbook.from_path(wish["path"]) as book:
        name = wish["sheet"] or book.sheet_names[0]
        if name not in book.sheet_names:
            return {"error": f"the workbook has no sheet {name!r}; it has {', '.join(book.sheet_names)}"}
        with Path(wish["text"]).open("w", encoding=wish["encoding"], newline="") as handle:
            out = csv.writer(handle, delimiter=wish["delimiter"], quotechar=wish["quote"] or '"', lineterminator="\n")
            for row in book.get_sheet_by_name(name).iter_rows():
                cells = [render_cell(cell) for cell in row]
                if any(cells):
                    out.writerow(cells)
    return {"sheet": name}


def check_members(path: Path) -> None:
    """Refuse an archive that is too large or names members outside itself. Raises ValueError."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    expanded, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    is_far = any(m.filename.startswith("/") or ".." in m.filename.split("/") for m in members)
    is_bomb = expanded > 2**20 and expanded > RATIO * max(packed, 1)
    if len(members) > MEMBERS or expanded > EXPANDED or is_far or is_bomb:
        raise ValueError("the workbook is not a plausible archive")


def render_cell(cell: Any) -> str:
    """A cell as text: ISO dates, whole numbers without a point, everything else as it is."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)


def answer(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Do what is wished, or say in one sentence why not."""
    kind = wish["kind"]
    try:
        return read_parquet(wish) if kind == "parquet" else write_sheet(wish)
    except (StoreError, CalamineError, zipfile.BadZipFile, ValueError, OSError, MemoryError):
        return {"error": f"the {kind} file could not be read"}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))
