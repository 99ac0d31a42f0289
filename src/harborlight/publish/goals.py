"""Tables of goals, plans and agencies, the history of edits, and the check that no goal changes in silence.

Declared things come from the catalog, numbers from `metrics.goals`. What a goal said in the release before is read there, so
that an edit shows whether or not anybody wrote it down; one that nobody wrote down holds the release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from harborlight.catalog import Catalog
from harborlight.catalog.goals import GUARDED, Agency, Goal, Plan, Stated
from harborlight.metrics.goals import measure_goal, summarize
from harborlight.metrics.shapes import Facts
from harborlight.publish.gates import GateResult
from harborlight.store import Connection, quote_name, quote_text, read_rows, read_value

Row = dict[str, Any]
TEXT, DAY, WHOLE, REAL = "VARCHAR", "DATE", "BIGINT", "DOUBLE"
SHAPES: dict[str, dict[str, str]] = {
    "agencies": dict.fromkeys(("id", "name", "role", "url", "sources", "not_supplied"), TEXT),
    "plans": {
        "id": TEXT, "title": TEXT, "owner": TEXT, "date_from": DAY, "date_to": DAY, "state": TEXT, "follows": TEXT, "text": TEXT,
        "next_due": DAY, "next_text": TEXT, "source": TEXT,
    },
    "goals": {
        **dict.fromkeys(("id", "title", "text", "source", "owner", "plan", "measure", "target", "direction", "baseline", "period"), TEXT),
        "same_promise_as": TEXT, "needs": TEXT, "withdrawn_on": DAY, "withdrawn_why": TEXT,
    },
    "goal_status": {"goal": TEXT, "reading": TEXT, "status": TEXT, "is_final": "BOOLEAN", "step": WHOLE, "met": WHOLE, "known": WHOLE},
    "goal_years": {
        "goal": TEXT, "reading": TEXT, "step": WHOLE, "date_from": DAY, "date_to": DAY, "status": TEXT, "through": DAY, "n": WHOLE,
        "base_from": DAY, "base_to": DAY, "base_n": WHOLE, "base_years": WHOLE, "percent": REAL, "times": WHOLE, "target": REAL,
        "limit": WHOLE, "share": REAL, "share_years": TEXT, "expected": REAL, "dispersion": REAL, "probability": REAL, "reason": TEXT,
    },
    "goal_edits": {"goal": TEXT, "changed_on": DAY, **dict.fromkeys(("field", "before", "after", "why", "page", "kind"), TEXT)},
}  # fmt: skip
EDIT_KEY = ("goal", "changed_on", "field", "before")


def make_goals(con: Connection, catalog: Catalog, facts: Facts, previous: Path | None, today: date) -> None:
    """Write the tables into the database in use, which answers questions. `previous` is the store of the release before."""
    years = {goal.id: measure_goal(con, facts, goal) for goal in catalog.goals.values()}
    goals = [_goal(goal) for goal in catalog.goals.values()]
    earlier = _read_before(con, previous)
    tables: dict[str, Sequence[Row]] = {
        "agencies": [_agency(agency) for agency in catalog.agencies],
        "plans": [_plan(plan, today) for plan in catalog.plans.values()],
        "goals": goals,
        "goal_status": [asdict(line) for goal in catalog.goals.values() for line in summarize(goal, years[goal.id])],
        "goal_years": [asdict(year) | {"share_years": " ".join(map(str, year.share_years))} for found in years.values() for year in found],
        "goal_edits": make_edits(catalog.goals, earlier, today),
    }
    for name, rows in tables.items():
        columns = ", ".join(quote_name(column) for column in SHAPES[name])
        con.execute(
            f"create table {name} as select {columns} from (select unnest(from_json($rows, $shape), recursive := true))",
            {"rows": json.dumps(list(rows), default=str), "shape": json.dumps([SHAPES[name]])},
        )


def _agency(agency: Agency) -> Row:
    lists = {"sources": " ".join(agency.sources), "not_supplied": " ".join(agency.not_supplied)}
    return {name: getattr(agency, name) for name in ("id", "name", "role", "url")} | lists


def _goal(goal: Goal) -> Row:
    gone = goal.withdrawn
    return {
        "id": goal.id, "title": goal.title, **goal.guarded(), "source": "; ".join(map(_stated, goal.sources)),
        "same_promise_as": goal.same_promise_as, "needs": goal.needs, "withdrawn_on": gone.withdrawn_on if gone else None,
        "withdrawn_why": gone.why if gone else None,
    }  # fmt: skip


def _plan(plan: Plan, today: date) -> Row:
    state = "not_begun" if today < plan.date_from else "ended" if today > plan.date_to else "running"
    own = ("id", "title", "owner", "date_from", "date_to", "follows", "text", "next_due", "next_text")
    return {name: getattr(plan, name) for name in own} | {"state": state, "source": "; ".join(map(_stated, plan.sources))}


def _stated(source: Stated) -> str:
    day = source.published_on.isoformat() if source.published_on else ""
    return ", ".join(part for part in (source.publisher, source.title, day, source.page or "") if part)


# -------------------------------------------------------------------------------------------- history of edits


def make_edits(goals: Mapping[str, Goal], earlier: Mapping[str, Sequence[Row]], today: date) -> list[Row]:
    """Declared edits, differences from the release before that no entry explains, and entries that were kept from it."""
    declared = [row for goal in goals.values() for row in _declared(goal)]
    before = earlier.get("goal_edits", ())
    known = {_key(row) for row in before if row["kind"] != "undeclared"}
    noticed = [row for row in before if row["kind"] == "undeclared"]
    fresh = [row for row in declared if _key(row) not in known]
    noticed += _noticed(goals, earlier.get("goals", ()), fresh, today)
    have = {_key(row) for row in declared}
    dropped = [dict(row) | {"kind": "dropped"} for row in before if row["kind"] != "undeclared" and _key(row) not in have]
    return sorted([*declared, *noticed, *dropped], key=lambda row: (row["goal"], str(row["changed_on"]), row["field"], row["kind"], row["before"]))


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in EDIT_KEY)


def _declared(goal: Goal) -> Iterator[Row]:
    """Its entries; what came after one is what the next entry of the same field says stood there, or what stands there now."""
    for at, edit in enumerate(goal.edits):
        later = (other.before for other in goal.edits[at + 1 :] if other.field == edit.field)
        yield {
            "goal": goal.id, "changed_on": edit.changed_on, "field": edit.field, "before": _plain(edit.before),
            "after": _plain(next(later, goal.guarded()[edit.field])), "why": edit.why, "page": edit.page, "kind": "declared",
        }  # fmt: skip


def _noticed(goals: Mapping[str, Goal], before: Sequence[Row], fresh: Sequence[Row], today: date) -> Iterator[Row]:
    """What differs from the release before without a new entry that says what stood there."""
    said = {(row["goal"], row["field"], row["before"]) for row in fresh}
    for row in before:
        goal = goals.get(row["id"])
        now = goal.guarded() if goal else {}
        changes = [(name, row[name] or "", now[name]) for name in GUARDED if (row[name] or "") != now[name]] if goal else []
        changes += [] if goal else [("goal", row["text"], "")]
        for field, old, new in changes:
            if (row["id"], field, _plain(old)) not in said:
                yield {
                    "goal": row["id"], "changed_on": today, "field": field, "before": old, "after": new, "why": None, "page": None,
                    "kind": "undeclared",
                }  # fmt: skip


def _plain(text: str) -> str:
    return " ".join(text.split())


def _read_before(con: Connection, previous: Path | None) -> dict[str, list[Row]]:
    """Goals and edits of the release before; nothing where there is none, or where it had no such tables."""
    if previous is None:
        return {}
    con.execute(f"attach {quote_text(str(previous))} as before (read_only)")
    try:
        return {name: read_rows(con, f"select * from before.main.{name}") for name in ("goals", "goal_edits") if _has(con, name)}
    finally:
        con.execute("detach before")


def _has(con: Connection, table: str) -> bool:
    sql = "select count(*) from duckdb_tables() where database_name = 'before' and table_name = ?"
    return bool(read_value(con, sql, [table]))


# ---------------------------------------------------------------------------------------------------- the gate


def check_goals(con: Connection, public: Path, previous: Path | None) -> list[GateResult]:
    """A hold for each goal that changed without an entry since the release before, or whose entries were cut."""
    known = {(row["kind"], *_key(row)) for row in _read_before(con, previous).get("goal_edits", ())}
    con.execute(f"attach {quote_text(str(public))} as fresh (read_only)")
    try:
        rows = read_rows(con, "select * from fresh.main.goal_edits where kind <> 'declared' order by all")
    finally:
        con.execute("detach fresh")
    new = [row for row in rows if (row["kind"], *_key(row)) not in known]
    return [GateResult(name="goals", level="hold", source=row["goal"], sentence=_say(row)) for row in new]


def _say(row: Row) -> str:
    name, field = row["goal"], row["field"]
    if row["kind"] == "dropped":
        return f"The entry of {row['changed_on']} about {field} was taken out of goals/{name}.yaml. Entries stay: put it back."
    if field == "goal":
        return f"The goal {name} was on the list before and is gone. A goal that is given up stays, with `withdrawn` and its reason."
    what = f"The {field} of goal {name} changed since the last release."
    return f"{what} Write an entry under `edits` in goals/{name}.yaml with what stood there before and why."
