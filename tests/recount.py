"""Counts any question of the site again from the private rows: the plain-Python referee chooses the records, and what is
asked of them is decided here, record by record, with none of the SQL that made the numbers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Any

from harborlight.metrics.facts import is_covered
from harborlight.metrics.query import parse_query
from harborlight.metrics.questions import read_question
from harborlight.metrics.referee import Arrest, Record, count_arrests, count_by, find_area
from harborlight.metrics.shapes import RECORDED, Facts, Query
from harborlight.publish.sample import read_arrests, read_firearms, read_records
from harborlight.store import Connection, read_rows

AT_HOME_LATE = ("simple_assault", "aggravated_assault", "intimidation")
WAITING = timedelta(days=28)


@dataclass(frozen=True)
class Row:
    """One record or arrest that stands for its unit, with everything that a question can ask of it."""

    day: date | None
    hour: int | None
    weapon: str | None
    source: str
    group: str | None
    code: str | None
    piece: int | None
    district: str | None
    snap: int | None  # its public point
    firearm: tuple[str, str, str] = ("", "", "")  # kind, privately made, reason


def _day(unit: Row) -> date:
    return unit.day or date.min


def _last_first(arrest: Arrest) -> tuple[Any, ...]:
    """Of the rows of one arrest the last in this order stands for it: the earliest, those with a place before those without."""
    stated = (arrest.district_id is not None, _backwards(arrest.district_id or ""))
    return -(arrest.day or date.max).toordinal(), *stated, arrest.piece is not None, -(arrest.piece or 0)


def _backwards(text: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in text)


def _firearms(rows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Number of a firearm → kind, privately made, reason of the row that stands for it: the earliest, and what is known before what is not."""
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    parts = ("recovered_date", "district_id", "piece", "kind_code", "reason_code", "privately_made")
    for row in sorted(rows, key=lambda r: [(r[part] in (None, "unknown"), str(r[part])) for part in parts]):
        found.setdefault((row["source_id"], row["firearm_id"]), (row["kind_code"], row["privately_made"], row["reason_code"]))
    return found


class Recount:
    """The accepted rows of one private store, ready to be asked."""

    def __init__(self, con: Connection, facts: Facts) -> None:
        self.facts = facts
        self.records = read_records(con)
        self.numbered = {"arrests": read_arrests(con), "firearms": read_firearms(con)}
        self.more = {
            (r["source_id"], r["record_id"]): r
            for r in read_rows(con, "select source_id, record_id, occurred_hour, weapon_code, premise_code, snap, offense_group from model.records")
        }
        self.firearms = _firearms(read_rows(con, "select * from model.firearms"))
        self.through = max((r.day for r in self.records if r.day and r.tier == "T0" and r.is_counted), default=date.min)
        pieces = read_rows(con, "select lines_ix, piece, area from places.piece_areas")
        names = {(lines.ix, area.ix): area.id for lines in facts.lines for area in lines.areas}
        self.areas = {(r["lines_ix"], r["piece"]): names[r["lines_ix"], r["area"]] for r in pieces}
        self.points = con.execute("select snap, longitude, latitude from places.snap_points").fetchall()
        self.drawn: dict[tuple[tuple[float, float], ...], set[int]] = {}
        self.people = {area.population for lines in facts.lines for area in lines.areas if area.population}
        self.people |= {sum(area.population or 0 for area in lines.areas) for lines in facts.lines}
        self.units, self.answers = cache(self._units), cache(self._answer)

    def parse(self, asked: str) -> Query:
        metric_id, params = read_question(asked)
        return parse_query(params, self.facts.metrics[metric_id], self.facts)

    def count(self, asked: str, row: str = "") -> int:
        """The sum of the rows of an answer that have the values of `row` (`name=value;...`); all of them without it."""
        wanted = dict(part.split("=", 1) for part in row.split(";")) if row else {}
        names, rows = self.answers(asked)
        return sum(n for key, n in rows.items() if all(key[names.index(name)] == value for name, value in wanted.items()))

    def _answer(self, asked: str) -> tuple[tuple[str, ...], Counter[tuple[str, ...]]]:
        """The breakdowns of a question, and how many records have which values."""
        query = self.parse(asked)
        return query.by, Counter(tuple(self._value(unit, name, query) for name in query.by) for unit in self.rows(asked))

    def rows(self, asked: str) -> list[Row]:
        """Every record that a question without breakdowns counts."""
        query, found = self.parse(asked), []
        for group in self._groups(query):
            units = self.units(query.metric, query.unit, group, query.rule, query.justified == "in")
            first = bisect_left(units, query.date_from, key=_day)
            last = bisect_right(units, query.date_to, key=_day)
            found += [unit for unit in (units if query.whole else units[first:last]) if self._is_asked(unit, query)]
        return found

    def area_of(self, unit: Row, query: Query) -> str | None:
        if query.lines in (None, RECORDED):
            return unit.district
        lines = next(v for v in self.facts.lines if v.layer == query.layer and v.id == query.lines)
        return self.areas.get((lines.ix, unit.piece or -1))

    def inside(self, query: Query) -> set[int]:
        """The public points in a drawn polygon, one side at a time; of other shapes the tests of places take care."""
        assert query.polygon, "only polygons can be counted again here"
        if query.polygon not in self.drawn:
            shape = {"type": "Polygon", "coordinates": [[*query.polygon, query.polygon[0]]]}
            self.drawn[query.polygon] = {snap for snap, x, y in self.points if find_area(x, y, [("in", shape)])}
        return self.drawn[query.polygon]

    def _groups(self, query: Query) -> list[str | None]:
        """Offenses of which an incident's records are chosen separately; None where all are taken together."""
        if query.offenses:
            assert len(query.offenses) == 1 or query.unit != "incidents"
            return [*query.offenses]
        if {"offense", "offense_code"} & set(query.by) and query.unit == "incidents":
            name = "offense" if "offense" in query.by else "offense_code"
            known = {r.offense_group if name == "offense" else r.offense_code for r in self.records}
            return [*sorted(filter(None, known))]
        return [None]

    def _units(self, metric_id: str, unit: str, offense: str | None, rule: str | None, with_justified: bool) -> tuple[Row, ...]:
        """The records that stand for a unit, chosen by the referee: each is asked for by its own name."""
        metric = self.facts.metrics[metric_id]
        covered = partial(is_covered, self.facts, metric_id)
        if rows := self.numbered.get(metric.table):
            found = count_arrests(rows, grain="year", is_covered=covered, area_of=lambda a: f"{a.source_id}\0{a.arrest_id}")
            every = {f"{a.source_id}\0{a.arrest_id}": a for a in sorted(rows, key=_last_first)}
            return tuple(sorted((self._arrest(every[key or ""]) for _, key in found), key=_day))
        asked = [r for r in self.records if offense is None or offense in (r.offense_group, r.offense_code)]
        by_name = {(r.source_id, r.record_id): r for r in asked}
        chosen = count_by(
            asked, metric, unit, grain="year", by_district=False, is_covered=covered, rule=rule, with_justified=with_justified,
            area_of=lambda r: f"{r.source_id}\0{r.record_id}\0{r.day or ''}",
        )  # fmt: skip
        assert set(chosen.values()) <= {1}
        found = [(key or "").split("\0") for _, key in chosen]
        rows = (self._row(by_name[source, record], date.fromisoformat(day) if day else None) for source, record, day in found)
        return tuple(sorted(rows, key=_day))

    def _arrest(self, arrest: Arrest) -> Row:
        said = self.firearms.get((arrest.source_id, arrest.arrest_id), ("", "", ""))
        return Row(arrest.day, None, None, arrest.source_id, None, None, arrest.piece, arrest.district_id, None, said)

    def _row(self, record: Record, day: date | None) -> Row:
        more: dict[str, Any] = self.more[record.source_id, record.record_id]
        late = record.offense_group in AT_HOME_LATE and (more["premise_code"] or "residence") == "residence"
        hidden = late and (record.day is None or record.day > self.through - WAITING)
        return Row(
            day, None if hidden else more["occurred_hour"], more["weapon_code"], record.source_id, record.offense_group,
            record.offense_code, record.piece, record.district_id, None if hidden else more["snap"],
        )  # fmt: skip

    def _is_asked(self, unit: Row, query: Query) -> bool:
        if (unit.day is None and not query.whole) or (unit.day and not query.date_from <= unit.day <= query.date_to):
            return False
        if query.area is not None and self.area_of(unit, query) != query.area:
            return False
        if query.hours and (unit.hour is None or (6 <= unit.hour <= 17) != (query.hours == "day")):
            return False
        systems = {s.id: s.counting_system for s in self.facts.sources}
        if query.shape and unit.snap not in self.inside(query):
            return False
        return not query.system or systems[unit.source] == query.system

    def _value(self, unit: Row, name: str, query: Query) -> str:
        """The breakdown of a record as a row of the answer writes it."""
        day = unit.day
        match name:
            case "day" | "month" | "year":
                return "" if day is None else day.isoformat()[: {"day": 10, "month": 7, "year": 4}[name]]
            case "week":
                return "" if day is None else (day - timedelta(days=day.weekday())).isoformat()
            case "weekday":
                return "" if day is None else str(day.isoweekday())
            case "area":
                return self.area_of(unit, query) or ""
            case "firearm_kind" | "privately_made" | "reason":
                return unit.firearm[("firearm_kind", "privately_made", "reason").index(name)]
            case _:
                value = {"hour": unit.hour, "offense": unit.group, "offense_code": unit.code, "weapon": unit.weapon, "source": unit.source}[name]
                return "" if value is None else str(value)

    def share(self, asked: str, part: str) -> float:
        """A share of a question's records: at night, at a weekend, or at no point of the map."""
        query = self.parse(asked)
        rows = self.rows(asked)
        if part == "off_map":
            return self.off_map(asked) / len(rows)
        known = [r for r in rows if r.hour is not None and r.day is not None]
        at = Counter(night=sum((r.hour or 0) >= 20 or (r.hour or 0) < 4 for r in known), weekend=sum(bool(r.day and r.day.isoweekday() >= 6) for r in known))
        assert query.by
        return at[part] / len(known)

    def off_map(self, asked: str) -> int:
        """Records that no map can show: at no public point; of arrests and firearms, those in no area of the lines asked."""
        query = self.parse(asked)
        if self.facts.metrics[query.metric].table != "events":
            return sum(self.area_of(r, query) is None for r in self.rows(asked))
        return sum(r.snap is None for r in self.rows(asked))
