"""Writes the ground plan of Port Calvert as a city would hand it out: GeoJSON files and a table of census blocks.

Nothing goes in; the same bytes come out every time, whatever the seed of the incidents. They are written into
the data folder beside the feeds and not kept in the city's folder, so that there is one ground plan only: the
one that the incidents happen on.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harborlight.demo.geography import (
    BBOX,
    COLUMNS,
    PLAN_SEED,
    ROWS,
    Node,
    Point,
    Ring,
    city_rings,
    is_land,
    land_cells,
    quarter_node,
    within,
)
from harborlight.demo.layers import Lines, all_lines

FOLDER = "boundaries"
# Census blocks lie in a grid of this many by this many in each neighbourhood.
SIDE = 7
STREETS_AT = (1 / 6, 1 / 2, 5 / 6)
SHORE = 0.14  # streets end this share of a cell before the water


@lru_cache
def boundary_files() -> dict[str, bytes]:
    """File name → content: one GeoJSON file per version of a layer, water, streets, census blocks."""
    files = {f"{lines.layer}_{lines.version}.geojson": _collection(_areas(lines)) for lines in all_lines()}
    return files | _other_files()


def _other_files() -> dict[str, bytes]:
    return {
        "water.geojson": _collection([_feature("Polygon", _water(), {"name": "Calvert Bay"})]),
        "streets.geojson": _collection(_streets()),
        "census_blocks_2020.csv": census_blocks(),
    }


def _collection(features: Iterable[dict[str, Any]]) -> bytes:
    whole = {"type": "FeatureCollection", "features": list(features)}
    return (json.dumps(whole, separators=(",", ":")) + "\n").encode()


def _feature(kind: str, coordinates: Any, properties: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def _areas(lines: Lines) -> Iterable[dict[str, Any]]:
    for area in lines.areas:
        rings = area.rings
        named = {"id": area.id, "name": area.name}
        if len(rings) == 1:
            yield _feature("Polygon", [rings[0]], named)
        else:
            yield _feature("MultiPolygon", [[ring] for ring in rings], named)


def _water() -> list[Ring]:
    """The city's frame with the land cut out of it."""
    west, south, east, north = BBOX
    frame = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return [frame, *(tuple(reversed(ring)) for ring in city_rings())]


# ---------------------------------------------------------------------------------------------- streets


def _streets() -> Iterable[dict[str, Any]]:
    """Three streets through every row and column of cells, cut where there is water."""
    for count, length, upright in ((ROWS, COLUMNS, False), (COLUMNS, ROWS, True)):
        for number in range(count):
            cells = [(number, k) if upright else (k, number) for k in range(length)]
            for share in STREETS_AT:
                kind = "major" if share == 1 / 2 else "minor"
                for run in _runs(cells):
                    yield _feature("LineString", _line(run, share, upright), {"class": kind})


def _runs(cells: list[Node]) -> Iterable[list[Node]]:
    """Stretches of neighbouring land cells."""
    run: list[Node] = []
    for cell in cells:
        if is_land(cell):
            run.append(cell)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _line(run: list[Node], share: float, upright: bool) -> list[Point]:
    stops = [*((cell, 0.0) for cell in run), (run[-1], 1 - SHORE)]
    stops[0] = (run[0], SHORE)
    return [within(cell, share, along) if upright else within(cell, along, share) for cell, along in stops]


# -------------------------------------------------------------------------------------------- residents


def census_blocks() -> bytes:
    """Blocks with their people and housing units, as a table: about 2,000 points, 300,000 people.

    One block in nine is a park, a yard or a warehouse where nobody lives; one in twelve has fewer than eight
    homes; two are moorings in the harbour, so that some people live in no district.
    """
    rng = np.random.default_rng([PLAN_SEED, 21])
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("block", "population", "housing", "longitude", "latitude"))
    for number, cell in enumerate(land_cells()):
        homes = _homes(rng, float(rng.lognormal(0.0, 0.3)))
        people = rng.binomial(homes * 3, rng.uniform(0.62, 0.80))
        for place in range(SIDE * SIDE):
            at = (place % SIDE + rng.uniform(0.3, 0.7)) / SIDE, (place // SIDE + rng.uniform(0.3, 0.7)) / SIDE
            longitude, latitude = within(cell, *(0.12 + 0.76 * share for share in at))
            row = (f"990010{number + 1:03d}{place + 1:03d}", people[place], homes[place])
            writer.writerow((*row, f"{longitude:.6f}", f"{latitude:.6f}"))
    for number, (node, afloat) in enumerate((((9, 3), (19, 14)), ((13, 5), (12, 11))), 1):
        longitude, latitude = quarter_node(node)
        writer.writerow((f"990019{number:06d}", *afloat, f"{longitude:.6f}", f"{latitude:.6f}"))
    return out.getvalue().encode()


def _homes(rng: np.random.Generator, density: float) -> NDArray[np.int64]:
    """Housing units of one neighbourhood's blocks."""
    homes = rng.poisson(rng.gamma(3.0, 28.0 * density, SIDE * SIDE))
    kind = rng.random(SIDE * SIDE)
    homes = np.where(kind < 1 / 9, 0, np.where(kind < 1 / 9 + 1 / 12, rng.integers(1, 8, SIDE * SIDE), homes))
    return np.asarray(homes, dtype=np.int64)
