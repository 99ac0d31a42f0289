"""What the private store remembers from run to run, so that a release can say what became of the one before.

Schema `history`: `run` (the release that a run made), `seen` and `starts` (when the open records of a source were first seen),
and, only while a release waits, `published` (the open records of the release that is still up). A record that is gone from its
source is gone from here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from harborlight.metrics.shapes import Facts
from harborlight.publish.delays import make_delays
from harborlight.publish.groups import attach_was
from harborlight.publish.ledger import make_ledger
from harborlight.store import Connection, read_value


@dataclass(frozen=True)
class Earlier:
    """What a release is compared with: public store and id of the last published one, and the private store of the last run."""

    public: Path | None = None
    release_id: str | None = None
    private: Path | None = None


def make_history(con: Connection, facts: Facts, earlier: Earlier, today: date) -> None:
    """Create ledger, flows and reporting delays in the open public store. The current database is the private store."""
    has_store = _attach(con, earlier.private)
    con.execute("create schema if not exists history")
    make_ledger(con, facts, earlier.public, earlier.release_id if has_store else None, today)
    make_delays(con, facts, today, has_store=has_store)


def close_history(con: Connection, release_id: str, earlier: Earlier, *, is_published: bool) -> None:
    """Note which release this run made; where it waits, carry the records of the one that is up. Lets go of the earlier store."""
    con.execute("create or replace table history.run as select $id as release_id", {"id": release_id})
    has_before = read_value(con, "select count(*) from duckdb_views() where view_name = 'was_open' and temporary")
    if has_before and not is_published:
        con.execute("create or replace table history.published as select * from temp.main.was_open")
        con.execute("create or replace table history.published_id as select $id as release_id", {"id": earlier.release_id})
    for name in ("was_open", "now_open"):
        con.execute(f"drop view if exists temp.main.{name}")
    con.execute("detach database if exists was")


def _attach(con: Connection, private: Path | None) -> bool:
    """Attach the store of the run before as `was`; False where there is none that keeps a history."""
    if not attach_was(con, private):
        return False
    tables = "select count(*) from duckdb_tables() where database_name = 'was' and schema_name = 'history' "
    return int(read_value(con, tables + "and table_name in ('run', 'seen', 'starts')")) == 3
