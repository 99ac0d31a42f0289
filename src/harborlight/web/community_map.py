"""The map beside the list: the city's areas, the catchments, and the sites by the numbers that the list gives them.

The still picture and the live map say nothing that the list does not: a number, a name, and whether the site is open.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harborlight.catalog.base_tiles import BaseTiles
from harborlight.metrics.facts import default_layer, lines_of
from harborlight.metrics.shapes import Lines
from harborlight.web.base_map import base_state
from harborlight.web.context_drawings import Label
from harborlight.web.context_map import LegendItem, Mark, Picture
from harborlight.web.map_picture import WIDTH
from harborlight.web.map_reader import read_basemap
from harborlight.web.outline import draw, join_boxes, make_frame
from harborlight.web.reader import Reader
from harborlight.web.service_query import Found
from harborlight.web.wording import Wording

Numbered = Sequence[tuple[Found, str]]


def find_lines(reader: Reader) -> Lines | None:
    """The areas that the map draws below: the city's first layer by its lines in force."""
    lines = lines_of(reader.facts, default_layer(reader.facts) or "")
    return lines if lines and lines.areas else None


def draw_sites(reader: Reader, numbered: Numbered, alt: str) -> Picture | None:
    """The still picture; None where nothing has a place or the city has no lines."""
    lines = find_lines(reader)
    if lines is None or not any(_is_drawn(found) for found, _ in numbered):
        return None
    frame = make_frame(join_boxes(area.bbox for area in lines.areas), WIDTH)
    shapes = reader.geometries(lines.ix)
    marks = [Mark("".join(draw(shape, frame) for shape in shapes.values()), "land")]
    marks += [Mark(draw(found.listed.geometry, frame), "catchment") for found, _ in numbered if found.listed.geometry]
    labels = []
    for found, number in numbered:
        site = found.listed.site
        if site.longitude is not None and site.latitude is not None:
            x, y = (round(value, 1) for value in frame.at(site.longitude, site.latitude))
            marks.append(Mark(f"M{x:g} {y:g}h0", "site-open" if found.standing.is_available else "site-other"))
            labels.append(Label(x, y + 5, number, "here"))
    return Picture(frame.width, frame.height, tuple(marks), tuple(labels), alt)


def _is_drawn(found: Found) -> bool:
    return bool(found.listed.geometry) or found.listed.site.longitude is not None


def make_legend(numbered: Numbered, wording: Wording) -> tuple[LegendItem, ...]:
    """What the colors mean, for what is drawn."""
    placed = [found for found, _ in numbered if found.listed.site.longitude is not None]
    kinds = {"site-open": any(f.standing.is_available for f in placed), "site-other": any(not f.standing.is_available for f in placed)}
    items = [LegendItem(kind, wording.text(f"community.legend_{kind.replace('-', '_')}"), "dot") for kind, there in kinds.items() if there]
    if any(found.listed.geometry for found, _ in numbered):
        items.append(LegendItem("catchment", wording.text("community.legend_catchment"), "square"))
    return tuple(items)


def map_state(reader: Reader, numbered: Numbered, base: BaseTiles | None) -> str:
    """What the script draws from, as JSON."""
    lines, drawn = find_lines(reader), {name for name, _, _ in read_basemap(reader)}
    sites = [_feature(found, number) for found, number in numbered if found.listed.site.longitude is not None]
    catchments = [
        {"type": "Feature", "properties": {"name": found.listed.site.name}, "geometry": json.loads(found.listed.geometry)}
        for found, _ in numbered
        if found.listed.geometry
    ]
    state: dict[str, Any] = {
        "mode": "sites", "bounds": join_boxes(area.bbox for area in lines.areas) if lines else reader.facts.city.bbox, "picked": None,
        "limits": [], "areas": f"/map/base/{lines.layer}@{lines.id}.geojson" if lines else None,
        "water": "/map/base/water.geojson" if "water" in drawn else None,
        "streets": "/map/base/streets.geojson" if "streets" in drawn else None, "base": base_state(base), "kinds": {}, "tips": {},
        "names": [], "ring": [], "unusual": [], "sites": {"type": "FeatureCollection", "features": sites},
        "catchments": {"type": "FeatureCollection", "features": catchments},
    }  # fmt: skip
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def _feature(found: Found, number: str) -> dict[str, Any]:
    site = found.listed.site
    return {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [site.longitude, site.latitude]},
        "properties": {"id": site.id, "number": number, "name": site.name, "open": found.standing.is_available},
    }  # fmt: skip
