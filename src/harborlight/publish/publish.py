"""The way out: build the public store beside, check it from every side, seal it, and only then switch to it.

Whatever fails before the switch leaves the last good release up. A release that a gate holds is sealed all the same, so
that people can review it, approve it or throw it away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from harborlight.catalog import Catalog
from harborlight.errors import CheckFailed
from harborlight.log import get_logger
from harborlight.metrics.shapes import Facts
from harborlight.publish.approval import goes_out_by_itself, why_held
from harborlight.publish.base_tiles import lay_base_tiles
from harborlight.publish.build import build_public
from harborlight.publish.charts import write_charts
from harborlight.publish.downloads import write_downloads
from harborlight.publish.facts import SourceState
from harborlight.publish.gates import GateResult, SourceNumbers, check_disclosure, check_gates, nearly
from harborlight.publish.goals import check_goals
from harborlight.publish.group_audit import audit_groups
from harborlight.publish.history import Earlier, close_history
from harborlight.publish.manifest import DATABASE, Manifest, SnapshotFacts, load_manifest
from harborlight.publish.numbers import keep_numbers, read_closed_years, read_kept_numbers, read_source_numbers
from harborlight.publish.outcome_sums import find_outcome_problems
from harborlight.publish.release import (
    SealFacts,
    building_folder,
    current_release,
    latest_published,
    new_release_id,
    next_epoch,
    release_folder,
    seal,
    switch,
)
from harborlight.publish.retention import list_releases, retire
from harborlight.publish.sample import check_sample
from harborlight.publish.totals import check_totals
from harborlight.records.policy import is_on
from harborlight.store import Connection, quote_text

PRIVATE = "private.duckdb"
log = get_logger("publish")


def current_manifest(data: Path) -> Manifest | None:
    """The manifest of the release that is up, or None."""
    release_id = current_release(data)
    return load_manifest(release_folder(data, release_id)) if release_id else None


def is_unchanged(data: Path, catalog: Catalog, states: Mapping[str, SourceState], today: date, hold: bool = False) -> str | None:
    """The id of a release that was made from these very snapshots under this very configuration, or None.

    That is the one that is up, or the newest draft that waits for approval: neither is built again. A draft that waits for nothing is: a run
    that died before the switch left it, or the city's publishing day has come. A day on which lines come into force or end is a change,
    although no source has anything new; and so is half of the time for which pages of single records stand, since only a new
    release can say that its records were compared with their sources since.
    """
    wanted, policy = {i: s.snapshot.id for i, s in states.items()}, catalog.records
    drafts = [info for info in list_releases(data) if info.state in ("held", "approved")]
    draft = drafts[0].manifest if drafts else None
    if draft and not hold and goes_out_by_itself(draft, catalog.city.publish, today):
        draft = None
    for manifest in (current_manifest(data), draft):
        if (
            manifest
            and manifest.config_sha256 == catalog.config_sha256
            and {i: s.id for i, s in manifest.snapshots.items()} == wanted
            and lines_in_force(catalog, made_on := _local_day(catalog, manifest.created_at)) == lines_in_force(catalog, today)
            and not (policy and is_on(policy, today) and 2 * (today - made_on).days >= policy.days_without_source)
        ):
            return manifest.id
    return None


def lines_in_force(catalog: Catalog, day: date) -> set[tuple[str, str]]:
    """Layer and version of all lines that are valid on a day."""
    return {
        (layer.id, version.id)
        for layer in catalog.layers.values()
        for version in layer.versions
        if version.is_in_force(day)
    }


def _local_day(catalog: Catalog, instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(catalog.city.timezone)).date()


def publish(
    con: Connection, catalog: Catalog, states: Mapping[str, SourceState], data: Path, *,
    now: datetime, today: date, hold: bool = False, brief: bool = False, at_once: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> tuple[str, str, str]:  # fmt: skip
    """Build, check, seal and switch; returns (release id, outcome, one sentence).

    Outcome is `published`, or `held` where a gate, a missing approval or `hold` stops the switch. A `brief` release has every
    table, but no downloads, no charts and no recount: it is there for what later ones say of it. `at_once` waits for no calendar
    and takes over the approvals of the release before, whose data it repeats.
    """
    release_id = new_release_id(data, now)
    folder = building_folder(data, release_id)
    before = latest_published(data)
    previous = _store_of(data, before)
    report("public tables")
    earlier = Earlier(previous, before.id if before else None, data / PRIVATE)
    public = build_public(con, catalog, states, folder / DATABASE, previous=previous, today=today, earlier=earlier)
    if not brief:
        report("recount of a sample, downloads, charts")
        with ThreadPoolExecutor(max_workers=1) as beside:
            drawn = beside.submit(write_charts, folder / DATABASE, folder / "charts")
            cells = _check_recount(con, public, catalog.config_sha256, folder / DATABASE)
            log.info("%d cells counted again by the referee, all equal", cells)
            write_downloads(folder / DATABASE, folder / "downloads")
            lay_base_tiles(catalog, data, folder, release_folder(data, before.id) if before else None)
            drawn.result()
    report("checks and seal")
    numbers = read_source_numbers(con, catalog)
    gates = _check_all(con, catalog, folder / DATABASE, numbers, read_kept_numbers(data, before), previous, today, public)
    fetched = {n.source_id: n.fetched for n in numbers}
    snapshots = {
        i: SnapshotFacts(id=s.snapshot.id, sha256=s.snapshot.sha256, rows=nearly(fetched.get(i, s.snapshot.rows))) for i, s in states.items()
    }
    facts = SealFacts(
        created_at=now, config_sha256=catalog.config_sha256, snapshots=snapshots, sources={n.source_id: n.published() for n in numbers},
        gates=tuple(gates), sign_off=catalog.city.publish, epoch=next_epoch(data), approvals=before.approvals if at_once and before else (),
    )  # fmt: skip
    manifest = seal(data, folder, facts=facts)
    keep_numbers(data, manifest.id, numbers)
    result = _switch(data, manifest, catalog, hold, now, today, at_once)
    close_history(con, manifest.id, earlier, is_published=result[1] == "published")
    return result


def _check_all(
    con: Connection, catalog: Catalog, fresh: Path, numbers: Sequence[SourceNumbers], kept: Mapping[str, SourceNumbers],
    previous: Path | None, today: date, public: Facts,
) -> list[GateResult]:  # fmt: skip
    """Every gate that a release has to pass, and what each found."""
    closed_years = read_closed_years(con, catalog, fresh, previous, today)
    gates = check_gates(numbers, kept, catalog.city.gates, closed_years=closed_years)
    gates += [*check_totals(con, fresh, today), *check_goals(con, fresh, previous)]
    found = audit_groups(con, fresh, public.city.disclosure_k)
    by_rule = {"exact_by_rule": found.exact_by_rule, "narrow_by_rule": found.narrow_by_rule}
    return [*gates, check_disclosure(found.exact, found.narrow, found.cells, found.hidden, **by_rule)]


def _switch(
    data: Path, manifest: Manifest, catalog: Catalog, hold: bool, now: datetime, today: date, at_once: bool
) -> tuple[str, str, str]:
    sign_off = catalog.city.publish
    reason = why_held(manifest, sign_off)
    if hold:
        reason = "It was built with --hold."
    elif reason is None and not at_once and not goes_out_by_itself(manifest, sign_off, today):
        reason = "It waits for the city's publishing day."
    if reason:
        retire(data, sign_off.keep)
        return manifest.id, "held", f"Release {manifest.id} is built and held. {reason} See `harborlight review`."
    switch(data, manifest.id, now=now)
    retire(data, sign_off.keep)
    return manifest.id, "published", f"Release {manifest.id} is up."


def _store_of(data: Path, manifest: Manifest | None) -> Path | None:
    """The public store of the last release that was published: what new numbers are compared with."""
    path = release_folder(data, manifest.id) / DATABASE if manifest else None
    return path if path and path.is_file() else None


def _check_recount(con: Connection, facts: Facts, seed: str, path: Path) -> int:
    con.execute(f"attach {quote_text(str(path))} as fresh (read_only)")
    try:
        if problems := find_outcome_problems(con, "fresh"):
            hint = "Do not publish: the tables of outcomes contradict each other."
            raise CheckFailed(f"{problems[0]} In all there are {len(problems)} contradictions", where="outcomes", hint=hint)
        return check_sample(con, facts, "fresh", seed)
    finally:
        con.execute("detach fresh")
