"""The only door to DuckDB: open, lock, attach, run a SQL file, build beside and switch.

Private stores are opened for writing by one process at a time. A release is only ever opened by
`open_release`: a fresh in-memory instance that attaches the file read-only and is then locked down.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from harborlight.errors import CheckFailed, ReleaseError

Connection = duckdb.DuckDBPyConnection
StoreError = duckdb.Error
Interrupted = duckdb.InterruptException

MEMORY_LIMIT = "1100MB"


def connect(path: Path | None = None, *, threads: int | None = None, memory: str = MEMORY_LIMIT) -> Connection:
    """Open a private store for writing (or a scratch one in memory). Nothing is ever downloaded."""
    con = duckdb.connect(str(path) if path else ":memory:")
    con.execute("set TimeZone = 'UTC'")
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = true")
    con.execute("set preserve_insertion_order = true")
    con.execute(f"set memory_limit = '{memory}'")
    if path:
        con.execute(f"set temp_directory = {quote_text(str(path.parent / 'tmp'))}")
        # A private store is written once and read a few times: packing it costs more than the disk that it saves.
        con.execute("set force_compression = 'uncompressed'")
    if threads:
        con.execute(f"set threads = {int(threads)}")
    return con


def open_release(path: Path, *, threads: int = 1, memory: str = "200MB") -> Connection:
    """Attach a release read-only as schema `release` in a locked-down instance; refuse to serve if an escape works.

    The order matters: settings, attach, external access off, lock, test. Raises ReleaseError.
    """
    if not path.is_file():
        raise ReleaseError("the release file is missing", where=str(path), hint="Run `harborlight refresh`.")
    con = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set threads = {int(threads)}")
    con.execute(f"set memory_limit = '{memory}'")
    con.execute("set temp_directory = ''")
    # Counts by one small number go through an array instead of a hash table: half the time for a map's points.
    con.execute("set perfect_ht_threshold = 20")
    con.execute(f"attach {quote_text(str(path))} as release (read_only)")
    con.execute("use release.main")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    check_locked(con)
    return con


ESCAPES = (
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')",
    "select * from glob('/etc/*')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from read_json('/etc/passwd')",
    "select * from read_parquet('/etc/passwd')",
    "copy (select 1) to '/tmp/harborlight-escape.csv'",
    "attach '/tmp/harborlight-escape.duckdb' as escape",
    "export database '/tmp/harborlight-escape'",
    "install httpfs",
    "load '/tmp/harborlight-escape.duckdb_extension'",
    "set enable_external_access = true",
    "create table release.main.escape (a integer)",
    "create persistent secret escape (type http, bearer_token 'x')",
)


def check_locked(con: Connection) -> None:
    """Try every known way out of the serving connection. Raises ReleaseError if one of them works."""
    for statement in ESCAPES:
        try:
            con.execute(statement)
        except duckdb.Error:
            continue
        raise ReleaseError("the serving connection is not locked down", hint=f"This statement ran: {statement}")


def quote_name(name: str) -> str:
    """A SQL identifier. Only for names that come from configuration or code, never from a request."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A SQL text literal, for the few places where DuckDB takes no parameter (file names, attach)."""
    return "'" + text.replace("'", "''") + "'"


def read_rows(
    con: Connection, sql: str, params: Mapping[str, Any] | Sequence[Any] | None = None
) -> list[dict[str, Any]]:
    """All rows of a query as dicts in column order. For small answers only."""
    cursor = con.execute(sql, params) if params is not None else con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_value(con: Connection, sql: str, params: Mapping[str, Any] | Sequence[Any] | None = None) -> Any:
    """The first value of the first row, or None."""
    row = (con.execute(sql, params) if params is not None else con.execute(sql)).fetchone()
    return row[0] if row else None


def error_words(error: duckdb.Error) -> str:
    """The first line of an engine error, without any value of a row: errors reach logs and run reports."""
    text = str(error)
    about_rows = (
        duckdb.ConversionException
        | duckdb.InvalidInputException
        | duckdb.OutOfRangeException
        | duckdb.ConstraintException
    )
    if isinstance(error, about_rows):
        # A value may itself hold quotes and line breaks, so everything from the first quote to the last goes.
        text = re.sub(r"['\"].*['\"]", "a value", text.split("\n\nLINE")[0], flags=re.DOTALL)
        text = re.sub(r"-?\d[\d.e+]{3,}", "a number", text)
    return text.splitlines()[0]


# ------------------------------------------------------------------------------------------ SQL as files


def read_sql(path: Path) -> str:
    """The one bare SELECT of a SQL file, without a closing semicolon."""
    return path.read_text(encoding="utf-8").strip().removesuffix(";")


def used_params(con: Connection, sql: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `params` that the statement names; DuckDB refuses to be given more."""
    return {name: value for name, value in params.items() if f"${name}" in sql}


_INPUTS: dict[str, frozenset[str]] = {}


def inputs_of(con: Connection, sql: str) -> set[str]:
    """Schema-qualified tables that a SELECT reads, as `schema.table`, taken from DuckDB's own parse tree. A text is parsed once."""
    if sql not in _INPUTS:
        _INPUTS[sql] = _read_inputs(con, sql)
    return set(_INPUTS[sql])


def _read_inputs(con: Connection, sql: str) -> frozenset[str]:
    tree = json.loads(read_value(con, "select json_serialize_sql(?)", [sql]))
    if tree.get("error"):
        raise CheckFailed(f"this SQL does not parse: {tree.get('error_message', 'unknown reason')}")
    found: set[str] = set()
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE" and node.get("schema_name"):
                found.add(f"{node['schema_name']}.{node['table_name']}")
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    return frozenset(found)


def build_order(con: Connection, files: Mapping[str, Path]) -> list[str]:
    """Order of `schema.table` names such that every table comes after the ones its SELECT reads."""
    graph = {name: inputs_of(con, read_sql(path)) & files.keys() for name, path in files.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise CheckFailed(f"these tables read each other in a circle: {', '.join(error.args[1])}") from error


def create_view(con: Connection, name: str, path: Path) -> None:
    """Create `schema.view` from the SELECT in a file."""
    schema, table = name.split(".")
    con.execute(f"create schema if not exists {quote_name(schema)}")
    try:
        con.execute(f"create or replace view {quote_name(schema)}.{quote_name(table)} as {read_sql(path)}")
    except duckdb.Error as error:
        raise CheckFailed(error_words(error), where=path.name, hint="Mend the SQL and run again.") from error


def create_table(con: Connection, name: str, path: Path, params: Mapping[str, Any]) -> int:
    """Create `schema.table` from the SELECT in a file; returns its number of rows."""
    sql = read_sql(path)
    schema, table = name.split(".")
    con.execute(f"create schema if not exists {quote_name(schema)}")
    target = f"{quote_name(schema)}.{quote_name(table)}"
    try:
        con.execute(f"create or replace table {target} as {sql}", used_params(con, sql, params))
    except duckdb.Error as error:
        raise CheckFailed(error_words(error), where=path.name, hint="Mend the SQL and run again.") from error
    return int(read_value(con, f"select count(*) from {target}"))


def write_arrays(con: Connection, name: str, types: Mapping[str, str], columns: Sequence[Any]) -> None:
    """Create `schema.table` from one numpy array per column, cast to `types` (name → type). NaN becomes NULL."""
    con.execute(f"create or replace table {name} ({', '.join(f'{column} {kind}' for column, kind in types.items())})")
    if len(columns[0]):
        con.register("arrays", dict(zip(types, columns, strict=True)))
        con.execute(f"insert into {name} select {', '.join(types)} from arrays")
        con.unregister("arrays")


def write_rows(con: Connection, name: str, types: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
    """Create `schema.table` from a few rows (as JSON: the engine takes Python values far more slowly). NaN and None become NULL."""
    con.execute(f"create or replace table {name} ({', '.join(f'{column} {kind}' for column, kind in types.items())})")
    objects = [{c: None if v != v else v for c, v in zip(types, row, strict=True)} for row in rows]
    con.execute(
        f"insert into {name} select unnest(from_json($rows, $shape), recursive := true)",
        {"rows": json.dumps(objects), "shape": json.dumps([dict(types)])},
    )


# --------------------------------------------------------------------------------------- files and locks


def sync_file(path: Path) -> None:
    """Flush a file, and then its folder, to the disk."""
    for target in (path, path.parent):
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_synced(path: Path, data: bytes) -> None:
    """Write beside, flush, rename: a reader sees the old bytes or the new, never a part."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with beside.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(path)
    sync_file(path)


@contextmanager
def only_writer(data: Path) -> Iterator[None]:
    """Hold the data directory's lock. The operating system frees it when the holder dies, however it dies."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / ".lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            since = handle.read().strip() or "a moment ago"
            raise CheckFailed(f"a refresh is already running since {since}", hint="Wait for it to end.") from None
        handle.truncate(0)
        handle.write(datetime.now(UTC).isoformat(timespec="seconds"))
        handle.flush()
        yield
