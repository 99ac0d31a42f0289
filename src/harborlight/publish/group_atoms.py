"""Counts people by month, area and group in the private store, and keeps what a closed month was when it was closed.

Schema `kept` of the private store holds those counts: a later release reads them from the store of the run before, so that a
closed month says the same for good and every table still adds up. Nothing here is public.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from harborlight.catalog.groups import CHILDREN, GROUP_COLUMNS, UNLOCATED, GroupSubject, column_of
from harborlight.store import Connection, quote_name, quote_text, read_rows, read_value

COLUMNS = ("subject", "month", "area_id", *GROUP_COLUMNS, "n")
SHAPE = f"subject varchar, month date, area_id varchar, {', '.join(f'{c} varchar' for c in GROUP_COLUMNS)}, n bigint"
# What each kind of row is read from, with the day that it counts on and the columns of its groups.
ROWS = {
    "victims": ("model.victims as v", "v.counted_date", "v.relationship_group", "v.is_counted"),
    "arrests": ("model.arrests as v", "v.arrested_date", "'unknown'", "v.is_counted and v.counts_arrest"),
    "offenses": (
        "(select o.*, p.age_band, p.sex_code, p.race_code, p.ethnicity_code, p.relationship_group, cast(null as uinteger) as piece "
        "from model.offenses as o left join model.victims as p on o.source_id = p.source_id and o.record_id = p.record_id) as v",
        "v.counted_date", "v.relationship_group", "v.is_counted",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class AreaLines:
    """How records get their area: the lines with this number, or (None) the district that the source states."""

    layer: str
    version_id: str
    lines_ix: int | None
    area_ids: tuple[str, ...]


def choose_lines(con: Connection, layer: str, before: str | None) -> AreaLines:
    """One version of the lines for every period: that of the release before while it is known, else the one in force."""
    versions = read_rows(con, "select lines_ix, version_id, is_current from places.versions where layer = ? order by lines_ix", [layer])
    by_id = {str(row["version_id"]): int(row["lines_ix"]) for row in versions}
    current = next((str(row["version_id"]) for row in versions if row["is_current"]), None)
    chosen = before if before in by_id else current
    if chosen is None:
        rows = con.execute("select distinct area_id from staging.places where layer = ? order by 1", [layer]).fetchall()
        return AreaLines(layer, "recorded", None, tuple(row[0] for row in rows))
    rows = con.execute("select area_id from places.areas where lines_ix = ? order by ix", [by_id[chosen]]).fetchall()
    return AreaLines(layer, chosen, by_id[chosen], tuple(row[0] for row in rows))


def count_atoms(con: Connection, subjects: Iterable[GroupSubject], lines: AreaLines) -> None:
    """Create temp table `live_atoms`: what each subject counts now, by month, area and every group that one of its tables tells apart."""
    con.execute(f"create or replace temp table live_atoms ({SHAPE})")
    for subject in subjects:
        con.execute(f"insert into live_atoms {_select(subject, lines)}")


def _select(subject: GroupSubject, lines: AreaLines) -> str:
    rows, day, relationship, counted = ROWS[subject.of]
    used = {c for table in subject.tables for c in (*table.columns, *map(column_of, table.where))}
    columns = {name: f"coalesce(v.{name}, 'unknown')" for name in GROUP_COLUMNS if name != "relationship"}
    columns["relationship"] = f"coalesce({relationship}, 'unknown')"
    picked = ", ".join(f"{sql if name in used else quote_text('all')} as {name}" for name, sql in columns.items())
    by_area = any(table.by_area for table in subject.tables)
    area, joined = quote_text("city"), ""
    if by_area and lines.lines_ix is not None:
        area = f"coalesce(a.area_id, {quote_text(UNLOCATED)})"
        joined = (
            f" left join places.piece_areas as l on l.lines_ix = {lines.lines_ix} and l.piece = v.piece"
            f" left join places.areas as a on a.lines_ix = {lines.lines_ix} and a.ix = l.area"
        )
    elif by_area:
        area = f"coalesce(v.district_id, {quote_text(UNLOCATED)})"
    conditions = ["not v.is_sealed", counted, f"{day} is not null", *(f"v.{quote_name(flag)}" for flag in subject.flags)]
    if subject.offense_group:
        conditions.append(f"v.offense_group = {quote_text(subject.offense_group)}")
    return (
        f"select {quote_text(subject.id)}, cast(date_trunc('month', {day}) as date), {area}, {picked}, count(*) "
        f"from {rows}{joined} where {' and '.join(conditions)} group by all"
    )


# ---------------------------------------------------------------------------------------------- what is kept


def has_kept(con: Connection) -> bool:
    """Whether the store of the run before, attached as `was`, holds kept counts of this shape."""
    found = con.execute(
        "select column_name from duckdb_columns() where database_name = 'was' and schema_name = 'kept' and table_name = 'group_atoms' "
        "order by column_index"
    ).fetchall()
    return tuple(row[0] for row in found) == COLUMNS


def freeze(con: Connection, closed: date, through: Mapping[str, date], known_from: Mapping[str, date]) -> None:
    """Create `kept.group_atoms`: the counts of every month that is closed (`closed` is the last day of the last one).

    Months that the release before had closed (`through`: subject → last day) are copied from the store attached as `was`;
    all others are counted now. `known_from` is where the record of a subject begins.
    """
    con.execute("create schema if not exists kept")
    con.execute(f"create or replace table kept.group_atoms ({SHAPE})")
    for (subject,) in con.execute("select distinct subject from live_atoms order by 1").fetchall():
        edge = through.get(subject, date.min)
        first = max(known_from.get(subject, date.min), date(1, 1, 1))
        con.execute(
            "insert into kept.group_atoms select * from live_atoms where subject = $subject and month > $edge and month <= $closed "
            "and month >= $first", {"subject": subject, "edge": edge, "closed": closed, "first": first.replace(day=1)},
        )  # fmt: skip
    if through and has_kept(con):
        for subject, edge in through.items():
            con.execute(
                "insert into kept.group_atoms select * from was.kept.group_atoms where subject = $subject and month <= $edge",
                {"subject": subject, "edge": edge},
            )


def known_since(con: Connection, column: str, of: str) -> date | None:
    """The first counted day of the earliest source that ever says more of a group than `unknown`; None where none does."""
    rows, day, relationship, counted = ROWS[of]
    name = relationship if column == "relationship" else f"v.{column}"
    known: date | None = read_value(
        con, f"select min(first) from (select min({day}) as first from {rows} where {counted} group by v.source_id "
        f"having bool_or(coalesce({name}, 'unknown') <> 'unknown'))",
    )  # fmt: skip
    return known


def supplied_since(con: Connection, offense_group: str) -> date | None:
    """The day from which a source is declared to give the count of a group of offenses, whether or not it ever has one to give.

    An older counting system tells only some groups apart: such a source counts from its first month if the group ever occurs in it. None
    where no source is declared to know the group.
    """
    known: date | None = read_value(
        con, "with sources as (select source_id, any_value(counting_system) as system, date_trunc('month', min(event_date))::date as first, "
        "coalesce(bool_or(offense_group = $group), false) as occurs from model.records group by 1) "
        "select min(greatest(s.date_from, d.first)) from staging.supplies as s join sources as d on s.source_id = d.source_id "
        "where s.offense_group = $group and (d.system = 'nibrs' or d.occurs) and greatest(s.date_from, d.first) <= s.date_to",
        {"group": offense_group},
    )  # fmt: skip
    return known


def read_counts(
    con: Connection, source: str, subject: str, grain: str, columns: Sequence[str], where: Mapping[str, Sequence[str]], *,
    by_area: bool = False, wide: bool = True,
) -> dict[tuple[date, str, tuple[str, ...]], int]:  # fmt: skip
    """(first day of the period, area, groups in the order of `columns`) → count, `all` and `city` where summed. Zeros are left out.

    `where` keeps the listed groups of a column. `source` is `live_atoms` or `kept.group_atoms`, `wide`: all children are one band.
    """
    every = (["area_id"] if by_area else []) + list(columns)
    cube = f"cube ({', '.join(every)})" if every else "()"
    area = "coalesce(area_id, 'city')" if by_area else "'city'"
    groups = ", ".join(f"coalesce({c}, 'all') as {c}" for c in columns)
    conditions = [f"{column} in ({', '.join(quote_text(v) for v in values)})" for column, values in where.items()]
    bands = f"case when age_band in ('0-9', '10-17') then '{CHILDREN}' else age_band end"
    atoms = f"(select * replace ({bands} as age_band) from {source})" if wide else source
    rows = con.execute(
        f"select cast(date_trunc('{grain}', month) as date) as first, {area} as area{', ' + groups if groups else ''}, sum(n)::bigint as n "
        f"from {atoms} where {' and '.join(['subject = $subject', *conditions])} group by date_trunc('{grain}', month)"
        f"{', ' + cube if every else ''}",
        {"subject": subject},
    ).fetchall()
    return {(row[0], row[1], tuple(row[2:-1])): int(row[-1]) for row in rows}
