"""Every downloadable table as CSV and Parquet, the same bytes for the same rows.

Text that a spreadsheet could take for a formula gets an apostrophe in front (OWASP ASVS 5.0, 1.2.10); numbers stay numbers.
A count that is hidden is never a blank in CSV: the words stand in its place.
"""

from __future__ import annotations

from pathlib import Path

from harborlight.catalog.groups import HIDDEN_WORDS
from harborlight.publish.allowlist import load_public_tables
from harborlight.store import Connection, connect, quote_name, quote_text, read_rows

RISKY = "'^[=+@\\-\\t\\r\\x00]'"


def write_downloads(public: Path, folder: Path) -> list[str]:
    """Write `<table>.csv` and `<table>.parquet` for each table that the dictionary offers; returns the file names."""
    folder.mkdir(parents=True)
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(public))} as public (read_only)")
    written = []
    for table in load_public_tables().values():
        if not table.download:
            continue
        written += [_copy(con, table.name, folder, "csv"), _copy(con, table.name, folder, "parquet")]
    con.close()
    return written


def _copy(con: Connection, table: str, folder: Path, kind: str) -> str:
    name = f"{table}.{kind}"
    columns = read_rows(con, f"describe public.main.{quote_name(table)}")
    names = {c["column_name"] for c in columns}
    picked = ", ".join(
        quote_name(c["column_name"]) if kind != "csv"
        else _in_words(c["column_name"]) if c["column_name"] == "n" and "is_hidden" in names
        else _safe(c["column_name"], c["column_type"])
        for c in columns
    )  # fmt: skip
    options = "format csv, header" if kind == "csv" else "format parquet, compression zstd"
    con.execute(
        f"copy (select {picked} from public.main.{quote_name(table)}) to {quote_text(str(folder / name))} ({options})"
    )
    return name


def _in_words(name: str) -> str:
    """A count, or the words that say why there is none."""
    column = quote_name(name)
    return f"case when is_hidden then {quote_text(HIDDEN_WORDS)} else cast({column} as varchar) end as {column}"


def _safe(name: str, kind: str) -> str:
    column = quote_name(name)
    if kind != "VARCHAR":
        return column
    return f"case when regexp_matches({column}, {RISKY}) then '''' || {column} else {column} end as {column}"
