"""Two areas side by side, by the same measures and for the same months, with the caution that this is no ranking.

Areas are typed: an address (`layer/area`), a name, or a name with its kind. Two areas of one layer are counted by one set
of lines; a question that would put lines of two different years beside each other is refused with the reason.
"""

from __future__ import annotations

from harborlight.catalog import Layer
from harborlight.charts import formats
from harborlight.errors import QueryError
from harborlight.metrics.facts import lines_of, versions_of
from harborlight.metrics.shapes import Facts, Headline
from harborlight.web.area_figures import area_rate, make_area_card, rate_cell, read_headlines
from harborlight.web.area_profile import lede
from harborlight.web.context import Cell, Column, Option, RowGroup, Table
from harborlight.web.context_areas import ComparePage, Side
from harborlight.web.places import Place, areas_of, dates_words, find_by_name, find_place, fold, layers_of, place_in
from harborlight.web.reader import Reader
from harborlight.web.verdicts import period_words
from harborlight.web.wording import Wording

MOST_TYPED = 60


def make_compare(reader: Reader, a: str, b: str, lines: str, wording: Wording) -> ComparePage:
    """Both areas, or the form alone while one of them is not chosen. Raises QueryError (400, 404)."""
    facts = reader.facts
    places = [read_typed(facts, name, text, lines, wording) for name, text in (("a", a), ("b", b)) if text]
    if len(places) == 2:
        check_lines(facts, places[0], places[1], lines, wording)
    headlines = [read_headlines(reader, place) for place in places] if len(places) == 2 else []
    sides = [_side(reader, place, own, wording) for place, own in zip(places, headlines, strict=False)]
    title = wording.text("compare.title")
    typed = [full_name(p) for p in places]
    if sides:
        title = wording.text("compare.title_two", a=places[0].name, b=places[1].name)
    return ComparePage(
        title=title,
        lede=_lede(places, wording) if sides else wording.text("compare.lede"),
        caution=wording.text("areas.caution"),
        a=typed[0] if a else "", b=typed[-1] if b else "", lines=lines,
        options=tuple(Option(full_name(p), p.layer.title_one, False) for p in _offered(facts)),
        sides=tuple(sides), table=_table(places, headlines, wording) if sides else None,
    )  # fmt: skip


def full_name(place: Place) -> str:
    """The text that stands for an area where it is typed."""
    return f"{place.name} ({place.layer.title_one})"


def read_typed(facts: Facts, parameter: str, text: str, lines: str, wording: Wording) -> Place:
    """An area from what was typed. Raises QueryError where nothing or more than one thing answers to it."""
    if "/" in text:
        layer_id, _, rest = text.partition("/")
        area_id, _, version = rest.partition("@")
        if any(layer.id == layer_id for layer in layers_of(facts)):
            return _by_version(facts, parameter, layer_id, area_id, version, lines)
    known = {fold(full_name(place)): place for layer in layers_of(facts) for place in areas_of(facts, layer)}
    found = [known[fold(text)]] if fold(text) in known else find_by_name(facts, text)
    exact = [place for place in found if fold(text) in (fold(place.name), fold(place.id))]
    if len(exact) == 1:
        found = exact
    if len(found) == 1:
        return find_place(facts, found[0].layer.id, found[0].id, lines)
    key = "compare.several" if found else "compare.nothing"
    raise QueryError(wording.text(key), parameter=parameter, allowed=[full_name(p) for p in found[:20]])


def _by_version(facts: Facts, parameter: str, layer_id: str, area_id: str, version: str, lines: str) -> Place:
    """`layer/area`, or `layer/area@version` for the lines of one version."""
    if not version:
        return find_place(facts, layer_id, area_id, lines)
    versions = [v.id for v in versions_of(facts, layer_id)]
    layer = facts.layers[layer_id]
    if version not in versions:
        raise QueryError("There are no such lines.", parameter=parameter, allowed=[f"{layer_id}/{area_id}@{v}" for v in versions])
    place = place_in(facts, layer, version, area_id)
    return place or find_place(facts, layer_id, area_id)


def check_lines(facts: Facts, one: Place, other: Place, lines: str, wording: Wording) -> None:
    """Two areas may be put side by side only by lines that hold together. Raises QueryError (400) with the reason."""
    if one.layer.id == other.layer.id:
        if one.lines_id != other.lines_id:
            raise QueryError(
                wording.text("compare.versions", a=dates_words(one.lines, wording), b=dates_words(other.lines, wording)),
                parameter="lines", allowed=_ways(facts, one.layer, one.id, other.id, wording),
            )  # fmt: skip
    elif not (_is_of_today(one) and _is_of_today(other)) and not lines:
        raise QueryError(wording.text("compare.versions_layers"), parameter="lines", allowed=[f"{p.layer.id}/{p.id}" for p in (one, other)])


def _is_of_today(place: Place) -> bool:
    return place.lines is None or place.lines.is_current


def _ways(facts: Facts, layer: Layer, a: str, b: str, wording: Wording) -> list[str]:
    """Addresses at which both areas can be seen by one set of lines."""
    found = []
    for version in versions_of(facts, layer.id):
        places = [place_in(facts, layer, version.id, area) for area in (a, b)]
        if all(places):
            mark = f"&lines={places[0].lines_text}" if places[0] and places[0].lines_text else ""
            found.append(f"/compare?a={layer.id}/{a}&b={layer.id}/{b}{mark} ({dates_words(version, wording)})")
    return found


def _offered(facts: Facts) -> list[Place]:
    """Areas for the list below the fields: every layer that is not too long to choose from."""
    lists = [areas_of(facts, layer) for layer in layers_of(facts) if lines_of(facts, layer.id) or layer.areas]
    return [place for places in lists if len(places) <= MOST_TYPED for place in places]


def _lede(places: list[Place], wording: Wording) -> str:
    if places[0].layer.id != places[1].layer.id:
        return wording.text("compare.lede_layers", a=places[0].layer.title_one.lower(), b=places[1].layer.title_one.lower())
    lines = places[0].lines
    if lines is None:
        return wording.text("compare.lede_stated")
    return wording.text("compare.lede_lines", lines=lines.title, dates=dates_words(lines, wording))


def _side(reader: Reader, place: Place, headlines: list[Headline], wording: Wording) -> Side:
    cards = tuple(make_area_card(reader, h, place, wording, is_first=False) for h in headlines)
    return Side(place.name, place.href, place.layer.title_one, lede(place, wording), cards)


def _table(places: list[Place], headlines: list[list[Headline]], wording: Wording) -> Table | None:
    """A row a measure: count and rate of each area, for the same months."""
    theirs = {h.metric.id: h for h in headlines[1]}
    rows, period = [], ""
    for headline in headlines[0]:
        other = theirs.get(headline.metric.id)
        if other is None or headline.year is None or other.year is None:
            continue
        period = period or period_words(headline.year.now, wording)
        cells: list[Cell] = []
        for place, year in ((places[0], headline.year), (places[1], other.year)):
            note = wording.text("area.cell_before", n=year.before.n)
            cells.append(Cell(formats.number(year.now.n, wording.language), kind="number", note=note))
            cells.append(rate_cell(area_rate(place, year.now), wording))
        rows.append((Cell(headline.metric.title, kind="head"), *cells))
    if not rows:
        return None
    heads = [Column(wording.text("area.measure"))]
    for place in places:
        heads += [Column(place.name, True), Column(wording.text("compare.rate_of", name=place.name), True)]
    caption = wording.text("compare.caption", a=places[0].name, b=places[1].name, period=period)
    return Table(caption, tuple(heads), (RowGroup("", tuple(rows)),), wording.text("area.against_note"), show_caption=True, is_wide=True)
