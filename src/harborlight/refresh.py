"""The way through, as a table of contents: fetch, stage, build, measure, publish.

Each step reads what the step before left on disk or in the private store. A step that fails leaves the last good release
where it is; a source that cannot be fetched keeps its last good snapshot, and the new release says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from harborlight import demo
from harborlight.catalog import Catalog, Snapshot, load_catalog
from harborlight.errors import ConfigError, SourceError
from harborlight.log import get_logger
from harborlight.metrics import measure
from harborlight.model import build
from harborlight.places import check_base_tiles, with_files_hashed
from harborlight.publish import SourceState, is_unchanged, publish, sweep
from harborlight.publish.release import CURRENT, approve, switch
from harborlight.removal import find_vanished, follow, follow_rules, published_snapshots
from harborlight.sources.fetch import fetch_source, latest_snapshot
from harborlight.sources.snapshot import full_fetch_at
from harborlight.staging import stage
from harborlight.store import Connection, connect, only_writer, write_synced

log = get_logger("refresh")
# Who lets the fictional city's releases go out, and why.
SIGNERS = ("Records desk", "Office of Public Data")
SIGNED = "Late reports, recodings and rulings changed closed years; each changed count is listed under Changes."


class Progress:
    """What a run tells whoever watches; the command line draws it, tests leave it silent."""

    def step(self, name: str) -> None: ...
    def item(self, name: str) -> None: ...
    def rows(self, source_id: str, rows: int, total: int | None, pages: int) -> None: ...


@dataclass
class Run:
    """One refresh: what it did and how long each step took. Written to `runs/<time>.json`, never with a value from a row."""

    started_at: datetime
    steps: dict[str, float] = field(default_factory=dict)
    held_sources: dict[str, str] = field(default_factory=dict)
    snapshots: dict[str, str] = field(default_factory=dict)
    release_id: str | None = None
    outcome: str = "failed"
    sentence: str = ""

    def as_json(self) -> bytes:
        facts: dict[str, Any] = self.__dict__ | {
            "started_at": self.started_at.isoformat(),
            "steps": {k: round(v, 3) for k, v in self.steps.items()},
        }
        return json.dumps(facts, indent=1, sort_keys=True).encode() + b"\n"


def refresh(
    city_folder: Path, data: Path, *, only: Sequence[str] = (), hold: bool = False, overrides: Mapping[str, str] | None = None,
    allow_private_hosts: bool = False, force: bool = False, brief: bool = False, now: datetime | None = None, rules: bool = True,
    progress: Progress | None = None,
) -> Run:  # fmt: skip
    """Fetch what is new and publish it. `force` rebuilds although nothing is new; `hold` stops before the switch; `brief` leaves
    out downloads and charts; without `rules` no record leaves by itself.

    Raises ConfigError, SourceError (a source that has no good snapshot yet), CheckFailed or DisclosureError; the release
    that was up stays up.
    """
    progress = progress or Progress()
    catalog = with_files_hashed(load_catalog(city_folder, overrides or {}), data)
    check_base_tiles(catalog, data)
    run = Run(started_at=now or datetime.now(UTC))
    with only_writer(data):
        sweep(data)
        try:
            follow_rules(catalog if rules else catalog.model_copy(update={"records": None}), data, run.started_at, progress.item)
            _run(run, catalog, data, only, hold, brief, allow_private_hosts, force, rules, progress)
            if rules and run.outcome == "published":
                _follow_up(run, catalog, data, progress)
        except Exception as error:
            run.sentence = f"{type(error).__name__}: {error}"
            raise
        finally:
            folder = data / "runs"
            folder.mkdir(exist_ok=True)
            write_synced(folder / f"{run.started_at:%Y%m%dT%H%M%S%f}Z.json", run.as_json())
    return run


def _run(
    run: Run,
    catalog: Catalog,
    data: Path,
    only: Sequence[str],
    hold: bool,
    brief: bool,
    allow_private_hosts: bool,
    force: bool,
    rules: bool,
    progress: Progress,
) -> None:
    states = _timed(run, progress, "fetch", lambda: _fetch(run, catalog, data, only, allow_private_hosts, progress))
    today = run.started_at.astimezone(ZoneInfo(catalog.city.timezone)).date()
    same = None if force else is_unchanged(data, catalog, states, today, hold)
    if same:
        run.outcome, run.release_id = "unchanged", same
        run.sentence = f"Nothing is new at the sources: no new release is made; {same} holds these data."
        return
    beside = data / "private.duckdb.building"
    con, catalog = _timed(run, progress, "stage", lambda: _stage(run, catalog, states, data, beside, rules, progress))
    try:
        _timed(run, progress, "build", lambda: build(con, catalog, data, progress.item, today=today))
        _timed(run, progress, "measure", lambda: measure(con, progress.item, data=data))
        result = _timed(
            run,
            progress,
            "publish",
            lambda: publish(
                con, catalog, states, data, now=run.started_at, today=today, hold=hold, brief=brief, report=progress.item
            ),
        )
    finally:
        con.close()
    beside.replace(data / "private.duckdb")
    run.release_id, run.outcome, run.sentence = result


def _follow_up(run: Run, catalog: Catalog, data: Path, progress: Progress) -> None:
    """What has only just come in may be due to leave at once, in a first run above all."""
    done = follow_rules(catalog, data, run.started_at, progress.item)
    if done.release_id:
        run.release_id, run.outcome, run.sentence = done.release_id, done.outcome, done.sentence


def _stage(
    run: Run, catalog: Catalog, states: dict[str, SourceState], data: Path, beside: Path, rules: bool, progress: Progress
) -> tuple[Connection, Catalog]:
    """A new store with everything staged; what vanished at its source is removed first, as if by order.

    Where far too much is gone from a source, it keeps its last good snapshot and no single record is shown until somebody has looked.
    """
    con = _stage_once(catalog, states, data, beside, progress)
    gone = find_vanished(con, catalog, data) if rules else None
    if gone is None or not (gone.ids or gone.broken):
        return con, catalog
    con.close()
    follow(catalog, data, gone.ids, run.started_at, progress.item)
    before = published_snapshots(catalog, data)
    for source_id, state in states.items():
        if source_id in gone.broken and source_id in before:
            words = f"{gone.broken[source_id]:.1%} of its records are gone at once"
            run.held_sources[source_id] = f"{source_id}: {words}; no single record is shown until this is cleared up."
            log.error("%s: %s; its last good snapshot is kept and no single record is shown", source_id, words)
            states[source_id] = _state(data, before[source_id], "An unusual share of its records is missing.")
        else:
            states[source_id] = _state(data, latest_snapshot(data, source_id) or state.snapshot, state.held_reason)
        run.snapshots[source_id] = states[source_id].snapshot.id
    catalog = catalog.model_copy(update={"records": None}) if gone.broken else catalog
    return _stage_once(catalog, states, data, beside, progress), catalog


def _stage_once(catalog: Catalog, states: dict[str, SourceState], data: Path, beside: Path, progress: Progress) -> Connection:
    for leftover in (beside, beside.with_name(beside.name + ".wal")):
        leftover.unlink(missing_ok=True)
    con = connect(beside)
    stage(con, catalog, {i: s.snapshot for i, s in states.items()}, data, progress.item)
    return con


def refresh_demo(
    data: Path, *, seed: int = demo.SEED, scale: float = 1.0, now: datetime | None = None, progress: Progress | None = None
) -> tuple[Run, demo.DemoTruth]:
    """Make the fictional city and publish it, in a new folder after a few earlier editions, so that its counts have a history.

    Earlier editions are brief, carry the day on which each would have been published, and are left out where that is yet to come.
    """
    city, now, progress = demo.city_folder(), now or datetime.now(UTC), progress or Progress()
    if not (data / CURRENT).exists():
        for vintage in range(-demo.EARLIER_EDITIONS, 0):
            published_at = datetime.combine(demo.edition_day(vintage) + timedelta(days=2), time(16), UTC)
            if published_at < now:
                progress.step(f"earlier edition {vintage + demo.EARLIER_EDITIONS + 1} of {demo.EARLIER_EDITIONS}")
                demo.write_edition(data, seed=seed, scale=scale, vintage=vintage)
                _sign_off(refresh(city, data, brief=True, now=published_at, rules=False, progress=progress), data, published_at)
    truth = demo.write_demo(data, seed=seed, scale=scale)
    return _sign_off(refresh(city, data, now=now, rules=False, progress=progress), data, now), truth


def _sign_off(run: Run, data: Path, now: datetime) -> Run:
    """Let a fictional city's release go out as people would: late reports and rulings change its closed years, which holds it."""
    if run.outcome == "held" and run.release_id:
        with only_writer(data):
            for role in SIGNERS:
                approve(data, run.release_id, role, SIGNED, now)
            switch(data, run.release_id, now=now)
        run.outcome, run.sentence = "published", f"Release {run.release_id} is up."
    return run


def _fetch(
    run: Run, catalog: Catalog, data: Path, only: Sequence[str], allow_private_hosts: bool, progress: Progress
) -> dict[str, SourceState]:
    """The newest good snapshot of every source; with `only`, the other sources keep theirs."""
    states: dict[str, SourceState] = {}
    for unknown in set(only) - catalog.sources.keys():
        raise ConfigError(
            f"there is no source {unknown!r};", where="--only", hint=f"choose from {', '.join(catalog.sources)}."
        )
    for source in catalog.sources.values():
        last_good, reason = latest_snapshot(data, source.id), None
        if not only or source.id in only or last_good is None:
            try:
                last_good = fetch_source(
                    source, catalog.city, data, city_folder=catalog.folder, allow_private_hosts=allow_private_hosts, report=progress.rows,
                )  # fmt: skip
            except SourceError as error:
                if last_good is None:
                    raise
                reason = error.message
                run.held_sources[source.id] = str(error)
                log.warning("%s: kept its last good snapshot", source.id)
        states[source.id] = _state(data, last_good, reason)
        run.snapshots[source.id] = last_good.id
    return states


def _state(data: Path, snapshot: Snapshot, reason: str | None) -> SourceState:
    return SourceState(snapshot, reason, full_fetch_at(data, snapshot))


def _timed(run: Run, progress: Progress, name: str, step: Callable[[], Any]) -> Any:
    progress.step(name)
    started = monotonic()
    try:
        return step()
    finally:
        run.steps[name] = monotonic() - started
        log.info("%s: %.1f s", name, run.steps[name])
