"""The referee: counts again, slowly, in plain Python, with none of the SQL that made the numbers.

It reads records as tuples and applies the counting rules of the metric files by itself; the tests hold every metric
against it, publishing holds a sample of cells against it. Places are found again too: one polygon at a time, one side at
a time, with no index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from harborlight.catalog.models import Metric


@dataclass(frozen=True)
class Record:
    """One accepted record as the referee needs it; the offense's own facts come from the offense table.

    `day` is the day it counts on by the city's rule; `injured`, `died` and `ruled` are the source's own dates.
    """

    source_id: str
    record_id: str
    incident_id: str
    day: date | None
    offense_code: str | None
    offense_group: str | None
    crime_against: str | None
    counts_once_per: str | None
    tier: str
    district_id: str | None
    victim_type: str | None
    injury: str | None
    is_shooting: bool
    is_unfounded: bool
    is_counted: bool
    longitude: float | None = None
    latitude: float | None = None
    piece: int | None = None
    injured: date | None = None
    died: date | None = None
    ruled: date | None = None


@dataclass(frozen=True)
class Arrest:
    """One row of a source of arrests as the referee needs it."""

    source_id: str
    arrest_id: str
    day: date | None
    district_id: str | None
    is_counted: bool
    longitude: float | None = None
    latitude: float | None = None
    piece: int | None = None


def holds(flag: str, record: Record) -> bool:
    """Whether a record meets a condition, said again without SQL."""
    fatal = record.offense_group in ("homicide", "justifiable_homicide")
    wounded = record.is_shooting and not fatal and record.injury != "fatal"
    match flag:
        case "is_homicide":
            return fatal
        case "is_nonfatal_shooting":
            return wounded
        case "is_killed_or_shot":
            return fatal or wounded
        case _:
            return record.offense_group == flag.removeprefix("is_")


def count_by(
    records: Iterable[Record],
    metric: Metric,
    unit: str,
    *,
    grain: str,
    by_district: bool,
    is_covered: Callable[[date], bool] = lambda _: True,
    area_of: Callable[[Record], str | None] | None = None,
    rule: str | None = None,
    with_justified: bool = False,
) -> Mapping[tuple[str, str | None], int]:
    """(period, area) → count. `rule` counts killings by one date, `with_justified` also those that were no crime.

    `grain` is month or year; records without a date are in period `undated`.

    The area is the stated district, or what `area_of` says, or None for the whole city. A record outside the covered days
    can still be the one that stands for its incident; it is then not counted.
    """
    records = [replace(r, day=_day_by(rule, r)) for r in records] if rule else records
    kept = [
        r for r in records if _is_countable(r, with_justified) and (r.source_id in metric.sources if metric.sources else r.is_counted)
    ]
    kept = [
        r for r in kept if all(holds(f, r) for f in metric.where) and not any(holds(f, r) for f in metric.where_not)
    ]
    counts: dict[tuple[str, str | None], int] = defaultdict(int)
    for record in _one_per_unit(kept, unit):
        if record.day and not is_covered(record.day):
            continue
        area = area_of(record) if area_of else record.district_id if by_district else None
        counts[_period(record.day, grain), area] += 1
    return counts


def count_arrests(
    arrests: Iterable[Arrest],
    *,
    grain: str,
    is_covered: Callable[[date], bool] = lambda _: True,
    area_of: Callable[[Arrest], str | None] = lambda _: None,
) -> Mapping[tuple[str, str | None], int]:
    """(period, area) → arrests, each number once: its earliest row stands for it, the one with a place first."""
    chosen: dict[tuple[str, str], Arrest] = {}
    for row in sorted(arrests, key=_order_of_arrest):
        chosen.setdefault((row.source_id, row.arrest_id), row)
    counts: dict[tuple[str, str | None], int] = defaultdict(int)
    for row in chosen.values():
        if row.is_counted and not (row.day and not is_covered(row.day)):
            counts[_period(row.day, grain), area_of(row)] += 1
    return counts


def _order_of_arrest(row: Arrest) -> tuple[Any, ...]:
    stated = (row.district_id is None, row.district_id or "")
    return row.day or date.max, *stated, row.piece is None, row.piece or 0


# ------------------------------------------------------------------------------------------------ places


def find_area(
    longitude: float | None, latitude: float | None, areas: Sequence[tuple[str, Mapping[str, Any]]]
) -> str | None:
    """The id of the first of (id, GeoJSON geometry) that holds the point, edges included; None where none does."""
    if longitude is None or latitude is None:
        return None
    for area_id, geometry in areas:
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        if any(_in_rings(longitude, latitude, rings) for rings in polygons):
            return area_id
    return None


def _in_rings(x: float, y: float, rings: Sequence[Sequence[Sequence[float]]]) -> bool:
    """Whether a point lies in a polygon with holes: a ray to the east meets its sides an odd number of times."""
    inside = False
    for ring in rings:
        for (x1, y1, *_), (x2, y2, *_) in zip(ring, ring[1:], strict=False):
            cross = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
            if cross == 0 and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
                return True
            if (y1 > y) != (y2 > y) and (cross > 0) == (y2 > y1):
                inside = not inside
    return inside


def _is_countable(record: Record, with_justified: bool) -> bool:
    return (
        record.tier == "T0"
        and record.offense_code is not None
        and not record.is_unfounded
        and (record.crime_against != "not_a_crime" or with_justified)
    )


def _day_by(rule: str, record: Record) -> date | None:
    """The day on which a rule counts a record: a killing by the date that the rule names, or the next that is known."""
    if record.offense_group not in ("homicide", "justifiable_homicide"):
        return record.day
    dates = {"ruled": (record.ruled, record.died), "died": (record.died,), "injured": ()}[rule]
    return next((day for day in dates if day), record.injured)


def _one_per_unit(records: list[Record], unit: str) -> list[Record]:
    if unit == "victims":
        return [
            r
            for r in records
            if r.crime_against in ("person", "property", "not_a_crime") and (r.victim_type or "unknown") != "society"
        ]
    chosen: dict[tuple[str, ...], Record] = {}
    for record in sorted(records, key=lambda r: (r.crime_against == "not_a_crime", r.day or date.max, r.record_id)):
        once = unit == "incidents" or record.counts_once_per == "incident"
        own = record.incident_id if once else record.record_id
        code = "" if unit == "incidents" else str(record.offense_code)
        chosen.setdefault((record.source_id, own, code, "once" if once else "each", str(record.is_counted)), record)
    return list(chosen.values())


def _period(day: date | None, grain: str) -> str:
    if day is None:
        return "undated"
    return str(day.year) if grain == "year" else f"{day.year}-{day.month:02}"
