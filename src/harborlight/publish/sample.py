"""Recomputes a sample of published cells with the plain-Python referee before anything is switched."""

from __future__ import annotations

import random
from functools import partial

from harborlight.errors import CheckFailed
from harborlight.metrics.facts import is_covered
from harborlight.metrics.referee import Record, count_by
from harborlight.metrics.shapes import Facts
from harborlight.store import Connection, read_rows

SAMPLED_MONTHS = 3


def read_records(con: Connection, where: str = "true", params: dict[str, object] | None = None) -> list[Record]:
    """Accepted records of the private store as the referee takes them."""
    rows = con.execute(
        "select source_id, record_id, incident_id, counted_date, offense_code, offense_group, crime_against, counts_once_per, tier, "
        f"district_id, victim_type_code, injury_code, is_shooting, is_unfounded, is_counted from model.records where {where}",
        params or {},
    ).fetchall()
    return [Record(*row) for row in rows]


def check_sample(con: Connection, facts: Facts, public: str, seed: str) -> int:
    """Compare all metrics in a few months, city-wide and by district; returns the number of cells. Raises CheckFailed.

    Whole incidents are read, so that a record outside the month can still be the one that stands for its incident.
    """
    months = [
        r["period"]
        for r in read_rows(
            con,
            f"select distinct period from {public}.main.counts where grain = 'month' and period <> 'undated' order by 1",
        )
    ]
    cells = 0
    for month in random.Random(seed).sample(months, min(SAMPLED_MONTHS, len(months))):  # noqa: S311
        records = read_records(
            con, "(source_id, incident_id) in (select (source_id, incident_id) from model.records where strftime(counted_date, '%Y-%m') = $month)",
            {"month": month},
        )  # fmt: skip
        for metric in facts.metrics.values():
            given = read_rows(
                con,
                f"select area_id, n from {public}.main.counts where metric = ? and grain = 'month' and period = ?",
                [metric.id, month],
            )
            covered = partial(is_covered, facts, metric.id)
            whole = count_by(records, metric, metric.unit, grain="month", by_district=False, is_covered=covered)
            split = count_by(records, metric, metric.unit, grain="month", by_district=True, is_covered=covered)
            for row in given:
                if row["n"] is None:
                    continue
                area = None if row["area_id"] == "unlocated" else row["area_id"]
                expected = whole.get((month, None), 0) if row["area_id"] == "city" else split.get((month, area), 0)
                cells += 1
                if expected != row["n"]:
                    raise CheckFailed(
                        f"{metric.id} in {month} ({row['area_id']}) is {row['n']}, counted again it is {expected}",
                        where="referee", hint="Do not publish: one of the two ways of counting is wrong.",
                    )  # fmt: skip
    return cells
