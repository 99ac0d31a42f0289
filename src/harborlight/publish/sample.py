"""Recomputes a sample of published cells with the plain-Python referee before anything is switched."""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial

from harborlight.catalog.models import Metric
from harborlight.errors import CheckFailed
from harborlight.metrics.facts import default_layer, is_covered, lines_of
from harborlight.metrics.referee import Arrest, Record, count_arrests, count_by
from harborlight.metrics.shapes import Facts
from harborlight.store import Connection, read_rows

SAMPLED_MONTHS = 3
AreaOf = Callable[[Record | Arrest], str | None]
Counts = Mapping[tuple[str, str | None], int]


def read_records(con: Connection, where: str = "true", params: dict[str, object] | None = None) -> list[Record]:
    """Accepted records of the private store as the referee takes them, placed by their piece of the map."""
    rows = con.execute(
        "select r.source_id, r.record_id, r.incident_id, counted_date, r.offense_code, offense_group, crime_against, counts_once_per, tier, "
        "district_id, r.victim_type_code, r.injury_code, r.is_shooting, is_unfounded, is_counted, null, null, piece, "
        f"r.occurred_date, s.died_date, s.ruled_date from (select * from model.records where {where}) as r "
        "join staging.records as s on r.source_id = s.source_id and r.record_id = s.record_id",
        params or {},
    ).fetchall()
    return [Record(*row) for row in rows]


def read_arrests(con: Connection, where: str = "true", params: dict[str, object] | None = None) -> list[Arrest]:
    """Rows of arrests of the private store as the referee takes them, placed by their piece of the map."""
    rows = con.execute(
        f"select source_id, arrest_id, arrested_date, district_id, is_counted, null, null, piece from model.arrests where {where}",
        params or {},
    ).fetchall()
    return [Arrest(*row) for row in rows]


def read_firearms(con: Connection, where: str = "true", params: dict[str, object] | None = None) -> list[Arrest]:
    """Rows of firearms; the referee counts them as it counts arrests, each number once."""
    rows = con.execute(
        f"select source_id, firearm_id, recovered_date, district_id, is_counted, null, null, piece from model.firearms where {where}",
        params or {},
    ).fetchall()
    return [Arrest(*row) for row in rows]


def read_area_of(con: Connection, facts: Facts) -> AreaOf:
    """How `counts` gives a row its area: by place in the lines in force of the first layer, else as the source states it."""
    lines = lines_of(facts, default_layer(facts) or "")
    if lines is None:
        return lambda row: row.district_id
    names = {area.ix: area.id for area in lines.areas}
    found = con.execute("select piece, area from places.piece_areas where lines_ix = ?", [lines.ix]).fetchall()
    area_of_piece = {piece: names[area] for piece, area in found}
    return lambda row: area_of_piece.get(row.piece)


def check_sample(con: Connection, facts: Facts, public: str, seed: str) -> int:
    """Compare all metrics in a few months, city-wide and by area; returns the number of cells. Raises CheckFailed.

    Whole incidents and arrests are read, so that a row outside the month can still be the one that stands for its incident.
    """
    months = [
        r["period"]
        for r in read_rows(
            con,
            f"select distinct period from {public}.main.counts where grain = 'month' and period <> 'undated' order by 1",
        )
    ]
    area_of, cells = read_area_of(con, facts), 0
    for month in random.Random(seed).sample(months, min(SAMPLED_MONTHS, len(months))):  # noqa: S311
        asked: dict[str, object] = dict(zip(("first", "last"), _days_of(month), strict=True))
        records = read_records(
            con, "(source_id, incident_id) in (select (source_id, incident_id) from model.records where counted_date between $first and $last)",
            asked,
        )  # fmt: skip
        arrests = read_arrests(
            con, "(source_id, arrest_id) in (select (source_id, arrest_id) from model.arrests where arrested_date between $first and $last)",
            asked,
        )  # fmt: skip
        firearms = read_firearms(
            con, "(source_id, firearm_id) in (select (source_id, firearm_id) from model.firearms where recovered_date between $first and $last)",
            asked,
        )  # fmt: skip
        numbered = {"arrests": arrests, "firearms": firearms}
        for metric in facts.metrics.values():
            whole = _count(facts, metric, records, numbered, lambda _: None)
            split = _count(facts, metric, records, numbered, area_of)
            cells += _compare(con, metric, public, month, whole, split)
    return cells


def _days_of(month: str) -> tuple[date, date]:
    year, number = map(int, month.split("-"))
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def _count(
    facts: Facts, metric: Metric, records: Iterable[Record], numbered: Mapping[str, list[Arrest]], area_of: AreaOf
) -> Counts:
    covered = partial(is_covered, facts, metric.id)
    if metric.table in numbered:
        return count_arrests(numbered[metric.table], grain="month", is_covered=covered, area_of=area_of)
    return count_by(records, metric, metric.unit, grain="month", by_district=False, is_covered=covered, area_of=area_of)


def _compare(con: Connection, metric: Metric, public: str, month: str, whole: Counts, split: Counts) -> int:
    """The number of published cells of a month, each equal to its recount. Raises CheckFailed at the first that is not."""
    given = read_rows(
        con,
        f"select area_id, n from {public}.main.counts where metric = ? and grain = 'month' and period = ? and n is not null",
        [metric.id, month],
    )
    for row in given:
        area = None if row["area_id"] == "unlocated" else row["area_id"]
        expected = whole.get((month, None), 0) if row["area_id"] == "city" else split.get((month, area), 0)
        if expected != row["n"]:
            raise CheckFailed(
                f"{metric.id} in {month} ({row['area_id']}) is {row['n']}, counted again it is {expected}",
                where="referee", hint="Do not publish: one of the two ways of counting is wrong.",
            )  # fmt: skip
    return len(given)
