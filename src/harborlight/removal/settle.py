"""Seals what removed records had added to counts, before they are gone for good.

In: the ledger, and the entries that are sealed already (`sealed/entries`). The data are built twice beside: with the rows of the
new entries and without. Out: the folder `sealed/`, written whole beside and switched, so that a run that dies is simply run again.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from harborlight.catalog import Catalog, Snapshot
from harborlight.metrics import measure
from harborlight.model import build
from harborlight.records.ledger import Ledger, save_ledger
from harborlight.removal.differences import keep_books, keep_cubes, keep_groups, keep_rows, prepare
from harborlight.staging import stage
from harborlight.staging.removed import FOLDER, load_sealed_rows
from harborlight.store import Connection, connect, quote_name, quote_text, read_value, write_synced

NEXT, OLD, SCRATCH = ".sealed-next", ".sealed-old", ".removal"
# The kind of id by which a row of each kind of source is itself known, and not by what it refers to.
OWN_ID = {"records": "incident", "arrests": "arrest", "cases": "case", "charges": "case", "sentences": "case"}
Report = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """What a removal works on: the city, its data, the snapshots that its release was made from, and the day."""

    catalog: Catalog
    data: Path
    snapshots: Mapping[str, Snapshot]
    today: date
    report: Report = lambda _: None


def sealed_entries(data: Path) -> frozenset[str]:
    """The entries of the ledger whose counts are sealed."""
    path = data / FOLDER / "entries"
    return frozenset(path.read_text(encoding="ascii").split()) if path.is_file() else frozenset()


def is_settled(data: Path, ledger: Ledger) -> bool:
    """Whether everything that the ledger asks for is done here: sealed, published and purged."""
    if not ledger.entries:
        return True
    path = data / FOLDER / "purged"
    return ledger.entries <= sealed_entries(data) and path.is_file() and path.read_text(encoding="ascii").strip() == ledger.digest


def note_purged(data: Path, ledger: Ledger) -> None:
    """Note that nothing of the entries is left here."""
    (data / FOLDER).mkdir(exist_ok=True)
    write_synced(data / FOLDER / "purged", f"{ledger.digest}\n".encode())


def recover(data: Path) -> None:
    """Finish or undo a switch of the sealed counts that was interrupted, and remove what a dead run left beside."""
    if not (data / FOLDER).exists() and (data / OLD).exists():
        (data / OLD).rename(data / FOLDER)
    for name in (NEXT, OLD, SCRATCH):
        shutil.rmtree(data / name, ignore_errors=True)


def settle(work: Work, ledger: Ledger) -> tuple[Ledger, int]:
    """Seal the counts of the entries that are not sealed yet. Returns the ledger with what they bring along, and how many rows go."""
    data = work.data
    sealed = sealed_entries(data)
    if ledger.entries <= sealed:
        return ledger, 0
    folder = data / NEXT
    with _scratch(data) as scratch:
        work.report("counts with the records")
        with_them = connect(scratch / "with.duckdb")
        stage(with_them, work.catalog, work.snapshots, data, ledger=ledger.only(sealed))
        ledger = follow(with_them, work.catalog, ledger)
        save_ledger(data, ledger)
        build(with_them, work.catalog, data, today=work.today)
        measure(with_them)
        prepare(with_them, data)
        with_them.close()
        work.report("counts without them")
        con = connect(scratch / "without.duckdb")
        stage(con, work.catalog, work.snapshots, data, ledger=ledger)
        con.execute(f"attach {quote_text(str(scratch / 'with.duckdb'))} as b (read_only)")
        folder.mkdir()
        rows = keep_rows(con, folder, lambda: secrets.token_hex(8), data)
        load_sealed_rows(con, folder)
        build(con, work.catalog, data, today=work.today)
        measure(con)
        keep_books(con, folder)
        keep_groups(con, folder)
        keep_cubes(con, folder, data)
        con.close()
    write_synced(folder / "entries", "\n".join([*sorted(ledger.entries), ""]).encode())
    _switch(data)
    return ledger, rows


@contextmanager
def _scratch(data: Path) -> Iterator[Path]:
    """A folder for stores that are thrown away."""
    folder = data / SCRATCH
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _switch(data: Path) -> None:
    if (data / FOLDER).exists():
        (data / FOLDER).rename(data / OLD)
    (data / NEXT).rename(data / FOLDER)
    shutil.rmtree(data / OLD, ignore_errors=True)


# ------------------------------------------------------------------------------------ what an id brings along


def follow(con: Connection, catalog: Catalog, ledger: Ledger) -> Ledger:
    """The ledger with every id by which a removed arrest or case is known besides: an arrest goes with all its rows, a case with both numbers."""
    sources = [s for s in catalog.sources.values() if s.kind in OWN_ID and _is_staged(con, s.id)]
    while True:
        found: set[str] = set()
        ledger.register(con)
        for source in sources:
            own = source.removal_ids.get(OWN_ID[source.kind], ())
            for column in own if source.kind != "records" else ():
                text = f"cast({quote_name(column)} as varchar)"
                rows = con.execute(
                    f"select distinct {ledger.sql_hash(OWN_ID[source.kind], text)} from raw.{quote_name(source.id)} "
                    f"where nullif(trim({text}), '') is not null and ({ledger.sql_holds(source.removal_ids)})"
                ).fetchall()
                found |= {row[0] for row in rows}
        if found <= ledger.entries:
            return ledger
        ledger = ledger.only(ledger.entries | found)


def _is_staged(con: Connection, source_id: str) -> bool:
    return bool(read_value(con, "select count(*) from duckdb_tables() where schema_name = 'raw' and table_name = ?", [source_id]))
