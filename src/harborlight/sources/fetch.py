"""Fetch one source into a new immutable snapshot, or find that nothing is new.

In goes a declared source, out comes the `Snapshot` that staging should read. The rows' content names the
snapshot, so that an unchanged portal gives back the one that is already there; whatever goes wrong raises
`SourceError` before the manifest is written, and the last good snapshot stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path

from harborlight.catalog.models import City, Source
from harborlight.catalog.snapshot import Part, Snapshot
from harborlight.errors import ConfigError, SourceError
from harborlight.log import get_logger
from harborlight.records.ledger import load_ledger
from harborlight.sources import snapshot as disk
from harborlight.sources.http import Client, Limits
from harborlight.sources.incremental import merge, plan_delta
from harborlight.sources.landing import Job, Landed, Report
from harborlight.sources.scrub import scrub_file
from harborlight.sources.snapshot import check_snapshot, latest_snapshot

__all__ = ["check_snapshot", "fetch_source", "latest_snapshot"]

log = get_logger("fetch")
GROUP = "harborlight.connectors"
FUTURE = timedelta(minutes=10)
Connector = Callable[[Job], Landed]


def no_report(source_id: str, rows: int, total: int | None, pages: int) -> None:
    """Nobody is watching."""


@dataclass(frozen=True)
class Result:
    """A landed file and what the snapshot as a whole holds with it."""

    landed: Landed
    rows: int
    content: int
    parts: tuple[Part, ...] = ()
    withheld: int = 0

    @property
    def sha256(self) -> str:
        """The content as text."""
        return f"{self.content:064x}"


def fetch_source(
    source: Source,
    city: City,
    data: Path,
    *,
    city_folder: Path,
    allow_private_hosts: bool = False,
    budget_s: float = 1800,
    report: Report = no_report,
    now: datetime | None = None,
    full: bool = False,
    limits: Limits | None = None,
) -> Snapshot:
    """Fetch a source, whole and checked; an unchanged one gives back the snapshot that is there.

    `report` is told the source, rows so far, rows expected and pages. `full` fetches all rows even where
    changed ones would do; `limits` holds caps and patience. Raises SourceError; the last good snapshot is then untouched.
    """
    connector, folder = load_connector(source), disk.snapshot_folder(data, source.id)
    folder.mkdir(parents=True, exist_ok=True)
    disk.sweep(folder)
    previous = latest_snapshot(data, source.id)
    clock = datetime.now(UTC)
    started = max(now or clock, previous.finished_at + timedelta(seconds=1)) if previous else now or clock
    client = Client(
        source.url,
        where=source.id,
        contact=city.user_agent_contact,
        allow_private_hosts=allow_private_hosts,
        budget_s=budget_s,
        limits=limits,
    )
    try:
        with client:
            delta = None if full else plan_delta(source, previous, disk.read_full_check(folder, previous), started)
            job = Job(source, client, folder, city_folder, data, allow_private_hosts, report, delta)
            result = _fetch(job, connector, previous)
        result = _without_future_stamp(result, max(started, clock))
        if previous and is_same(source, previous, result):
            log.debug("%s: nothing new", source.id)
            if not result.landed.is_delta:
                disk.write_full_check(folder, previous, started)
            return previous
        check_age(source, previous, result)
        if not result.parts:
            result = replace(result, withheld=_scrub(job, result.landed))
        return _keep(job, result, previous, started, started + (datetime.now(UTC) - clock))
    finally:
        disk.sweep(folder)


def load_connector(source: Source) -> Connector:
    """The function behind a connector's name. Raises ConfigError."""
    known = entry_points(group=GROUP)
    if source.connector not in known.names:
        raise ConfigError(
            f"there is no connector {source.connector!r}",
            where=source.id,
            hint=f"Known: {', '.join(sorted(known.names))}.",
        )
    connector: Connector = known[source.connector].load()
    return connector


def _fetch(job: Job, connector: Connector, previous: Snapshot | None) -> Result:
    """Run the connector; if a delta does not add up to what the portal holds, fetch everything."""
    landed = connector(job)
    if landed.is_delta and previous:
        merged = merge(job.source, job.folder, previous, landed)
        withheld = landed.total - merged.rows
        # Rows removed by order are not in the base: as many as before may be wanting, and no others.
        is_known = withheld == previous.withheld or (landed.window_from is not None and 0 <= withheld <= previous.withheld)
        if is_known and not _scrub(job, landed):
            return Result(landed, landed.total, merged.content, merged.parts, withheld)
        log.info("%s: rows were deleted at the portal; fetching all", job.source.id)
        landed = connector(replace(job, delta=None))
    return Result(landed, landed.rows, landed.content)


def _scrub(job: Job, landed: Landed) -> int:
    """Take removed records out of a landed file before it gets a name; returns how many."""
    target = job.part_file("kept")
    dropped = scrub_file(job.source, landed.layout, landed.file, target, load_ledger(job.data))
    if dropped:
        target.replace(landed.file)
    return dropped


def is_same(source: Source, previous: Snapshot, result: Result) -> bool:
    """Whether the fetched rows are those of the last snapshot."""
    return (
        (previous.sha256, previous.rows, previous.columns) == (result.sha256, result.rows, result.landed.columns)
        and previous.connector == source.connector
        and previous.connector_version == result.landed.version
    )


def check_age(source: Source, previous: Snapshot | None, result: Result) -> None:
    """Refuse a copy that is older than the one at hand. Raises SourceError."""
    was, now = previous.source_updated_at if previous else None, result.landed.source_updated_at
    if was and now and now < was:
        raise SourceError(
            f"the portal serves an older copy (of {now:%Y-%m-%d %H:%M}) than before ({was:%Y-%m-%d %H:%M})",
            where=source.id,
            hint="The last good copy stays; the next run tries again.",
        )


def _without_future_stamp(result: Result, now: datetime) -> Result:
    """Forget a change date that lies in the future: it would make every later copy look old."""
    stamp = result.landed.source_updated_at
    if stamp is None or stamp <= now + FUTURE:
        return result
    return replace(result, landed=replace(result.landed, source_updated_at=None))


def _keep(job: Job, result: Result, previous: Snapshot | None, started: datetime, finished: datetime) -> Snapshot:
    """Give the landed file its name and write the manifest."""
    landed, source = result.landed, job.source
    snapshot_id = disk.name_snapshot(started, result.sha256)
    snapshot = Snapshot(
        source_id=source.id,
        id=snapshot_id,
        connector=source.connector,
        connector_version=landed.version,
        url=source.url,
        query={"columns": ",".join(job.wanted())} | landed.query,
        started_at=started,
        finished_at=finished,
        full_at=previous.full_at if landed.is_delta and previous else started,
        source_updated_at=landed.source_updated_at,
        rows=result.rows,
        withheld=result.withheld,
        sha256=result.sha256,
        parts=(*result.parts, disk.keep_part(job.folder, snapshot_id, landed)),
        window_from=landed.window_from,
        columns=landed.columns,
        new_columns=landed.new_columns,
    )
    disk.write_manifest(job.folder, snapshot)
    log.info("%s: %d rows", source.id, snapshot.rows)
    return snapshot
