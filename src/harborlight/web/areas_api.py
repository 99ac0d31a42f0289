"""The API about areas: layers with their lines, boundaries as GeoJSON, one area with who answers for it, areas at a point.

Boundaries carry the people who live inside and no counts: counts are answers of the measures, by `by=area`.
"""

from __future__ import annotations

import json
import math
from typing import Any

from fastapi import Request, Response

from harborlight.errors import QueryError
from harborlight.metrics.facts import areas_in, lines_by_id, versions_of
from harborlight.metrics.query_places import lines_text
from harborlight.metrics.shapes import RECORDED, Facts, Lines
from harborlight.web.api_models import (
    AreaDetail,
    AreaOut,
    AreasAtPoint,
    DetailFeature,
    Feature,
    FeatureCollection,
    LayerList,
    LayerOut,
    LinesOut,
    RepresentativeOut,
    Shape,
)
from harborlight.web.cache import check_query
from harborlight.web.places import (
    Place,
    check_params,
    find_layer,
    find_place,
    layers_of,
    place_in,
    places_at,
    read_lines,
    version_of,
)
from harborlight.web.reader import Reader
from harborlight.web.respond import Turn, get_turn, to_csv, to_json

GEO = "application/geo+json"


# ---------------------------------------------------------------------------------------------- addresses


def read_layers(request: Request) -> Response:
    turn, _ = _start(request, ())
    facts = turn.release.facts
    layers = [
        LayerOut(
            id=layer.id, title=layer.title, title_one=layer.title_one, note=layer.note,
            is_primary=layer.id == facts.city.primary_layer, has_stated_areas=bool(facts.areas.get(layer.id)),
            lines=[make_lines(facts, lines) for lines in versions_of(facts, layer.id)],
        )
        for layer in layers_of(facts)
    ]  # fmt: skip
    if turn.visit.path.endswith(".csv"):
        rows = [line.model_dump(mode="json") for layer in layers for line in layer.lines]
        return to_csv("areas", list(LinesOut.model_fields), rows)
    return to_json(LayerList(release=turn.release.id, layers=layers))


def read_layer(request: Request) -> Response:
    """Boundaries of one layer as GeoJSON; with `.csv` the same areas as a table."""
    turn, given = _start(request, ("lines",))
    reader, facts, name = turn.release.reader, turn.release.facts, request.path_params["layer"]
    layer = find_layer(facts, name.removesuffix(".csv"))
    lines_id = read_lines(facts, layer, given.get("lines", ""))
    found = [place_in(facts, layer, lines_id, area) for _, area, _ in areas_in(facts, layer.id, lines_id)]
    places = [place for place in found if place]
    if turn.visit.path.endswith(".csv"):
        rows = [make_properties(place).model_dump(mode="json") for place in places]
        return to_csv(layer.id, list(AreaOut.model_fields), rows)
    lines = lines_by_id(facts, layer.id, lines_id)
    content = FeatureCollection(
        type="FeatureCollection", release=turn.release.id, layer=layer.id, lines=make_lines(facts, lines) if lines else None,
        features=[Feature(**_geometry(reader, place), properties=make_properties(place)) for place in places],
    )  # fmt: skip
    return _geojson(content)


def read_area(request: Request) -> Response:
    """One area as a GeoJSON feature, with who answers for it."""
    turn, given = _start(request, ("lines",))
    reader, name = turn.release.reader, request.path_params["area"]
    place = find_place(reader.facts, request.path_params["layer"], name, given.get("lines", ""))
    beside = reader.neighbours(place.lines.ix, place.area.ix) if place.lines and place.area else []
    names = {area.ix: area.id for area in place.lines.areas} if place.lines else {}
    detail = AreaDetail(
        **make_properties(place).model_dump(),
        is_current=place.lines is None or place.lines.is_current,
        neighbours=[names[ix] for ix in beside],
        represented_by=_representative(place),
        representative_note=place.layer.representative_note,
    )
    return _geojson(DetailFeature(**_geometry(reader, place), properties=detail))


def locate(request: Request) -> Response:
    """Areas that hold a point. The point is neither kept nor logged."""
    turn, given = _start(request, ("lon", "lat"))
    longitude, latitude = (_degrees(turn, name, given.get(name, ""), most) for name, most in (("lon", 180.0), ("lat", 90.0)))
    found = [make_properties(place) for place in places_at(turn.release.reader, longitude, latitude)]
    return to_json(AreasAtPoint(release=turn.release.id, areas=found))


# -------------------------------------------------------------------------------------------------- parts


def make_lines(facts: Facts, lines: Lines) -> LinesOut:
    return LinesOut(
        layer=lines.layer, id=lines.id, title=lines.title, lines=lines_text(facts, lines.layer, lines.id),
        valid_from=lines.valid_from.isoformat() if lines.valid_from else None,
        valid_to=lines.valid_to.isoformat() if lines.valid_to else None, is_current=lines.is_current, areas=len(lines.areas),
        attribution=lines.attribution, page=lines.page, note=lines.note,
    )  # fmt: skip


def make_properties(place: Place) -> AreaOut:
    area = place.area
    return AreaOut(
        layer=place.layer.id, lines=None if place.lines_id == RECORDED else place.lines_id, id=place.id, name=place.name,
        population=area.population if area else None, housing=area.housing if area else None,
        land_km2=area.land_km2 if area else None, longitude=area.longitude if area else None,
        latitude=area.latitude if area else None,
    )  # fmt: skip


def _representative(place: Place) -> RepresentativeOut | None:
    version = version_of(place.layer, place.lines)
    who = version.represents.get(place.id) if version and place.lines and place.lines.is_current else None
    return RepresentativeOut(**who.model_dump()) if who else None


def _geometry(reader: Reader, place: Place) -> dict[str, Any]:
    text = reader.geometries(place.lines.ix).get(place.area.ix) if place.lines and place.area else None
    return {
        "type": "Feature",
        "id": place.id,
        "bbox": list(place.area.bbox) if place.area else None,
        "geometry": json.loads(text) if text else None,
    }


def _geojson(content: Shape) -> Response:
    """GeoJSON has no null bounding box: a feature without one leaves it out."""
    value = content.model_dump(mode="json", by_alias=True)
    for feature in value.get("features", [value]):
        if feature["bbox"] is None:
            del feature["bbox"]
    response = to_json(value)
    response.headers["content-type"] = GEO
    return response


def _degrees(turn: Turn, name: str, text: str, most: float) -> float:
    allowed = [turn.wording.text("areas.degrees", most=int(most))]
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -most <= value <= most:
        raise QueryError(turn.wording.text("areas.bad_degrees"), parameter=name, allowed=allowed)
    return value


def _start(request: Request, allowed: tuple[str, ...]) -> tuple[Turn, dict[str, str]]:
    turn = get_turn(request)
    return turn, check_params(check_query(turn.visit.query), allowed, turn.wording)
