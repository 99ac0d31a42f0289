"""The reference page of the API: the table of addresses in words, each with an address to try."""

from __future__ import annotations

from collections.abc import Mapping

from harborlight.metrics.compare_query import window_text
from harborlight.metrics.facts import areas_in, default_layer, lines_of
from harborlight.metrics.query import WINDOWS
from harborlight.metrics.shapes import Facts
from harborlight.statistics.windows import last_months, shift_years
from harborlight.web.context import ApiEntry, ApiPage, Cell, Column, RowGroup, Table
from harborlight.web.goal_reader import read_goals
from harborlight.web.group_reader import read_tables
from harborlight.web.openapi import ADDRESSES, GRAMMAR, PREFIX, Address
from harborlight.web.reader import Reader
from harborlight.web.strategy_reader import read_list
from harborlight.web.wording import Wording

STATUSES = ("200", "304", "400", "404", "405", "414", "422", "503")


def make_api_page(reader: Reader, wording: Wording) -> ApiPage:
    """The reference page: the same table in words, with addresses to try."""
    facts = reader.facts
    first = next((m for m in facts.city.headline_metrics if facts.metric_sources.get(m)), next(iter(facts.metrics)))
    ids = {
        "table_id": next((name for name, own in read_tables(reader).items() if own.grain), ""),
        "strategy_id": next((row["strategy_id"] for row in read_list(reader)), ""),
        "goal_id": next(iter(read_goals(reader)), ""),
        # Single reports and cases are for whoever knows their number: no page leads to one.
        "case_id": "", "incident_id": "",
    }
    entries = tuple(
        ApiEntry(
            path=PREFIX + a.path,
            summary=wording.text(f"api.address_{a.key}"),
            example=_example(a, first, ids, facts),
        )
        for a in ADDRESSES
    )
    rows = tuple(
        (
            Cell(name, kind="head"),
            Cell(wording.text(f"api.p_{name}")),
            Cell(_allowed(name, facts, wording), kind="quiet"),
        )
        for name, _ in GRAMMAR
    )
    heads = (
        Column(wording.text("api.parameter")),
        Column(wording.text("api.meaning")),
        Column(wording.text("api.values")),
    )
    statuses = tuple((Cell(code, kind="head"), Cell(wording.text(f"api.s_{code}"))) for code in STATUSES)
    return ApiPage(
        entries,
        Table(wording.text("api.grammar"), heads, (RowGroup("", rows),), is_wide=True),
        Table(
            wording.text("api.statuses"),
            (Column(wording.text("api.status_code")), Column(wording.text("api.meaning"))),
            (RowGroup("", statuses),),
        ),
    )


def _example(entry: Address, metric: str, ids: Mapping[str, str], facts: Facts) -> str:
    """An address that answers: the first metric, an area of the first layer, the middle of the city. Empty: there is nothing to ask for."""
    layer = default_layer(facts) or next(iter(facts.layers), "")
    lines = lines_of(facts, layer)
    area = next((area_id for _, area_id, _ in areas_in(facts, layer, lines.id if lines else None)), "")
    west, south, east, north = facts.city.bbox
    path = entry.path.replace("{metric_id}", metric).replace("{layer}", layer).replace("{area}", area)
    if any(f"{{{name}}}" in path and not value for name, value in ids.items()):
        return ""
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    if "a" in entry.takes:
        now = last_months(facts.metric_through[metric])
        return f"{PREFIX}{path}?metric={metric}&a={window_text(now)}&b={window_text(shift_years(now, 1))}"
    point = f"?lon={(west + east) / 2:.4f}&lat={(south + north) / 2:.4f}" if "lon" in entry.takes else ""
    return PREFIX + path + ("?window=12m&by=month" if entry.has_query else point)


def _allowed(name: str, facts: Facts, wording: Wording) -> str:
    """Values that this city's release knows."""
    match name:
        case "window":
            return ", ".join(WINDOWS)
        case "by":
            return ", ".join(next(iter(facts.metrics.values())).breakdowns)
        case "layer":
            return ", ".join(facts.layers)
        case "area":
            layer = default_layer(facts) or ""
            lines = lines_of(facts, layer)
            return ", ".join(area_id for _, area_id, _ in areas_in(facts, layer, lines.id if lines else None)[:4]) + " …"
        case "lines" | "bbox" | "polygon" | "near":
            return wording.text(f"api.{name}_values")
        case "offense":
            return ", ".join(list(dict.fromkeys(o.group for o in facts.offenses if o.tier == "T0"))[:4]) + " …"
        case "from" | "to" | "known":
            return wording.text("api.date_values")
        case _:
            return ", ".join(dict(GRAMMAR)[name].get("enum", ()))
