"""The map's addresses: the page and its rows as CSV, one public point, the shapes below, and vector tiles.

Each reads its question through `map_question`, so page, table, file and tile count the same records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import Request, Response

from harborlight.charts import formats
from harborlight.metrics import tiles
from harborlight.metrics.shapes import Facts, Lines
from harborlight.web.base_map import BASE_TILES
from harborlight.web.cache import check_query
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.context_map import PointPage
from harborlight.web.map_classes import value_areas
from harborlight.web.map_lists import days_words
from harborlight.web.map_page import POINTS_UNDER, ZOOMS, make_map_page
from harborlight.web.map_question import MapQuestion, lines_of_question, read_map_question, read_tile_question
from harborlight.web.map_reader import count_on_map, find_unusual, read_basemap, read_cells, read_points
from harborlight.web.mvt import cells_tile, points_tile
from harborlight.web.reader import Reader
from harborlight.web.respond import Turn, check_no_params, get_turn, html, plain_error, to_csv
from harborlight.web.wording import Wording

Handler = Callable[[Request], Response]
POINTS_FROM = 15
TILE = "application/vnd.mapbox-vector-tile"
MOST_LISTED = 500
AREA_COLUMNS = ("area_id", "area_name", "n", "suppressed", "missing", "population", "per_100k", "low", "high")
CELL_COLUMNS = ("west", "south", "east", "north", "n", "z", "p_value", "n_grids")


def read_map(request: Request) -> Response:
    turn = get_turn(request)
    question = read_map_question(turn.release.reader, check_query(turn.visit.query))
    return html(turn, "map.html", make_map_page(turn.release.reader, question, turn.wording, turn.release.base))


def read_map_csv(request: Request) -> Response:
    """The rows of the map's table."""
    turn = get_turn(request)
    reader = turn.release.reader
    question = read_map_question(reader, check_query(turn.visit.query))
    if question.mode == "unusual":
        cells = [cell for cell, _ in find_unusual(reader, question.query)]
        return to_csv("unusual", CELL_COLUMNS, [{name: getattr(c, name) for name in CELL_COLUMNS} for c in cells])
    query = replace(question.query, by=("area",) if question.query.layer else ())
    values, _ = value_areas(reader.answer(query), lines_of_question(reader, query)) if query.layer else ([], None)
    rows = [
        {
            "area_id": v.id, "area_name": v.name or None, "n": v.n, "suppressed": v.n is None and not v.missing, "missing": v.missing or None,
            "population": v.population, **_rate(v.rate if v.kind not in ("few", "none") else None),
        }
        for v in values
    ]  # fmt: skip
    return to_csv("map", AREA_COLUMNS, rows)


def _rate(rate: Any) -> dict[str, float | None]:
    names = ("per_100k", "low", "high")
    return {name: round(getattr(rate, name), 2) if rate else None for name in names}


# -------------------------------------------------------------------------------------------------- tiles


def read_tile(request: Request) -> Response:
    """One tile; empty bytes where it holds nothing, which readers of tiles take as a tile without layers."""
    turn = get_turn(request)
    reader = turn.release.reader
    z, x, y = (_whole(request.path_params[name]) for name in ("z", "x", "y"))
    if not (ZOOMS[0] <= z <= ZOOMS[1] and x < 1 << z and y < 1 << z):
        raise plain_error(404)
    query, mode = read_tile_question(reader, check_query(turn.visit.query))
    box = tiles.tile_box(z, x, y)
    if mode == "points" and (z >= POINTS_FROM or count_on_map(reader, query) < POINTS_UNDER):
        body = points_tile(read_points(reader, query, box), z, x, y)
    else:
        body = cells_tile(read_cells(reader, query, 32 - z - tiles.CELL_BITS, box), x, y)
    return Response(body, media_type=TILE)


def read_base_tile(request: Request) -> Response:
    """One tile of the release's own basemap as it lies there; empty bytes where its ground is covered and bare."""
    check_no_params(request)
    base = get_turn(request).release.base
    z, x, y = (_whole(request.path_params[name]) for name in ("z", "x", "y"))
    if base is None or not base.covers(z, x, y):
        raise plain_error(404)
    body = base.tile(z, x, y) or b""
    return Response(body, media_type=TILE, headers={"content-encoding": "gzip"} if body and base.is_zipped else None)


def _whole(text: str) -> int:
    if not re.fullmatch(r"0|[1-9]\d{0,5}", text, re.ASCII):
        raise plain_error(404)
    return int(text)


# ------------------------------------------------------------------------------------------------- shapes


def read_base(request: Request) -> Response:
    """Water, streets, or one set of lines (`layer@version`), as GeoJSON."""
    check_no_params(request)
    turn = get_turn(request)
    name = request.path_params["name"].removesuffix(".geojson")
    features = list(_area_features(turn, name) if "@" in name else _base_features(turn.release.reader, name))
    if not features:
        raise plain_error(404)
    return Response(
        '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}", media_type="application/geo+json"
    )


def _base_features(reader: Reader, wanted: str) -> list[str]:
    return [
        f'{{"type":"Feature","properties":{{"kind":"{kind}"}},"geometry":{geometry}}}'
        for name, kind, geometry in read_basemap(reader)
        if name == wanted
    ]


def _area_features(turn: Turn, name: str) -> list[str]:
    lines = find_lines(turn.release.facts, name)
    if lines is None:
        return []
    geometries = turn.release.reader.geometries(lines.ix)
    return [
        f'{{"type":"Feature","id":{area.ix},"properties":{_json({"id": area.id, "name": area.name})},"geometry":{geometries[area.ix]}}}'
        for area in lines.areas
        if area.ix in geometries
    ]


def find_lines(facts: Facts, name: str) -> Lines | None:
    """The lines that `layer@version` names."""
    return next((lines for lines in facts.lines if f"{lines.layer}@{lines.id}" == name), None)


def _json(value: dict[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False)


# ---------------------------------------------------------------------------------------- a public point


def read_point(request: Request) -> Response:
    """The records that the map's question shows at one public point."""
    turn = get_turn(request)
    reader, snap = turn.release.reader, _whole(request.path_params["snap"])
    question = read_map_question(reader, check_query(turn.visit.query))
    if reader.facts.metrics[question.query.metric].table != "events":
        raise plain_error(404)
    found = reader.using(lambda con: tiles.find_point(con, snap))
    if found is None:
        raise plain_error(404)
    return html(turn, "map_point.html", _make_point(reader, question, snap, found[2], turn.wording))


def _make_point(reader: Reader, question: MapQuestion, snap: int, homes: int, wording: Wording) -> PointPage:
    query = question.query
    records = reader.using(lambda con: tiles.read_records_at(con, reader.facts, query, snap, MOST_LISTED))
    heads = tuple(Column(wording.text(f"breakdowns.{name}")) for name in ("day", "hour", "offense", "weapon"))
    unknown = wording.text("unknown.hour")
    rows = tuple(
        (
            Cell(formats.date_words(r["day"], wording.language), kind="head"),
            Cell(unknown if r["hour"] is None else formats.hour_words(r["hour"], wording.language)),
            Cell(r["offense"]),
            Cell(wording.text("unknown.other") if r["weapon"] is None else wording.text(f"weapons.{r['weapon']}")),
        )
        for r in records
    )
    note = wording.text("map.point_cut", n=MOST_LISTED) if len(rows) == MOST_LISTED else ""
    title = wording.text("map.point_name", number=str(snap))
    return PointPage(
        title=title,
        answer=wording.text("map.point_answer", n=len(rows), title=reader.facts.metrics[query.metric].title, days=days_words(query, wording)),
        about=wording.text("map.point_about", n=homes),
        table=Table(wording.text("map.point_records"), heads, (RowGroup("", rows),), note),
        back=question.address(),
    )  # fmt: skip


PAGES: tuple[tuple[str, Handler], ...] = (
    ("/map", read_map),
    ("/map/points/{snap}", read_point),
)
FILES: tuple[tuple[str, Handler], ...] = (
    ("/map.csv", read_map_csv),
    ("/map/base/{name}", read_base),
    (BASE_TILES, read_base_tile),
    ("/tiles/incidents/{z}/{x}/{y}.mvt", read_tile),
)
