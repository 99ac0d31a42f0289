"""Snapshots in, `staging.records` out: one canonical row per accepted row of every source.

Every source passes the same five stations: read as text, type by contract, set duplicates aside, mend by corrections,
map by the city's SELECT. The books balance at each source: fetched = accepted + rejected + duplicate, or nothing goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from harborlight.catalog import Catalog, Snapshot, Source
from harborlight.errors import CheckFailed
from harborlight.log import get_logger
from harborlight.staging.contract import select_typed
from harborlight.staging.corrections import apply_corrections
from harborlight.staging.raw import PAGE_SIZES, select_raw
from harborlight.store import (
    Connection,
    StoreError,
    error_words,
    quote_name,
    quote_text,
    read_rows,
    read_sql,
    read_value,
)

log = get_logger("stage")
DERIVED = ("occurred_date", "occurred_hour")
Report = Callable[[str], None]


def load_record_columns() -> dict[str, dict[str, Any]]:
    """The canonical columns of a record: name → type, values, about."""
    text = resources.files("harborlight").joinpath("staging/records.yaml").read_text(encoding="utf-8")
    columns: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return columns


def stage(
    con: Connection, catalog: Catalog, snapshots: Mapping[str, Snapshot], data: Path, report: Report = lambda _: None
) -> None:
    """Fill the schemas `raw`, `map` and `staging` of an empty private store.

    Raises CheckFailed when a contract is broken or the books of a source do not balance.
    """
    for schema in ("raw", "map", "staging"):
        con.execute(f"create schema {schema}")
    _load_maps(con, catalog)
    _load_declarations(con, catalog)
    columns = load_record_columns()
    con.execute(
        "create table staging.sources (source_id varchar, snapshot_id varchar, counting_system varchar, fetched bigint, "
        "accepted bigint, rejected bigint, duplicate bigint, conflicting bigint, corrected bigint, fetched_on date)"
    )
    con.execute("create table staging.rejects (source_id varchar, reason varchar, n bigint)")
    selects = []
    for source_id, snapshot in snapshots.items():
        source = catalog.sources[source_id]
        report(source.title)
        _stage_source(con, catalog, source, snapshot, data)
        selects.append(_select_records(con, catalog, source, snapshot, columns))
    # A view: the rows lie once, typed, in `raw`; the model takes from them what it needs.
    con.execute(f"create view staging.records as {' union all '.join(selects)}")
    try:
        _check_values(con, columns)
    except StoreError as error:
        where = _find_misfit(con, dict(zip(snapshots, selects, strict=True)))
        raise CheckFailed(error_words(error), where=where, hint="Mend the SELECT: a value does not fit its column.") from error


def _find_misfit(con: Connection, selects: Mapping[str, str]) -> str:
    """The first source's SELECT that cannot be carried out on its rows."""
    for source_id, select in selects.items():
        try:
            con.execute(f"select max(hash(r)) from ({select}) as r")
        except StoreError:
            return f"staging/{source_id}.sql"
    return "staging"


# --------------------------------------------------------------------------------------- declarations


def _load_maps(con: Connection, catalog: Catalog) -> None:
    for name, path in catalog.maps.items():
        try:
            header = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
        except (IndexError, UnicodeDecodeError) as error:
            raise CheckFailed(
                "the file is empty or not UTF-8 text", where=f"staging/{path.name}", hint="Mend the file."
            ) from error
        columns = ", ".join(f"{quote_text(column.strip())}: 'VARCHAR'" for column in header)
        try:
            con.execute(
                f"create table map.{quote_name(name)} as select * from read_csv({quote_text(str(path))}, header = true, "
                f"auto_detect = false, columns = {{{columns}}}, delim = ',', quote = '\"', escape = '\"')"
            )
        except StoreError as error:
            raise CheckFailed(error_words(error), where=f"staging/{path.name}", hint="Mend the file.") from error


def _load_declarations(con: Connection, catalog: Catalog) -> None:
    codes = resources.files("harborlight").joinpath("model/offense_codes.csv")
    con.execute(
        f"create table staging.offense_codes as select * from read_csv({quote_text(str(codes))}, header = true, all_varchar = true, "
        "delim = ',', quote = '\"', escape = '\"')"
    )
    con.execute(
        "create table staging.stated_supplies (source_id varchar, offense_group varchar, date_from date, date_to date)"
    )
    con.execute("create table staging.year_rules (sort integer, rule varchar, date_from date, date_to date)")
    con.execute("create table staging.places (layer varchar, area_id varchar, area_name varchar, name_key varchar)")
    groups = [
        r["offense_group"]
        for r in read_rows(con, "select distinct offense_group from staging.offense_codes order by 1")
    ]
    for source in catalog.sources.values():
        for supply in source.supplies:
            for group in groups if "all" in supply.offense_groups else supply.offense_groups:
                span = [supply.date_from or date(1, 1, 1), supply.date_to or date(9999, 12, 31)]
                con.execute("insert into staging.stated_supplies values (?, ?, ?, ?)", [source.id, group, *span])
    con.execute(
        "create table staging.supplies as select *, count(*) over (partition by offense_group) = 1 as is_only_source "
        "from staging.stated_supplies"
    )
    since = date(1, 1, 1)
    for sort, rule in enumerate(catalog.city.homicide_year_rule):
        until = rule.until or date(9999, 12, 31)
        con.execute("insert into staging.year_rules values (?, ?, ?, ?)", [sort, rule.rule, since, until])
        since = date.fromordinal(until.toordinal() + 1) if rule.until else until
    for layer in catalog.layers.values():
        for area in layer.areas:
            for key in sorted({" ".join(spelling.lower().split()) for spelling in (area.name, area.id, *area.names)}):
                con.execute("insert into staging.places values (?, ?, ?, ?)", [layer.id, area.id, area.name, key])


# ---------------------------------------------------------------------------------------- one source


def _stage_source(con: Connection, catalog: Catalog, source: Source, snapshot: Snapshot, data: Path) -> None:
    table = f"raw.{quote_name(source.id)}"
    typed = _read_snapshot(con, catalog, source, snapshot, data, table)
    broken = _read_broken_lines(con, source)
    read = int(read_value(con, f"select count(*) from {table}"))
    refused = _set_rejects_aside(con, source, typed, table, data) + broken
    duplicate, conflicting = _set_duplicates_aside(con, source, table)
    corrected = apply_corrections(con, source, catalog.corrections.get(source.id, ()))
    accepted = int(read_value(con, f"select count(*) from {table}"))
    if not snapshot.rows == read + broken == accepted + refused + duplicate:
        raise CheckFailed(
            f"the books do not balance: {snapshot.rows} fetched, {read} read, {accepted} accepted, {refused} rejected, "
            f"{duplicate} duplicate", where=f"source {source.id}", hint="The last good release stays up; look into the snapshot.",
        )  # fmt: skip
    con.execute(
        "insert into staging.sources values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [source.id, snapshot.id, source.counting_system, snapshot.rows, accepted, refused, duplicate, conflicting, corrected,
         snapshot.finished_at.date()],
    )  # fmt: skip
    log.info(
        "%s: %d rows, %d accepted, %d rejected, %d duplicate", source.id, snapshot.rows, accepted, refused, duplicate
    )


def _read_snapshot(
    con: Connection, catalog: Catalog, source: Source, snapshot: Snapshot, data: Path, table: str
) -> str:
    """Create the typed table from the snapshot's files; returns the SELECT that was used."""
    for largest_page in PAGE_SIZES:
        raw = select_raw(source, snapshot, data / "snapshots" / source.id, data / "tmp", largest_page)
        typed = select_typed(source, catalog.city.timezone, raw)
        try:
            con.execute(f"create table {table} as {typed}")
            return typed
        except StoreError as error:
            if "maximum_object_size" in str(error) and largest_page != PAGE_SIZES[-1]:
                continue
            raise CheckFailed(
                f"the snapshot cannot be read: {error_words(error)}",
                where=f"source {source.id}",
                hint="Compare the file with the columns that sources/ declares.",
            ) from error
    raise AssertionError("the last page size either works or raises")


def _read_broken_lines(con: Connection, source: Source) -> int:
    """Lines of a delimited file that are no rows at all (ragged, unclosed quote, too long), kept by the CSV reader."""
    if not read_value(con, "select count(*) from duckdb_tables() where table_name = 'reject_errors'"):
        return 0
    n = int(read_value(con, "select count(distinct (scan_id, line)) from reject_errors"))
    if n:
        con.execute(
            "insert into staging.rejects select ?, 'line: ' || lower(replace(reason, '_', ' ')), count(*) from "
            "(select min(cast(error_type as varchar)) as reason from reject_errors group by scan_id, line) group by reason order by reason",
            [source.id],
        )
    con.execute("create table if not exists staging.broken_lines (source_id varchar, line ubigint, csv_line varchar)")
    con.execute("insert into staging.broken_lines select distinct ?, line, csv_line from reject_errors", [source.id])
    for name in ("reject_errors", "reject_scans"):
        con.execute(f"drop table {name}")
    return n


def _set_rejects_aside(con: Connection, source: Source, typed: str, table: str, data: Path) -> int:
    n = int(read_value(con, f"select count(*) from {table} where _reject is not null"))
    folder = data / "rejects"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{source.id}.csv"
    path.unlink(missing_ok=True)
    if n:
        con.execute(
            f"insert into staging.rejects select ?, _reject, count(*) from {table} where _reject is not null group by 2 order by 2",
            [source.id],
        )
        # The typed values that could be read; the text as received stays in the snapshot.
        con.execute(
            f"copy (select _reject as reason, * exclude (_part, _row, _reject) from {table} where _reject is not null) "
            f"to {quote_text(str(path))} (header)"
        )
        con.execute(f"delete from {table} where _reject is not null")
    return n


def _set_duplicates_aside(con: Connection, source: Source, table: str) -> tuple[int, int]:
    """Keep one row per key: the latest by the source's own change stamp, else the last in the file. Returns (set aside, conflicting)."""
    key = quote_name(source.key)
    total, distinct = con.execute(f"select count(*), count(distinct {key}) from {table}").fetchone() or (0, 0)
    if total == distinct:
        return 0, 0
    stamp = source.incremental.changed_column if source.incremental else None
    order = (
        f"_part desc, {quote_name(stamp)} desc nulls last, _row desc"
        if stamp in source.columns and stamp
        else "_part desc, _row desc"
    )
    values = ", ".join(quote_name(name) for name in source.columns)
    conflicting = read_value(
        con,
        f"select count(*) from (select {key} from {table} group by {key} having count(*) > 1 and count(distinct hash({values})) > 1)",
    )
    con.execute(
        f"delete from {table} where _row in (select _row from (select _row, row_number() over (partition by {key} "
        f"order by {order}) as place from {table} where {key} in (select {key} from {table} group by {key} having count(*) > 1)) where place > 1)"
    )
    return int(total - distinct), int(conflicting)


# -------------------------------------------------------------------------------------------- records


def _select_records(
    con: Connection, catalog: Catalog, source: Source, snapshot: Snapshot, columns: dict[str, dict[str, Any]]
) -> str:
    path = catalog.staging_sql[source.id]
    where = f"staging/{path.name}"
    try:
        con.execute(f"create view staging.{quote_name('of_' + source.id)} as {read_sql(path)}")
        given = {row["column_name"] for row in read_rows(con, f"describe staging.{quote_name('of_' + source.id)}")}
    except StoreError as error:
        raise CheckFailed(error_words(error), where=where, hint="Mend the SELECT.") from error
    if unknown := given - columns.keys():
        raise CheckFailed(
            f"{', '.join(sorted(unknown))}: not a canonical column",
            where=where,
            hint="See the list in docs/reference/records.md.",
        )
    if missing := {"record_id", "offense_code"} - given:
        raise CheckFailed(f"{', '.join(sorted(missing))} must be selected", where=where)
    picked = []
    for name, column in columns.items():
        value = f"cast({quote_name(name)} as {column['type']})" if name in given else f"cast(null as {column['type']})"
        picked.append(f"{value} as {name}")
    zone = quote_text(catalog.city.timezone)
    local = f"timezone({zone}, timezone('UTC', occurred_at))"
    return (
        f"select {quote_text(source.id)} as source_id, {quote_text(snapshot.id)} as snapshot_id, "
        f"{quote_text(source.counting_system)} as counting_system, {'true' if source.has_complaint_numbers else 'false'} as has_complaint_number, "
        f"* replace (coalesce(occurred_date, cast({local} as date)) as occurred_date, "
        f"coalesce(occurred_hour, cast(extract(hour from {local}) as tinyint)) as occurred_hour, "
        f"coalesce(incident_id, record_id) as incident_id), "
        f"cast(timezone({zone}, timezone('UTC', died_at)) as date) as died_date, "
        f"cast(timezone({zone}, timezone('UTC', ruled_at)) as date) as ruled_date "
        f"from (select {', '.join(picked)} from staging.{quote_name('of_' + source.id)})"
    )


def _check_values(con: Connection, columns: dict[str, dict[str, Any]]) -> None:
    """The city's SELECT kept to the closed vocabularies, and every record has a key that is unique in its source."""
    tests = {
        name: f"count(*) filter (where {name} not in ({', '.join(quote_text(v) for v in column['values'])}))"
        for name, column in columns.items() if "values" in column
    }  # fmt: skip
    # Counting the typed columns carries out their casts here, where the city's file can be named.
    cast_here = ", ".join(f"count({name})" for name, column in columns.items() if column["type"] != "VARCHAR" and name not in DERIVED)
    counts = read_rows(
        con, f"select {', '.join(f'{sql} as {name}' for name, sql in tests.items())}, {cast_here} from staging.records"
    )[0]
    for name in tests:
        if n := counts[name]:
            raise CheckFailed(
                f"{n} records have a {name} outside {', '.join(columns[name]['values'])}",
                where="staging",
                hint="Mend the city's SELECT.",
            )
    lost = read_rows(con, "select source_id, count(*) as n from staging.records where record_id is null group by 1")
    if lost:
        raise CheckFailed(f"{lost[0]['n']} records have no record_id", where=f"staging/{lost[0]['source_id']}.sql")
    staged = dict(con.execute("select source_id, count(*) from staging.records group by 1").fetchall())
    for source_id, accepted in con.execute("select source_id, accepted from staging.sources").fetchall():
        if staged.get(source_id, 0) != accepted:
            raise CheckFailed(
                f"{accepted} rows accepted, {staged.get(source_id, 0)} records made", where=f"staging/{source_id}.sql",
                hint="The SELECT must give one row per row: look for a join that repeats or drops rows.",
            )  # fmt: skip
