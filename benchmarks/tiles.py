"""A map tile over the whole city at zoom 11, filters asked at random, from a release's table of a million incidents.

    python benchmarks/tiles.py [--rows 1000000] [--asks 60] [--postgis DSN]

Prints the 95th percentile, nothing cached but the data (goal: at most 60 ms on 2 cores), the size of a gzipped tile, and
the same grid from PostGIS with ST_AsMVT where `psql` reaches a database with the extension, with the ratio of the medians.
"""

from __future__ import annotations

import argparse
import gzip
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from harborlight import demo
from harborlight.catalog import load_catalog
from harborlight.metrics import tiles
from harborlight.metrics.shapes import Facts, Offense, Query, SourceFacts
from harborlight.store import Connection, open_release
from harborlight.web.mvt import cells_tile

ZOOM = 11
FIRST, LAST = date(2016, 1, 1), date(2025, 12, 31)
GROUPS = ("burglary", "robbery", "auto_theft", "aggravated_assault", "larceny", "simple_assault", "vandalism", "fraud")
# One tile wide and high; the corner is that of a tile of zoom 11.
LEFT, TOP = 637 << 21, 797 << 21
TABLE = """
create table tiles as select * from (
    select
        (42368 + hash(i) % 3653)::usmallint as "day", (42368 + hash(i) % 3653)::integer as d,
        ((date_diff('month', date '1900-01-01', date '2016-01-01' + (hash(i) % 3653)::integer)))::usmallint as "month",
        (hash(i * 3) % 24)::utinyint as "hour", (hash(i * 5) % 40)::utinyint as offense, (hash(i * 7) % 9)::utinyint as area,
        (hash(i * 11) % 600)::uinteger as piece, (hash(i * 13) % 12000)::uinteger as snap, 0::utinyint as "source",
        true as counts_incident, true as counts_incident_group, true as counts_incident_code, true as counts_offense, true as counts_victim,
        true as is_counted, true as is_listed, null::uinteger as incident
    from range({rows}) as t (i)
) as r
join (
    select s::uinteger as snap, ({left} + hash(s * 17) % 2097152)::uinteger as x, ({top} + hash(s * 19) % 2097152)::uinteger as y
    from range(12000) as p (s)
) as p using (snap)
order by x // 262144, y // 262144, snap, "day", offense
"""


def make_release(path: Path, rows: int) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute(TABLE.format(rows=rows, left=LEFT, top=TOP))
        con.execute("alter table tiles drop d")
        con.execute("create table snap_points as select distinct snap, x, y from tiles order by snap")


def make_facts() -> Facts:
    """Just enough of a release's facts to ask it: the measures that ship, one source, forty offense codes."""
    catalog = load_catalog(demo.city_folder())
    offenses = tuple(
        Offense(f"X{i:02}", f"Offense {i}", GROUPS[i % 8], GROUPS[i % 8], "property", "T0", i, i % 8) for i in range(40)
    )
    names = SourceFacts.__dataclass_fields__
    source = SourceFacts(**dict.fromkeys(names) | {"id": "reports", "counting_system": "nibrs"})  # type: ignore[arg-type]
    return Facts(
        release_id="benchmark", city=catalog.city, metrics=catalog.metrics, layers={}, sources=(source,), offenses=offenses, areas={}, missing=(),
        data_from=FIRST, data_through=LAST, metric_through=dict.fromkeys(catalog.metrics, LAST), metric_from=dict.fromkeys(catalog.metrics, FIRST),
        provisional_from={}, metric_sources={}, being_classified=0, sensitive_through=None,
    )  # fmt: skip


def questions(amount: int) -> list[Query]:
    """Filters as readers set them: half without an offense, a third at night or by day, spans of a month to ten years."""
    draw = random.Random(20260101)
    found = []
    for _ in range(amount):
        days = draw.choice((28, 91, 365, 1096, 3653))
        start = FIRST + timedelta(days=draw.randrange(3653 - days + 1))
        groups = tuple(sorted(draw.sample(GROUPS, draw.randint(1, 3)))) if draw.random() < 0.5 else ()
        found.append(Query("incidents", start, start + timedelta(days=days - 1), offenses=groups, unit="offenses",
                           hours=draw.choice((None, None, "day", "night"))))  # fmt: skip
    return found


def ask(con: Connection, facts: Facts, query: Query) -> bytes:
    x, y = LEFT >> 21, TOP >> 21
    return cells_tile(
        tiles.read_cells(con, facts, query, 32 - ZOOM - tiles.CELL_BITS, tiles.tile_box(ZOOM, x, y)), x, y
    )


def timed(work: Callable[[Query], object], queries: list[Query]) -> list[float]:
    """Milliseconds of each question, all asked once before."""
    for query in queries[:5]:
        work(query)
    found = []
    for query in queries:
        start = time.perf_counter()
        work(query)
        found.append((time.perf_counter() - start) * 1000)
    return found


# ------------------------------------------------------------------------------------------------- PostGIS


def ask_postgis(dsn: str, path: Path, queries: list[Query], facts: Facts) -> list[float] | None:
    """The same counts of the same grid by ST_AsMVT, timed inside the server; None where there is no such database."""
    if not shutil.which("psql"):
        return None
    try:
        installed = _psql(dsn, "select extname from pg_extension where extname = 'postgis'")
    except RuntimeError:
        return None
    if "postgis" not in installed:
        return None
    with duckdb.connect(str(path), read_only=True) as con:
        file = path.with_suffix(".csv")
        con.execute(f'copy (select "day", "hour", offense, x, y from tiles) to \'{file}\' (header)')
    columns = "day integer, hour smallint, offense smallint, x bigint, y bigint, place geometry"
    _psql(dsn, f"drop table if exists tiles_benchmark; create unlogged table tiles_benchmark ({columns})")
    _psql(dsn, f"\\copy tiles_benchmark (day, hour, offense, x, y) from '{file}' csv header")
    _psql(dsn, "update tiles_benchmark set place = st_point(x, y); create index on tiles_benchmark using gist (place)")
    _psql(dsn, "vacuum full analyze tiles_benchmark")
    statements = [_grid(query, facts) for query in queries]
    lines = _psql(dsn, "\\timing on\n" + ";\n".join([*statements[:5], *statements]) + ";").splitlines()
    return [float(line.split()[1]) for line in lines if line.startswith("Time:")][-len(queries) :]


def _grid(query: Query, facts: Facts) -> str:
    """The statement that draws the same cells."""
    side, end = 1 << (32 - ZOOM - tiles.CELL_BITS), (1 << 21) - 1
    box = f"st_makeenvelope({LEFT}, {TOP}, {LEFT + end}, {TOP + end})"
    where = [f"day between {(query.date_from - date(1900, 1, 1)).days} and {(query.date_to - date(1900, 1, 1)).days}"]
    if query.hours:
        where.append("hour between 6 and 17" if query.hours == "day" else "hour not between 6 and 17")
    if codes := ",".join(str(o.ix) for o in facts.offenses if o.group in query.offenses):
        where.append(f"offense in ({codes})")
    counted = (
        f"select x / {side} as c, y / {side} as r, count(*) as n from tiles_benchmark "
        f"where place && {box} and {' and '.join(where)} group by 1, 2"
    )
    cell = f"st_makeenvelope(c * {side}, r * {side}, (c + 1) * {side}, (r + 1) * {side})"
    drawn = f"select st_asmvtgeom({cell}, {box}, 4096, 0, false) as g, n from ({counted}) as k"
    return f"select length(st_asmvt(t, 'cells', 4096, 'g')) from ({drawn}) as t"


def _psql(dsn: str, text: str) -> str:
    """What `psql` prints. Raises RuntimeError with its complaint: a statement that fails must not be timed."""
    command = ["psql", "-qAt", "-v", "ON_ERROR_STOP=1", dsn]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--asks", type=int, default=60)
    parser.add_argument("--postgis", default="dbname=postgres")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "public.duckdb"
        make_release(path, given.rows)
        facts, queries = make_facts(), questions(given.asks)
        con = open_release(path, threads=2)
        took = timed(lambda query: ask(con, facts, query), queries)
        largest = max(len(gzip.compress(ask(con, facts, replace(q)), 6)) for q in queries)
        busy = time.process_time()
        timed(lambda query: ask(con, facts, query), queries)
        busy = (time.process_time() - busy) * 1000 / (len(queries) + 5)
        plain = timed(
            lambda _: con.execute('select "month", offense, count(*) from tiles group by 1, 2').fetchall(), queries
        )
        print(
            f"tile at zoom {ZOOM}, {given.rows:,} incidents, {given.asks} filters: median {statistics.median(took):.0f} ms, "
            f"p95 {statistics.quantiles(took, n=20)[-1]:.0f} ms (goal 60), mean {busy:.0f} ms of processor time, "
            f"largest {largest / 1000:.1f} kB gzipped"
        )
        print(f"the same table counted by month and offense: median {statistics.median(plain):.0f} ms")
        con.close()
        theirs = ask_postgis(given.postgis, path, queries, facts)
        if theirs:
            print(
                f"PostGIS ST_AsMVT: median {statistics.median(theirs):.0f} ms, p95 {statistics.quantiles(theirs, n=20)[-1]:.0f} ms; "
                f"{statistics.median(theirs) / statistics.median(took):.1f} times ours"
            )
        else:
            print("PostGIS is not installed here: no comparison.")


if __name__ == "__main__":
    main()
