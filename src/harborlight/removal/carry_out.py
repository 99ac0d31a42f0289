"""Removal orders, carried out: ledger first, then counts sealed, a release without the records, and a purge of everything else.

Whatever dies in between, the same command (or any refresh) takes it up again: the ledger says what is wanted, `sealed/` what is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from harborlight.catalog import Catalog, Snapshot, Source
from harborlight.errors import CheckFailed, ConfigError
from harborlight.log import get_logger
from harborlight.metrics import measure
from harborlight.model import build
from harborlight.publish import SourceState, current_manifest, publish, sweep
from harborlight.publish.signing import signing_key
from harborlight.records.ledger import Ledger, load_ledger, open_ledger, save_ledger
from harborlight.records.orders import Order
from harborlight.removal.purge import purge
from harborlight.removal.rules import find_due
from harborlight.removal.settle import OWN_ID, Work, is_settled, note_purged, recover, settle
from harborlight.sources.fetch import latest_snapshot
from harborlight.sources.snapshot import check_snapshot, full_fetch_at, snapshot_folder
from harborlight.staging import stage
from harborlight.store import connect, only_writer

log = get_logger("purge")
Report = Callable[[str], None]


@dataclass
class Done:
    """What a removal did. `rows` were taken out of the last release's data; `purged` are counts by place."""

    rows: int = 0
    release_id: str | None = None
    outcome: str = "nothing"
    sentence: str = "Nothing is left to remove."
    purged: dict[str, int] = field(default_factory=dict)


def remove(catalog: Catalog, data: Path, orders: Sequence[Order], *, now: datetime | None = None, report: Report = lambda _: None) -> Done:
    """Carry out removal orders, or take up what an earlier run left. Raises ConfigError, CheckFailed, DisclosureError, ReleaseError."""
    check_declared(catalog)
    signing_key()  # a removal ends with a release: without the key it would stop half-way, with the record still up
    with only_writer(data):
        sweep(data)
        recover(data)
        ledger = open_ledger(data) if orders else load_ledger(data)
        enter(data, ledger, (ledger.hash_id(order.kind, order.id) for order in orders))
        return reissue(catalog, data, now or datetime.now(UTC), report)


def enter(data: Path, ledger: Ledger, entries: Iterable[str]) -> None:
    """Put entries on the ledger on the disk: from here on no run lets them in again."""
    wanted = ledger.entries | set(entries)
    if wanted != ledger.entries:
        save_ledger(data, ledger.only(wanted))


def check_declared(catalog: Catalog) -> None:
    """Every source with records of people or incidents says by which columns a row is found. Raises ConfigError: else rows would stay."""
    lacking = [s.id for s in catalog.sources.values() if _is_undeclared(s)]
    if lacking:
        hint = "Write for instance `removal_ids: {incident: [ComplaintNo]}`; kinds are case, incident and arrest."
        raise ConfigError("it is not declared which columns hold the ids of rows", where=f"sources/{lacking[0]}.yaml", hint=hint)


def _is_undeclared(source: Source) -> bool:
    return source.kind in OWN_ID and OWN_ID[source.kind] not in source.removal_ids


def reissue(catalog: Catalog, data: Path, now: datetime, report: Report = lambda _: None) -> Done:
    """Do what the ledger asks for and is not done yet: seal, publish, purge. The caller holds the lock."""
    ledger = load_ledger(data)
    if is_settled(data, ledger):
        return Done()
    snapshots = published_snapshots(catalog, data)
    today = now.astimezone(ZoneInfo(catalog.city.timezone)).date()
    done = Done()
    if snapshots:
        ledger, done.rows = settle(Work(catalog, data, snapshots, today, report), ledger)
        done.release_id, done.outcome, done.sentence = _publish(_shown_now(catalog, data), data, snapshots, now, report)
        if done.outcome != "published":
            hint = f"See `harborlight review`, mend it and run the command again. Nothing is purged yet. {done.sentence}"
            raise CheckFailed("the release without the records is held", where=f"release {done.release_id}", hint=hint)
    done.purged = purge(catalog, data, ledger, report)
    note_purged(data, ledger)
    return done


def take_up(catalog: Catalog, data: Path, now: datetime, report: Report = lambda _: None) -> Done:
    """At the start of every run: finish what an earlier one left, or carry out the ledger in a data folder that was restored."""
    recover(data)
    if is_settled(data, load_ledger(data)):
        return Done()
    check_declared(catalog)
    log.warning("the ledger of removals asks for more than is done here: it is carried out first")
    return reissue(catalog, data, now, report)


def follow_rules(catalog: Catalog, data: Path, now: datetime, report: Report = lambda _: None) -> Done:
    """Before a run: what an earlier one left, and cases whose time is over by the city's policy."""
    recover(data)
    due = find_due(catalog, data, now.astimezone(ZoneInfo(catalog.city.timezone)).date())
    return follow(catalog, data, due, now, report)


def follow(catalog: Catalog, data: Path, ids: Iterable[tuple[str, str]], now: datetime, report: Report = lambda _: None) -> Done:
    """Remove what a rule names (kind, id), as if by order. The caller holds the lock."""
    wanted = set(ids)
    if wanted:
        ledger = open_ledger(data)
        enter(data, ledger, {ledger.hash_id(kind, text) for kind, text in wanted})
    return take_up(catalog, data, now, report)


def published_snapshots(catalog: Catalog, data: Path) -> dict[str, Snapshot]:
    """The snapshots that the release that is up was made from; of a source without, the latest. A removal brings no new data."""
    manifest = current_manifest(data)
    found: dict[str, Snapshot] = {}
    for source_id in catalog.sources:
        named = manifest.snapshots.get(source_id) if manifest else None
        snapshot = _read_snapshot(data, source_id, named.id) if named else None
        snapshot = snapshot or latest_snapshot(data, source_id)
        if snapshot:
            found[source_id] = snapshot
    return found


def _read_snapshot(data: Path, source_id: str, snapshot_id: str) -> Snapshot | None:
    folder = snapshot_folder(data, source_id)
    try:
        snapshot = Snapshot.model_validate_json((folder / f"{snapshot_id}.json").read_bytes())
        check_snapshot(folder, snapshot)
    except (OSError, ValueError, CheckFailed):
        return None
    return snapshot


def _shown_now(catalog: Catalog, data: Path) -> Catalog:
    """The catalog without its policy where the release that is up shows no page of a single record, because too many had vanished at once:
    a removal never brings pages back."""
    manifest = current_manifest(data)
    if manifest and any(manifest.tables[name].rows for name in ("case_pages", "incident_pages") if name in manifest.tables):
        return catalog
    return catalog.model_copy(update={"records": None})


def _was_brief(data: Path) -> bool:
    """Whether the release that is up has neither downloads nor charts: then the one in its place has none either."""
    manifest = current_manifest(data)
    return manifest is not None and not any(name.startswith("downloads/") for name in manifest.files)


def _publish(catalog: Catalog, data: Path, snapshots: dict[str, Snapshot], now: datetime, report: Report) -> tuple[str, str, str]:
    beside = data / "private.duckdb.building"
    for leftover in (beside, beside.with_name(f"{beside.name}.wal")):
        leftover.unlink(missing_ok=True)
    today = now.astimezone(ZoneInfo(catalog.city.timezone)).date()
    con = connect(beside)
    try:
        stage(con, catalog, snapshots, data, report)
        build(con, catalog, data, report, today=today)
        measure(con, report, data=data)
        states = {source_id: SourceState(snapshot, full_at=full_fetch_at(data, snapshot)) for source_id, snapshot in snapshots.items()}
        result = publish(con, catalog, states, data, now=now, today=today, brief=_was_brief(data), at_once=True, report=report)
    finally:
        con.close()
    beside.replace(data / "private.duckdb")
    return result
