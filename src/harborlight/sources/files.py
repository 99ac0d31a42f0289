"""Plain files: CSV, GeoJSON, Parquet and XLSX, from an https address or a local path.

In goes one file, out comes the same file, checked to be whole: its kind, its columns, its number of rows. A
workbook is turned into CSV text by a child process. Local paths must lie below the city's folder or the data
folder; an address never leads to a local file.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from harborlight.catalog.models import Source
from harborlight.catalog.snapshot import Layout
from harborlight.errors import SourceError
from harborlight.sources.contract import check_columns
from harborlight.sources.http import TryAgain
from harborlight.sources.landing import Job, Landed
from harborlight.sources.snapshot import hash_file
from harborlight.sources.tables import Table, read_csv, read_geojson

CHILD_S = 600
ENDINGS = {".csv": "csv", ".geojson": "geojson", ".json": "geojson", ".parquet": "parquet", ".xlsx": "xlsx"}
LAYOUTS: dict[str, tuple[Layout, str]] = {
    "csv": ("csv", "csv"),
    "xlsx": ("csv", "csv"),
    "geojson": ("geojson", "ndjson.gz"),
    "parquet": ("parquet", "parquet"),
}


def fetch(job: Job) -> Landed:
    """Fetch the file. Raises SourceError."""
    url, target, form = job.source.url, job.part_file(), find_form(job.source)
    is_packed = url.split("?")[0].endswith(".gz")
    tables: list[Table] = []

    def check(path: Path, headers: httpx.Headers | None = None) -> None:
        if form == "csv" and not is_packed and headers is not None and not _is_framed(headers):
            raise TryAgain("the server does not say where the file ends, so a cut one would look whole")
        tables[:] = [READERS[form](job, path, is_packed)]

    modified = None
    if "://" in url:
        modified = job.client.download(target, check)
    else:
        _copy_local(job, target)
        try:
            check(target)
        except TryAgain as error:
            raise SourceError(error.message, where=job.source.id, hint="Check the file.") from None
    table, (layout, extension) = tables[0], LAYOUTS[form]
    job.report(job.source.id, table.rows, table.rows, 1)
    return Landed(
        file=target,
        layout=layout,
        extension="csv.gz" if form == "csv" and is_packed else extension,
        rows=table.rows,
        content=int(hash_file(target), 16) if table.content is None else table.content,
        columns=tuple(table.columns),
        new_columns=check_columns(job.source, table.columns),
        query={"format": form, **table.query},
        source_updated_at=modified,
        total=table.rows,
    )


def find_form(source: Source) -> str:
    """The declared format, or the one that the address ends in. Raises SourceError."""
    path = Path(source.url.split("?")[0].removesuffix(".gz"))
    form = source.format or ENDINGS.get(path.suffix.lower())
    if form is None:
        raise SourceError(
            "it is not stated what kind of file this is",
            where=source.id,
            hint="Write for instance `format: csv`.",
        )
    return form


def _is_framed(headers: httpx.Headers) -> bool:
    """Whether the server told where the body ends, so that a cut one has been noticed."""
    return any(name in headers for name in ("content-length", "transfer-encoding", "content-encoding"))


def _copy_local(job: Job, target: Path) -> None:
    """Copy a local file, if it lies where it may and stays the same meanwhile. Raises SourceError."""
    stated, where = Path(job.source.url), job.source.id
    roots = [job.city_folder.resolve(), job.data.resolve()]
    places = [(root / stated).resolve() for root in roots]
    path = next((place for place in places if place.is_file()), places[0])
    is_below = any(path.is_relative_to(root) for root in roots)
    if not is_below and not (stated.is_absolute() and job.is_local_free):
        raise SourceError(
            "the file lies outside the city's folder and the data folder",
            where=where,
            hint="Put it below one of them and write its path from there.",
        )
    if not path.is_file():
        raise SourceError(f"there is no file {job.source.url}", where=where, hint="Check `url`.")
    before = path.stat()
    job.client.check_caps(0, before.st_size)
    shutil.copyfile(path, target)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise SourceError("the file changed while it was read", where=where, hint="Fetch again when it is complete.")


# ------------------------------------------------------------------------- formats that a child process opens


def read_parquet(job: Job, path: Path, is_packed: bool) -> Table:
    """Columns and number of rows of a Parquet file. Raises TryAgain, SourceError."""
    with path.open("rb") as handle:
        start = handle.read(4)
        handle.seek(-min(4, path.stat().st_size), 2)
        if start != b"PAR1" or handle.read(4) != b"PAR1":
            raise TryAgain("the file is not a whole Parquet file")
    found = _ask_child(job, {"kind": "parquet", "path": str(path)})
    return Table(found["columns"], found["rows"])


def read_xlsx(job: Job, path: Path, is_packed: bool) -> Table:
    """Turn a sheet of a workbook into CSV text in the declared dialect. Raises TryAgain, SourceError."""
    with path.open("rb") as handle:
        if handle.read(4) != b"PK\x03\x04":
            raise TryAgain("the file is not a workbook")
    text, dialect = job.part_file("text"), job.source.csv
    wish = {"kind": "xlsx", "path": str(path), "text": str(text), "sheet": job.source.sheet}
    found = _ask_child(job, wish | dialect.model_dump())
    query = {"workbook_sha256": hash_file(path), "sheet": found["sheet"]}
    text.replace(path)
    table = read_csv(job, path, False)
    return Table(table.columns, table.rows, query)


def _ask_child(job: Job, wish: dict[str, Any]) -> dict[str, Any]:
    """Let a child process with bounded memory and time open a file made by others. Raises SourceError."""
    command = [sys.executable, "-m", "harborlight.sources.child"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(wish),
            capture_output=True,
            text=True,
            timeout=min(CHILD_S, job.client.left_s()),
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        answer = {"error": f"the {wish['kind']} file could not be read"}
    if "error" in answer:
        raise SourceError(answer["error"], where=job.source.id, hint="The last good copy stays; check the file.")
    return answer


READERS: dict[str, Callable[[Job, Path, bool], Table]] = {
    "csv": read_csv,
    "geojson": read_geojson,
    "parquet": read_parquet,
    "xlsx": read_xlsx,
}
