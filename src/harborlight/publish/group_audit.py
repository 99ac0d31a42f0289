"""Attacks the finished public tables of groups as an outsider would, before a release goes out.

Shown numbers are read from the public file itself, so that what is audited is what is published; only which hidden counts are
small comes from the private store.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harborlight.catalog.groups import GROUP_COLUMNS
from harborlight.errors import DisclosureError
from harborlight.log import get_logger
from harborlight.publish.audit import Audit, audit
from harborlight.publish.audit_facts import INFINITE, Fact, bin_fact
from harborlight.publish.disclosure import Equation
from harborlight.publish.group_cells import Place
from harborlight.store import Connection, quote_text, read_rows

GUESSES = 5  # values that somebody who knows the rule must be left to guess among
log = get_logger("publish")


@dataclass(frozen=True)
class Audited:
    """How many hidden counts give way exactly or nearly, of how many cells; and how many more to those who know the rule besides."""

    exact: int
    narrow: int
    cells: int
    hidden: int
    seconds: float
    exact_by_rule: int
    narrow_by_rule: int


def audit_groups(con: Connection, public: Path, k: int) -> Audited:
    """Audit every family of sensitive tables in a public store. Raises DisclosureError where a table shows what was to be hidden.

    Each is attacked twice: by somebody who knows what is shown, and by somebody who knows the rule too, and of each hidden count in
    a table whether it is under `k`. Nobody is told that; but it is often plain to see, and so it is better assumed.
    """
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
    plain: list[Audit] = []
    by_rule: list[Audit] = []
    for family in sorted({cell["family"] for cell in cells}):
        own = [cell for cell in cells if cell["family"] == family]
        _check_same(own, published)
        shown = {c["key"]: n for c in own if not c["is_hidden"] and (n := published.get(c["key"], c["n"])) is not None}
        hidden = [c["key"] for c in own if c["is_hidden"]]
        equations = [Equation(line["total"], tuple(json.loads(line["parts"]))) for line in lines if line["family"] == family]
        primary = frozenset(c["key"] for c in own if c["is_primary"])
        rule = rule_facts((key for key in hidden if key in published), primary, k)
        found_plain, found_by_rule = attack_twice(shown, hidden, equations, primary, rule)
        plain.append(found_plain)
        by_rule.append(found_by_rule)
    found = Audited(
        exact=sum(len(a.exact) for a in plain), narrow=sum(len(a.narrow) for a in plain), cells=len(cells),
        hidden=sum(cell["is_hidden"] for cell in cells), seconds=sum(a.seconds for a in (*plain, *by_rule)),
        exact_by_rule=sum(len(a.exact & a.narrow) for a in by_rule), narrow_by_rule=sum(len(a.narrow) for a in by_rule),
    )  # fmt: skip
    log.info(
        "disclosure: %d cells, %d hidden, %d exact, %d narrow; with the rule %d exact, %d narrow; %.1f s",
        found.cells, found.hidden, found.exact, found.narrow, found.exact_by_rule, found.narrow_by_rule, found.seconds,
    )  # fmt: skip
    return found


def attack_twice(
    shown: Mapping[str, int], hidden: Collection[str], lines: Iterable[Equation], primary: Collection[str], rule: Iterable[Fact], width: int = 5
) -> tuple[Audit, Audit]:  # fmt: skip
    """The attack of those who know what is shown, and of those who know the rule besides: side by side, the solver leaves Python free."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        plain = pool.submit(audit, shown, hidden, lines, primary=primary, width=width)
        by_rule = pool.submit(audit, shown, hidden, lines, primary=primary, width=GUESSES - 1, facts=rule)
        return plain.result(), by_rule.result()


def rule_facts(hidden: Iterable[str], primary: Collection[str], k: int) -> list[Fact]:
    """What the rule says of hidden counts: a small one is under `k`, any other is not."""
    return [bin_fact(key, 0, k - 1) if key in primary else bin_fact(key, k, INFINITE) for key in sorted(hidden)]


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
