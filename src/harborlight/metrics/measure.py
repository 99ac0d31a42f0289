"""Turns model events into the small numbers that the site is served from: the packed table and its rollups.

Each table is one SELECT in `tables/`; all have the same columns as far as they go, so one compiled question runs on any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path

from harborlight.log import get_logger
from harborlight.metrics.outcomes import count_outcomes, load_sealed
from harborlight.store import Connection, build_order, create_table, read_value

log = get_logger("measure")


def metric_files() -> dict[str, Path]:
    """`metric.<table>` → its SQL file."""
    folder = Path(str(resources.files("harborlight"))) / "metrics" / "tables"
    return {f"metric.{path.stem}": path for path in sorted(folder.glob("*.sql"))}


def read_data_through(con: Connection) -> date:
    """The last day on which any counted event happened; the epoch where there is none."""
    latest = read_value(con, "select max(counted_date) from model.records where is_countable and is_counted")
    return latest if isinstance(latest, date) else date(1900, 1, 1)


def measure(con: Connection, report: Callable[[str], None] = lambda _: None, *, data: Path | None = None) -> None:
    """Create every table of schema `metric` from `model.events`, and the counts of outcomes in schemas `outcome` and `sealed`.

    `data` is the data directory, which holds the sealed counts of removed records; without it there are none.
    """
    files = metric_files()
    params = {"data_through": read_data_through(con)}
    for name in build_order(con, files):
        report(name)
        log.info("%s: %d rows", name, create_table(con, name, files[name], params))
    report("outcomes")
    count_outcomes(con)
    load_sealed(con, data)
