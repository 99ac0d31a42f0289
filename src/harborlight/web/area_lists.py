"""Lists of areas: every layer with its lines, one layer with counts for a chosen measure, and the finder by name.

In go the reader and a typed question, out come `AreasPage` and `LayerPage`. Areas stand in the order of their names: a
list by count would be read as a ranking, and between areas of different size it is none.
"""

from __future__ import annotations

from typing import Any

from harborlight.catalog import Layer
from harborlight.charts import formats
from harborlight.metrics.facts import areas_in, lines_by_id, lines_of, versions_of
from harborlight.metrics.query import canonical_params
from harborlight.metrics.query_monthly import is_by_layer, is_monthly, windows_of
from harborlight.metrics.query_places import lines_text
from harborlight.metrics.rates import Rate, rate_of
from harborlight.metrics.shapes import Facts, Lines, Query
from harborlight.provenance import say_people
from harborlight.web.area_figures import rate_cell
from harborlight.web.context import Cell, Choice, Column, Link, Option, RowGroup, Table
from harborlight.web.context_areas import AreasPage, Finder, LayerItem, LayerPage, LinesChoice
from harborlight.web.context_drawings import Outline
from harborlight.web.figures import SHADES
from harborlight.web.outline import make_outline
from harborlight.web.places import (
    areas_of,
    dates_words,
    default_lines_id,
    find_by_name,
    layers_of,
    sort_name,
)
from harborlight.web.reader import Reader
from harborlight.web.tables import number_cell
from harborlight.web.wording import Wording

FEWEST = 10


def make_areas(facts: Facts, query: str, wording: Wording) -> AreasPage:
    """Every layer, and what answers to a typed name."""
    return AreasPage(make_finder(facts, query, wording), tuple(_layer_item(facts, layer, wording) for layer in layers_of(facts)))


def make_finder(facts: Facts, query: str, wording: Wording) -> Finder:
    """Areas that answer to `query`, by layer; and the addresses of the public boundaries for the device's own search."""
    found = find_by_name(facts, query)
    groups: dict[str, list[Link]] = {}
    for place in found:
        groups.setdefault(place.layer.title_one, []).append(Link(place.name, place.href))
    summary = ""
    if query.strip():
        summary = wording.text("areas.found", n=len(found), query=query) if found else wording.text("areas.none_found", query=query)
    layers = tuple((f"/api/v1/areas/{layer.id}", layer.title_one) for layer in layers_of(facts) if lines_of(facts, layer.id))
    return Finder(query, summary, tuple((title, tuple(links)) for title, links in groups.items()), layers)


def _layer_item(facts: Facts, layer: Layer, wording: Wording) -> LayerItem:
    count = len(areas_of(facts, layer))
    return LayerItem(
        Link(layer.title, f"/areas/{layer.id}"),
        layer.note,
        wording.text("areas.count", n=count),
        version_links(facts, layer, None, "", wording),
    )


def version_links(facts: Facts, layer: Layer, open_id: str | None, more: str, wording: Wording) -> tuple[LinesChoice, ...]:
    """The same page by each set of lines, newest first; `more` are the other parameters of its address."""
    found = []
    for lines in reversed(versions_of(facts, layer.id)):
        text = lines_text(facts, layer.id, lines.id)
        parts = "&".join(part for part in (more, f"lines={text}" if text else "") if part)
        href = f"/areas/{layer.id}" + (f"?{parts}" if parts else "")
        found.append(LinesChoice(Link(lines.title, href, lines.id == open_id), dates_words(lines, wording)))
    return tuple(found)


# ------------------------------------------------------------------------------------------- one layer


def make_layer(reader: Reader, layer: Layer, query: Query, wording: Wording) -> LayerPage:
    """Counts of one measure by area. `query` asks for `by=area` of this layer, and carries the lines and the span."""
    facts = reader.facts
    lines = lines_by_id(facts, layer.id, query.lines)
    answer = reader.answer(query)
    rows = sorted((r for r in answer.rows if r["area_id"] is not None), key=lambda r: sort_name(r["area_name"]))
    rates = _rates(rows, lines, query)
    more = "&".join(f"{name}={value}" for name, value in _own_params(query) if name != "lines")
    page = canonical_params(query, facts.metrics[query.metric])
    address = "&".join(f"{name}={value}" for name, value in page)
    return LayerPage(
        title=layer.title,
        lede=_lede(facts, layer, query, lines, wording),
        note=" ".join(part for part in (layer.note, lines.note if lines and lines.note != layer.note else "") if part),
        past="" if lines is None or lines.is_current else wording.text("area.past", layer=layer.title.lower(), dates=dates_words(lines, wording)),
        versions=() if is_monthly(facts.metrics[query.metric]) else version_links(facts, layer, query.lines, more, wording),
        choices=_choices(reader, query, wording),
        lines=query.lines_text,
        action=f"/areas/{layer.id}",
        outline=_outline(reader, layer, lines, rates, wording),
        caution=wording.text("areas.caution"),
        table=_table(reader, layer, query, rows, answer.rows, rates, wording),
        links=(
            Link(wording.text("figures.csv"), f"/metrics/{query.metric}.csv?{address}"),
            Link(wording.text("figures.json"), f"/api/v1/metrics/{query.metric}?{address}"),
            Link(wording.text("areas.boundaries"), f"/api/v1/areas/{layer.id}" + (f"?lines={query.lines_text}" if query.lines_text else "")),
            Link(wording.text("figures.more"), f"/metrics/{query.metric}?{address}"),
        ),
        source=wording.text("area.lines_by", maker=lines.attribution) if lines and lines.attribution else "",
    )  # fmt: skip


def _own_params(query: Query) -> list[tuple[str, str]]:
    pairs = [(name, value) for name, value in canonical_params(query) if name not in ("layer", "by", "area")]
    return [("metric", query.metric), *pairs]


def _lede(facts: Facts, layer: Layer, query: Query, lines: Lines | None, wording: Wording) -> str:
    count = len(areas_in(facts, layer.id, query.lines))
    days = formats.date_range_words(query.date_from, query.date_to, wording.language)
    by = lines.title if lines else wording.text("areas.as_stated")
    if by == layer.title:
        return wording.text("areas.layer_lede_plain", n=count, title=facts.metrics[query.metric].title, days=days)
    return wording.text("areas.layer_lede", n=count, title=facts.metrics[query.metric].title, days=days, lines=by)


def _rates(rows: list[dict[str, Any]], lines: Lines | None, query: Query) -> dict[str, Rate | None]:
    people = {area.id: area.population for area in lines.areas} if lines else {}
    days = (query.date_to - query.date_from).days + 1
    return {r["area_id"]: rate_of(r["n"], people.get(r["area_id"]), days) if r["n"] is not None else None for r in rows}


def _table(
    reader: Reader, layer: Layer, query: Query, rows: list[dict[str, Any]], every: tuple[dict[str, Any], ...],
    rates: dict[str, Rate | None], wording: Wording,
) -> Table:  # fmt: skip
    facts, metric = reader.facts, reader.facts.metrics[query.metric]
    lines = lines_by_id(facts, layer.id, query.lines)
    people = {area.id: area.population for area in lines.areas} if lines else {}
    body = [
        (
            Cell(row["area_name"], _area_href(layer, row["area_id"], query), "head"),
            number_cell({**row, "partial": None}, 0, wording),
            rate_cell(rates[row["area_id"]], wording),
            _people(people.get(row["area_id"]), wording),
        )
        for row in rows
    ]
    total = reader.answer(reader.ask(metric.id, **_span(query))).rows[0] | {"partial": None}
    lost = next((row for row in every if row["area_id"] is None), None)
    empty = Cell("", kind="quiet")
    sums: list[tuple[Cell, ...]] = []
    if lost is not None:
        sums.append((Cell(wording.text("areas.unlocated"), kind="head"), number_cell({**lost, "partial": None}, 0, wording), empty, empty))
    counts = [n for n in people.values() if n is not None]
    residents = _people(sum(counts) if counts else None, wording)
    sums.append((Cell(wording.text("areas.whole"), kind="head"), number_cell(total, 0, wording), empty, residents))
    heads = (
        Column(layer.title_one), Column(wording.text(f"units.{query.unit}"), True),
        Column(wording.text("area.rate_here"), True), Column(wording.text("areas.people"), True),
    )  # fmt: skip
    days = formats.date_range_words(query.date_from, query.date_to, wording.language)
    caption = wording.text("areas.table_caption", title=metric.title, layer=layer.title.lower(), days=days)
    groups = (RowGroup("", tuple(body)), RowGroup(wording.text("areas.sums"), tuple(sums)))
    return Table(caption, heads, groups, wording.text("areas.table_note"), show_caption=True)


def _span(query: Query) -> dict[str, str]:
    """The question without its areas, as the grammar writes it."""
    pairs = [(n, v) for n, v in canonical_params(query) if n not in ("layer", "lines", "by", "area")]
    return {"from_" if name == "from" else name: value for name, value in pairs} | {"unit": query.unit}


def _area_href(layer: Layer, area_id: str, query: Query) -> str:
    return f"/areas/{layer.id}/{area_id}" + (f"?lines={query.lines_text}" if query.lines_text else "")


def _people(n: int | None, wording: Wording) -> Cell:
    return Cell("", kind="quiet") if n is None else Cell(say_people(formats.number(n, wording.language), n), kind="number")


def _choices(reader: Reader, query: Query, wording: Wording) -> tuple[Choice, ...]:
    facts = reader.facts
    metrics = [(m, facts.metrics[m].title) for m in reader.metric_ids() if is_by_layer(facts.metrics[m], query.layer, facts)]
    last = facts.metric_through[query.metric].year
    years = [f"year:{year}" for year in range(last - 1, max(facts.metric_from[query.metric].year, last - 5) - 1, -1)]
    windows = [(w, wording.text(f"metric.window_{w}")) for w in windows_of(facts.metrics[query.metric])]
    windows += [(w, w.removeprefix("year:")) for w in years]
    if query.window not in dict(windows):
        windows.insert(0, ("", wording.text("areas.own_span")))
    return (
        Choice("metric", wording.text("areas.choose_metric"), tuple(Option(v, t, v == query.metric) for v, t in metrics)),
        Choice("window", wording.text("metric.window_label"), tuple(Option(v, t, v == (query.window or "")) for v, t in windows)),
    )


# ------------------------------------------------------------------------------------------- the picture


def _outline(reader: Reader, layer: Layer, lines: Lines | None, rates: dict[str, Rate | None], wording: Wording) -> Outline | None:
    if lines is None or not lines.areas:
        return None
    return shade_outline(reader, layer, lines, rates, wording, width=656)


def shade_outline(
    reader: Reader, layer: Layer, lines: Lines, rates: dict[str, Rate | None], wording: Wording, *, width: int
) -> Outline:
    """Every area, darker for a higher rate; areas with fewer than ten events have no shade."""
    stable = {area: rate for area, rate in rates.items() if rate and rate.is_stable}
    top = max((rate.per_100k for rate in stable.values()), default=0.0)
    step = _nice(top / (SHADES - 1)) if top else 0.0
    kinds = {}
    for area in lines.areas:
        rate = stable.get(area.id)
        kinds[area.ix] = f"shade-{min(SHADES, 1 + int(rate.per_100k / step))}" if rate and step else "few"
    used = sorted({int(kind[6:]) for kind in kinds.values() if kind != "few"})
    key = [(f"shade-{i}", wording.text("areas.key", low=formats.number(step * (i - 1)), high=formats.number(step * i))) for i in used]
    if any(kind == "few" for kind in kinds.values()):
        key.append(("few", wording.text("areas.key_few", n=FEWEST)))
    largest = [area.ix for area in sorted(lines.areas, key=lambda area: -area.land_km2)]
    alt = wording.text("areas.outline_alt", layer=layer.title.lower(), n=len(lines.areas))
    return make_outline(
        lines.areas, reader.geometries(lines.ix), kinds, alt=alt, named=largest if len(largest) <= 80 else (), key=tuple(key), width=width
    )


def _nice(step: float) -> float:
    """The next 1, 2 or 5 times a power of ten, never under 1."""
    size = 1.0
    while True:
        for factor in (1, 2, 5):
            if size * factor >= step:
                return size * factor
        size *= 10


def current_shades(reader: Reader, metric_id: str, layer: Layer, window: dict[str, str], wording: Wording, *, width: int) -> Outline | None:
    """The small picture of the overview: a layer by its lines in force, shaded by the rate of one measure."""
    lines = lines_by_id(reader.facts, layer.id, default_lines_id(reader.facts, layer))
    if lines is None:
        return None
    query = reader.ask(metric_id, layer=layer.id, by="area", **window)
    rows = [row for row in reader.answer(query).rows if row["area_id"] is not None]
    return shade_outline(reader, layer, lines, _rates(rows, lines, query), wording, width=width)


