"""What anybody can recompute from a release alone, in plain Python: counts from packed rows, and the tables of outcomes from each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from harborlight.catalog.models import Metric
from harborlight.metrics.facts import areas_in, default_layer, is_covered, lines_of, load_facts
from harborlight.metrics.query_monthly import is_monthly
from harborlight.metrics.shapes import Facts
from harborlight.publish.outcome_sums import find_outcome_problems
from harborlight.store import Connection, open_release, read_rows

EPOCH = date(1900, 1, 1)
UNIT_COLUMNS = {"victims": "counts_victim", "offenses": "counts_offense", "arrests": "counts_arrest", "firearms": "counts_firearm"}
PACKED = {"events": "packed", "arrests": "packed_arrests", "firearms": "packed_firearms"}


def recompute_sample(public: Path) -> list[str]:
    """Add up the last published year of every metric from single rows, city-wide and by area; returns what differs, in sentences."""
    con = open_release(public)
    facts = load_facts(con, public.parent.name)
    areas = _areas_of_pieces(con, facts)
    problems = []
    for metric in facts.metrics.values():
        if not facts.metric_sources[metric.id]:
            continue
        year = facts.metric_through[metric.id].year
        counts = _count_year(con, facts, metric, year, areas)
        published = read_rows(
            con,
            "select period, area_id, n from counts where metric = ? and grain = 'month' and period like ? and n is not null",
            [metric.id, f"{year}-%"],
        )
        for row in published:
            expected = counts[row["period"], row["area_id"]]
            if row["n"] != expected:
                cell = f"{metric.id} in {row['period']} ({row['area_id']})"
                problems.append(f"{cell} is published as {row['n']}; the records add up to {expected}.")
    problems += find_outcome_problems(con)
    con.close()
    return problems


def _areas_of_pieces(con: Connection, facts: Facts) -> Mapping[int, str] | None:
    """Piece → area in the lines by which `counts` is given; None where areas are those that the sources state."""
    lines = lines_of(facts, default_layer(facts) or "")
    if lines is None:
        return None
    names = {area.ix: area.id for area in lines.areas}
    found = con.execute("select piece, area from piece_areas where lines_ix = ?", [lines.ix]).fetchall()
    return {piece: names[area] for piece, area in found}


def _count_year(
    con: Connection, facts: Facts, metric: Metric, year: int, areas: Mapping[int, str] | None
) -> Counter[tuple[str, str]]:
    """(month, area) → count, with `city` for every area and `unlocated` for none."""
    unit = UNIT_COLUMNS.get(metric.unit) or ("counts_incident_group" if metric.where else "counts_incident")
    wanted = [*metric.where, unit, *([] if metric.sources else ["is_counted"])]
    layer = default_layer(facts) or ""
    lines = lines_of(facts, layer) if is_monthly(metric) else None
    numbered = {ix: area_id for ix, area_id, _ in areas_in(facts, layer, lines.id if lines else None)}
    counts: Counter[tuple[str, str]] = Counter()
    first = (date(year, 1, 1) - EPOCH).days
    for row in read_rows(con, f'select * from {PACKED[metric.table]} where "day" >= ?', [first]):
        day = EPOCH + timedelta(days=row["day"])
        if (
            day.year == year
            and is_covered(facts, metric.id, day)
            and all(row[flag] for flag in wanted)
            and (not metric.sources or facts.sources[row["source"]].id in metric.sources)
        ):
            area = numbered.get(row["area"]) if areas is None or is_monthly(metric) else areas.get(row["piece"])
            for name in ("city", area or "unlocated"):
                counts[f"{day:%Y-%m}", name] += 1
    return counts
