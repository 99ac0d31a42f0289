"""Removals that nobody orders: records that vanished at their source, and cases whose time is over.

In: the private store of the last run, and the one that is being built from new snapshots. Out: ids, never written anywhere. What the
source no longer holds is treated as removed by order, unless so much is gone at once that the source may be broken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from harborlight.catalog import Catalog, Source
from harborlight.removal.settle import OWN_ID
from harborlight.store import Connection, connect, quote_name, quote_text, read_value

VANISHING = ("arrests", "cases")
# Of all ids of a source; more than this at once is no expungement.
MOST_VANISHED = 0.005
FEWEST_FOR_ALARM = 10
# What ends a case for good without a conviction; a case that is pending has no such day.
KEPT = ("convicted", "pending")


@dataclass
class Vanished:
    """Kind and id of what is gone, and sources of which too much is gone at once, with the share that is."""

    ids: set[tuple[str, str]] = field(default_factory=set)
    broken: dict[str, float] = field(default_factory=dict)


def find_vanished(con: Connection, catalog: Catalog, data: Path) -> Vanished:
    """Ids of arrests and cases that the last run knew and the new snapshots, staged in `con`, no longer hold."""
    found, path = Vanished(), data / "private.duckdb"
    sources = [s for s in catalog.sources.values() if s.kind in VANISHING and OWN_ID[s.kind] in s.removal_ids]
    if not sources or not path.is_file():
        return found
    con.execute(f"attach {quote_text(str(path))} as old (read_only)")
    try:
        for source in sources:
            if _has_raw(con, "old", source) and _has_raw(con, str(read_value(con, "select current_database()")), source):
                _compare(con, source, data, found)
    finally:
        con.execute("detach old")
    return found


def _has_raw(con: Connection, database: str, source: Source) -> bool:
    columns = con.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name = 'raw' and table_name = ?", [database, source.id]
    ).fetchall()
    return set(source.removal_ids[OWN_ID[source.kind]]) <= {name for (name,) in columns}


def _compare(con: Connection, source: Source, data: Path, found: Vanished) -> None:
    kind, raw = OWN_ID[source.kind], f"raw.{quote_name(source.id)}"
    own = f"coalesce({', '.join(f'''nullif(trim(cast({quote_name(name)} as varchar)), '')''' for name in source.removal_ids[kind])})"
    still = f"select {own} from {raw}"
    rejects = data / "rejects" / f"{source.id}.csv"
    if rejects.is_file():  # what is refused now is still there
        still += f" union all select {own} from read_csv({quote_text(str(rejects))}, header = true, all_varchar = true)"
    known = int(read_value(con, f"select count(distinct {own}) from old.{raw}"))
    gone = [row[0] for row in con.execute(f"select {own} from old.{raw} except ({still})").fetchall() if row[0]]
    if len(gone) >= FEWEST_FOR_ALARM and len(gone) > MOST_VANISHED * known:
        found.broken[source.id] = len(gone) / known
    else:
        found.ids |= {(kind, text) for text in gone}


def find_due(catalog: Catalog, data: Path, today: date) -> set[tuple[str, str]]:
    """Kind and id of the cases that ended without a conviction so long ago that the city's policy lets them go."""
    path = data / "private.duckdb"
    if catalog.records is None or not path.is_file():
        return set()
    con = connect()
    try:
        con.execute(f"attach {quote_text(str(path))} as old (read_only)")
        if not read_value(con, "select count(*) from duckdb_tables() where database_name = 'old' and table_name = 'court_cases'"):
            return set()
        rows = con.execute(
            "select unnest([case_id, later_case_id]) from old.model.court_cases where outcome_code not in (select unnest($kept)) "
            f"and disposed_date + interval {catalog.records.months_until_purge} month <= $today",
            {"kept": list(KEPT), "today": today},
        ).fetchall()
    finally:
        con.close()
    return {("case", text) for (text,) in rows if text}
