"""Tables of groups of people: true counts where anyone may count them, and sensitive ones with everything hidden that could single out.

In: the private store and the release before. Out: public tables `groups` and `group_tables`, and in the private schema `kept` the
counts behind them, which the audit reads and the next release needs. A closed period is never restated here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from harborlight.catalog.groups import (
    ALL,
    CHILD_BANDS,
    CHILDREN,
    CITY,
    GROUP_COLUMNS,
    HIDDEN_WORDS,
    UNLOCATED,
    GroupSubject,
    GroupTable,
    column_of,
)
from harborlight.log import get_logger
from harborlight.metrics.facts import default_layer
from harborlight.metrics.shapes import Facts
from harborlight.publish.group_atoms import (
    AreaLines,
    choose_lines,
    count_atoms,
    freeze,
    has_kept,
    known_since,
    read_counts,
    supplied_since,
)
from harborlight.publish.group_before import read_before
from harborlight.publish.group_cells import Place, Planned, categories_of, following, period_name, whole_periods
from harborlight.publish.group_plan import Family, families, plan_family
from harborlight.publish.group_subjects import load_subjects, tables_of
from harborlight.publish.tiers import CLOSED_AFTER_DAYS
from harborlight.store import Connection, StoreError, quote_text, read_rows, read_value, write_rows

ROLLING = "rolling_12_months"
VIOLENCE = "violence_victims"  # holds the victims of sensitive offenses too: the rest of them are counted openly
# Groups that `is_violence` of model/victims.sql names.
VIOLENT = frozenset(
    ("homicide", "rape", "other_sex_offenses", "human_trafficking", "kidnapping", "robbery", "aggravated_assault", "simple_assault", "intimidation")
)
TYPES = {
    "table_id": "varchar", "lines": "varchar", "area_id": "varchar", "period": "varchar", "grain": "varchar",
    **dict.fromkeys(GROUP_COLUMNS, "varchar"), "n": "bigint", "is_hidden": "boolean", "note": "varchar",
}  # fmt: skip
TABLE_TYPES = {
    "id": "varchar", "subject": "varchar", "title": "varchar", "unit": "varchar", "tier": "varchar", "grain": "varchar", "dims": "varchar",
    "narrowed": "varchar", "by_area": "boolean", "lines": "varchar", "denominators": "varchar", "closed_through": "date",
    "n_cells": "bigint", "n_hidden": "bigint", "hidden_share": "double", "why_not": "varchar", "hidden_events": "double",
}  # fmt: skip
log = get_logger("publish")


class _Work:
    """One run: what was counted, by which lines, up to which day, and what the release before said."""

    def __init__(self, con: Connection, facts: Facts, previous: Path | None, private: Path | None) -> None:
        self.con, self.facts = con, facts
        violent = read_violent_groups(con)
        declared = tuple(
            s.model_copy(update={"part_of": VIOLENCE}) if s.offense_group in violent else s for s in load_subjects(read_sensitive_groups(con))
        )
        is_reviewed = facts.city.advocate_review is not None
        self.subjects = declared if is_reviewed else tuple(_without_partners(s) for s in declared)
        self.withheld = [] if is_reviewed else [(s, t) for s, t in tables_of(declared) if t.needs_review]
        self.before = read_before(con, previous, self.subjects)
        self.lines = choose_lines(con, default_layer(facts) or "police_district", self.before.lines)
        count_atoms(con, declared, self.lines)  # withheld ones too: a month is counted as it closes, whenever the review comes
        self.sealed = read_rows(con, "select * from sealed.groups")
        self.has_kept = attach_was(con, private) and has_kept(con)
        self.since = {s.id: self._since(s) for s in self.subjects}
        self.closed = {s.id: self._closed(s) for s in self.subjects}
        latest = max(self.closed.values(), default=date.min)
        freeze(con, latest, self.before.through, {})
        self.occurring = {s.id: self._occurring(s.id) for s in self.subjects}
        self._known: dict[tuple[str, str], date | None] = {}

    def _occurring(self, subject: str) -> dict[str, frozenset[str]]:
        """Column → the groups that ever occur, now or when a closed month was closed."""
        found = {}
        for column in GROUP_COLUMNS:
            rows = self.con.execute(
                f"select {column} from live_atoms where subject = $s union select {column} from kept.group_atoms where subject = $s",
                {"s": subject},
            ).fetchall()
            removed = {row[column] for row in self.sealed if row["table_id"].startswith(subject) and row[column] not in (ALL, CHILDREN)}
            found[column] = frozenset(row[0] for row in rows) | removed
        return found

    def _since(self, subject: GroupSubject) -> date:
        """The day from which the record of a subject is whole."""
        if subject.metric:
            return self.facts.metric_from[subject.metric]
        if subject.offense_group and (declared := supplied_since(self.con, subject.offense_group)):
            return declared
        first = read_value(self.con, "select min(month) from live_atoms where subject = ?", [subject.id])
        return first if isinstance(first, date) else date.max

    def _closed(self, subject: GroupSubject) -> date:
        """The last day of the last month that ended 30 days before the subject's own record does."""
        edge = self.facts.metric_through.get(subject.metric or "", self.facts.data_through)
        return month_end(edge - timedelta(days=CLOSED_AFTER_DAYS))

    def known_from(self, subject: GroupSubject, table: GroupTable) -> date | None:
        """The day from which every group that a table tells apart is recorded; None where one never was."""
        days = [self.since[subject.id]]
        for column in {*table.columns, *map(column_of, table.where)}:
            if (column, subject.of) not in self._known:
                self._known[column, subject.of] = known_since(self.con, column, subject.of)
            day = self._known[column, subject.of]
            if day is None:
                return None
            days.append(day)
        return max(days)

    def gaps(self, subject: GroupSubject) -> list[tuple[date, date]]:
        return [(m.date_from or date.min, m.date_to or date.max) for m in self.facts.missing if m.metric == subject.metric]

    def lay_out(self, subject: GroupSubject, table: GroupTable, grain: str, is_stopped: bool) -> tuple[Planned, Mapping[str, int]] | None:
        """A sensitive table by one grain, counted over closed periods."""
        since = self.known_from(subject, table)
        is_moved = table.by_area and self.before.lines is not None and self.before.lines != self.lines.version_id
        if since is None or since == date.max or is_moved:
            return None
        if self.before.through.get(subject.id) and not self.has_kept:
            since = max(since, self.before.through[subject.id] + timedelta(days=1))
        closed = self.before.through[subject.id] if is_stopped else self.closed[subject.id]
        firsts = whole_periods(since, closed, grain, self.gaps(subject))
        planned = Planned(
            subject, table, grain, tuple(period_name(first, grain) for first in firsts), (*self.lines.area_ids, UNLOCATED),
            {column: categories_of(column, table, self.occurring[subject.id][column]) for column in table.columns},
        )  # fmt: skip
        counted = self.count("kept.group_atoms", subject, table, grain)
        return planned, {p.key: counted.get(p.key, 0) for p in planned.places()}

    def count(self, source: str, subject: GroupSubject, table: GroupTable, grain: str) -> dict[str, int]:
        """Key of a cell → its count, for all periods there are; what removed rows had added to an open table stays in it."""
        counts = count_cells(self.con, source, subject, table, grain)
        for row in self.sealed if source == "live_atoms" else ():
            if row["table_id"] == table.id:
                key = Place(subject.id, CITY, period_name(_first_of(row["month"], grain), grain), tuple(row[c] for c in GROUP_COLUMNS)).key
                counts[key] = counts.get(key, 0) + row["n"]
        return counts


def count_cells(con: Connection, source: str, subject: GroupSubject, table: GroupTable, grain: str) -> dict[str, int]:
    """Key of a cell → how many rows are in it now."""
    is_about_children = "child_band" in table.dims
    fixed = {column_of(name): group for name, group in table.where.items()}
    where = {c: (CHILD_BANDS if is_about_children and g == CHILDREN else (g,)) for c, g in fixed.items()}
    found = read_counts(
        con, source, subject.id, grain, table.columns, where, by_area=table.by_area, wide=not is_about_children
    )
    counts = {}
    for (first, area, groups), n in found.items():
        told = {**fixed, **{c: g for c, g in zip(table.columns, groups, strict=True) if g != ALL}}
        place = Place(subject.id, area, period_name(first, grain), tuple(told.get(c, ALL) for c in GROUP_COLUMNS))
        counts[place.key] = n
    return counts


def read_open_counts(con: Connection) -> list[tuple[Any, ...]]:
    """(table, month, group columns, count) of every open table of groups, as the rows of this store say."""
    found: list[tuple[Any, ...]] = []
    lines = AreaLines("", "", None, ())
    for subject, table in tables_of(load_subjects(read_sensitive_groups(con))):
        if table.tier == "T0":
            count_atoms(con, [subject], lines)
            for key, n in count_cells(con, "live_atoms", subject, table, "month").items():
                _, _, month, *groups = key.split("|")
                found.append((table.id, f"{month}-01", *groups, n))
    con.execute("drop table if exists live_atoms")
    return found


def _first_of(month: date, grain: str) -> date:
    return month.replace(month=1) if grain == "year" else month


def make_groups(con: Connection, facts: Facts, previous: Path | None, private: Path | None) -> None:
    """Create `public.main.groups` and `group_tables`. Raises DisclosureError where published tables can no longer be protected."""
    work = _Work(con, facts, previous, private)
    rows: list[tuple[Any, ...]] = []
    listed: list[tuple[Any, ...]] = []
    made: list[Family] = []
    for members in families(work.subjects):
        family = plan_family(
            members, work.lay_out, k=facts.city.disclosure_k, grains=work.before.grains, kept=work.before.decisions
        )
        made.append(family)
        for planned in family.planned:
            own = _rows_of(planned, family, work.lines)
            rows += own
            listed.append(_describe(planned.subject, planned.table, planned.grain, own, work))
        listed += [_describe(s, t, None, [], work, family.missing[t.id]) for s, t in tables_of(members) if t.id in family.missing]
    for subject, table in tables_of(work.subjects):
        if table.tier == "T0":
            own = _open_rows(work, subject, table)
            rows += own
            listed.append(_describe(subject, table, "year" if own else None, own, work, None if own else "not_recorded"))
    listed += [_describe(s, t, None, [], work, "not_reviewed") for s, t in work.withheld]
    if work.before.through and not work.has_kept:
        log.warning("the counts of closed periods are lost: what the last release said of them is repeated as it stood")
        offered = {table.id for _, table in tables_of(work.subjects)}
        rows += [tuple(row[name] for name in TYPES if name != "note") for row in work.before.rows if row["table_id"] in offered]
    write_rows(con, "public.main.groups", TYPES, [(*row, HIDDEN_WORDS if row[-1] else None) for row in _in_order(rows)])
    share = hidden_events(made)
    listed = [(*row, share if row[4] == "T1" and row[5] else None) for row in sorted(listed, key=lambda row: row[0])]
    write_rows(con, "public.main.group_tables", TABLE_TYPES, listed)
    _keep(con, made)
    con.execute("drop table live_atoms")


def hidden_events(made: Iterable[Family]) -> float:
    """The share of events in hidden cells that are no totals, over all sensitive tables, to the nearest twentieth.

    One number for a whole release: of one table it would say something of the counts that it hides.
    """
    events = hidden = 0
    for family in made:
        for planned in family.planned:
            keys = [place.key for place in planned.places() if planned.is_inner(place)]
            events += sum(family.counts[key] for key in keys)
            hidden += sum(family.counts[key] for key in keys if key in family.pattern.hidden)
    return round(hidden / events * 20) / 20 if events else 0.0


def _without_partners(subject: GroupSubject) -> GroupSubject:
    """A subject without the tables that advocates have to review before they are published."""
    return subject.model_copy(update={"tables": tuple(t for t in subject.tables if not t.needs_review)})


def read_sensitive_groups(con: Connection) -> dict[str, tuple[str, bool]]:
    """Sensitive offense group → title, and whether its offenses are against persons."""
    rows = read_rows(
        con, "select offense_group, group_title, bool_or(crime_against = 'person') as persons from metric.offenses where tier = 'T1' "
        "group by all order by 1",
    )  # fmt: skip
    return {row["offense_group"]: (row["group_title"], row["persons"]) for row in rows}


def read_violent_groups(con: Connection) -> frozenset[str]:
    """Sensitive groups of offenses whose victims are all victims of violence; such an offense counts once for each victim.

    By their definition, not by what was reported: that a group is there from some release on would tell of its first report.
    """
    rows = con.execute("select offense_group from metric.offenses where tier = 'T1' group by 1 having bool_and(crime_against = 'person')").fetchall()
    return frozenset(row[0] for row in rows) & VIOLENT


def attach_was(con: Connection, private: Path | None) -> bool:
    """Attach the private store of the run before as `was`, unless it is; False where there is none that can be opened."""
    if read_value(con, "select count(*) from duckdb_databases() where database_name = 'was'"):
        return True
    if private is None or not private.is_file():
        return False
    try:
        con.execute(f"attach {quote_text(str(private))} as was (read_only)")
    except StoreError:
        log.warning("the private store of the run before cannot be opened; its history is begun anew")
        return False
    return True


def month_end(day: date) -> date:
    """The last day of a month that is not after `day`."""
    after = day + timedelta(days=1)
    return after.replace(day=1) - timedelta(days=1)


# ---------------------------------------------------------------------------------------------------- rows


def _rows_of(planned: Planned, family: Family, lines: AreaLines) -> list[tuple[Any, ...]]:
    version = lines.version_id if planned.table.by_area else None
    hidden = family.pattern.hidden
    return [
        (planned.table.id, version, place.area, place.period, planned.grain, *place.groups,
         None if place.key in hidden else family.counts[place.key], place.key in hidden)
        for place in planned.places()
    ]  # fmt: skip


def _open_rows(work: _Work, subject: GroupSubject, table: GroupTable) -> list[tuple[Any, ...]]:
    """A T0 table: whole years as counted now; where it tells groups apart, the last twelve whole months too."""
    since, through = work.known_from(subject, table), month_end(work.facts.metric_through.get(subject.metric or "", work.facts.data_through))
    if since is None or since == date.max:
        return []
    groups = {column: categories_of(column, table, work.occurring[subject.id][column]) for column in table.columns}
    years = [period_name(first, "year") for first in whole_periods(since, through, "year", work.gaps(subject))]
    planned = Planned(subject, table, "year", tuple(years), (), groups)
    counted = work.count("live_atoms", subject, table, "year")
    rows = [_open_row(table, "year", place, counted.get(place.key, 0)) for place in planned.places()]
    months = whole_periods(since, through, "month", work.gaps(subject))[-12:] if table.dims else []
    if len(months) == 12 and following(months[-1], "month") - timedelta(days=1) == through and _are_in_line(months):
        counted = work.count("live_atoms", subject, table, "month")
        span = f"{period_name(months[0], 'month')}/{period_name(months[-1], 'month')}"
        monthly = Planned(subject, table, "month", tuple(period_name(m, "month") for m in months), (), groups)
        sums: dict[tuple[str, ...], int] = {}
        for place in monthly.places():
            sums[place.groups] = sums.get(place.groups, 0) + counted.get(place.key, 0)
        rows += [_open_row(table, ROLLING, Place(subject.id, CITY, span, told), n) for told, n in sums.items()]
    return rows


def _are_in_line(months: Sequence[date]) -> bool:
    return all(following(one, "month") == other for one, other in zip(months, months[1:], strict=False))


def _open_row(table: GroupTable, grain: str, place: Place, n: int) -> tuple[Any, ...]:
    return (table.id, None, CITY, place.period, grain, *place.groups, n, False)


def _describe(
    subject: GroupSubject, table: GroupTable, grain: str | None, rows: Sequence[tuple[Any, ...]], work: _Work, why_not: str | None = None
) -> tuple[Any, ...]:
    """The dictionary's line: how many cells are hidden to the nearest ten, and their share to the nearest twentieth."""
    hidden = sum(bool(row[-1]) for row in rows)
    return (
        table.id, subject.id, table.title, subject.unit, table.tier, grain, ",".join(table.columns),
        ",".join(f"{column_of(name)}={group}" for name, group in table.where.items()), table.by_area,
        work.lines.version_id if table.by_area else None, ",".join(table.denominators),
        work.closed[subject.id].isoformat() if table.tier == "T1" and grain and rows else None, len(rows), int(round(hidden, -1)),
        round(hidden / len(rows) * 20) / 20 if rows else 0.0, why_not,
    )  # fmt: skip


def _in_order(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """By table, period, area and groups: never by a count."""
    return sorted(rows, key=lambda row: (row[0], row[4], row[3], row[2], *row[5:10]))


def _keep(con: Connection, made: Iterable[Family]) -> None:
    """Private: every cell with its count and whether it is hidden, and every line, for the audit."""
    cells: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    for number, family in enumerate(made):
        hidden, primary = family.pattern.hidden, family.pattern.primary
        cells += [
            (number, key, n, key in hidden, key in primary, key.rpartition("|")[2].startswith("rest"))
            for key, n in sorted(family.counts.items())
        ]
        lines += [(number, line.total, json.dumps(line.parts)) for line in family.equations]
    shape = {"family": "integer", "key": "varchar", "n": "bigint", "is_hidden": "boolean", "is_primary": "boolean", "is_rest": "boolean"}
    write_rows(con, "kept.group_cells", shape, cells)
    write_rows(con, "kept.group_lines", {"family": "integer", "total": "varchar", "parts": "varchar"}, lines)
