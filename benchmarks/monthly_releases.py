"""The fictional city published month after month, each release attacked as it goes out, and at the end all of them together.

    python benchmarks/monthly_releases.py [--months 12] [--scale 0.2] [--seed 20260101]

Prints for each release how many sensitive counts it holds, how many are hidden, and how many of these are determined exactly or left
fewer than five values (goal: 0 and 0); then whether any count that one release showed is hidden, changed or gone in a later one.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from harborlight import demo
from harborlight.publish.group_audit import Audited, audit_groups, read_published
from harborlight.publish.release import approve, switch
from harborlight.publish.signing import VARIABLE, make_key
from harborlight.refresh import SIGNED, SIGNERS, refresh
from harborlight.store import connect, only_writer, quote_text, read_rows

Counts = dict[str, int | None]
K = 10  # the demo city's minimum


def publish_edition(data: Path, vintage: int, seed: int, scale: float) -> Path:
    """One release, made and signed on the day on which it would have been; returns its public store."""
    at = datetime.combine(demo.edition_day(vintage) + timedelta(days=2), time(16), UTC)
    demo.write_edition(data, seed=seed, scale=scale, vintage=vintage)
    run = refresh(demo.city_folder(), data, brief=True, now=at)
    if run.outcome == "held":
        with only_writer(data):
            for role in SIGNERS:
                approve(data, str(run.release_id), role, SIGNED, at)
            switch(data, str(run.release_id), now=at)
    return data / "releases" / str(run.release_id) / "public.duckdb"


def attack(data: Path, public: Path) -> tuple[Audited, Counts]:
    """What the auditor finds in a release, and every sensitive count in it (None where hidden)."""
    con = connect(data / "private.duckdb")
    try:
        found = audit_groups(con, public, K)
    finally:
        con.close()
    return found, read_counts(public)


def read_counts(public: Path) -> Counts:
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(public))} as release (read_only)")
    rows: list[dict[str, Any]] = read_rows(
        con, "select t.subject, g.* from release.main.groups as g join release.main.group_tables as t on g.table_id = t.id where t.tier = 'T1'"
    )
    con.close()
    return read_published(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--scale", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=demo.SEED)
    given = parser.parse_args()
    seen: Counts = {}
    changed = 0
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        make_key(data / "signing.key")
        os.environ[VARIABLE] = str(data / "signing.key")
        print(f"{'edition':>8} {'cells':>7} {'hidden':>7} {'exact':>6} {'narrow':>6} {'seconds':>8} {'changed':>8}")
        for vintage in range(-given.months, 1):
            found, counts = attack(data, publish_edition(data, vintage, given.seed, given.scale))
            broken = sum(key not in counts or counts[key] != n for key, n in seen.items())
            seen, changed = seen | counts, changed + broken
            print(
                f"{vintage:>8} {found.cells:>7} {found.hidden:>7} {found.exact:>6} {found.narrow:>6} {found.seconds:>8.1f} {broken:>8}", flush=True
            )
    print(f"{len(seen)} counts over all releases, {sum(n is None for n in seen.values())} hidden; {changed} changed after they were published")


if __name__ == "__main__":
    main()
