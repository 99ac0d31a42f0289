"""Attacks the finished public tables of groups as an outsider would, before a release goes out.

Shown numbers are read from the public file itself, so that what is audited is what is published; only which hidden counts are
small comes from the private store.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harborlight.catalog.groups import GROUP_COLUMNS
from harborlight.errors import DisclosureError
from harborlight.log import get_logger
from harborlight.publish.audit import audit
from harborlight.publish.disclosure import Equation
from harborlight.publish.group_cells import Place
from harborlight.store import Connection, quote_text, read_rows

log = get_logger("publish")


@dataclass(frozen=True)
class Audited:
    """How many hidden counts give way exactly or nearly, of how many cells."""

    exact: int
    narrow: int
    cells: int
    hidden: int
    seconds: float


def audit_groups(con: Connection, public: Path) -> Audited:
    """Audit every family of sensitive tables in a public store. Raises DisclosureError where a table shows what was to be hidden."""
    con.execute(f"attach {quote_text(str(public))} as audited (read_only)")
    try:
        rows = read_rows(
            con, "select t.subject, g.* from audited.main.groups as g join audited.main.group_tables as t on g.table_id = t.id where t.tier = 'T1'"
        )
    finally:
        con.execute("detach audited")
    published = read_published(rows)
    cells = read_rows(con, "select * from kept.group_cells order by family, key")
    lines = read_rows(con, "select family, total, parts from kept.group_lines order by family, total, parts")
    exact = narrow = 0
    seconds = 0.0
    for family in sorted({cell["family"] for cell in cells}):
        own = [cell for cell in cells if cell["family"] == family]
        _check_same(own, published)
        shown = {c["key"]: published.get(c["key"], c["n"]) for c in own if not c["is_hidden"]}
        found = audit(
            {key: n for key, n in shown.items() if n is not None}, [c["key"] for c in own if c["is_hidden"]],
            [Equation(line["total"], tuple(json.loads(line["parts"]))) for line in lines if line["family"] == family],
            primary=[c["key"] for c in own if c["is_primary"]],
        )  # fmt: skip
        exact, narrow, seconds = exact + len(found.exact), narrow + len(found.narrow), seconds + found.seconds
    hidden = sum(cell["is_hidden"] for cell in cells)
    log.info("disclosure: %d cells, %d hidden, %d exact, %d narrow, %.1f s", len(cells), hidden, exact, narrow, seconds)
    return Audited(exact, narrow, len(cells), hidden, seconds)


def read_published(rows: list[dict[str, Any]]) -> dict[str, int | None]:
    """Key of a cell → its published count, or None where hidden. Raises DisclosureError where two tables disagree on one cell."""
    published: dict[str, int | None] = {}
    for row in rows:
        key = Place(row["subject"], row["area_id"], row["period"], tuple(row[column] for column in GROUP_COLUMNS)).key
        if row["is_hidden"] != (row["n"] is None) or published.setdefault(key, row["n"]) != row["n"]:
            raise DisclosureError(f"{row['table_id']} is hidden in one table and shown in another", where=row["period"])
    return published


def _check_same(cells: list[dict[str, Any]], published: dict[str, int | None]) -> None:
    for cell in cells:
        if not cell["is_rest"] and cell["key"] in published and cell["is_hidden"] != (published[cell["key"]] is None):
            raise DisclosureError("a count of a sensitive table is not hidden as it was to be")
