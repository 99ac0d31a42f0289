"""What a store with the removed rows says more than one without them: rows stripped to what is published of every row, and counts.

In: the store without, with the other one attached as `b`. Out: CSV files of a new `sealed/` folder: the earlier ones with the
differences added. Nothing finer than a published count or a row of the packed tables is written.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harborlight.publish.facts import DATED_ROWS
from harborlight.publish.groups import read_open_counts
from harborlight.staging.removed import ARRESTS, BOOKS, GROUPS, RECORDS
from harborlight.store import Connection, quote_name, quote_text, read_rows, read_value, write_rows

# A sealed row lies at the first public point of its piece of the map; where the piece has none, on a grid of about a hundred meters.
NODE = (
    "left join (select piece, min_by(longitude, snap) as x, min_by(latitude, snap) as y from places.snap_points group by piece) as n "
    "on n.piece = {piece}"
)
PLACE = "coalesce(n.x, round({x}, 3)) as longitude, coalesce(n.y, round({y}, 3)) as latitude"


def prepare(con: Connection, data: Path) -> None:
    """In the store with the rows: lay out, in schema `removal`, what may be kept of each row. Views cannot be read from outside."""
    con.execute("create schema removal")
    seen, joined = "cast(null as date)", ""
    if _has_seen(con, data):
        seen, joined = "h.day", "left join was.history.seen as h on h.source_id = r.source_id and h.record_id = r.record_id"
    con.execute(
        "create table removal.records as select r.source_id, r.record_id, r.incident_id, "
        "m.tier = 'T0' and not m.is_unfounded as is_kept, "
        f"m.offense_code is null as is_unclassified, extract(year from m.counted_date)::integer as \"year\", {seen} as seen_date, "
        "r.occurred_date, r.died_date, r.ruled_date, r.district_name, m.offense_code, r.weapon_code, r.victim_type_code, r.injury_code, "
        f"r.is_gun, r.is_shooting, r.is_justified, {PLACE.format(x='p.x', y='p.y')} "
        "from staging.records as r join model.records as m on m.source_id = r.source_id and m.record_id = r.record_id "
        # Only what is located has a place to keep.
        "left join (select distinct longitude as x, latitude as y from places.points where piece is not null) as p "
        "on p.x = r.longitude and p.y = r.latitude "
        f"{NODE.format(piece='m.piece')} {joined}"
    )
    con.execute(
        "create table removal.arrests as select a.source_id, a.arrest_id, a.arrested_date, a.district_name, "
        f"{PLACE.format(x='g.longitude', y='g.latitude')} "
        "from staging.arrests as a left join places.points as g on g.longitude = a.longitude and g.latitude = a.latitude and g.piece is not null "
        f"{NODE.format(piece='g.piece')}"
    )
    dated = " union all ".join(f'select source_id, extract(year from {day})::integer as "year" from {table}' for table, day in _court_rows())
    con.execute(f"create table removal.years as select source_id, \"year\", count(*) as n from ({dated}) group by all")
    write_rows(con, "removal.groups", GROUPS, read_open_counts(con))
    con.execute(f"create table removal.edges as {_edges()}")
    con.execute("detach database if exists was")


def _edges() -> str:
    """SELECT of the first and last day of every source."""
    tables = [("model.records", "occurred_date"), *DATED_ROWS.values()]
    days = " union all ".join(f'select source_id, {day} as "day" from {table}' for table, day in tables)
    return f'select source_id, unnest([min("day"), max("day")]) as "day" from ({days}) where "day" is not null group by source_id'


def _court_rows() -> list[tuple[str, str]]:
    """Tables of rows that are counts and nothing else once they are removed, and their day."""
    return [DATED_ROWS[kind] for kind in ("cases", "charges", "sentences")]


def _has_seen(con: Connection, data: Path) -> bool:
    """Attach the store of the last run as `was`, where it knows since when records were seen."""
    path = data / "private.duckdb"
    if not path.is_file():
        return False
    con.execute(f"attach {quote_text(str(path))} as was (read_only)")
    tables = "select count(*) from duckdb_tables() where database_name = 'was' and schema_name = 'history' and table_name = 'seen'"
    return bool(read_value(con, tables))


def keep_rows(con: Connection, folder: Path, make_token: Callable[[], str], data: Path) -> int:
    """Write `records.csv` and `arrests.csv`: the sealed rows there were, and those that are new. Returns how many rows are gone."""
    for table, name, key in (("gone", "records", "record_id"), ("gone_arrests", "arrests", "arrest_id")):
        con.execute(
            f"create temp table {table} as select b.* from b.removal.{name} as b anti join staging.{name} as a using (source_id, {key})"
        )
    for name in ("books", "groups"):
        con.execute(f"create temp table earlier_{name} as select * from sealed.{name}")
    salt = make_token()
    # A number that nothing can be worked out from, the same for all rows of an incident; rows keep their order in it.
    token = f"left(sha256({quote_text(salt)} || random()::varchar || {{own}}), 16)"
    for table, name, key in (("gone", "tokens", "incident_id"), ("gone_arrests", "arrest_tokens", "arrest_id")):
        con.execute(
            f"create temp table {name} as select source_id, {key}, {token.format(own=key)} as token "
            f"from (select distinct source_id, {key} from {table})"
        )
    kept = ", ".join(f"g.{name}" for name in RECORDS if name not in ("source_id", "record_id", "incident_id"))
    con.execute(
        "insert into sealed.records by name select g.source_id, t.token || '-' || "
        "lpad(cast(row_number() over (partition by g.source_id, g.incident_id order by g.record_id) as varchar), 6, '0') as record_id, "
        f"t.token as incident_id, {kept} from gone as g join tokens as t using (source_id, incident_id) where g.is_kept"
    )
    of_arrest = ", ".join(f"g.{name}" for name in ARRESTS if name not in ("source_id", "arrest_id"))
    con.execute(
        f"insert into sealed.arrests by name select g.source_id, t.token as arrest_id, {of_arrest} "
        "from gone_arrests as g join arrest_tokens as t using (source_id, arrest_id)"
    )
    for name in ("records", "arrests"):
        _write(con, f"select * from sealed.{name} order by all", folder / f"{name}.csv")
    return int(read_value(con, "select (select count(*) from gone) + (select count(*) from gone_arrests)"))


def keep_books(con: Connection, folder: Path) -> None:
    """Write `books.csv`: accepted rows that are no sealed rows, what was refused or there twice, by source and year, and places."""
    con.execute("create temp table book (source_id varchar, part varchar, reason varchar, \"year\" integer, n bigint)")
    con.execute("insert into book select * from earlier_books")
    for part, where in (("accepted", "not is_kept"), ("unclassified", "not is_kept and is_unclassified")):
        con.execute(f"insert into book select source_id, '{part}', '', \"year\", count(*) from gone where {where} group by 1, 4")
    # Which codes a source ever gave is told, how often is not.
    con.execute(
        "insert into book select distinct source_id, 'code', offense_code, null::integer, 1 from gone where not is_kept and offense_code is not null "
        "and (source_id, offense_code) not in (select (source_id, reason) from earlier_books where part = 'code')"
    )
    for part in ("duplicate", "conflicting", "corrected"):
        con.execute(
            f"insert into book select b.source_id, '{part}', '', null, b.{part} - a.{part} from b.staging.sources as b "
            f"join staging.sources as a using (source_id) where b.{part} <> a.{part}"
        )
    con.execute(
        "insert into book select source_id, 'rejected', reason, null, sum(n) from (select source_id, reason, n from b.staging.rejects "
        "union all select source_id, reason, -n from staging.rejects) group by 1, 3 having sum(n) <> 0"
    )
    con.execute(
        "insert into book select source_id, 'edge', cast(\"day\" as varchar), null, 1 from (select * from b.removal.edges except "
        f"select * from ({_edges()})) where (source_id, cast(\"day\" as varchar)) not in "
        "(select (source_id, reason) from earlier_books where part = 'edge')"
    )
    keep_places(con)
    _write_rest(con)
    columns = ", ".join(quote_name(name) for name in BOOKS if name != "n")
    _write(con, f"select {columns}, sum(n)::bigint as n from book group by all having sum(n) <> 0 order by all", folder / "books.csv")


def keep_places(con: Connection) -> None:
    """Add to the book how many places only removed rows had, and nothing of where."""
    for reason in ("shown", "not_shown"):
        con.execute(
            f"insert into book select null, 'place', '{reason}', null, b.n_{reason} - a.n_{reason} "
            "from b.metric.displacement as b cross join metric.displacement as a"
        )


def _write_rest(con: Connection) -> None:
    """Accepted rows of every other kind of source: theirs are counts only."""
    dated = " union all ".join(f'select source_id, extract(year from {day})::integer as "year", -1 as n from {table}' for table, day in _court_rows())
    con.execute(
        "create temp table years as select source_id, \"year\", sum(n)::bigint as n from (select * from b.removal.years union all "
        f"{dated}) where \"year\" is not null group by 1, 2 having sum(n) <> 0"
    )
    con.execute("insert into book select source_id, 'accepted', '', \"year\", n from years")
    con.execute(
        "insert into book select b.source_id, 'accepted', '', null, b.accepted - a.accepted - coalesce(g.n, 0) from b.staging.sources as b "
        "join staging.sources as a using (source_id) left join (select source_id, sum(n) as n from (select source_id, 1 as n from gone union all "
        "select source_id, 1 from gone_arrests union all select source_id, n from years) group by 1) as g using (source_id) "
        "where b.accepted - a.accepted <> coalesce(g.n, 0)"
    )


def keep_cubes(con: Connection, folder: Path, data: Path) -> None:
    """Write one file for every cube of counts: what was sealed before, and what the removed rows had added."""
    tables = "select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'outcome' order by 1"
    for (name,) in con.execute(tables).fetchall():
        columns = [row["column_name"] for row in read_rows(con, f"describe outcome.{quote_name(name)}")]
        dims, earlier = ", ".join(quote_name(column) for column in columns if column != "n"), data / "sealed" / f"{name}.csv"
        parts = [f"select * from b.outcome.{quote_name(name)}", f"select * replace (-n as n) from outcome.{quote_name(name)}"]
        if earlier.is_file():
            parts.append(_read(con, name, earlier))
        every = " union all ".join(parts)
        _write(con, f"select {dims}, sum(n)::bigint as n from ({every}) group by all having sum(n) <> 0 order by all", folder / f"{name}.csv")


def keep_groups(con: Connection, folder: Path) -> None:
    """Write `groups.csv`: what the removed rows had added to open tables of groups, which tell at most one group apart."""
    con.execute("create schema removal")
    write_rows(con, "removal.groups", GROUPS, read_open_counts(con))
    dims, mine = ", ".join(name for name in GROUPS if name != "n"), "select * replace (-n as n) from removal.groups"
    every = f"select * from earlier_groups union all select * from b.removal.groups union all {mine}"
    _write(con, f"select {dims}, sum(n)::bigint as n from ({every}) group by all having sum(n) <> 0 order by all", folder / "groups.csv")


def _read(con: Connection, cube: str, path: Path) -> str:
    """SELECT of the sealed counts that there are, in the types of the cube."""
    shape = {row["column_name"]: row["column_type"] for row in read_rows(con, f"describe outcome.{quote_name(cube)}")}
    columns = ", ".join(f"{quote_text(name)}: {quote_text(kind)}" for name, kind in shape.items())
    dialect = f"header = true, auto_detect = false, columns = {{{columns}}}, delim = ',', quote = '\"', escape = '\"'"
    return f"select * from read_csv({quote_text(str(path))}, {dialect})"


def _write(con: Connection, select: str, path: Path) -> None:
    con.execute(f"copy ({select}) to {quote_text(str(path))} (format csv, header)")
