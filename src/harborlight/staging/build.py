"""Snapshots in, `staging.records`, `.arrests` and the other kinds out: one canonical row per accepted row of every source.

Every source of those kinds passes the same five stations: read as text, type by contract, set duplicates aside, mend by corrections,
map by the city's SELECT. The books balance at each source: fetched = accepted + rejected + duplicate, or nothing goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path

from harborlight.catalog import Catalog, Snapshot, Source
from harborlight.catalog.models import SUPPLY_NOTHING, Supplies
from harborlight.errors import CheckFailed
from harborlight.log import get_logger
from harborlight.records.ledger import Ledger, load_ledger
from harborlight.staging.canonical import make_views
from harborlight.staging.closed import remember_closed
from harborlight.staging.contract import select_typed
from harborlight.staging.corrections import apply_corrections
from harborlight.staging.raw import PAGE_SIZES, select_raw
from harborlight.staging.removed import FOLDER, add_to_books, load_sealed_rows, removed_condition
from harborlight.store import (
    Connection,
    StoreError,
    error_words,
    quote_name,
    quote_text,
    read_rows,
    read_value,
)

log = get_logger("stage")
Report = Callable[[str], None]


def stage(
    con: Connection, catalog: Catalog, snapshots: Mapping[str, Snapshot], data: Path, report: Report = lambda _: None, *,
    ledger: Ledger | None = None,
) -> None:  # fmt: skip
    """Fill the schemas `raw`, `map`, `sealed` and `staging` of an empty private store. Rows on the ledger of removals are left out.

    The ledger is the one on the disk unless another is given. Raises CheckFailed when a contract is broken or the books of a source do not balance.
    """
    for schema in ("raw", "map", "staging"):
        con.execute(f"create schema {schema}")
    _load_maps(con, catalog)
    _load_declarations(con, catalog)
    con.execute(
        "create table staging.sources (source_id varchar, snapshot_id varchar, counting_system varchar, fetched bigint, "
        "accepted bigint, rejected bigint, duplicate bigint, conflicting bigint, corrected bigint, fetched_on date)"
    )
    con.execute("create table staging.rejects (source_id varchar, reason varchar, n bigint)")
    load_sealed_rows(con, data / FOLDER)
    ledger = load_ledger(data) if ledger is None else ledger
    for source_id, snapshot in snapshots.items():
        source = catalog.sources[source_id]
        report(source.title)
        if source.kind == "areas":  # nothing is staged: `places` reads boundaries from the snapshot, every one or none
            _write_books(con, source, snapshot, accepted=snapshot.rows)
        else:
            _stage_source(con, catalog, source, snapshot, data, ledger)
    make_views(con, catalog, snapshots)
    add_to_books(con)
    remember_closed(con, data)


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
    for name in ("offense_codes", "disposition_codes"):
        codes = resources.files("harborlight").joinpath(f"model/{name}.csv")
        con.execute(
            f"create table staging.{name} as select * from read_csv({quote_text(str(codes))}, header = true, all_varchar = true, "
            "delim = ',', quote = '\"', escape = '\"')"
        )
    con.execute(
        "create table staging.stated_supplies (source_id varchar, offense_group varchar, date_from date, date_to date)"
    )
    con.execute("create table staging.closed_cases (case_id varchar)")
    con.execute("create table staging.year_rules (sort integer, rule varchar, date_from date, date_to date)")
    con.execute("create table staging.places (layer varchar, area_id varchar, area_name varchar, name_key varchar)")
    groups = [
        r["offense_group"]
        for r in read_rows(con, "select distinct offense_group from staging.offense_codes order by 1")
    ]
    for source in catalog.sources.values():
        for supply in source.supplies:
            for group in _groups_supplied(source, supply, groups):
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


def _groups_supplied(source: Source, supply: Supplies, groups: list[str]) -> Sequence[str]:
    """The offense groups that a source is official for; arrests, firearms and warrants stand beside them as groups of their own."""
    if source.kind != "records":
        return [] if source.kind in SUPPLY_NOTHING else [source.kind]
    return groups if "all" in supply.offense_groups else supply.offense_groups


# ---------------------------------------------------------------------------------------- one source


def _stage_source(con: Connection, catalog: Catalog, source: Source, snapshot: Snapshot, data: Path, ledger: Ledger) -> None:
    table = f"raw.{quote_name(source.id)}"
    removed = removed_condition(con, ledger, source.removal_ids)
    hidden = _read_snapshot(con, catalog, source, snapshot, data, table, removed)
    broken, hidden_lines = _read_broken_lines(con, source, ledger)
    hidden += hidden_lines
    read = int(read_value(con, f"select count(*) from {table}"))
    refused = _set_rejects_aside(con, source, table, data) + broken
    duplicate, conflicting = _set_duplicates_aside(con, source, table)
    corrected = apply_corrections(con, source, catalog.corrections.get(source.id, ()), may_be_gone=bool(removed))
    accepted = int(read_value(con, f"select count(*) from {table}"))
    fetched = snapshot.rows - snapshot.withheld - hidden
    if not fetched == read + broken == accepted + refused + duplicate:
        raise CheckFailed(
            f"the books do not balance: {fetched} fetched, {read} read, {accepted} accepted, {refused} rejected, "
            f"{duplicate} duplicate", where=f"source {source.id}", hint="The last good release stays up; look into the snapshot.",
        )  # fmt: skip
    _write_books(con, source, snapshot, accepted, refused, duplicate, conflicting, corrected)
    log.info(
        "%s: %d rows, %d accepted, %d rejected, %d duplicate", source.id, fetched, accepted, refused, duplicate
    )


def _write_books(
    con: Connection, source: Source, snapshot: Snapshot, accepted: int, refused: int = 0, duplicate: int = 0,
    conflicting: int = 0, corrected: int = 0,
) -> None:  # fmt: skip
    con.execute(
        "insert into staging.sources values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [source.id, snapshot.id, source.counting_system, accepted + refused + duplicate, accepted, refused, duplicate, conflicting, corrected,
         snapshot.finished_at.date()],
    )  # fmt: skip


def _read_snapshot(
    con: Connection, catalog: Catalog, source: Source, snapshot: Snapshot, data: Path, table: str, removed: str = ""
) -> int:
    """Create the typed table from the snapshot's files, without removed rows; returns how many those were."""
    for largest_page in PAGE_SIZES:
        raw = select_raw(source, snapshot, data / "snapshots" / source.id, data / "tmp", largest_page)
        hidden = 0
        try:
            if removed:
                hidden = int(read_value(con, f"select count(*) from ({raw}) where {removed}"))
                _forget_broken_lines(con)  # they are read once more
                raw = f"select * from ({raw}) where not ({removed})"
            con.execute(f"create table {table} as {select_typed(source, catalog.city.timezone, raw)}")
            return hidden
        except StoreError as error:
            if "maximum_object_size" in str(error) and largest_page != PAGE_SIZES[-1]:
                continue
            raise CheckFailed(
                f"the snapshot cannot be read: {error_words(error)}",
                where=f"source {source.id}",
                hint="Compare the file with the columns that sources/ declares.",
            ) from error
    raise AssertionError("the last page size either works or raises")


def _forget_broken_lines(con: Connection) -> None:
    for name in ("reject_errors", "reject_scans"):
        con.execute(f"drop table if exists {name}")


def _read_broken_lines(con: Connection, source: Source, ledger: Ledger) -> tuple[int, int]:
    """Lines of a delimited file that are no rows at all (ragged, unclosed quote, too long), kept by the CSV reader.

    Returns how many there are, and how many besides hold a removed id.
    """
    if not read_value(con, "select count(*) from duckdb_tables() where table_name = 'reject_errors'"):
        return 0, 0
    hidden = _hide_broken_lines(con, source, ledger)
    n = int(read_value(con, "select count(distinct (scan_id, line)) from reject_errors"))
    if n:
        con.execute(
            "insert into staging.rejects select ?, 'line: ' || lower(replace(reason, '_', ' ')), count(*) from "
            "(select min(cast(error_type as varchar)) as reason from reject_errors group by scan_id, line) group by reason order by reason",
            [source.id],
        )
    con.execute("create table if not exists staging.broken_lines (source_id varchar, line ubigint, csv_line varchar)")
    con.execute("insert into staging.broken_lines select distinct ?, line, csv_line from reject_errors", [source.id])
    _forget_broken_lines(con)
    return n, hidden


def _hide_broken_lines(con: Connection, source: Source, ledger: Ledger) -> int:
    """Take lines that hold a removed id out of what the CSV reader refused; returns how many."""
    if not ledger.entries or not source.removal_ids:
        return 0
    found = con.execute("select scan_id, line, any_value(csv_line) from reject_errors group by all").fetchall()
    hidden = [(scan, line) for scan, line, text in found if ledger.holds_token(text or "", source.csv.delimiter, source.csv.quote)]
    for place in hidden:
        con.execute("delete from reject_errors where scan_id = ? and line = ?", place)
    return len(hidden)


def _set_rejects_aside(con: Connection, source: Source, table: str, data: Path) -> int:
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
