"""Tiers: what may be counted freely (T0), only in fixed tables (T1), or of persons (T2). What has none is not published.

T0 are facts that cities publish row by row. T1 is what could single somebody out: sexual offenses, violence between partners and in
families, children, and whatever is known of victims and people arrested. T2 is about one person, as a record of a court is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from harborlight.catalog.groups import Tier
from harborlight.errors import DisclosureError
from harborlight.publish.allowlist import load_public_tables
from harborlight.store import Connection, read_rows

CLOSED_AFTER_DAYS = 30  # a period of a sensitive table has ended so long before the data do
TIERS = frozenset(get_args(Tier))
# Columns that tell groups of people apart: outside a sensitive table they would be a filter.
GROUP_NAMES = frozenset(
    {"age", "age_years", "age_band", "sex", "sex_code", "race", "race_code", "ethnicity_code", "relationship", "relationship_code",
     "relationship_group", "is_domestic", "is_child"}
)  # fmt: skip
# T0 tables that name groups: of residents, and the dictionary of tables.
NAME_GROUPS = frozenset({"group_population"})


def check_tiers(con: Connection, database: str) -> None:
    """Every table, column, offense code and table of groups of `database` has a tier. Raises DisclosureError."""
    listed = load_public_tables()
    for row in read_rows(
        con, "select table_name, column_name from duckdb_columns() where database_name = ? order by all", [database]
    ):
        table = listed.get(row["table_name"])
        if table is None or table.tier not in TIERS:
            raise DisclosureError(f"table {row['table_name']} has no tier", where="publish/public.yaml")
        if row["column_name"] not in table.columns:
            raise DisclosureError(f"column {row['column_name']} of {table.name} has no tier", where="publish/public.yaml")
        if table.tier == "T0" and row["column_name"] in GROUP_NAMES and table.name not in NAME_GROUPS:
            raise DisclosureError(f"column {row['column_name']} is T1 and stands in the T0 table {table.name}", where="publish/public.yaml")
    tables = {row[0] for row in con.execute("select table_name from duckdb_columns() where database_name = ?", [database]).fetchall()}
    if "offenses" in tables:
        _check_values(con, f"{database}.main.offenses", "code", "offense code")
    if "group_tables" in tables:
        _check_values(con, f"{database}.main.group_tables", "id", "table of groups")
        orphans = con.execute(
            f"select distinct table_id from {database}.main.groups where table_id not in (select id from {database}.main.group_tables) order by 1"
        ).fetchall()
        _refuse("table of groups", (row[0] for row in orphans))


def _check_values(con: Connection, table: str, name: str, noun: str) -> None:
    allowed = ", ".join(f"'{tier}'" for tier in sorted(TIERS))
    rows = con.execute(f"select {name} from {table} where coalesce(tier, '') not in ({allowed}) order by 1").fetchall()
    _refuse(noun, (row[0] for row in rows))


def _refuse(noun: str, names: Iterable[str]) -> None:
    first = next(iter(names), None)
    if first is not None:
        raise DisclosureError(f"the {noun} {first} has no tier")
