"""How long 100,000 removal orders take against 1,000,000 rows, from the orders file to the end of the purge.

    python benchmarks/removals.py [rows] [orders]

A small town with courts is blown up to so many rows (half reports, the rest arrests, cases and charges), published briefly, and the
command is run as from the shell. Printed, never asserted: the goal is 15 minutes on two cores.
"""

from __future__ import annotations

import csv
import os
import resource
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harborlight.catalog import load_catalog
from harborlight.log import set_up
from harborlight.publish.signing import VARIABLE, make_key
from harborlight.records.orders import read_orders
from harborlight.refresh import refresh
from harborlight.removal import remove
from tests.courts_of_town import case_rows, together, write_court_town, write_courts
from tests.tiny import HEADER, feed_row

OUTCOMES = ("guilty_plea", "nolle_prosequi", "stet", "")


def write_feeds(city: Path, rows: int) -> int:
    """Reports, and for every fifth a case with its arrest and charge; returns how many cases there are."""
    reports, cases = rows // 2, rows // 6
    (city / "feeds").mkdir(parents=True, exist_ok=True)
    with (city / "feeds/reports.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, HEADER, lineterminator="\n")
        writer.writeheader()
        writer.writerows(feed_row(n, id=f"R{n:07}", case=f"24-{n:07}") for n in range(reports))
    write_courts(city, **together(*(case_rows(n, f"24-{n:07}", outcome=OUTCOMES[n % 4]) for n in range(cases))))
    return cases


def main() -> None:
    rows, orders = (int(word) for word in [*sys.argv[1:3], "1000000", "100000"][:2]) if len(sys.argv) != 2 else (int(sys.argv[1]), 100_000)
    set_up("WARNING")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_key(folder / "signing.key")
        os.environ[VARIABLE] = str(folder / "signing.key")
        city = write_court_town(folder / "city")
        text = (city / "sources/reports.yaml").read_text()
        (city / "sources/reports.yaml").write_text(text.replace("[robbery]", "[all]"))
        cases = write_feeds(city, rows)
        started = monotonic()
        refresh(city, folder / "data", now=datetime(2026, 10, 1, 12, tzinfo=UTC), brief=True)
        print(f"{rows:,} rows published in {monotonic() - started:.0f} s")
        path, half = folder / "orders.csv", min(orders // 2, cases)
        lines = [f"case,0D24{n:06}" for n in range(half)] + [f"incident,24-{n:07}" for n in range(orders - half)]
        path.write_text("\n".join(["kind,id", *lines, ""]))
        started, last = monotonic(), [monotonic(), "orders"]

        def tell(step: str) -> None:
            now = monotonic()
            if step in ("counts with the records", "counts without them", "Reports", "public tables", "snapshots", "old releases, stores, reports"):
                print(f"  {last[1]}: {now - float(last[0]):.1f} s")
                last[:] = [now, step]

        done = remove(load_catalog(city), folder / "data", read_orders(path), report=tell)
        took, memory = monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{orders:,} orders against {rows:,} rows: {took / 60:.1f} minutes, {memory:.1f} GB of memory at most, {done.outcome}")
        print(", ".join(f"{place} {n:,}" for place, n in done.purged.items()))


if __name__ == "__main__":
    main()
