"""Looks for texts in every byte of a folder: in files as they lie, unpacked, and in every table of every store, row by row."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb


def find_texts(folder: Path, texts: Sequence[str], *, leave_out: Iterable[str] = ()) -> list[str]:
    """`file: text` for every text that is found; `leave_out` are folders below that stand for the outside world."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink() or path.relative_to(folder).parts[0] in leave_out:
            continue
        held = "\n".join([path.name, *_contents(path)])
        found += [f"{path.relative_to(folder)}: {text}" for text in texts if text in held]
    return found


def _contents(path: Path) -> list[str]:
    raw = path.read_bytes()
    held = [raw.decode("latin-1"), raw.decode("utf-8", "replace")]
    if raw[:2] == b"\x1f\x8b":
        held.append(gzip.decompress(raw).decode("utf-8", "replace"))
    if raw[:4] == b"PAR1":
        held += [str(row) for row in duckdb.sql(f"select * from read_parquet('{path}')").fetchall()]
    if path.name.endswith((".duckdb", ".duckdb.building")):
        held += _rows(path)
    return held


def _rows(path: Path) -> list[str]:
    """Every row of every table as text: what is packed in the file does not show in its bytes."""
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return [str(row[0]) for schema, table in tables for row in con.execute(f'select cast(t as varchar) from "{schema}"."{table}" as t').fetchall()]
