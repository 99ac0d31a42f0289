"""How one number was made: the statement that ran, the files behind its table, and each row of that table used or left out.

In go an open release and one typed question, out comes `How`. Rows are taken one by one through the conditions of the
statement itself, in its order; the first that a row does not meet is the reason for which it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from harborlight.metrics.answer import count
from harborlight.metrics.compile import RECORD_TABLES, Scan, compile_query, compile_scan
from harborlight.metrics.known import check_published, known_conditions, known_sql
from harborlight.metrics.lineage import TableFile, lineage_of
from harborlight.metrics.shapes import Facts, Query
from harborlight.metrics.shapes_on_map import snaps_inside
from harborlight.store import Connection

# What a condition asks, by how it begins; the order is that of the question, and what is not known is `other`.
REASONS: tuple[tuple[str, str], ...] = (
    (r"\(?\"(day|month)\" between", "period"),
    (r"coalesce\(\"(day|month)\" not between", "missing"),
    (r"is_counted", "turn"),
    (r"\"source\" in|false", "source"),
    (r"(not )?is_justified", "justified"),
    (r"(not )?is_\w+$", "kind"),
    (r"offense (in|between)", "offense"),
    (r"piece in|area = |area is|piece is|not is_placed", "area"),
    (r"\"hour\"", "hours"),
    (r"\"rule\"", "rule"),
    (r"counts_", "unit"),
    (r"snap ", "shape"),
)


@dataclass(frozen=True)
class Used:
    """Rows of the table of single records: all of them, those left out by reason, those used; rows = used + sum of left out.

    `repeated` are used rows that are further records of an incident already counted: n = used - repeated.
    """

    table: str
    rows: int
    left_out: tuple[tuple[str, int], ...]
    used: int
    repeated: int


@dataclass(frozen=True)
class How:
    """`sql` is the statement with its bound values below it; `files` are the SQL files behind its table, in order."""

    query: Query
    table: str
    sql: str
    files: tuple[TableFile, ...]
    used: Used


def read_how(con: Connection, facts: Facts, query: Query) -> How:
    """How the answer to a question is made. Raises QueryError like the question itself."""
    if query.known is not None:
        return read_how_known(con, facts, query)
    snaps = snaps_inside(con, query)
    compiled = compile_query(facts, query, snaps)
    scan = compile_scan(facts, replace(query, by=()), snaps)
    used = read_used(con, scan)
    n = count(con, facts, query)
    used = replace(used, repeated=used.used - n) if "distinct" in scan.value else used
    return How(query, compiled.table, write_sql(compiled.sql, compiled.params), lineage_of(compiled.table), used)


def read_how_known(con: Connection, facts: Facts, query: Query) -> How:
    """The same for values as known on a day: the rows are those of the ledger, the files those that count on each day of release."""
    check_published(con, query.known or date.max)
    sql, params = known_sql(query)
    conditions, _ = known_conditions(query)
    tests = " ".join(f"when not coalesce({condition}, false) then '{name}'" for name, condition in conditions)
    found = dict(con.execute(f"select case {tests} end as why, count(*) as n from ledger group by 1", params).fetchall())
    used = int(found.pop(None, 0))
    left = tuple((name, int(found[name])) for name, _ in conditions if name in found)
    table = compile_query(facts, replace(query, known=None)).table
    return How(query, "ledger", write_sql(sql, params), lineage_of(table), Used("ledger", used + sum(n for _, n in left), left, used, 0))


def read_used(con: Connection, scan: Scan) -> Used:
    """Each row of the table of records under the first condition that it does not meet."""
    table = scan.table if scan.table in RECORD_TABLES else "packed"
    tests = " ".join(f"when not coalesce({condition}, false) then {i}" for i, condition in enumerate(scan.conditions))
    found = dict(con.execute(f"select case {tests} end as at, count(*) as n from {table} as t group by 1", scan.params).fetchall())
    left: dict[str, int] = {}
    for i, condition in enumerate(scan.conditions):
        reason = reason_of(condition)
        left[reason] = left.get(reason, 0) + int(found.get(i, 0))
    used = int(found.get(None, 0))
    return Used(table, sum(left.values()) + used, tuple((name, n) for name, n in left.items() if n), used, 0)


def reason_of(condition: str) -> str:
    """Which part of the question a condition stands for."""
    return next((name for begins, name in REASONS if re.match(begins, condition)), "other")


def write_sql(sql: str, params: Mapping[str, Any]) -> str:
    """A statement on several lines, its bound values listed below it."""
    for word in ("from", "where", "group by"):
        sql = sql.replace(f" {word} ", f"\n{word} ")
    return "\n".join([sql, *(f"-- ${name} = {value}" for name, value in sorted(params.items()))])
