"""Builds `public.duckdb` beside the private store: the only tables that the web will ever see.

Public tables are SELECTs over measured ones, one file each; counts are asked through the same questions that pages ask,
so that what is published and what is shown cannot differ. At the end the file is compared with the allow-list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from harborlight.catalog import Catalog, Snapshot, Source
from harborlight.metrics.answer import answer
from harborlight.metrics.facts import GROUPS_OF, render_facts
from harborlight.metrics.measure import read_data_through
from harborlight.metrics.query import make_query
from harborlight.metrics.shapes import Facts, Missing, Offense, SourceFacts
from harborlight.publish.allowlist import check_allowed
from harborlight.publish.tiers import CLOSED_AFTER_DAYS, make_sensitive, read_grains
from harborlight.store import Connection, quote_name, quote_text, read_rows, read_sql, read_value, used_params


@dataclass(frozen=True)
class SourceState:
    """What a run knows of one source beyond its rows. `held_reason` is set where the last good snapshot was kept."""

    snapshot: Snapshot
    held_reason: str | None = None


def build_public(
    con: Connection,
    catalog: Catalog,
    states: Mapping[str, SourceState],
    path: Path,
    *,
    previous: Path | None,
    today: date,
) -> Facts:
    """Write the public store at `path` from the open private one; returns the facts that it holds.

    Raises DisclosureError when anything stands in it that is not on the list.
    """
    con.execute("set force_compression = 'auto'")
    con.execute(f"attach {quote_text(str(path))} as public")
    through, home = read_data_through(con), read_value(con, "select current_database()")
    tables = Path(str(resources.files("harborlight"))) / "publish" / "tables"
    for file in sorted(tables.glob("*.sql")):
        sql = read_sql(file)
        con.execute(f"create table public.main.{file.stem} as {sql}", used_params(con, sql, {"data_through": through}))
    con.execute("use public.main")
    for file in sorted((tables.parent / "views").glob("*.sql")):
        con.execute(f"create view {file.stem} as {read_sql(file)}")
    con.execute(f"use {quote_name(home)}")
    make_sensitive(con, catalog.city.disclosure_k, through, read_grains(con, previous))
    facts = make_facts(con, catalog, states, through)
    con.execute("create table public.main.facts as select $text as value", {"text": render_facts(facts)})
    con.execute("use public.main")
    try:
        _make_counts(con, facts)
        _make_revisions(con, previous, today)
    finally:
        con.execute(f"use {quote_name(home)}")
    check_allowed(con, "public")
    con.execute("checkpoint public")
    con.execute("detach public")
    return facts


# ------------------------------------------------------------------------------------------------- facts


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
        being_classified=int(read_value(con, "select count(*) from model.records where offense_code is null")),
        sensitive_through=through - timedelta(days=CLOSED_AFTER_DAYS), notices=catalog.notices,
    )  # fmt: skip


def _source_facts(
    con: Connection, source: Source, state: SourceState, row: dict[str, Any], through: date
) -> SourceFacts:
    edges = read_rows(
        con, "select min(occurred_date) as first, max(occurred_date) as last from model.records where source_id = ? and occurred_date <= ?",
        [source.id, state.snapshot.finished_at.date()],
    )[0]  # fmt: skip
    rejects = {
        r["reason"]: int(r["n"])
        for r in read_rows(
            con,
            "select reason, sum(n) as n from staging.rejects where source_id = ? group by 1 order by 1",
            [source.id],
        )
    }
    return SourceFacts(
        id=source.id, title=source.title, agency=source.agency, page=source.page, licence=source.licence,
        counting_system=source.counting_system, cadence_days=source.cadence_days, settled_after_days=source.settled_after_days,
        is_closed=source.closes, fetched_at=state.snapshot.finished_at, checked_at=state.snapshot.finished_at,
        snapshot_id=state.snapshot.id, snapshot_sha256=state.snapshot.sha256, fetched=row["fetched"], accepted=row["accepted"],
        rejected=row["rejected"], duplicate=row["duplicate"], rejects=rejects, data_from=edges["first"], data_through=edges["last"],
        held_reason=state.held_reason, new_columns=state.snapshot.new_columns, notes=source.notes,
    )  # fmt: skip


def _groups_of(catalog: Catalog, metric_id: str) -> set[str]:
    flags = [flag for flag in catalog.metrics[metric_id].where if flag in GROUPS_OF]
    return {group for flag in flags for group in GROUPS_OF[flag]}


def _span_of(
    catalog: Catalog, metric_id: str, sources: tuple[SourceFacts, ...], through: date
) -> tuple[date, date, date | None, tuple[str, ...]]:
    """First and last day that a metric is covered for, the day from which it is provisional, and its sources."""
    metric, groups = catalog.metrics[metric_id], _groups_of(catalog, metric_id)
    firsts: dict[str, date] = {}
    lasts: dict[str, tuple[date, SourceFacts]] = {}
    used: list[str] = []
    for facts in sources:
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
    return max(firsts.values()), edge, min(open_edges, default=None), tuple(dict.fromkeys(used))


def _missing(catalog: Catalog) -> list[Missing]:
    return [
        Missing(metric, source.id, span.date_from, span.date_to, span.reason)
        for source in catalog.sources.values() for span in source.coverage for metric in span.metrics
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------ counts


def _make_counts(con: Connection, facts: Facts) -> None:
    """Table `counts`: each metric by month and year, city-wide and by stated district, asked as a page would ask."""
    rows: list[dict[str, Any]] = []
    for metric in facts.metrics.values():
        for grain in ("year", "month"):
            for by in ([grain], [grain, "area"]) if facts.layers and "area" in metric.breakdowns else ([grain],):
                for row in answer(con, facts, make_query(metric, facts, by=",".join(by))).rows:
                    area = "city" if by == [grain] else row["area_id"] or "unlocated"
                    period = "undated" if row[grain] is None else str(row[grain])
                    gap = row["missing"] or row["partial"]
                    rows.append(
                        {
                            "metric": metric.id,
                            "grain": grain,
                            "period": period,
                            "area_id": area,
                            "n": row["n"],
                            "missing": gap,
                        }
                    )
    shape = '[{"metric": "VARCHAR", "grain": "VARCHAR", "period": "VARCHAR", "area_id": "VARCHAR", "n": "BIGINT", "missing": "VARCHAR"}]'
    # One JSON text: DuckDB takes long lists of parameters very slowly.
    con.execute(
        "create table counts as select unnest(from_json($rows, $shape), recursive := true)",
        {"rows": json.dumps(rows), "shape": shape},
    )


def _make_revisions(con: Connection, previous: Path | None, today: date) -> None:
    """Table `revisions`: those of the release before, and every count that now differs from what it published."""
    con.execute(
        "create table revisions (metric varchar, grain varchar, period varchar, area_id varchar, before bigint, after bigint, known_on date)"
    )
    if previous is None:
        return
    con.execute(f"attach {quote_text(str(previous))} as before (read_only)")
    con.execute("insert into revisions select * from before.main.revisions")
    con.execute(
        "insert into revisions select n.metric, n.grain, n.period, n.area_id, b.n, n.n, $today from counts as n "
        "join before.main.counts as b using (metric, grain, period, area_id) where n.n is distinct from b.n order by all", {"today": today},
    )  # fmt: skip
    con.execute("detach before")
