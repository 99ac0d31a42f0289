"""A city small enough to be staged, published or killed in a second or two: one or two CSV feeds, two districts.

What goes in are rows as a portal would write them, or canonical records for tests that begin behind staging. Everything
runs through the production steps; nothing here counts anything.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from harborlight.catalog import Catalog, Part, Snapshot, load_catalog
from harborlight.metrics import measure
from harborlight.metrics.measure import read_data_through
from harborlight.metrics.shapes import Facts
from harborlight.model import build
from harborlight.publish.facts import SourceState, make_facts
from harborlight.staging import (
    load_arrest_columns,
    load_court_columns,
    load_firearm_columns,
    load_record_columns,
    load_service_columns,
    stage,
)
from harborlight.staging.build import _load_declarations
from harborlight.staging.removed import load_sealed_rows
from harborlight.store import Connection, connect

# The city of each store that `make_store` has made: refilling locates its records anew.
CITIES: WeakKeyDictionary[Connection, Catalog] = WeakKeyDictionary()

CITY = """\
name: Littleport
state: Test State
site_title: Harborlight Littleport
tagline: "A city for tests."
fictional: true
timezone: America/New_York
contact: {office: Office of Tests}
user_agent_contact: tests@example.org
bbox: [-77, 39, -76, 40]
police_agency: Littleport Police
headline_metrics: [robberies, incidents]
homicide_year_rule:
  - rule: injured
"""
DISTRICTS = """\
title: Police districts
title_one: Police district
areas:
  - {id: north, name: North, names: [N DIST]}
  - {id: south, name: South}
"""
REPORTS = """\
title: Reports
agency: Littleport Police
connector: files
url: feeds/reports.csv
format: csv
key: id
clock: utc
counting_system: nibrs
columns:
  id: {type: text, required: true}
  case: {type: text}
  at: {type: datetime, format: iso, required: true, low: 2015-01-01, high: 2030-01-01}
  code: {type: text}
  text: {type: text}
  district: {type: text}
  victim: {type: text, values: [I, B, S, U]}
  age: {type: integer, low: 0, high: 120, soft: true}
supplies:
  - offense_groups: [robbery]
"""
REPORTS_SQL = """\
-- One row per row of the feed.
select
    r.id as record_id,
    r."case" as incident_id,
    r."at" as occurred_at,
    r.code as offense_code,
    r."text" as offense_text,
    r.district as district_name,
    case r.victim when 'I' then 'person' when 'B' then 'business' when 'S' then 'society' else 'unknown' end
        as victim_type_code,
    cast(r.age as integer) as age_years
from raw.reports as r
"""
LEDGER = """\
title: Ledger
agency: Coroner
connector: files
url: feeds/ledger.csv
format: csv
key: number
clock: local
counting_system: nibrs
columns:
  number: {type: text, required: true}
  day: {type: date, format: "%Y-%m-%d", required: true}
gates: false
"""
LEDGER_SQL = """\
-- One row per death.
select r."number" as record_id, r."day" as occurred_date, '09A' as offense_code, 'person' as victim_type_code
from raw.ledger as r
"""
HEADER = ("id", "case", "at", "code", "text", "district", "victim", "age")


def write_city(folder: Path, *, ledger: bool = False) -> Path:
    """The city's folder; a test may then spoil any file of it."""
    files = {
        "city.yaml": CITY,
        "places/police_district.yaml": DISTRICTS,
        "sources/reports.yaml": REPORTS,
        "staging/reports.sql": REPORTS_SQL,
    }
    if ledger:
        files |= {"sources/ledger.yaml": LEDGER, "staging/ledger.sql": LEDGER_SQL}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def feed_row(number: int, **given: str) -> dict[str, str]:
    """Row `number` of the reports: a robbery in the first months of 2024, now north, now south."""
    row = {
        "id": f"R{number:04}",
        "case": f"24-{number:04}",
        "at": f"2024-{number % 3 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:30:00Z",
        "code": "120",
        "text": "ROBBERY",
        "district": "North" if number % 2 else "SOUTH",
        "victim": "I",
        "age": str(20 + number % 50),
    }
    return row | given


def write_feed(data: Path, rows: Iterable[Mapping[str, str]], *, extra: str = "") -> Path:
    """`feeds/reports.csv` below the data folder; `extra` is put behind the last line as it is."""
    path = data / "feeds" / "reports.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue() + extra, encoding="utf-8")
    return path


def write_ledger(data: Path, days: Iterable[str]) -> None:
    """`feeds/ledger.csv` with one death a day."""
    lines = [f"D{number},{day}" for number, day in enumerate(days)]
    (data / "feeds").mkdir(parents=True, exist_ok=True)
    (data / "feeds" / "ledger.csv").write_text("\n".join(["number,day", *lines]) + "\n", encoding="utf-8")


def make_snapshot(source_id: str, rows: int, parts: Sequence[Part] = (), **given: Any) -> Snapshot:
    """A manifest for files that a test has put into a snapshot folder by itself."""
    now = datetime(2026, 10, 1, tzinfo=UTC)
    facts: dict[str, Any] = {
        "source_id": source_id, "id": "20261001T000000Z-abcdefabcdef", "connector": "files", "connector_version": 1, "url": "",
        "query": {}, "started_at": now, "finished_at": now, "full_at": now, "rows": rows, "sha256": "0" * 64,
        "parts": tuple(parts), "columns": (),
    }  # fmt: skip
    return Snapshot(**{**facts, **given})


# ----------------------------------------------------------------------------- canonical records, without staging

DERIVED = ("source_id", "snapshot_id", "counting_system", "has_complaint_number", "died_date", "ruled_date", "cleared_date", "is_sealed")
TYPES = {"has_complaint_number": "boolean", "is_sealed": "boolean", "died_date": "date", "ruled_date": "date", "cleared_date": "date"}
USUAL = {"source_id": "reports", "snapshot_id": "s", "counting_system": "nibrs", "has_complaint_number": True}


def make_store(
    catalog: Catalog, records: Iterable[Mapping[str, Any]], arrests: Iterable[Mapping[str, Any]] = (), firearms: Iterable[Mapping[str, Any]] = (),
    **court: Iterable[Mapping[str, Any]],
) -> Connection:  # fmt: skip
    """A private store whose `staging` holds these records, arrests and firearms, with everything built and measured from them.

    They name canonical columns; what they leave out is NULL. `source_id` is `reports`, `arrests` or `firearms` unless given; `court` may be
    `cases`, `charges`, `sentences` and `warrants`, and `source_id` is the same word.
    """
    con = connect(threads=1)
    for schema in ("raw", "map", "staging"):
        con.execute(f"create schema {schema}")
    _load_declarations(con, catalog)
    con.execute(f"create table staging.records ({', '.join(f'{name} {kind}' for name, kind in record_types().items())})")
    con.execute(f"create table staging.arrests ({', '.join(f'{name} {kind}' for name, kind in arrest_types().items())})")
    con.execute(f"create table staging.firearms ({', '.join(f'{name} {kind}' for name, kind in firearm_types().items())})")
    for table, types in court_types().items():
        con.execute(f"create table staging.{table} ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
    sites = ", ".join(f"{name} {column['type']}" for name, column in load_service_columns().items())
    con.execute(f"create table staging.services (source_id varchar, snapshot_id varchar, {sites})")
    con.execute("create table staging.rejects (source_id varchar, reason varchar, n bigint)")
    load_sealed_rows(con, catalog.folder / "sealed")
    con.execute(
        "create table staging.sources as select unnest($ids) as source_id, 's' as snapshot_id, 'nibrs' as counting_system, "
        "0::bigint as fetched, 0::bigint as accepted, 0::bigint as rejected, 0::bigint as duplicate, 0::bigint as conflicting, "
        "0::bigint as corrected, date '2026-10-01' as fetched_on",
        {"ids": [source.id for source in catalog.sources.values() if source.kind != "areas"]},
    )
    CITIES[con] = catalog
    refill(con, records, arrests, firearms, **court)
    return con


def refill(
    con: Connection, records: Iterable[Mapping[str, Any]], arrests: Iterable[Mapping[str, Any]] = (), firearms: Iterable[Mapping[str, Any]] = (),
    **court: Iterable[Mapping[str, Any]],
) -> None:  # fmt: skip
    """Put other records, arrests, firearms and court records into the store and build and measure anew: much quicker than a new store."""
    fill_staging(con, records, arrests, firearms, **court)
    build(con, CITIES[con], CITIES[con].folder)
    measure(con)


def fill_staging(
    con: Connection, records: Iterable[Mapping[str, Any]], arrests: Iterable[Mapping[str, Any]] = (), firearms: Iterable[Mapping[str, Any]] = (),
    **court: Iterable[Mapping[str, Any]],
) -> None:  # fmt: skip
    """Put other records, arrests, firearms and court records into `staging`, and nothing more."""
    _fill(con, "records", record_types(), [_complete(record) for record in records])
    _fill(con, "arrests", arrest_types(), [{"source_id": "arrests", "snapshot_id": "s", **arrest} for arrest in arrests])
    _fill(con, "firearms", firearm_types(), [{"source_id": "firearms", "snapshot_id": "s", **firearm} for firearm in firearms])
    for table, types in court_types().items():
        _fill(con, table, types, [{"source_id": table, "snapshot_id": "s", **row} for row in court.get(table, ())])
    every = " union all ".join(f"select source_id from staging.{table}" for table in ("records", "arrests", "firearms", *court_types()))
    con.execute(
        "update staging.sources as s set fetched = n, accepted = n from (select i.source_id, count(r.source_id) as n "
        f"from staging.sources as i left join ({every}) as r using (source_id) group by 1) as c where c.source_id = s.source_id"
    )


@cache
def court_types() -> dict[str, dict[str, str]]:
    """The columns of the staging tables of court records in order, by table."""
    return {
        kind: {"source_id": "varchar", "snapshot_id": "varchar"} | {name: column["type"] for name, column in columns.items()}
        for kind, columns in load_court_columns().items()
    }


def _fill(con: Connection, table: str, types: Mapping[str, str], rows: list[dict[str, Any]]) -> None:
    text = json.dumps([{name: row.get(name) for name in types} for row in rows], default=str)
    con.execute(f"delete from staging.{table}")
    con.execute(
        f"insert into staging.{table} select unnest(from_json($rows, $shape), recursive := true)",
        {"rows": text, "shape": json.dumps([types])},
    )


@cache
def record_types() -> dict[str, str]:
    """The columns of `staging.records` in order."""
    columns = {name: column["type"] for name, column in load_record_columns().items()}
    return {name: TYPES.get(name, "varchar") for name in DERIVED} | columns


@cache
def arrest_types() -> dict[str, str]:
    """The columns of `staging.arrests` in order."""
    columns = {name: column["type"] for name, column in load_arrest_columns().items()}
    return {"source_id": "varchar", "snapshot_id": "varchar", "is_sealed": "boolean"} | columns


@cache
def firearm_types() -> dict[str, str]:
    """The columns of `staging.firearms` in order."""
    columns = {name: column["type"] for name, column in load_firearm_columns().items()}
    return {"source_id": "varchar", "snapshot_id": "varchar"} | columns


def _complete(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with what staging derives: a complaint number, and local dates of death and ruling."""
    full = {**USUAL, **record}
    full.setdefault("incident_id", full["record_id"])
    for name in ("died", "ruled", "cleared"):
        stamp = full.get(f"{name}_at")
        if isinstance(stamp, date):
            full.setdefault(f"{name}_date", stamp.date() if isinstance(stamp, datetime) else stamp)
    return full


def make_store_facts(con: Connection, catalog: Catalog) -> Facts:
    """What a release made from this store would say of itself; metric tables are in the search path afterwards."""
    states = {i: SourceState(make_snapshot(i, 0)) for i in catalog.sources}
    facts = make_facts(con, catalog, states, read_data_through(con))
    con.execute("set search_path = 'metric'")
    return facts


def load_tiny(folder: Path, *, supplies: Mapping[str, str] | None = None, **city: str) -> Catalog:
    """The city as a catalog. `supplies` maps each source to its YAML; `city` replaces top-level parts of city.yaml."""
    write_city(folder, ledger=bool(supplies and "ledger" in supplies))
    for source_id, text in (supplies or {}).items():
        path = folder / "sources" / f"{source_id}.yaml"
        path.write_text(path.read_text().split("supplies:")[0] + f"supplies: {text}\n")
    return load_catalog(folder, {f"city.{name}": text for name, text in city.items()})


# ----------------------------------------------------------------------------------- rows of a feed, through staging


def stage_text(catalog: Catalog, data: Path, text: str | bytes, rows: int, *, source_id: str = "reports") -> Connection:
    """A store with one source staged from the bytes of a delimited file, as it lies in a snapshot."""
    body = text.encode() if isinstance(text, str) else text
    name = put_part(data, source_id, "rows.csv", body)
    source = catalog.sources[source_id]
    header = body.removeprefix(b"\xef\xbb\xbf").splitlines()[0].decode(source.csv.encoding).split(source.csv.delimiter)
    part = Part(file=name, layout="csv", sha256="", bytes=len(body), rows=rows)
    snapshot = make_snapshot(source_id, rows, [part], columns=tuple(name.strip('"') for name in header))
    con = connect(threads=1)
    stage(con, catalog, {source_id: snapshot}, data)
    return con


def put_part(data: Path, source_id: str, name: str, body: bytes) -> str:
    """Put a file into the source's snapshot folder; returns its name."""
    folder = data / "snapshots" / source_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(body)
    return name
