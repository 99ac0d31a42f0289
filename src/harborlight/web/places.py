"""Areas as pages name them: an address or a typed name in, the area with its lines out; and which areas hold a point.

The lines of a question are read by the query grammar itself, so a page and its numbers cannot mean different ground.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np

from harborlight.catalog import Layer, Version
from harborlight.errors import QueryError
from harborlight.metrics.facts import areas_in, has_stated_areas, lines_by_id, lines_of, versions_of
from harborlight.metrics.query_places import lines_text, read_places
from harborlight.metrics.shapes import RECORDED, AreaFacts, Facts, Lines
from harborlight.metrics.shapes_on_map import in_polygon
from harborlight.web.outline import read_rings
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

LONGEST_NAME = 100
MOST_FOUND = 60


@dataclass(frozen=True)
class Place:
    """One area by one set of lines; `lines` and `area` are None where it is known only as sources state it."""

    layer: Layer
    id: str
    name: str
    lines: Lines | None
    lines_id: str
    lines_text: str
    area: AreaFacts | None

    @property
    def path(self) -> str:
        return f"/areas/{self.layer.id}/{self.id}"

    @property
    def href(self) -> str:
        return self.path + (f"?lines={self.lines_text}" if self.lines_text else "")

    @property
    def params(self) -> dict[str, str]:
        """What narrows a question to this area, in the words of the grammar."""
        given = {"layer": self.layer.id, "area": self.id, "lines": self.lines_text}
        return {name: value for name, value in given.items() if value}

    def metric_href(self, metric_id: str, **more: str) -> str:
        """A measure's page (or file) with this area as its filter."""
        return f"/metrics/{metric_id}?{urlencode({**more, **self.params}, safe=',:')}"


# --------------------------------------------------------------------------------------- from an address


def layers_of(facts: Facts) -> list[Layer]:
    """Layers that have areas at all, the primary one first."""
    known = [layer for layer in facts.layers.values() if versions_of(facts, layer.id) or has_stated_areas(facts, layer.id)]
    return sorted(known, key=lambda layer: (layer.id != facts.city.primary_layer, layer.title))


def find_layer(facts: Facts, layer_id: str) -> Layer:
    """Raises QueryError (404) for a layer that is not there."""
    known = {layer.id: layer for layer in layers_of(facts)}
    if layer_id not in known:
        raise QueryError("There is no such layer of areas.", code="not_found", status=404, allowed=list(known))
    return known[layer_id]


def read_lines(facts: Facts, layer: Layer, text: str) -> str:
    """The id of the lines that `lines=` asks for; those in force, or `recorded`, without it. Raises QueryError (400)."""
    return str(read_places({"layer": layer.id} | ({"lines": text} if text else {}), (), facts)["lines"])


def find_place(facts: Facts, layer_id: str, area_id: str, lines: str = "") -> Place:
    """One area. Without `lines` an area that today's lines do not have is shown by the last lines that had it.

    Raises QueryError: 404 for a layer or area that is not there, 400 for lines that cannot be asked.
    """
    layer = find_layer(facts, layer_id)
    lines_id = read_lines(facts, layer, lines)
    tried = [lines_id] if lines else [lines_id, *(v.id for v in reversed(versions_of(facts, layer.id)))]
    for version in tried:
        if place := place_in(facts, layer, version, area_id):
            return place
    names = [area for _, area, _ in areas_in(facts, layer.id, lines_id)]
    raise QueryError(
        "There is no such area in these lines.", code="not_found", status=404, allowed=names[:40]
    )


def place_in(facts: Facts, layer: Layer, lines_id: str, area_id: str) -> Place | None:
    """An area by one set of lines (a version's id, or `recorded`); None where those do not have it."""
    name = next((name for _, known, name in areas_in(facts, layer.id, lines_id) if known == area_id), None)
    if name is None:
        return None
    lines = lines_by_id(facts, layer.id, lines_id)
    area = next((a for a in lines.areas if a.id == area_id), None) if lines else None
    return Place(layer, area_id, name, lines, lines_id, lines_text(facts, layer.id, lines_id), area)


def default_lines_id(facts: Facts, layer: Layer) -> str:
    """The lines that a layer is shown by when none are asked for."""
    current = lines_of(facts, layer.id)
    versions = versions_of(facts, layer.id)
    return current.id if current else versions[-1].id if versions and not has_stated_areas(facts, layer.id) else RECORDED


def version_of(layer: Layer, lines: Lines | None) -> Version | None:
    """What the city declared of these lines."""
    return next((v for v in layer.versions if lines and v.id == lines.id), None)


def areas_of(facts: Facts, layer: Layer) -> list[Place]:
    """Every area of a layer by its lines in force, in the order of names."""
    lines_id = default_lines_id(facts, layer)
    found = [place_in(facts, layer, lines_id, area_id) for _, area_id, _ in areas_in(facts, layer.id, lines_id)]
    return sorted((p for p in found if p), key=lambda p: sort_name(p.name))


def sort_name(name: str) -> tuple[tuple[int, str], ...]:
    """Names in a reader's order: letter case and accents forgiven, District 2 before District 10."""
    parts = re.findall(r"\d+|\D+", fold(name))
    return tuple((int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in parts)


def check_params(given: list[tuple[str, str]], allowed: tuple[str, ...], wording: Wording) -> dict[str, str]:
    """Parameters of a page, each at most once; empty ones are as if not given. Raises QueryError (400)."""
    found: dict[str, str] = {}
    for name, value in given:
        if name not in allowed:
            raise QueryError(wording.text("areas.bad_parameter"), parameter=name[:40], allowed=list(allowed))
        if name in found:
            raise QueryError(wording.text("areas.twice"), parameter=name, allowed=[])
        if len(value) > LONGEST_NAME:
            raise QueryError(
                wording.text("areas.too_long"), parameter=name, allowed=[wording.text("areas.longest", n=LONGEST_NAME)]
            )
        found[name] = value
    return {name: value for name, value in found.items() if value}


# ------------------------------------------------------------------------------------------ from a name


def fold(text: str) -> str:
    """Letter case, accents, hyphens and double spaces forgiven."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+", " ", plain.casefold().replace("'", "").replace("\u2019", "")).split())


def find_by_name(facts: Facts, text: str) -> list[Place]:
    """Areas whose name, id or other spelling is, begins with or holds the text: exact ones first, at most 60."""
    wanted = fold(text)
    if not wanted:
        return []
    found = []
    for order, layer in enumerate(layers_of(facts)):
        spellings = {area.id: area.names for area in layer.areas}
        for place in areas_of(facts, layer):
            names = [fold(name) for name in (place.name, place.id, *spellings.get(place.id, ()))]
            full = fold(f"{layer.title_one} {place.name}")
            if (rank := _rank(wanted, names, full)) is not None:
                found.append((rank, order, sort_name(place.name), place))
    found.sort(key=lambda item: item[:3])
    return [place for *_, place in found][:MOST_FOUND]


def _rank(wanted: str, names: list[str], full: str) -> int | None:
    if wanted in names or wanted == full:
        return 0
    if any(name.startswith(wanted) for name in names):
        return 1
    return 2 if any(f" {wanted}" in f" {name}" for name in names) or (" " in wanted and wanted in full) else None


# ----------------------------------------------------------------------------------------- from a point


def places_at(reader: Reader, longitude: float, latitude: float) -> Iterator[Place]:
    """The area of each layer's lines in force that holds a point, by the published lines."""
    facts = reader.facts
    for layer in layers_of(facts):
        lines = lines_of(facts, layer.id)
        if lines is None:
            continue
        near = [a for a in lines.areas if a.bbox[0] <= longitude <= a.bbox[2] and a.bbox[1] <= latitude <= a.bbox[3]]
        if not near:
            continue
        geometries = reader.geometries(lines.ix)
        for area in near:
            if area.ix in geometries and holds(geometries[area.ix], longitude, latitude):
                place = place_in(facts, layer, lines.id, area.id)
                if place:
                    yield place
                break


def holds(geometry: str, longitude: float, latitude: float) -> bool:
    """Whether a GeoJSON polygon holds a point; of two areas that share an edge, one has the points on it."""
    x, y = np.array([longitude]), np.array([latitude])
    inside = np.zeros(1, dtype=bool)
    for ring in read_rings(geometry):
        inside ^= in_polygon(x, y, tuple((float(c[0]), float(c[1])) for c in ring[:-1]))
    return bool(inside[0])


# --------------------------------------------------------------------------------------------- in words


def dates_words(lines: Lines | None, wording: Wording) -> str:
    """When a set of lines is or was in force."""
    if lines is None:
        return wording.text("areas.as_stated")
    first, last = lines.valid_from, lines.valid_to
    key = f"areas.valid_{'from' if first else 'open'}_{'to' if last else 'on'}"
    values: Mapping[str, object] = {name: day for name, day in (("first", first), ("last", last)) if day}
    return wording.text(key, **values)
