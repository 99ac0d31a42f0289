"""What a release says of itself, gathered from the catalog and the private store into one `Facts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from harborlight.catalog import Catalog, Snapshot, Source
from harborlight.catalog.models import Coverage
from harborlight.metrics.facts import GROUPS_OF
from harborlight.metrics.query_monthly import is_monthly, whole_months
from harborlight.metrics.shapes import AreaFacts, Facts, Lines, Missing, Offense, SourceFacts
from harborlight.publish.gates import nearly
from harborlight.publish.tiers import CLOSED_AFTER_DAYS
from harborlight.store import Connection, read_rows, read_value

# Tables of rows that are no reported crimes, and their day, by kind of source.
DATED_ROWS = {
    "arrests": ("model.arrests", "arrested_date"), "firearms": ("model.firearms", "recovered_date"),
    "cases": ("model.case_parts", "filed_date"), "charges": ("model.charges", "disposed_date"),
    "sentences": ("model.sentences", "imposed_date"), "warrants": ("model.warrants", "issued_date"),
}  # fmt: skip


@dataclass(frozen=True)
class SourceState:
    """What a run knows of one source beyond its rows. `held_reason` is set where the last good snapshot was kept; `full_at` is when all
    rows were last fetched and found to be those of the snapshot."""

    snapshot: Snapshot
    held_reason: str | None = None
    full_at: datetime | None = None


def make_facts(con: Connection, catalog: Catalog, states: Mapping[str, SourceState], through: date) -> Facts:
    """Everything small that pages need to know, gathered once."""
    sources = tuple(_source_facts(con, catalog.sources[row["source_id"]], states[row["source_id"]], row, through)
                    for row in read_rows(con, "select * from staging.sources order by source_id"))  # fmt: skip
    spans = {metric: _span_of(catalog, metric, sources, through) for metric in catalog.metrics}
    areas: dict[str, tuple[tuple[int, str, str], ...]] = dict.fromkeys(catalog.layers, ())
    for row in read_rows(con, "select layer, ix, area_id, area_name from metric.areas order by layer, ix"):
        areas[row["layer"]] = (*areas[row["layer"]], (row["ix"], row["area_id"], row["area_name"]))
    return Facts(
        release_id="", city=catalog.city, metrics=catalog.metrics, layers=catalog.layers, sources=sources, areas=areas,
        offenses=tuple(Offense(r["code"], r["name"], r["offense_group"], r["group_title"], r["crime_against"], r["tier"], r["ix"], r["group_ix"])
                       for r in read_rows(con, "select * from metric.offenses order by ix")),
        missing=tuple(_missing(catalog)), data_from=min((s[0] for s in spans.values()), default=through), data_through=through,
        metric_from={m: s[0] for m, s in spans.items()}, metric_through={m: s[1] for m, s in spans.items()},
        provisional_from={m: s[2] for m, s in spans.items()}, metric_sources={m: s[3] for m, s in spans.items()},
        being_classified=int(read_value(con, "select (select count(*) from model.records where offense_code is null) "
                                             "+ (select coalesce(sum(n), 0) from sealed.books where part = 'unclassified')")),
        sensitive_through=through - timedelta(days=CLOSED_AFTER_DAYS), notices=catalog.notices, lines=_read_lines(con),
        help=catalog.help, population=catalog.population, killings=_count_killings(con),
        agencies=catalog.agencies, plans=catalog.plans, goals=catalog.goals, records=catalog.records,
    )  # fmt: skip


def _count_killings(con: Connection) -> dict[str, int]:
    """What the official sources know of killings, for the caption of a counting rule."""
    row = read_rows(
        con, "select count(*) as n, count(s.died_date) as died, count(s.ruled_date) as ruled, "
        "count(*) filter (where k.is_justified) as justified from model.killings as k "
        "join staging.records as s on k.source_id = s.source_id and k.record_id = s.record_id "
        "where k.rule = 'official' and k.is_homicide and k.is_counted",
    )[0]  # fmt: skip
    return {name: int(n) for name, n in row.items()}


def _read_lines(con: Connection) -> tuple[Lines, ...]:
    """Every version of every layer with its areas, in the order of their numbers."""
    areas: dict[int, list[AreaFacts]] = {}
    for r in read_rows(con, "select * exclude (geometry) from places.areas order by lines_ix, ix"):
        areas.setdefault(r["lines_ix"], []).append(
            AreaFacts(
                ix=r["ix"], id=r["area_id"], name=r["area_name"], population=r["population"], housing=r["housing"],
                land_km2=r["land_km2"], longitude=r["longitude"], latitude=r["latitude"],
                bbox=(r["west"], r["south"], r["east"], r["north"]),
            )
        )  # fmt: skip
    return tuple(
        Lines(
            ix=r["lines_ix"], layer=r["layer"], id=r["version_id"], title=r["title"], valid_from=r["valid_from"], valid_to=r["valid_to"],
            is_current=r["is_current"], attribution=r["attribution"], page=r["page"], note=r["note"],
            areas=tuple(areas.get(r["lines_ix"], ())), n_repaired=r["n_repaired"], gaps_m2=r["gaps_m2"], overlaps_m2=r["overlaps_m2"],
        )
        for r in read_rows(con, "select * from places.versions order by lines_ix")
    )  # fmt: skip


def _source_facts(
    con: Connection, source: Source, state: SourceState, row: dict[str, Any], through: date
) -> SourceFacts:
    table, day = DATED_ROWS.get(source.kind, ("model.records", "occurred_date"))
    edges = read_rows(
        con, f"select min(day) as first, max(day) as last from (select {day} as day from {table} where source_id = $id union all "
        "select cast(reason as date) from sealed.books where source_id = $id and part = 'edge') where day <= $fetched",
        {"id": source.id, "fetched": state.snapshot.finished_at.date()},
    )[0]  # fmt: skip
    rejects = {
        r["reason"]: int(r["n"])
        for r in read_rows(
            con,
            "select reason, sum(n) as n from staging.rejects where source_id = ? group by 1 order by 1",
            [source.id],
        )
    }
    accepted = nearly(row["accepted"])
    return SourceFacts(
        id=source.id, title=source.title, agency=source.agency, page=source.page, licence=source.licence,
        counting_system=source.counting_system, cadence_days=source.cadence_days, settled_after_days=source.settled_after_days,
        is_closed=source.closes, fetched_at=state.snapshot.finished_at, checked_at=state.snapshot.finished_at,
        snapshot_id=state.snapshot.id, snapshot_sha256=state.snapshot.sha256, fetched=accepted + row["rejected"] + row["duplicate"],
        accepted=accepted, rejected=row["rejected"], duplicate=row["duplicate"], rejects=rejects,
        data_from=edges["first"], data_through=edges["last"],
        held_reason=state.held_reason, new_columns=state.snapshot.new_columns, notes=source.notes, kind=source.kind,
        full_at=(state.full_at or state.snapshot.full_at).replace(hour=0, minute=0, second=0, microsecond=0),
    )  # fmt: skip


def _groups_of(catalog: Catalog, metric_id: str) -> set[str]:
    flags = [flag for flag in catalog.metrics[metric_id].where if flag in GROUPS_OF]
    return {group for flag in flags for group in GROUPS_OF[flag]}


def _span_of(
    catalog: Catalog, metric_id: str, sources: tuple[SourceFacts, ...], through: date
) -> tuple[date, date, date | None, tuple[str, ...]]:
    """First and last day that a metric is covered for, the day from which it is provisional, and its sources.

    What is counted by whole months is covered to the end of the last one that is over.
    """
    metric, groups = catalog.metrics[metric_id], _groups_of(catalog, metric_id)
    kind = "records" if metric.table == "events" else metric.table
    firsts: dict[str, date] = {}
    lasts: dict[str, tuple[date, SourceFacts]] = {}
    used: list[str] = []
    for facts in (s for s in sources if catalog.sources[s.id].kind == kind):
        spans = [(facts.data_from, facts.data_through, "")] if facts.id in metric.sources else [] if metric.sources else [
            (max(supply.date_from or date.min, facts.data_from or date.max), min(supply.date_to or date.max, facts.data_through or date.min), group)
            for supply in catalog.sources[facts.id].supplies
            for group in (groups or {""})
            if not groups or "all" in supply.offense_groups or group in supply.offense_groups
        ]  # fmt: skip
        for first, last, group in spans:
            if first is None or last is None or first > last:
                continue
            used.append(facts.id)
            firsts[group] = min(first, firsts.get(group, first))
            if group not in lasts or last > lasts[group][0]:
                lasts[group] = (last, facts)
    if not used:
        return through, through, None, ()
    edge = min(last for last, _ in lasts.values())
    open_edges = [
        last - timedelta(days=facts.settled_after_days - 1)
        for last, facts in lasts.values()
        if not facts.is_closed and facts.settled_after_days
    ]
    begin, provisional = max(firsts.values()), min(open_edges, default=None)
    if is_monthly(metric):
        begin, edge = whole_months(begin, edge)
        provisional = provisional if provisional and provisional <= edge else None
    return begin, edge, provisional, tuple(dict.fromkeys(used))


def _missing(catalog: Catalog) -> list[Missing]:
    return [
        Missing(metric, source.id, *_stretch(catalog, metric, span), span.reason)
        for source in catalog.sources.values() for span in source.coverage for metric in span.metrics
    ]  # fmt: skip


def _stretch(catalog: Catalog, metric: str, span: Coverage) -> tuple[date | None, date | None]:
    """The days that a source lacks; a month that is lacking in part is lacking whole where only whole months are counted."""
    first, last = span.date_from, span.date_to
    if metric in catalog.metrics and is_monthly(catalog.metrics[metric]):
        first = first.replace(day=1) if first else None
        last = (last.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1) if last else None
    return first, last
