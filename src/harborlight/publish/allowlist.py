"""Nothing leaves that is not listed: the tables and columns of a release are compared with the list (`public*.yaml`, `served.yaml`), both ways."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

from harborlight.catalog.yaml_text import read_yaml
from harborlight.errors import DisclosureError
from harborlight.store import Connection, read_rows

LISTS = (
    "public.yaml", "public_groups.yaml", "public_places.yaml", "public_accounts.yaml", "public_goals.yaml", "public_community.yaml",
    "public_strategies.yaml", "public_outcomes.yaml", "public_history.yaml", "public_records.yaml", "served.yaml",
)  # fmt: skip


@dataclass(frozen=True)
class PublicTable:
    """One table that a release may hold; `columns` maps name to what the data dictionary says of it."""

    name: str
    about: str
    tier: str
    columns: dict[str, str]
    download: bool


def load_public_tables() -> dict[str, PublicTable]:
    """The allow-list, which is also the data dictionary."""
    listed: dict[str, dict[str, Any]] = {}
    for name in LISTS:
        listed |= read_yaml(resources.files("harborlight").joinpath("publish", name).read_text(encoding="utf-8"))
    return {
        name: PublicTable(name, entry["about"], entry.get("tier", ""), entry["columns"], entry.get("download", False))
        for name, entry in listed.items()
    }  # fmt: skip


def check_allowed(con: Connection, database: str) -> None:
    """Every table and column of `database` is on the list. Raises DisclosureError: privacy fails closed."""
    allowed = load_public_tables()
    found = read_rows(
        con,
        "select schema_name, table_name, column_name from duckdb_columns() where database_name = ? order by all",
        [database],
    )
    for row in found:
        table = allowed.get(row["table_name"]) if row["schema_name"] == "main" else None
        if table is None:
            raise DisclosureError(
                f"table {row['table_name']} is not on the list of public tables", where="publish/public.yaml"
            )
        if row["column_name"] not in table.columns:
            raise DisclosureError(
                f"column {row['column_name']} of {table.name} is not on the list of public columns",
                where="publish/public.yaml",
            )
    if missing := allowed.keys() - {row["table_name"] for row in found}:
        raise DisclosureError(f"the release lacks {', '.join(sorted(missing))}", where="publish/public.yaml")
