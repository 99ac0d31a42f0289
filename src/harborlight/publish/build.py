"""Builds `public.duckdb` beside the private store: the only tables that the web will ever see.

Public tables are SELECTs over measured ones, one file each; counts are asked through the same questions that pages ask,
so that what is published and what is shown cannot differ. At the end the file is compared with the allow-list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from harborlight.catalog import Catalog
from harborlight.metrics.answer import answer
from harborlight.metrics.facts import default_layer, render_facts
from harborlight.metrics.measure import read_data_through
from harborlight.metrics.query import make_query
from harborlight.metrics.shapes import Facts
from harborlight.publish.allowlist import check_allowed
from harborlight.publish.facts import SourceState, make_facts
from harborlight.publish.goals import make_goals
from harborlight.publish.groups import make_groups
from harborlight.publish.history import Earlier, make_history
from harborlight.publish.records import make_records
from harborlight.publish.services import make_services
from harborlight.publish.strategies import make_strategies
from harborlight.publish.tiers import check_tiers
from harborlight.publish.totals import make_accounts
from harborlight.store import Connection, quote_name, quote_text, read_sql, read_value, used_params


def build_public(
    con: Connection,
    catalog: Catalog,
    states: Mapping[str, SourceState],
    path: Path,
    *,
    previous: Path | None,
    today: date,
    earlier: Earlier | None = None,
) -> Facts:
    """Write the public store at `path` from the open private one; returns the facts that it holds.

    `previous` is the public store of the release before, `earlier` what is known of its records besides.

    Raises DisclosureError when anything stands in it that is not on the list.
    """
    con.execute("set force_compression = 'auto'")
    con.execute(f"attach {quote_text(str(path))} as public")
    through, home = read_data_through(con), read_value(con, "select current_database()")
    tables = Path(str(resources.files("harborlight"))) / "publish" / "tables"
    for file in sorted(tables.glob("*.sql")):
        sql = read_sql(file)
        con.execute(f"create table public.main.{file.stem} as {sql}", used_params(con, sql, {"data_through": through}))
    facts = make_facts(con, catalog, states, through)
    make_groups(con, facts, previous, earlier.private if earlier else None)
    con.execute("create table public.main.facts as select $text as value", {"text": render_facts(facts)})
    con.execute("use public.main")
    try:
        _make_counts(con, facts)
        make_accounts(con, catalog, previous, today)
        make_goals(con, catalog, facts, previous, today)
        make_services(con, catalog, facts, home)
        make_strategies(con, facts, catalog.strategies, previous, today)
    finally:
        con.execute(f"use {quote_name(home)}")
    make_records(con, catalog, home, through=through, today=today)
    make_history(con, facts, earlier or Earlier(previous), today)
    con.execute("use public.main")
    for file in sorted((tables.parent / "views").glob("*.sql")):
        con.execute(f"create view {file.stem} as {read_sql(file)}")
    con.execute(f"use {quote_name(home)}")
    check_allowed(con, "public")
    check_tiers(con, "public")
    con.execute("checkpoint public")
    con.execute("detach public")
    return facts


# ------------------------------------------------------------------------------------------------ counts


def _make_counts(con: Connection, facts: Facts) -> None:
    """Table `counts`: each metric by month and year, city-wide and by area of the city's first layer, asked as a page would ask.

    Areas are those of the lines in force, for every period; where the layer has no boundaries, those that the sources state.
    """
    rows: list[dict[str, Any]] = []
    for metric in facts.metrics.values():
        for grain in ("year", "month"):
            for by in ([grain], [grain, "area"]) if default_layer(facts) and "area" in metric.breakdowns else ([grain],):
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
