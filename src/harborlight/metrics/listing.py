"""Single records as they may be listed: a page of the rows of table `records`, narrowed by a question, newest first.

What narrows must be something that the rows themselves say, or else the answers would tell more than the table: an area that no
column names is asked of the public point, so that a record without one is in no such answer. Pages are cut by the number of
the last row (a keyset), which holds as long as the release does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harborlight.catalog.models import Metric
from harborlight.errors import QueryError
from harborlight.metrics.compile import compile_listed
from harborlight.metrics.facts import areas_in, lines_by_id
from harborlight.metrics.query import PARAMETERS, parse_query
from harborlight.metrics.shapes import RECORDED, Facts, Query
from harborlight.metrics.shapes_on_map import snaps_inside
from harborlight.store import Connection, read_rows

# Every record of this measure that may be listed stands in table `records`, and no other.
MEASURE = "incidents"
# The layer whose areas the rows name: as stated, and by the lines in force.
NAMED_LAYER = "police_district"
NOT_LISTED = ("by", "unit", "rule", "justified", "known", "format")
PAGING = ("limit", "next", "format")
NARROWING = tuple(name for name in PARAMETERS if name not in NOT_LISTED)
COLUMNS = (
    "date", "hour", "offense_code", "offense_name", "offense_group", "police_district", "located_district", "longitude", "latitude",
    "weapon_code", "source_id", "counting_system", "counts_incident", "counts_offense", "counts_victim", "is_nonfatal_shooting",
)  # fmt: skip
ROWS = """
select
    {at} as place,
    date '1900-01-01' + cast(p."day" as integer) as "date",
    p."hour",
    o.code as offense_code,
    o.name as offense_name,
    o.offense_group,
    a.area_id as police_district,
    d.area_id as located_district,
    g.longitude,
    g.latitude,
    case p.weapon when 0 then 'none' when 1 then 'firearm' when 2 then 'knife' when 3 then 'hands' when 4 then 'other' end as weapon_code,
    s.source_id,
    s.counting_system,
    p.counts_incident,
    p.counts_offense,
    p.counts_victim,
    p.is_nonfatal_shooting
from packed as p
inner join offenses as o on p.offense = o.ix
inner join source_codes as s on p."source" = s.ix
left join areas as a on a.layer = 'police_district' and a.version_id = 'recorded' and p.area = a.ix
left join (
    select l.piece, c.area_id
    from area_versions as v
    inner join piece_areas as l on v.lines_ix = l.lines_ix
    inner join areas as c on l.lines_ix = c.lines_ix and l.area = c.ix
    where v.layer = 'police_district' and v.is_current
) as d on p.piece = d.piece
left join snap_points as g on p.snap = g.snap
where p.rowid in (select cast(unnest(string_split($rows, ',')) as bigint)) and p.is_counted and p.is_listed
order by place desc
"""
# Newest first, records without a date last; of one day in the order of the table. One number, so that a page can begin behind it.
AT = 'coalesce(cast(p."day" as bigint), 0) * 4294967296 + p.rowid'


def parse_listed(params: Sequence[tuple[str, str]], facts: Facts) -> Query:
    """A question that narrows the list, by the grammar of every question. Raises QueryError (status 400)."""
    for name, _ in params:
        if name not in NARROWING:
            raise QueryError("This parameter is not known.", parameter=name[:40], allowed=[*NARROWING, *PAGING])
    query = parse_query(params, listed_metric(facts), facts)
    if query.area is not None and query.lines == RECORDED and query.layer != NAMED_LAYER:
        raise QueryError("The list does not say areas of this layer as the source states them.", parameter="lines", allowed=["a date"])
    return query


def listed_metric(facts: Facts) -> Metric:
    """The measure that lends the list its grammar. Raises QueryError (404) where the release has no records."""
    metric = facts.metrics.get(MEASURE)
    if metric is None or not facts.metric_sources[MEASURE]:
        raise QueryError("This release lists no records.", code="not_found", status=404)
    return metric


def read_listed(con: Connection, facts: Facts, query: Query, *, before: int | None, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """(at most `limit` rows behind place `before` (see `AT`), place of the last one where more follow)."""
    metric = listed_metric(facts)
    scan = compile_listed(facts, metric, replace(query, area=None), snaps_inside(con, query))
    conditions, params = [*scan.conditions], dict(scan.params)
    if query.area is not None:
        conditions.append(_area_condition(facts, query))
        params |= {"area": next(ix for ix, area_id, _ in areas_in(facts, query.layer or "", query.lines) if area_id == query.area)}
        lines = lines_by_id(facts, query.layer or "", query.lines)
        params |= {"lines": lines.ix} if lines else {}
    if before is not None:
        conditions.append(f"{AT.replace('p.', 't.')} < $before")
        params["before"] = before
    sql = f"select {AT.replace('p.', 't.')} as place from {scan.tables} where {' and '.join(conditions)} order by place desc limit {int(limit) + 1}"
    found = [int(number) for (number,) in con.execute(sql, params).fetchall()]
    if not found:
        return [], None
    rows = read_rows(con, ROWS.format(at=AT), {"rows": ",".join(str(at % 4294967296) for at in found[:limit])})
    return [{name: row[name] for name in COLUMNS} for row in rows], found[limit - 1] if len(found) > limit else None


def _area_condition(facts: Facts, query: Query) -> str:
    """By a column of the rows where one names the area, otherwise by their public point."""
    lines = lines_by_id(facts, query.layer or "", query.lines)
    if lines is None:
        return "area = $area"
    if query.layer == NAMED_LAYER and lines.is_current:
        return "piece in (select piece from piece_areas where lines_ix = $lines and area = $area)"
    return (
        "snap in (select s.snap from snap_points as s join piece_areas as l on l.piece = s.piece "
        "where l.lines_ix = $lines and l.area = $area)"
    )
