"""The city's SELECTs, kept to canonical columns: `staging.records`, `.arrests` and one more for each kind are views over them.

Rows lie once, typed, in `raw`; the model takes from the views what it needs. A city says what its columns mean, never
what becomes of them: an unknown column, a value outside a closed vocabulary or a lost row stops the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from harborlight.catalog import Catalog, Snapshot, Source
from harborlight.catalog.yaml_text import read_yaml
from harborlight.errors import CheckFailed
from harborlight.staging.removed import TABLES, sealed_select
from harborlight.store import Connection, StoreError, error_words, quote_name, quote_text, read_rows, read_sql

Columns = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """What sources of one kind become. `local_time` maps derived columns to SQL over `{local}`, the local time of `instant`."""

    table: str
    key: str
    required: frozenset[str]
    instant: str
    local_time: Mapping[str, str]


KINDS = {
    "records": Kind(
        "records", "record_id", frozenset({"record_id", "offense_code"}), "occurred_at",
        {"occurred_date": "cast({local} as date)", "occurred_hour": "cast(extract(hour from {local}) as tinyint)"},
    ),
    "arrests": Kind("arrests", "arrest_id", frozenset({"arrest_id"}), "arrested_at", {"arrested_date": "cast({local} as date)"}),
    "firearms": Kind("firearms", "firearm_id", frozenset({"firearm_id"}), "recovered_at", {"recovered_date": "cast({local} as date)"}),
    "cases": Kind("cases", "case_id", frozenset({"case_id"}), "null", {}),
    "charges": Kind("charges", "case_id", frozenset({"case_id"}), "null", {}),
    "sentences": Kind("sentences", "case_id", frozenset({"case_id", "charge_seq"}), "null", {}),
    "warrants": Kind("warrants", "warrant_id", frozenset({"warrant_id"}), "null", {}),
    "services": Kind("services", "id", frozenset({"id", "name", "kind"}), "null", {}),
}  # fmt: skip
# What staging itself adds to a record, before and after the canonical columns.
OF_RECORDS = (
    ("counting_system varchar", "has_complaint_number boolean"), ("died_date date", "ruled_date date", "cleared_date date", "is_sealed boolean"),
)  # fmt: skip


def load_columns(table: str) -> Columns:
    """The canonical columns of `records`, `arrests` or another kind: name → type, values, about."""
    text = resources.files("harborlight").joinpath(f"staging/{table}.yaml").read_text(encoding="utf-8")
    columns: Columns = read_yaml(text)
    return columns


def load_record_columns() -> Columns:
    """The canonical columns of a record."""
    return load_columns("records")


def load_arrest_columns() -> Columns:
    """The canonical columns of an arrest."""
    return load_columns("arrests")


def load_firearm_columns() -> Columns:
    """The canonical columns of a recovered firearm."""
    return load_columns("firearms")


def load_service_columns() -> Columns:
    """The canonical columns of a site of help or prevention."""
    return load_columns("services")


def load_court_columns() -> dict[str, Columns]:
    """The canonical columns of cases, charges, sentences and warrants, by kind."""
    return {kind: load_columns(kind) for kind in ("cases", "charges", "sentences", "warrants")}


def make_views(con: Connection, catalog: Catalog, snapshots: Mapping[str, Snapshot]) -> None:
    """Create one view of each kind over the staged sources. Raises CheckFailed, naming the city's file."""
    for name, kind in KINDS.items():
        columns = load_columns(kind.table)
        selects = {
            source_id: _select(con, catalog, catalog.sources[source_id], snapshot, kind, columns)
            for source_id, snapshot in snapshots.items() if catalog.sources[source_id].kind == name
        }  # fmt: skip
        every = " union all ".join(selects.values()) or _select_nothing(kind, columns)
        sealed = sealed_select(kind.table, _types(kind, columns))
        every += f" union all {sealed}" if sealed else ""
        con.execute(f"create view staging.{kind.table} as {every}")
        try:
            _check_values(con, kind, columns, list(selects))
        except StoreError as error:
            where = _find_misfit(con, selects)
            hint = "Mend the SELECT: a value does not fit its column."
            raise CheckFailed(error_words(error), where=where, hint=hint) from error


def _find_misfit(con: Connection, selects: Mapping[str, str]) -> str:
    """The first source's SELECT that cannot be carried out on its rows."""
    for source_id, select in selects.items():
        try:
            con.execute(f"select max(hash(r)) from ({select}) as r")
        except StoreError:
            return f"staging/{source_id}.sql"
    return "staging"


def _select_nothing(kind: Kind, columns: Columns) -> str:
    """No rows, with the columns and types that there would be."""
    picked = (f"cast(null as {type_}) as {name}" for name, type_ in _types(kind, columns).items())
    return f"select {', '.join(picked)} where false"


def _types(kind: Kind, columns: Columns) -> dict[str, str]:
    """The columns of a staging view in order, with their types."""
    own = OF_RECORDS if kind.table == "records" else ((), ("is_sealed boolean",) if kind.table == "arrests" else ())
    canonical = [f"{name} {column['type']}" for name, column in columns.items()]
    typed = ("source_id varchar", "snapshot_id varchar", *own[0], *canonical, *own[1])
    return dict(column.split(" ", 1) for column in typed)


def _select(con: Connection, catalog: Catalog, source: Source, snapshot: Snapshot, kind: Kind, columns: Columns) -> str:
    given = _read_given(con, catalog, source, kind, columns)
    picked = ", ".join(
        f"cast({quote_name(name) if name in given else 'null'} as {column['type']}) as {name}"
        for name, column in columns.items()
    )
    zone = quote_text(catalog.city.timezone)
    local = f"timezone({zone}, timezone('UTC', {kind.instant}))"
    derived = [f"coalesce({name}, {sql.format(local=local)}) as {name}" for name, sql in kind.local_time.items()]
    before = f"{quote_text(source.id)} as source_id, {quote_text(snapshot.id)} as snapshot_id"
    after = ", false as is_sealed" if kind.table == "arrests" else ""
    if kind.table == "records":
        before += f", {quote_text(source.counting_system)} as counting_system"
        before += f", {'true' if source.has_complaint_numbers else 'false'} as has_complaint_number"
        derived.append("coalesce(incident_id, record_id) as incident_id")
        after = "".join(
            f", cast(timezone({zone}, timezone('UTC', {n}_at)) as date) as {n}_date" for n in ("died", "ruled", "cleared")
        )
        after += ", false as is_sealed"
    rows = f"select {picked} from staging.{quote_name('of_' + source.id)}"
    replaced = f" replace ({', '.join(derived)})" if derived else ""
    return f"select {before}, *{replaced}{after} from ({rows})"


def _read_given(con: Connection, catalog: Catalog, source: Source, kind: Kind, columns: Columns) -> set[str]:
    """The columns that the city's SELECT gives, after it has become the view `staging.of_<source>`."""
    path = catalog.staging_sql[source.id]
    where = f"staging/{path.name}"
    view = f"staging.{quote_name('of_' + source.id)}"
    try:
        con.execute(f"create view {view} as {read_sql(path)}")
        given = {row["column_name"] for row in read_rows(con, f"describe {view}")}
    except StoreError as error:
        raise CheckFailed(error_words(error), where=where, hint="Mend the SELECT.") from error
    if unknown := given - columns.keys():
        words = f"{', '.join(sorted(unknown))}: not a canonical column"
        raise CheckFailed(words, where=where, hint=f"See the list in docs/reference/{kind.table}.md.")
    if missing := kind.required - given:
        raise CheckFailed(f"{', '.join(sorted(missing))} must be selected", where=where)
    return given


def _check_values(con: Connection, kind: Kind, columns: Columns, sources: list[str]) -> None:
    """The city's SELECT kept to the closed vocabularies, every row has its key, and each accepted row is there once."""
    table, noun = f"staging.{kind.table}", kind.table
    tests = {
        name: f"count(*) filter (where {name} not in ({', '.join(quote_text(v) for v in column['values'])}))"
        for name, column in columns.items() if "values" in column
    }  # fmt: skip
    # Counting the typed columns carries out their casts here, where the city's file can be named.
    cast_here = [
        f"count({n})" for n, column in columns.items() if column["type"] != "VARCHAR" and n not in kind.local_time
    ]
    counted = ", ".join([*(f"{sql} as {name}" for name, sql in tests.items()), *cast_here])
    counts = read_rows(con, f"select {counted} from {table}")[0]
    for name in tests:
        if n := counts[name]:
            words = f"{n} {noun} have a {name} outside {', '.join(columns[name]['values'])}"
            raise CheckFailed(words, where="staging", hint="Mend the city's SELECT.")
    lost = read_rows(con, f"select source_id, count(*) as n from {table} where {kind.key} is null group by 1")
    if lost:
        raise CheckFailed(f"{lost[0]['n']} {noun} have no {kind.key}", where=f"staging/{lost[0]['source_id']}.sql")
    sealed = f" union all select source_id, -count(*) from sealed.{kind.table} group by 1" if kind.table in TABLES else ""
    counted = f"select source_id, count(*) as n from {table} group by 1{sealed}"
    staged = dict(con.execute(f"select source_id, sum(n) from ({counted}) group by 1").fetchall())
    for source_id, accepted in con.execute("select source_id, accepted from staging.sources").fetchall():
        if source_id in sources and staged.get(source_id, 0) != accepted:
            raise CheckFailed(
                f"{accepted} rows accepted, {staged.get(source_id, 0)} {noun} made", where=f"staging/{source_id}.sql",
                hint="The SELECT must give one row per row: look for a join that repeats or drops rows.",
            )  # fmt: skip
