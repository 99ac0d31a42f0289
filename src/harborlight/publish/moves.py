"""What became of each record since the release before: private, and only sums of it ever leave.

Records are compared in the open view alone (tier T0), before and now: one that becomes sensitive, one that waits for a code and
one that the source deleted look the same from here, so no sum can tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from harborlight.catalog.models import Metric
from harborlight.log import get_logger
from harborlight.metrics.facts import default_layer, lines_of
from harborlight.metrics.shapes import Facts
from harborlight.store import Connection, StoreError, error_words, quote_name, quote_text, read_value

log = get_logger("publish")
UNIT_COLUMNS = {"victims": "counts_victim", "offenses": "counts_offense"}
# What a record's move means for a count, in the order in which each is asked.
CAUSE = """case
    when not b_there and a_day > {through} then 'new_days'
    when not b_there then 'late'
    when not a_there then 'restated'
    when a_is_unfounded and not b_is_unfounded then 'unfounded'
    when a_code is distinct from b_code then 'reclassified'
    else 'restated'
end"""


def make_moves(con: Connection, facts: Facts, release_id: str, *, same_lines: bool) -> bool:
    """Create temp table `moved`: one row per open record that is new, gone or changed since a release.

    Columns `a_` are those of now, `b_` those of before, which are read from the store attached as `was`. False where that store
    does not know the release, or was written in another shape. Areas are compared only where the lines are the same.
    """
    try:
        flags = _flags(con)
        before = _before(con, release_id, facts, flags, same_lines)
        if before is None:
            return False
        con.execute(f"create or replace temp view now_open as {_state(quote_name(_home(con)), facts, flags, same_lines)}")
        con.execute(f"create or replace temp view was_open as {before}")
        _compare(con, flags)
    except StoreError as error:
        log.warning("single records cannot be compared with the release before: %s", error_words(error))
        return False
    return True


def _home(con: Connection) -> str:
    return str(read_value(con, "select current_database()"))


def _flags(con: Connection) -> list[str]:
    """Conditions that a record can meet: every boolean column of the events."""
    rows = con.execute(
        "select column_name from duckdb_columns() where database_name = current_database() and schema_name = 'model' "
        "and table_name = 'events' and data_type = 'BOOLEAN' order by column_index"
    ).fetchall()
    return [name for (name,) in rows]


def _before(con: Connection, release_id: str, facts: Facts, flags: list[str], same_lines: bool) -> str | None:
    """The open records of a release, from the run that made it or as carried by a later one."""
    if read_value(con, "select count(*) from was.history.run where release_id = ?", [release_id]):
        return _state("was", facts, flags, same_lines)
    kept = "select count(*) from duckdb_tables() where database_name = 'was' and schema_name = 'history' and table_name = 'published_id'"
    if not read_value(con, kept):
        return None
    is_kept = read_value(con, "select count(*) from was.history.published_id where release_id = ?", [release_id])
    return "select * from was.history.published" if is_kept else None


def _state(database: str, facts: Facts, flags: list[str], same_lines: bool) -> str:
    """SELECT of the open records of a store: key, offense, day, area by the lines in force, and the conditions met."""
    layer = default_layer(facts) or ""
    area, joined = "cast(null as varchar)", ""
    if same_lines and lines_of(facts, layer) is None:
        area = "r.district_id"
    elif same_lines:
        area = "g.area_id"
        joined = (
            f"left join (select p.piece, n.area_id from {database}.places.piece_areas as p "
            f"join {database}.places.versions as v on v.lines_ix = p.lines_ix and v.is_current and v.layer = {quote_text(layer)} "
            f"join {database}.places.areas as n on n.lines_ix = p.lines_ix and n.ix = p.area) as g on g.piece = r.piece"
        )
    conditions = ", ".join(f"coalesce(e.{name}, false) as {name}" for name in flags)
    return (
        f'select r.source_id, r.record_id, r.offense_group as "group", r.offense_code as code, r.is_unfounded, r.counted_date as "day", '
        f"{area} as area, {conditions} from {database}.model.records as r "
        f"left join {database}.model.events as e on e.source_id = r.source_id and e.record_id = r.record_id {joined} where r.tier = 'T0'"
    )


def _compare(con: Connection, flags: list[str]) -> None:
    columns = ["group", "code", "is_unfounded", "day", "area", *flags]
    listed = ", ".join(quote_name(name) for name in columns)
    keyed = f"select source_id, record_id, hash({listed}) as seal from"
    con.execute(
        "create or replace temp table moved_keys as select coalesce(a.source_id, b.source_id) as source_id, "
        f"coalesce(a.record_id, b.record_id) as record_id from ({keyed} now_open) as a full join ({keyed} was_open) as b "
        "on a.source_id = b.source_id and a.record_id = b.record_id where a.seal is distinct from b.seal"
    )
    sides = [f"{side}.record_id is not null as {side}_there" for side in "ab"]
    sides += [f"{side}.{quote_name(name)} as {side}_{name}" for side in "ab" for name in columns]
    con.execute(
        f"create or replace temp table moved as select k.source_id, k.record_id, {', '.join(sides)} from moved_keys as k "
        "left join now_open as a on a.source_id = k.source_id and a.record_id = k.record_id "
        "left join was_open as b on b.source_id = k.source_id and b.record_id = k.record_id"
    )


# ------------------------------------------------------------------------------------------------- sums


def make_parts(con: Connection, facts: Facts, metrics: Iterable[Metric], through: dict[str, date]) -> None:
    """Create temp table `parts`: by metric, month and area, how many records each cause brought (+) or took (-).

    `through` are the last covered days of the release before.
    """
    con.execute("create or replace temp table parts (metric varchar, period varchar, area_id varchar, cause varchar, n bigint)")
    for metric in metrics:
        if metric.table != "events" or metric.id not in through:
            continue
        cause = CAUSE.format(through=f"date '{through[metric.id].isoformat()}'")
        sides = " union all ".join(
            f"select {side}_day as day, {side}_area as area, {cause} as cause, {sign} as sign from moved "
            f"where {side}_there and {counts_in(facts, metric, f'{side}_', f'{side}_day')}"
            for side, sign in (("a", 1), ("b", -1))
        )
        con.execute(
            "insert into parts select $metric, coalesce(strftime(day, '%Y-%m'), 'undated'), coalesce(area, 'unlocated'), cause, sum(sign) "
            f"from ({sides}) group by all having sum(sign) <> 0", {"metric": metric.id},
        )  # fmt: skip


def counts_in(facts: Facts, metric: Metric, mark: str = "", day: str = "counted_date") -> str:
    """The condition under which a record counts in a metric; `mark` stands before every column of conditions."""
    unit = UNIT_COLUMNS.get(metric.unit) or ("counts_incident_group" if metric.where else "counts_incident")
    wanted = [unit, *metric.where, *([] if metric.sources else ["is_counted"])]
    conditions = [*(f"{mark}{flag}" for flag in wanted), *(f"not {mark}{flag}" for flag in metric.where_not)]
    if metric.sources:
        conditions.append(f"source_id in ({', '.join(quote_text(source) for source in metric.sources)})")
    first, last = facts.metric_from[metric.id], facts.metric_through[metric.id]
    covered = f"{day} between date '{first.isoformat()}' and date '{last.isoformat()}'"
    for gap in facts.missing:
        if gap.metric == metric.id:
            start, end = gap.date_from or date(1, 1, 1), gap.date_to or date(9999, 12, 31)
            covered += f" and {day} not between date '{start.isoformat()}' and date '{end.isoformat()}'"
    return " and ".join([*conditions, f"coalesce({covered}, true)"])


def make_flows(con: Connection, today: date) -> str:
    """SELECT of the flows that this release adds: open offenses that moved to another group or year, or proved unfounded.

    Summed by district and calendar year, never finer; what enters or leaves the open view is not in it.
    """
    return (
        "select cast(extract(year from b_day) as varchar) as period, cast(extract(year from a_day) as varchar) as to_period, "
        "b_group as from_group, case when a_is_unfounded then 'unfounded' else a_group end as to_group, "
        f"coalesce(a_area, 'unlocated') as area_id, count(*)::bigint as n, date '{today.isoformat()}' as known_on from moved "
        "where a_there and b_there and b_counts_offense and b_is_counted and (a_is_counted or a_is_unfounded or a_group <> b_group) "
        "and (b_group <> a_group or a_is_unfounded or extract(year from a_day) is distinct from extract(year from b_day)) "
        "group by all order by all"
    )
