"""Small releases for tests; run as a program it publishes in child processes that a test can kill.

Each line on standard input is `forever DIR` (a child publishes until it is killed; its id is printed) or
`until N DIR` (a child kills itself just before its Nth file operation; "killed" or "done" is printed).
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from harborlight import store
from harborlight.catalog.models import SignOff
from harborlight.publish import release, retention, signing
from harborlight.publish.gates import GateResult, SourceNumbers
from harborlight.publish.manifest import SnapshotFacts

START = datetime(2026, 11, 22, 16, 15, tzinfo=UTC)
COUNTS = (("robberies", "year", "2025", "city", 120), ("robberies", "month", "2025-12", "city", 11))
HOLD = GateResult(
    name="volume", level="hold", sentence="100 rows in the last release, 80 now (-20.0%).", source="s"
)
UNBALANCED = GateResult(name="reconciliation", level="hold", sentence="1 does not add up.", source="s")
NUMBERS = SourceNumbers(
    source_id="s", fetched=100, accepted=97, rejected=2, duplicate=1, reject_reasons={"age": 2}
)


def make_database(path: Path, counts: tuple[tuple[Any, ...], ...] = COUNTS, rows: int = 300) -> None:
    con = store.connect(path)
    con.execute(
        "create table counts (metric varchar, grain varchar, period varchar, area_id varchar, n bigint)"
    )
    con.executemany("insert into counts values (?, ?, ?, ?, ?)", counts)
    con.execute(
        "create table records as select date '2025-01-01' + (i % 365)::integer as date, i % 24 as hour,"
        f" case when i % 7 = 0 then null else 'Street ' || i end as place from range({rows}) as r(i)"
    )
    con.close()


@cache
def find_database(counts: tuple[tuple[Any, ...], ...] = COUNTS, rows: int = 300) -> Path:
    """A database with these rows, made once."""
    path = Path(tempfile.mkdtemp(prefix="release-maker-")) / "public.duckdb"
    atexit.register(shutil.rmtree, path.parent)
    make_database(path, counts, rows)
    return path


def make_building(
    data: Path, now: datetime, *, template: Path | None = None, note: str = "a", **database: Any
) -> Path:
    folder = release.building_folder(data, release.new_release_id(data, now))
    shutil.copy(template or find_database(**database), folder / "public.duckdb")
    for name, text in (
        ("downloads/records.csv", f"date,hour\n{note},1\n"),
        ("charts/overview.svg", "<svg></svg>\n"),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def make_facts(now: datetime, **given: Any) -> release.SealFacts:
    facts = {
        "created_at": now,
        "config_sha256": "c" * 64,
        "snapshots": {"s": SnapshotFacts(id="20261122T160000Z-abc", sha256="d" * 64, rows=100)},
        "sources": {"s": NUMBERS},
        "gates": (),
        "sign_off": SignOff(),
    }
    return release.SealFacts(**{**facts, **given})


def seal(data: Path, now: datetime = START, *, facts: dict[str, Any] | None = None, **building: Any) -> str:
    """Build and seal a draft with the key of the data directory; returns its id."""
    folder = make_building(data, now, **building)
    return release.seal(data, folder, facts=make_facts(now, **(facts or {})), key=load_key(data)).id


def publish(data: Path, now: datetime = START, **given: Any) -> str:
    release_id = seal(data, now, **given)
    release.switch(data, release_id, now=now, key=load_key(data))
    return release_id


def load_key(data: Path) -> signing.SigningKey:
    path = data / "signing.key"
    return signing.load_key(path) if path.exists() else signing.make_key(path)


def publish_next(data: Path, number: int) -> None:
    release.sweep(data)
    publish(
        data, START + timedelta(days=1, seconds=number), template=data / "template.duckdb", note=str(number)
    )
    retention.retire(data, 2)


# ------------------------------------------------------------------------------------- children to be killed

OPERATIONS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}


def kill_myself_before(operation: int, data: Path) -> None:
    left = operation

    def count(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event in OPERATIONS and str(data) in str(args[0]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def serve() -> None:
    for line in sys.stdin:
        words = line.split()
        data = Path(words[-1])
        child = os.fork()
        if child == 0:
            if words[0] == "until":
                kill_myself_before(int(words[1]), data)
            for number in range(1 if words[0] == "until" else 1_000_000):
                publish_next(data, number)
            os._exit(0)
        if words[0] == "forever":
            print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "done" if status == 0 else "failed", flush=True)


if __name__ == "__main__":
    serve()
