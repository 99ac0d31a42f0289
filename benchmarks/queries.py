"""Any question about any measure at a million incidents: filters and breakdowns at random, data warm, no answer kept.

    python benchmarks/queries.py [--rows 1000000] [--asks 300] [--release DIR] [--datasette PYTHON]

Prints the 95th percentile inside the process and over HTTP (goal: at most 50 ms on 2 cores) with the slowest questions, and
the same facets asked of Datasette over the same rows, tuned (no suggested facets, no counts, indexes, immutable file), with
the ratio. `--datasette` is the Python of an environment that has it; `--release` is a data directory to use again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb

from harborlight.demo import city_folder
from harborlight.demo.boundaries import boundary_files
from harborlight.metrics.answer import answer
from harborlight.metrics.facts import areas_in, load_facts, versions_of
from harborlight.metrics.query import parse_query
from harborlight.metrics.shapes import Facts, Query
from harborlight.publish.signing import VARIABLE, make_key
from harborlight.store import open_release

Params = dict[str, str]
FACETS = ("offense", "area", "month", "year", "hour", "weekday", "weapon")
TUNED = {
    "suggest_facets": "off", "facet_time_limit_ms": "100000", "sql_time_limit_ms": "100000", "max_returned_rows": "2000",
    "default_facet_size": "1000",
}  # fmt: skip
RECORDS = """
select
    (date '1900-01-01' + p."day"::integer)::varchar as "day", strftime(date '1900-01-01' + p."day"::integer, '%Y-%m') as "month",
    (1900 + p."month" // 12)::integer as "year", p."hour"::integer as "hour", (p."weekday" + 1)::integer as "weekday", o.offense_group as offense,
    p.area::integer as area, p.weapon::integer as weapon
from packed as p join offenses as o on o.ix = p.offense where p.is_counted and p.counts_offense and p."day" is not null order by p."day"
"""


def make_release(work: Path, rows: int) -> Path:
    """A data directory with one published release, made as `benchmarks/refresh.py` makes it."""
    from refresh import GENERATE, REFRESH_CHILD, make_city, run_child  # type: ignore[import-not-found]

    os.environ[VARIABLE] = str(work / "signing.key")
    make_key(work / "signing.key")
    data = work / "data"
    data.mkdir()
    csv = data / "reports.csv"
    duckdb.connect().execute(GENERATE.format(rows=rows, step=max(1, int(6 * 365 * 86400 / rows)), path=csv))
    make_city(work / "city", city_folder(), csv)
    for place, content in boundary_files().items():
        (data / "boundaries").mkdir(exist_ok=True)
        (data / "boundaries" / place).write_bytes(content)
    run_child(REFRESH_CHILD, str(work / "city"), str(data))
    return data


# --------------------------------------------------------------------------------------------- questions


def draw_question(draw: random.Random, facts: Facts) -> tuple[str, Params]:
    """A measure with up to two breakdowns and filters as readers set them."""
    metric = facts.metrics[draw.choice([m for m in facts.metrics if facts.metric_sources[m]])]
    params: Params = _span(draw, facts, metric.id)
    days = int(params.pop("days"))
    offered = [b for b in metric.breakdowns if not (b == "day" and days > 400)]
    by = draw.sample(offered, draw.choice((0, 1, 1, 1, 2)))
    if len({*by} & {"day", "week", "offense_code", "area"}) > 1:
        by = by[:1]
    if by:
        params["by"] = ",".join(by)
    if metric.table != "arrests":
        if not metric.where and draw.random() < 0.5:
            groups = sorted({o.group for o in facts.offenses if o.tier == "T0"})
            params["offense"] = ",".join(sorted(draw.sample(groups, draw.choice((1, 1, 2)))))
        if draw.random() < 0.25:
            params["hours"] = draw.choice(("day", "night"))
    if len(metric.units) > 1 and draw.random() < 0.3:
        params["unit"] = draw.choice(metric.units)
    if facts.layers and draw.random() < 0.4:
        params |= _place(draw, facts)
    return metric.id, params


def _span(draw: random.Random, facts: Facts, metric_id: str) -> Params:
    """A stretch of the data, or all of it (a fifth of the questions)."""
    first, last = facts.metric_from[metric_id], facts.metric_through[metric_id]
    whole = (last - first).days + 1
    days = min(draw.choice((28, 91, 365, 1096, whole)), whole)
    if days == whole:
        return {"days": str(days)}
    start = first + timedelta(days=draw.randrange(whole - days + 1))
    return {"from": start.isoformat(), "to": (start + timedelta(days=days - 1)).isoformat(), "days": str(days)}


def _place(draw: random.Random, facts: Facts) -> Params:
    """One area of one set of lines of one layer."""
    layer = draw.choice([*facts.layers])
    lines = draw.choice([v.id for v in versions_of(facts, layer)] or ["recorded"])
    areas = areas_in(facts, layer, lines)
    version = next((v for v in facts.lines if v.layer == layer and v.id == lines), None)
    params = {"layer": layer, "area": draw.choice(areas)[1]} if areas else {}
    if version and not version.is_current and version.valid_from and params:
        params["lines"] = version.valid_from.isoformat()
    return params


def read(facts: Facts, question: tuple[str, Params]) -> Query:
    metric_id, params = question
    return parse_query([*params.items()], facts.metrics[metric_id], facts)


def address(question: tuple[str, Params]) -> str:
    return f"/api/v1/metrics/{question[0]}?{urllib.parse.urlencode(question[1])}"


# ------------------------------------------------------------------------------------------------ timing


def timed(work: Callable[[object], object], items: list[object]) -> list[float]:
    """Milliseconds of each."""
    found = []
    for item in items:
        start = time.perf_counter()
        work(item)
        found.append((time.perf_counter() - start) * 1000)
    return found


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def report(name: str, times: list[float]) -> None:
    shares = ", ".join(f"p{share * 100:.0f} {percentile(times, share):.1f} ms" for share in (0.5, 0.95, 0.99))
    print(f"{name}: {shares}, {len(times)} asked")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: list[str], port: int, path: str) -> Iterator[str]:
    """A server in a process of its own, once it answers."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                fetch(base + path)
                break
            except OSError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=20)


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=120) as response:
        return bytes(response.read())


# --------------------------------------------------------------------------------------------- Datasette


def make_sqlite(public: Path, path: Path) -> None:
    """The same records in words, with an index on every column that is asked for."""
    with duckdb.connect(str(public), read_only=True) as con, sqlite3.connect(path) as lite:
        types = "day text, month text, year integer, hour integer, weekday integer, offense text, area integer, weapon integer"
        lite.execute(f"create table records ({types})")
        rows = con.execute(RECORDS)
        while batch := rows.fetchmany(50_000):
            lite.executemany("insert into records values (?, ?, ?, ?, ?, ?, ?, ?)", batch)
        for column in ("day", *FACETS):
            lite.execute(f"create index by_{column} on records ({column})")
        lite.execute("analyze")


def facet_question(draw: random.Random, facts: Facts) -> tuple[Params, Params]:
    """The same facet for both: (our parameters, Datasette's)."""
    span = _span(draw, facts, "incidents")
    span.pop("days")
    facet = draw.choice(FACETS)
    ours = {**span, "by": facet, "unit": "offenses"} | ({"layer": "police_district", "lines": "recorded"} if facet == "area" else {})
    theirs = {"_size": "0", "_nocount": "1", "_facet": facet, "_facet_size": "1000"}
    theirs |= {"day__gte": span["from"], "day__lte": span["to"]} if span else {}
    if draw.random() < 0.5:
        group = draw.choice(sorted({o.group for o in facts.offenses if o.tier == "T0" and o.crime_against == "property"}))
        ours["offense"], theirs["offense"] = group, group
    return ours, theirs


def same_answer(ours: bytes, theirs: bytes, facet: str) -> bool:
    """Whether both give the same counts, missing values and zeros aside."""
    own = [row["n"] for row in json.loads(ours)["rows"] if row["n"] and row["area_id" if facet == "area" else facet] is not None]
    found = json.loads(theirs)["facet_results"]
    results = (found.get("results") or found)[facet]["results"]
    return sorted(own) == sorted(line["count"] for line in results if line["value"] not in (None, ""))


def compare_datasette(python: str, work: Path, data: Path, public: Path, facts: Facts, asks: int) -> None:
    path = work / "records.db"
    make_sqlite(public, path)
    draw = random.Random(7)
    asked = [facet_question(draw, facts) for _ in range(asks)]
    port = free_port()
    settings = [part for name, value in TUNED.items() for part in ("--setting", name, value)]
    command = [python, "-m", "datasette", "serve", "-i", str(path), "-p", str(port), *settings]
    with server(command, port, "/records/records.json?_size=0&_nocount=1") as base:
        urls = [f"{base}/records/records.json?{urllib.parse.urlencode(theirs)}" for _, theirs in asked]
        bodies: list[bytes] = []
        theirs_ms = timed(lambda url: bodies.append(fetch(str(url))), [*urls])
    with served(data) as base:
        own: list[bytes] = []
        ours_ms = timed(lambda q: own.append(fetch(base + str(q))), [address(("incidents", ours)) for ours, _ in asked])
    same = sum(same_answer(a, b, ours["by"]) for a, b, (ours, _) in zip(own, bodies, asked, strict=True))
    report("one facet over HTTP, Harborlight", ours_ms)
    report("one facet over HTTP, Datasette (tuned)", theirs_ms)
    print(f"the same counts: {same} of {asks}")
    middle, late = (percentile(theirs_ms, share) / percentile(ours_ms, share) for share in (0.5, 0.95))
    print(f"Datasette / Harborlight: median {middle:.1f}, p95 {late:.1f}")


@contextmanager
def served(data: Path) -> Iterator[str]:
    """The site over a data directory, one worker, warmed by questions that are not asked again."""
    port = free_port()
    with server([sys.executable, "-m", "harborlight.cli", "serve", "--data", str(data), "--port", str(port)], port, "/healthz") as base:
        for breakdown in ("month", "hour", "weapon", "offense"):
            fetch(f"{base}/api/v1/metrics/incidents?by={breakdown}&window=28d")
        yield base


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--asks", type=int, default=300)
    parser.add_argument("--release", type=Path)
    parser.add_argument("--datasette")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data = options.release or make_release(Path(name), options.rows)
        release = (data / "current").read_text(encoding="utf-8").strip()
        public = data / "releases" / release / "public.duckdb"
        con = open_release(public, threads=2)
        facts = load_facts(con, release)
        draw = random.Random(20260101)
        first, second = ([draw_question(draw, facts) for _ in range(options.asks)] for _ in range(2))
        queries = [read(facts, question) for question in first]
        timed(lambda q: answer(con, facts, q), queries)  # type: ignore[arg-type]
        inside = timed(lambda q: answer(con, facts, q), queries)  # type: ignore[arg-type]
        report(f"any question in the process, {options.rows} rows", inside)
        for ms, question in sorted(zip(inside, first, strict=True), key=lambda pair: -pair[0])[:5]:
            print(f"  {ms:.1f} ms: {address(question)}")
        con.close()
        with served(data) as base:
            report("any question over HTTP, never asked before", timed(lambda q: fetch(base + address(q)), [*second]))  # type: ignore[arg-type]
        if options.datasette:
            compare_datasette(options.datasette, Path(name), data, public, facts, max(40, options.asks // 5))


if __name__ == "__main__":
    main()
