"""The map's lists: areas, unusual cells and public points as tables, the card of a picked area, modes and filters."""

from __future__ import annotations

from dataclasses import replace

from harborlight.charts import formats
from harborlight.metrics.facts import areas_in, has_stated_areas, versions_of
from harborlight.metrics.query_monthly import is_by_layer, is_monthly, windows_of
from harborlight.metrics.query_places import lines_text
from harborlight.metrics.questions import question_of
from harborlight.metrics.shapes import RECORDED, Query
from harborlight.provenance import say, say_people, say_rate
from harborlight.web.context import Cell, Choice, Column, Link, Option, RowGroup, Table
from harborlight.web.context_map import MapCard
from harborlight.web.map_classes import AreaValue, Scale
from harborlight.web.map_question import MODES, MapQuestion
from harborlight.web.map_reader import areas_of_points, count_on_map, find_unusual, read_points
from harborlight.web.offense_table import public_groups
from harborlight.web.places import layers_of, sort_name
from harborlight.web.reader import Reader
from harborlight.web.verdicts import say_range
from harborlight.web.wording import Wording

MOST_POINTS = 200
LIST_UNDER = 5_000


def days_words(query: Query, wording: Wording) -> str:
    return formats.month_range_words(query.date_from, query.date_to, wording.language, "long")


# ------------------------------------------------------------------------------------------------- tables


def area_table(question: MapQuestion, values: list[AreaValue], scale: Scale, caption: str, wording: Wording) -> Table:
    """A row an area in the order of names, then what lies in none."""
    heads = [Column(wording.text("breakdowns.area")), Column(wording.text(f"units.{question.query.unit}"), True)]
    if scale.is_rate:
        heads += [Column(wording.text("map.per_100k"), True), Column(wording.text("map.range"), True)]
    known = sorted((v for v in values if v.id is not None), key=lambda v: sort_name(v.name))
    lost = [v for v in values if v.id is None and v.n]
    rows = tuple(_area_row(question, value, scale, wording) for value in (*known, *lost))
    return Table(caption, tuple(heads), (RowGroup("", rows),), wording.text("map.few_note") if scale.is_rate else "")


def _area_row(question: MapQuestion, value: AreaValue, scale: Scale, wording: Wording) -> tuple[Cell, ...]:
    name, href = (value.name, question.address(area=value.id)) if value.id else (wording.text("unknown.area"), "")
    cells = [Cell(name, href, "head"), _count_cell(value, wording)]
    if scale.is_rate:
        cells += _rate_cells(value, wording)
    return tuple(cells)


def _count_cell(value: AreaValue, wording: Wording) -> Cell:
    if value.n is None:
        text = (
            wording.text("tables.missing_because", reason=value.missing)
            if value.missing
            else wording.text("tables.hidden")
        )
        return Cell(text, kind="quiet")
    return Cell(formats.number(value.n, wording.language), kind="number")


def _rate_cells(value: AreaValue, wording: Wording) -> list[Cell]:
    rate = value.rate
    if rate is None or not rate.is_stable:
        none = Cell(wording.text("tables.no_total"), kind="quiet")
        return [none, none]
    span = say_range(round(rate.low), round(rate.high), rate.n, wording)
    return [Cell(say_rate(formats.number(rate.per_100k, wording.language), rate), kind="number"), Cell(span, kind="number")]


def _asked(reader: Reader, question: MapQuestion) -> str:
    """The map's question, of which cells and points count a part."""
    return question_of(replace(question.query, by=()), reader.facts.metrics[question.query.metric]).asked


def unusual_table(reader: Reader, question: MapQuestion, caption: str, wording: Wording) -> Table:
    heads = (
        Column(wording.text("map.cell")), Column(wording.text(f"units.{question.query.unit}"), True), Column(wording.text("map.grids"), True),
    )  # fmt: skip
    names = areas_of_points(reader, question.query) if question.query.is_located else {}
    cells, asked = find_unusual(reader, question.query), _asked(reader, question)
    rows = tuple(
        (
            Cell(
                wording.text("map.cell_name", number=i, area=names.get(most, wording.text("unknown.area"))), kind="head"
            ),
            Cell(say(formats.number(cell.n, wording.language), cell.n, "cell", query=asked), kind="number"),
            Cell(wording.text("map.grids_of", n=cell.n_grids), kind="number"),
        )
        for i, (cell, most) in enumerate(cells, 1)
    )
    note = wording.text("map.unusual_note") if rows else wording.text("map.unusual_none")
    return Table(caption, heads, (RowGroup("", rows),), note)


def points_table(reader: Reader, question: MapQuestion, wording: Wording) -> Table | None:
    """Public points with their counts, where a question is small enough to list them."""
    query = question.query
    if question.mode != "points" or not query.layer or count_on_map(reader, query) >= LIST_UNDER:
        return None
    points = read_points(reader, query)
    if not 0 < len(points.snap) <= MOST_POINTS:
        return None
    names = areas_of_points(reader, query) if query.is_located else {}
    found = sorted(
        zip(points.snap.tolist(), points.n.tolist(), strict=True), key=lambda p: (sort_name(names.get(p[0], "")), p[0])
    )
    asked = _asked(reader, question)
    rows = tuple(
        (
            Cell(wording.text("map.point_name", number=str(snap)), question.address(f"/map/points/{snap}"), "head"),
            Cell(names.get(snap, wording.text("unknown.area"))),
            Cell(say(formats.number(n, wording.language), n, "point", query=asked, row=f"snap={snap}"), kind="number"),
        )
        for snap, n in found
    )
    heads = (
        Column(wording.text("map.point")), Column(wording.text("breakdowns.area")), Column(wording.text(f"units.{query.unit}"), True),
    )  # fmt: skip
    return Table(wording.text("map.points_title"), heads, (RowGroup("", rows),))


# --------------------------------------------------------------------------------------- card and choices


def make_card(reader: Reader, question: MapQuestion, values: list[AreaValue], wording: Wording) -> MapCard | None:
    """The numbers of the picked area; None where none is picked."""
    query = question.query
    name = next((n for _, area, n in areas_in(reader.facts, query.layer or "", query.lines) if area == question.picked), None)
    if name is None:
        return None
    # A drawn shape leaves out the areas that it does not touch.
    nothing = AreaValue(question.picked, name, 0, None, None, "few")
    value = next((v for v in values if v.id == question.picked), nothing)
    lines = [wording.text("map.card_missing", reason=value.missing)] if value.n is None else [
        wording.text("map.card_count", n=value.n, unit=wording.text(f"units.{query.unit}"), days=days_words(query, wording))
    ]  # fmt: skip
    if value.population is not None:
        people = say_people(formats.number(value.population, wording.language), value.population)
        lines.append(wording.text("map.card_people", people=people))
    if value.rate and value.rate.is_stable:
        span = say_range(round(value.rate.low), round(value.rate.high), value.rate.n, wording)
        per = say_rate(formats.number(value.rate.per_100k, wording.language), value.rate)
        lines.append(wording.text("map.card_rate", rate=per, span=span))
    elif value.rate:
        lines.append(wording.text("map.card_few"))
    page = f"/areas/{query.layer}/{value.id}" + (f"?lines={query.lines_text}" if query.lines_text else "")
    months = question.address(f"/metrics/{query.metric}", without=("metric", "mode"), area=str(value.id), by="month")
    return MapCard(value.name, tuple(lines), (
        Link(wording.text("map.card_page"), page), Link(wording.text("map.card_months"), months),
        Link(wording.text("map.card_close"), question.address(without=("area",))),
    ))  # fmt: skip


def make_modes(reader: Reader, question: MapQuestion, wording: Wording) -> tuple[Link, ...]:
    modes = MODES[:1] if reader.facts.metrics[question.query.metric].table != "events" else MODES
    return tuple(
        Link(wording.text(f"map.mode_{m}"), question.address(mode="" if m == MODES[0] else m), m == question.mode)
        for m in modes
    )


def make_windows(reader: Reader, question: MapQuestion, wording: Wording) -> tuple[Link, ...]:
    spans = ("from", "to", "window")
    last = reader.facts.metric_through[question.query.metric].year
    names = [(name, wording.text(f"metric.window_{name}")) for name in reversed(windows_of(reader.facts.metrics[question.query.metric]))]
    years = range(last - 1, max(reader.facts.metric_from[question.query.metric].year, last - 3) - 1, -1)
    return tuple(
        Link(text, question.address(without=spans, window=name), question.query.window == name)
        for name, text in (*names, *((f"year:{year}", str(year)) for year in years))
    )


def make_choices(reader: Reader, question: MapQuestion, wording: Wording) -> tuple[Choice, ...]:
    facts, query = reader.facts, question.query
    metric = facts.metrics[query.metric]
    choices = [_choice("metric", [(m, facts.metrics[m].title) for m in reader.metric_ids()], query.metric, wording)]
    if query.layer:
        layers = [(layer.id, layer.title) for layer in layers_of(facts) if is_by_layer(metric, layer.id, facts)]
        choices.append(_choice("layer", layers, query.layer, wording))
    if not metric.where and metric.table == "events":
        groups = [("", wording.text("metric.all_offenses")), *public_groups(facts).items()]
        if (several := ",".join(query.offenses)) not in dict(groups):
            groups.append((several, several))
        choices.append(_choice("offense", groups, several, wording))
    if metric.table == "events":
        hours = [("", wording.text("metric.all_hours")), *((h, wording.text(f"hours.{h}")) for h in ("day", "night"))]
        choices.append(_choice("hours", hours, query.hours or "", wording))
    return tuple(choices)


def make_area_choice(reader: Reader, question: MapQuestion, wording: Wording) -> Choice | None:
    """Every area of the question's lines, also where a drawn shape leaves nothing of it."""
    known = areas_in(reader.facts, question.query.layer or "", question.query.lines)
    if not known:
        return None
    named = sorted(((area_id, name) for _, area_id, name in known), key=lambda pair: sort_name(pair[1]))
    return _choice("area", [("", wording.text("metric.whole_city")), *named], question.picked or "", wording)


def make_line_choices(reader: Reader, question: MapQuestion, wording: Wording) -> tuple[Link, ...]:
    """The sets of lines that the layer can be counted by, those in force first; empty where there is one."""
    facts, query = reader.facts, question.query
    held = [(v.id, v.title) for v in reversed(versions_of(facts, query.layer or ""))]
    if held and has_stated_areas(facts, query.layer or ""):
        held.append((RECORDED, wording.text("map.as_recorded")))
    if len(held) < 2 or is_monthly(facts.metrics[query.metric]):
        return ()
    texts = {version: lines_text(facts, query.layer or "", version) for version, _ in held}
    held.sort(key=lambda pair: texts[pair[0]] != "")
    return tuple(
        Link(title, question.address(without=("area",), lines=texts[version]), version == query.lines)
        for version, title in held
    )


def _choice(name: str, options: list[tuple[str, str]], chosen: str, wording: Wording) -> Choice:
    return Choice(name, wording.text(f"map.choose_{name}"), tuple(Option(v, text, v == chosen) for v, text in options))


def make_downloads(question: MapQuestion, wording: Wording) -> tuple[Link, ...]:
    metric_id = question.query.metric
    rows = (
        {"without": ("metric", "mode", "area"), "by": "area"}
        if question.query.layer
        else {"without": ("metric", "mode", "area")}
    )
    return (
        Link(wording.text("map.csv"), question.address("/map.csv", without=("area",))),
        Link(wording.text("figures.json"), question.address(f"/api/v1/metrics/{metric_id}", **rows)),
        Link(wording.text("figures.more"), question.address(f"/metrics/{metric_id}", **rows)),
        Link(wording.text("figures.definition"), f"/metrics/{metric_id}#definition"),
    )
