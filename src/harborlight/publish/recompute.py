"""What anybody can recompute from a release alone: sums of the packed table, in plain Python, against published counts."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from harborlight.metrics.facts import is_covered, load_facts
from harborlight.store import open_release, read_rows

EPOCH = date(1900, 1, 1)
UNIT_COLUMNS = {"victims": "counts_victim", "offenses": "counts_offense"}


def recompute_sample(public: Path) -> list[str]:
    """Add up the last published year of every metric from single records; returns what differs, in sentences."""
    con = open_release(public)
    facts = load_facts(con, public.parent.name)
    problems = []
    for metric in facts.metrics.values():
        if not facts.metric_sources[metric.id]:
            continue
        year = facts.metric_through[metric.id].year
        unit = UNIT_COLUMNS.get(metric.unit) or ("counts_incident_group" if metric.where else "counts_incident")
        wanted = [*metric.where, unit, *([] if metric.sources else ["is_counted"])]
        counts: Counter[str] = Counter()
        first = (date(year, 1, 1) - EPOCH).days
        for record in read_rows(con, 'select * from packed where "day" >= ?', [first]):
            day = EPOCH + timedelta(days=record["day"])
            source = facts.sources[record["source"]].id
            if (
                day.year == year
                and is_covered(facts, metric.id, day)
                and all(record[flag] for flag in wanted)
                and (not metric.sources or source in metric.sources)
            ):
                counts[f"{day:%Y-%m}"] += 1
        published = read_rows(
            con,
            "select period, n from counts where metric = ? and grain = 'month' and area_id = 'city' and period like ?",
            [metric.id, f"{year}-%"],
        )
        for row in published:
            if row["n"] is not None and row["n"] != counts[row["period"]]:
                problems.append(
                    f"{metric.id} in {row['period']} is published as {row['n']}; the records add up to {counts[row['period']]}."
                )
    con.close()
    return problems
