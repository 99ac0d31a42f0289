"""What staging does about removals: drops rows that are on the ledger, and lays in the counts that removed rows leave behind.

In: the ledger of removals, and the folder `sealed/` of the data folder. Out: the schema `sealed` of the private store: rows of
`staging.records` and `staging.arrests` without id, text, hour, person or place finer than a public point, and `sealed.books`:
how many rows a source gave besides. The books of a source balance with them: number = rows + ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harborlight.catalog.groups import GROUP_COLUMNS
from harborlight.records.ledger import Ledger
from harborlight.store import Connection, quote_text, read_value

FOLDER = "sealed"
# What is kept of a removed row: what the packed tables say of every row, under a key that means nothing.
RECORDS = {
    "source_id": "varchar", "record_id": "varchar", "incident_id": "varchar", "seen_date": "date", "occurred_date": "date",
    "died_date": "date", "ruled_date": "date", "district_name": "varchar", "longitude": "double", "latitude": "double", "offense_code": "varchar",
    "weapon_code": "varchar", "victim_type_code": "varchar", "injury_code": "varchar", "is_gun": "boolean", "is_shooting": "boolean",
    "is_justified": "boolean",
}  # fmt: skip
ARRESTS = {
    "source_id": "varchar", "arrest_id": "varchar", "arrested_date": "date", "district_name": "varchar", "longitude": "double", "latitude": "double",
}  # fmt: skip
# Accepted rows that count in no open table: sensitive, unfounded or not classified. And what was never accepted.
BOOKS = {"source_id": "varchar", "part": "varchar", "reason": "varchar", "year": "integer", "n": "bigint"}
# Counts of open tables of groups, by month; every column but the one that the table tells apart says `all`.
GROUPS = {
    "table_id": "varchar", "month": "date", **dict.fromkeys(GROUP_COLUMNS, "varchar"), "n": "bigint",
}  # fmt: skip
TABLES = {"records": RECORDS, "arrests": ARRESTS, "books": BOOKS, "groups": GROUPS}


def load_sealed_rows(con: Connection, folder: Path) -> None:
    """Create schema `sealed` from the files of a folder; what is not there is empty."""
    con.execute("create schema if not exists sealed")
    for name, types in TABLES.items():
        columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
        con.execute(f"create or replace table sealed.{name} ({columns})")
        path = folder / f"{name}.csv"
        if path.is_file():
            shape = ", ".join(f"{quote_text(column)}: {quote_text(kind)}" for column, kind in types.items())
            con.execute(
                f"insert into sealed.{name} select * from read_csv({quote_text(str(path))}, header = true, auto_detect = false, "
                f"columns = {{{shape}}}, delim = ',', quote = '\"', escape = '\"')"
            )


def add_to_books(con: Connection) -> None:
    """Let the books of every source say what they said before its rows were removed."""
    con.execute(
        "create or replace temp table sealed_sums as select source_id, part, sum(n)::bigint as n from "
        "(select source_id, part, n from sealed.books union all select source_id, 'accepted', 1 from sealed.records "
        "union all select source_id, 'accepted', 1 from sealed.arrests) group by 1, 2"
    )
    for part in ("accepted", "rejected", "duplicate", "conflicting", "corrected"):
        con.execute(
            f"update staging.sources as s set {part} = s.{part} + m.n from sealed_sums as m "
            f"where m.source_id = s.source_id and m.part = '{part}'"
        )
    con.execute("update staging.sources set fetched = accepted + rejected + duplicate where source_id in (select source_id from sealed_sums)")
    con.execute("insert into staging.rejects select source_id, reason, n from sealed.books where part = 'rejected' and n <> 0")
    con.execute("drop table sealed_sums")


def sealed_select(table: str, columns: Mapping[str, str]) -> str:
    """SELECT of the sealed rows in the columns of a staging view (name → type); empty for a kind that has none."""
    kept = TABLES.get(table, {})
    picked = ", ".join(f"cast({_value(name, kept)} as {kind}) as {name}" for name, kind in columns.items())
    joined = " left join staging.sources as b on b.source_id = s.source_id"
    return f"select {picked} from sealed.{table} as s{joined}" if kept else ""


def _value(name: str, kept: Mapping[str, str]) -> str:
    if name in kept:
        return f"s.{name}"
    fixed = {"snapshot_id": "b.snapshot_id", "counting_system": "b.counting_system", "is_sealed": "true", "has_complaint_number": "false"}
    return fixed.get(name, "null")


def removed_condition(con: Connection, ledger: Ledger, ids: Mapping[str, tuple[str, ...]]) -> str:
    """SQL condition over a source's columns as text: the row is on the ledger. Empty where none can be."""
    if not ledger.entries or not ids:
        return ""
    if not read_value(con, "select count(*) from duckdb_tables() where table_name = 'removed' and temporary"):
        ledger.register(con)
    return ledger.sql_holds(ids)
