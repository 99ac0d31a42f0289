"""The publication ledger: every value that a count was ever published with, from which day to which, and why it changed.

In go the counts of this release and the ledger of the one before, out come table `ledger` (a row per value) and `flows`. Only
cells that changed gain a row, so the ledger grows with what is restated and not with releases.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from harborlight.catalog.models import Metric
from harborlight.metrics.facts import default_layer, lines_of
from harborlight.metrics.shapes import RECORDED, Facts
from harborlight.publish.moves import make_flows, make_moves, make_parts
from harborlight.store import Connection, quote_text, read_value

CAUSES = ("new_days", "late", "reclassified", "unfounded", "restated")
KEY = "metric, grain, period, area_id"
TYPES = (
    "metric varchar, grain varchar, period varchar, area_id varchar, lines varchar, step integer, before bigint, n bigint, "
    "known_from date, known_to date, why varchar, " + ", ".join(f"{cause} bigint" for cause in CAUSES)
)
FLOW_TYPES = "period varchar, to_period varchar, from_group varchar, to_group varchar, area_id varchar, n bigint, known_on date"
# Where causes weigh the same, the one that says most is named.
ORDER = ("reclassified", "unfounded", "restated", "late", "new_days")
NAMES = {"late": "late_report"}


@dataclass(frozen=True)
class Said:
    """What the release before said of itself, as far as it explains a changed count."""

    through: dict[str, date]
    redefined: frozenset[str]
    lines: str
    has_ledger: bool


def make_ledger(con: Connection, facts: Facts, previous: Path | None, release_id: str | None, today: date) -> None:
    """Create `public.main.ledger` and `flows` from `public.main.counts`. The current database is the private store.

    `previous` is the public store of the release before, `release_id` its id where a store attached as `was` may know its records.
    """
    con.execute(f"create table public.main.ledger ({TYPES})")
    con.execute(f"create table public.main.flows ({FLOW_TYPES})")
    lines = _lines(facts)
    if previous is None:
        con.execute("create or replace temp table earlier_ledger as select * from public.main.ledger")
        _add_causes(con, facts, False, same_lines=True)
        _write(con, facts, Said({}, frozenset(), lines, True), lines, today)
        return
    con.execute(f"attach {quote_text(str(previous))} as before (read_only)")
    try:
        said = _read_said(con, facts)
        _carry(con, said)
        is_known = bool(release_id) and make_moves(con, facts, release_id or "", same_lines=said.lines == lines)
        if is_known:
            make_parts(con, facts, facts.metrics.values(), said.through)
            con.execute(f"insert into public.main.flows {make_flows(con, today)}")
        _add_causes(con, facts, is_known, same_lines=said.lines == lines)
        _write(con, facts, said, lines, today)
    finally:
        con.execute("detach before")


def _lines(facts: Facts) -> str:
    """Whose lines the areas of `counts` have: the id of a version, or `recorded`."""
    found = lines_of(facts, default_layer(facts) or "")
    return found.id if found else RECORDED


def _read_said(con: Connection, facts: Facts) -> Said:
    """Edges, definitions and lines of the release before."""
    old: dict[str, Any] = json.loads(str(read_value(con, "select value from before.main.facts")))
    now = json.loads(json.dumps(facts.city.model_dump(mode="json").get("homicide_year_rule")))
    is_other_rule = old["city"].get("homicide_year_rule") != now
    redefined = {
        metric.id
        for metric in facts.metrics.values()
        if (was := old["metrics"].get(metric.id))
        and (was["definition_version"] != metric.definition_version or _gaps(old, metric.id) != _own_gaps(facts, metric.id)
             or (is_other_rule and _is_of_killings(metric)))
    }  # fmt: skip
    layer = default_layer(facts) or ""
    lines = next((v["id"] for v in old.get("lines", ()) if v["layer"] == layer and v["is_current"]), RECORDED)
    has_ledger = bool(read_value(con, "select count(*) from duckdb_tables() where database_name = 'before' and table_name = 'ledger'"))
    through = {metric: date.fromisoformat(day) for metric, day in old["metric_through"].items()}
    return Said(through, frozenset(redefined), lines, has_ledger)


def _is_of_killings(metric: Metric) -> bool:
    return not metric.where or bool({"is_homicide", "is_killed_or_shot"} & set(metric.where))


def _gaps(old: dict[str, Any], metric_id: str) -> list[tuple[Any, Any]]:
    return sorted((str(m["date_from"]), str(m["date_to"])) for m in old.get("missing", ()) if m["metric"] == metric_id)


def _own_gaps(facts: Facts, metric_id: str) -> list[tuple[Any, Any]]:
    return sorted((str(m.date_from), str(m.date_to)) for m in facts.missing if m.metric == metric_id)


def _carry(con: Connection, said: Said) -> None:
    """Temp table `earlier_ledger`: as the release before holds it, or begun from its counts where it holds none."""
    if said.has_ledger:
        con.execute("create or replace temp table earlier_ledger as select * from before.main.ledger")
        con.execute("insert into public.main.flows select * from before.main.flows")
        return
    day = read_value(con, "select max(fetched_on) from before.main.sources")
    con.execute(f"create or replace temp table earlier_ledger ({TYPES})")
    con.execute(
        f"insert into earlier_ledger by name select {KEY}, case when area_id = 'city' then '' else $lines end as lines, 1 as step, n, "
        "cast($day as date) as known_from, 'first' as why from before.main.counts where n is not null",
        {"lines": said.lines, "day": day},
    )


# ------------------------------------------------------------------------------------------------ causes


def _add_causes(con: Connection, facts: Facts, is_known: bool, *, same_lines: bool) -> None:
    """Temp table `causes`: for every cell, how much each cause brought or took, as far as single records tell."""
    if not is_known:
        con.execute("create or replace temp table parts (metric varchar, period varchar, area_id varchar, cause varchar, n bigint)")
    sums = ", ".join(f"coalesce(sum(n) filter (where cause = '{cause}'), 0)::bigint as {cause}" for cause in CAUSES)
    areas = " union all select metric, period, area_id, cause, n from parts" if same_lines else ""
    cells = f"select metric, period, 'city' as area_id, cause, n from parts{areas}"
    con.execute(
        f"create or replace temp table causes as select {KEY}, {sums} from ("
        f"select metric, 'month' as grain, period, area_id, cause, n from ({cells}) union all "
        f"select metric, 'year' as grain, case when period = 'undated' then period else left(period, 4) end, area_id, cause, n from ({cells})) "
        "group by all"
    )


def _write(con: Connection, facts: Facts, said: Said, lines: str, today: date) -> None:
    """Old rows with the day on which they ended, and a row for every cell whose value or lines are new.

    They lie in one order, so that a release made again from the same data has the same bytes.
    """
    con.execute(
        f"create or replace temp table present as select {KEY}, case when area_id = 'city' then '' else $lines end as lines, n "
        "from public.main.counts", {"lines": lines},
    )  # fmt: skip
    _make_edges(con, facts, said)
    changed = (
        "(p.metric is null or p.n is distinct from o.n or p.lines is distinct from o.lines) and o.known_to is null"
    )
    con.execute(
        f"create or replace temp table ledger_rows as select o.* replace (case when {changed} then $today else o.known_to end as known_to) "
        "from earlier_ledger as o left join present as p using (metric, grain, period, area_id)", {"today": today},
    )  # fmt: skip
    con.execute(f"insert into ledger_rows by name {_select_new()}", {"today": today})
    con.execute("insert into public.main.ledger select * from ledger_rows order by all")


def _make_edges(con: Connection, facts: Facts, said: Said) -> None:
    """Temp table `edges`: the last day that each metric covered before, and whether its definition changed since."""
    con.execute("create or replace temp table edges (metric varchar, through date, is_redefined boolean)")
    for metric in facts.metrics:
        con.execute("insert into edges values (?, ?, ?)", [metric, said.through.get(metric), metric in said.redefined])


def _select_new() -> str:
    """The new rows: what no single record explains stands under `restated`, or `new_days` while a period was still running."""
    known = " + ".join(f"coalesce(c.{cause}, 0)" for cause in CAUSES)
    was_running = (
        "(p.period <> 'undated' and e.through is not null and e.through < case p.grain when 'year' then "
        "make_date(cast(p.period as integer), 12, 31) else last_day(strptime(p.period || '-01', '%Y-%m-%d')::date) end)"
    )
    rest = f"(p.n - o.n) - ({known})"
    values = {cause: f"coalesce(c.{cause}, 0)" for cause in CAUSES}
    values["new_days"] += f" + case when {was_running} then {rest} else 0 end"
    values["restated"] += f" + case when {was_running} then 0 else {rest} end"
    # A value of 0 or none is a first one until something else was published in its place.
    said = "case when o.metric is null then 'first' when p.lines <> o.lines then 'boundary_change' when e.is_redefined then 'definition' else '' end"
    parts = ", ".join(f"case when said = '' then {cause} end as {cause}" for cause in CAUSES)
    heaviest = ", ".join(f"{{'weight': sign(n - before) * coalesce({cause}, 0), 'why': '{NAMES.get(cause, cause)}'}}" for cause in ORDER)
    why = f"case when said <> '' then said when n is null or before is null then 'restated' else {_heaviest(heaviest)} end as why"
    inner = ", ".join(f"{sql} as {cause}" for cause, sql in values.items())
    return (
        f"select {KEY}, lines, step, before, n, $today as known_from, {why}, {parts} from (select p.*, coalesce(o.step, 0) + 1 as step, "
        f"o.n as before, {said} as said, {inner} from present as p "
        f"left join (select * from earlier_ledger qualify step = max(step) over (partition by {KEY})) as o using (metric, grain, period, area_id) "
        "left join causes as c using (metric, grain, period, area_id) left join edges as e using (metric) "
        "where case when o.metric is null or o.known_to is not null then p.n is not null "
        "else p.n is distinct from o.n or p.lines is distinct from o.lines end)"
    )


def _heaviest(weights: str) -> str:
    """The first of the causes that weighs most in the direction of the change."""
    return f"list_reduce([{weights}], lambda best, other: case when other.weight > best.weight then other else best end).why"
