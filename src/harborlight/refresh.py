"""The way through, as a table of contents: fetch, stage, build, measure, publish.

Each step reads what the step before left on disk or in the private store. A step that fails leaves the last good release
where it is; a source that cannot be fetched keeps its last good snapshot, and the new release says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from harborlight.catalog import Catalog, load_catalog
from harborlight.errors import ConfigError, SourceError
from harborlight.log import get_logger
from harborlight.metrics import measure
from harborlight.model import build
from harborlight.places import check_base_tiles, with_files_hashed
from harborlight.publish import SourceState, is_unchanged, publish, sweep
from harborlight.sources.fetch import fetch_source, latest_snapshot
from harborlight.staging import stage
from harborlight.store import connect, only_writer, write_synced

log = get_logger("refresh")


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
    allow_private_hosts: bool = False, force: bool = False, now: datetime | None = None, progress: Progress | None = None,
) -> Run:  # fmt: skip
    """Fetch what is new and publish it. `force` rebuilds although nothing is new; `hold` stops before the switch.

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
            _run(run, catalog, data, only, hold, allow_private_hosts, force, progress)
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
    allow_private_hosts: bool,
    force: bool,
    progress: Progress,
) -> None:
    states = _timed(run, progress, "fetch", lambda: _fetch(run, catalog, data, only, allow_private_hosts, progress))
    today = run.started_at.astimezone(ZoneInfo(catalog.city.timezone)).date()
    same = None if force else is_unchanged(data, catalog, states, today)
    if same:
        run.outcome, run.release_id = "unchanged", same
        run.sentence = f"Nothing is new at the sources: no new release is made; {same} holds these data."
        return
    beside = data / "private.duckdb.building"
    for leftover in (beside, beside.with_name(beside.name + ".wal")):
        leftover.unlink(missing_ok=True)
    con = connect(beside)
    try:
        _timed(
            run,
            progress,
            "stage",
            lambda: stage(con, catalog, {i: s.snapshot for i, s in states.items()}, data, progress.item),
        )
        _timed(run, progress, "build", lambda: build(con, catalog, data, progress.item, today=today))
        _timed(run, progress, "measure", lambda: measure(con, progress.item))
        result = _timed(
            run,
            progress,
            "publish",
            lambda: publish(
                con, catalog, states, data, now=run.started_at, today=today, hold=hold, report=progress.item
            ),
        )
    finally:
        con.close()
    beside.replace(data / "private.duckdb")
    run.release_id, run.outcome, run.sentence = result


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
        states[source.id] = SourceState(last_good, reason)
        run.snapshots[source.id] = last_good.id
    return states


def _timed(run: Run, progress: Progress, name: str, step: Callable[[], Any]) -> Any:
    progress.step(name)
    started = time.monotonic()
    try:
        return step()
    finally:
        run.steps[name] = time.monotonic() - started
        log.info("%s: %.1f s", name, run.steps[name])
