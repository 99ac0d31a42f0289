"""The referee: counts again, slowly, in plain Python, with none of the SQL that made the numbers.

It reads records as tuples and applies the counting rules of the metric files by itself; the tests hold every metric
against it, publishing holds a sample of cells against it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from harborlight.catalog.models import Metric


@dataclass(frozen=True)
class Record:
    """One accepted record as the referee needs it; the offense's own facts come from the offense table."""

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


def holds(flag: str, record: Record) -> bool:
    """Whether a record meets a condition, said again without SQL."""
    fatal = record.offense_group == "homicide"
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
) -> Mapping[tuple[str, str | None], int]:
    """(period, district) → count. `grain` is month or year; records without a date are in period `undated`.

    A record outside the covered days can still be the one that stands for its incident; it is then not counted.
    """
    kept = [
        r for r in records if _is_countable(r) and (r.source_id in metric.sources if metric.sources else r.is_counted)
    ]
    kept = [
        r for r in kept if all(holds(f, r) for f in metric.where) and not any(holds(f, r) for f in metric.where_not)
    ]
    counts: dict[tuple[str, str | None], int] = defaultdict(int)
    for record in _one_per_unit(kept, unit):
        if record.day and not is_covered(record.day):
            continue
        counts[_period(record.day, grain), record.district_id if by_district else None] += 1
    return counts


def _is_countable(record: Record) -> bool:
    return (
        record.tier == "T0"
        and record.offense_code is not None
        and not record.is_unfounded
        and record.crime_against != "not_a_crime"
    )


def _one_per_unit(records: list[Record], unit: str) -> list[Record]:
    if unit == "victims":
        return [
            r
            for r in records
            if r.crime_against in ("person", "property") and (r.victim_type or "unknown") != "society"
        ]
    chosen: dict[tuple[str, ...], Record] = {}
    for record in sorted(records, key=lambda r: (r.day or date.max, r.record_id)):
        once = unit == "incidents" or record.counts_once_per == "incident"
        own = record.incident_id if once else record.record_id
        code = "" if unit == "incidents" else str(record.offense_code)
        chosen.setdefault((record.source_id, own, code, "once" if once else "each", str(record.is_counted)), record)
    return list(chosen.values())


def _period(day: date | None, grain: str) -> str:
    if day is None:
        return "undated"
    return str(day.year) if grain == "year" else f"{day.year}-{day.month:02}"
