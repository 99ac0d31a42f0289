"""What the release before said in its tables of groups: grains, closed periods, and which counts it showed or hid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from harborlight.catalog.groups import GROUP_COLUMNS, GroupSubject
from harborlight.publish.group_cells import Place
from harborlight.publish.group_subjects import tables_of
from harborlight.store import Connection, quote_text, read_rows, read_value


@dataclass(frozen=True)
class Before:
    """`grains`: table → its grain. `through`: subject → last closed day. `shown`: key of a cell → its count, or None where hidden."""

    grains: Mapping[str, str] = field(default_factory=dict)
    through: Mapping[str, date] = field(default_factory=dict)
    shown: Mapping[str, int | None] = field(default_factory=dict)
    lines: str | None = None
    rows: tuple[dict[str, Any], ...] = ()

    @property
    def decisions(self) -> dict[str, bool]:
        """Key of a cell → whether it was shown."""
        return {key: n is not None for key, n in self.shown.items()}


def read_before(con: Connection, previous: Path | None, subjects: Iterable[GroupSubject]) -> Before:
    """Read the public store of the release before; nothing where there is none, or where it had no such tables."""
    if previous is None:
        return Before()
    con.execute(f"attach {quote_text(str(previous))} as earlier (read_only)")
    try:
        tables = "select count(*) from duckdb_tables() where database_name = 'earlier' and table_name in ('groups', 'group_tables')"
        if int(read_value(con, tables)) < 2:
            return Before()
        listed = read_rows(con, "select * from earlier.main.group_tables where tier = 'T1' and grain is not null order by id")
        rows = read_rows(
            con, "select g.* from earlier.main.groups as g join earlier.main.group_tables as t on g.table_id = t.id where t.tier = 'T1'"
        )
    finally:
        con.execute("detach earlier")
    subject_of = {table.id: subject.id for subject, table in tables_of(subjects)}
    shown = {
        Place(subject_of[r["table_id"]], r["area_id"], r["period"], tuple(r[c] for c in GROUP_COLUMNS)).key: r["n"]
        for r in rows if r["table_id"] in subject_of
    }  # fmt: skip
    return Before(
        grains={r["id"]: r["grain"] for r in listed},
        through={r["subject"]: r["closed_through"] for r in listed if r["closed_through"]},
        shown=shown, lines=next((r["lines"] for r in listed if r["lines"]), None), rows=tuple(rows),
    )  # fmt: skip
