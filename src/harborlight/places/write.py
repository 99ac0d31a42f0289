"""Writes the tables of the schema `places`. Numbers are cast to the types that the tables promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from harborlight.places.coverage import find_neighbours, label_points, measure_coverage, share_edges, simplify
from harborlight.places.locate import NOWHERE, Numbers, Shapes
from harborlight.places.population import Blocks, sum_by_area
from harborlight.places.projection import Floats, mercator, plane_around
from harborlight.store import Connection, write_arrays, write_rows

if TYPE_CHECKING:
    from harborlight.places.build import Lines

VERSIONS = {
    "lines_ix": "UTINYINT", "layer": "VARCHAR", "version_id": "VARCHAR", "title": "VARCHAR", "valid_from": "DATE", "valid_to": "DATE",
    "is_current": "BOOLEAN", "is_guarded": "BOOLEAN", "n_areas": "INTEGER", "n_repaired": "INTEGER", "gaps_m2": "DOUBLE",
    "overlaps_m2": "DOUBLE", "attribution": "VARCHAR", "page": "VARCHAR", "note": "VARCHAR",
}  # fmt: skip
AREAS = {
    "layer": "VARCHAR", "version_id": "VARCHAR", "lines_ix": "UTINYINT", "ix": "USMALLINT", "area_id": "VARCHAR", "area_name": "VARCHAR",
    "population": "INTEGER", "housing": "INTEGER", "land_km2": "DOUBLE", "longitude": "DOUBLE", "latitude": "DOUBLE",
    "west": "DOUBLE", "south": "DOUBLE", "east": "DOUBLE", "north": "DOUBLE", "geometry": "VARCHAR",
}  # fmt: skip
NEIGHBOURS = {"lines_ix": "UTINYINT", "ix": "USMALLINT", "neighbour_ix": "USMALLINT"}
PIECE_AREAS = {"lines_ix": "UTINYINT", "piece": "UINTEGER", "area": "USMALLINT"}
POINTS = {"longitude": "DOUBLE", "latitude": "DOUBLE", "piece": "UINTEGER", "snap": "UINTEGER"}
SNAP_POINTS = {
    "snap": "UINTEGER", "longitude": "DOUBLE", "latitude": "DOUBLE", "piece": "UINTEGER", "n_addresses": "INTEGER",
    "x": "UINTEGER", "y": "UINTEGER",
}  # fmt: skip
DISPLACEMENT = {
    "n_points": "BIGINT", "n_shown": "BIGINT", "n_not_shown": "BIGINT", "median_m": "DOUBLE", "p90_m": "DOUBLE", "max_m": "DOUBLE",
}  # fmt: skip


@dataclass(frozen=True)
class Points:
    """Coordinates, each with its row of areas and its node (NOWHERE: none) and how far away the node is.

    `rows` are the distinct rows of areas, `numbers` their public numbers; a row that is not `is_somewhere` is in no area.
    """

    longitude: Floats
    latitude: Floats
    row: Numbers
    snap: Numbers
    moved_m: Floats
    rows: NDArray[np.int32]
    numbers: NDArray[np.uint32]
    is_somewhere: NDArray[np.bool_]

    def pieces(self, row: Numbers) -> Floats:
        """The numbers of rows, NaN for NOWHERE."""
        return _or_null(row, self.numbers)


@dataclass(frozen=True)
class SnapPoints:
    """The published nodes: public points of census blocks."""

    longitude: Floats
    latitude: Floats
    row: Numbers
    homes: NDArray[np.int64]


def write_areas(con: Connection, all_lines: Sequence[Lines], blocks: Blocks | None) -> None:
    """Tables `versions`, `areas` and `neighbours`."""
    versions, areas, neighbours = [], [], []
    for lines in all_lines:
        shapes = lines.boundaries.shapes
        shared = share_edges(shapes)
        measures, version = measure_coverage(shapes), lines.version
        versions.append((
            lines.ix, lines.layer.id, version.id, version.title or lines.layer.title, _day(version.valid_from), _day(version.valid_to),
            lines.is_current, lines.is_guarded, len(shapes), lines.boundaries.n_repaired, measures.gaps_m2, measures.overlaps_m2,
            version.attribution, version.page, version.note or lines.layer.note,
        ))  # fmt: skip
        areas += _describe_areas(lines, shared, blocks)
        neighbours += [(lines.ix, one, other) for one, other in find_neighbours(shared)]
    write_rows(con, "places.versions", VERSIONS, versions)
    write_rows(con, "places.areas", AREAS, areas)
    write_rows(con, "places.neighbours", NEIGHBOURS, neighbours)


def _describe_areas(lines: Lines, shared: Shapes, blocks: Blocks | None) -> list[tuple[object, ...]]:
    boundaries = lines.boundaries
    shapes, n = boundaries.shapes, len(boundaries.ids)
    people = housing = np.full(n, np.nan)
    if blocks is not None:
        area = lines.locator.locate(blocks.longitude, blocks.latitude)
        people, housing = (sum_by_area(area, amounts, n).astype(float) for amounts in (blocks.people, blocks.housing))
    km2 = plane_around(shapely.total_bounds(shapes)).areas_m2(shapes) / 1e6
    labels, boxes, drawn = label_points(shapes), shapely.bounds(shapes), shapely.to_geojson(simplify(shared))
    return [
        (lines.layer.id, lines.version.id, lines.ix, ix, boundaries.ids[ix], boundaries.names[ix], people[ix], housing[ix],
         round(float(km2[ix]), 4), *labels[ix], *boxes[ix], drawn[ix])
        for ix in range(n)
    ]  # fmt: skip


def write_points(con: Connection, all_lines: Sequence[Lines], points: Points, snaps: SnapPoints) -> None:
    """Tables `points`, `piece_areas`, `snap_points` and `displacement`."""
    snap = _or_null(points.snap, np.arange(len(snaps.longitude)))
    write_arrays(con, "places.points", POINTS, [points.longitude, points.latitude, points.pieces(points.row), snap])
    row, column = np.nonzero(points.rows != NOWHERE)
    order = np.lexsort((points.numbers[row], column))
    row, column = row[order], column[order]
    write_arrays(con, "places.piece_areas", PIECE_AREAS, [column, points.numbers[row], points.rows[row, column]])
    x, y = mercator(snaps.longitude, snaps.latitude)
    places = [np.arange(len(x)), snaps.longitude, snaps.latitude, points.pieces(snaps.row), snaps.homes, x, y]
    write_arrays(con, "places.snap_points", SNAP_POINTS, places)
    located, moved = int((points.row != NOWHERE).sum()), points.moved_m[points.snap != NOWHERE]
    shares = np.quantile(moved, (0.5, 0.9, 1)).round(1) if len(moved) else (np.nan,) * 3
    figures = [(located, len(moved), located - len(moved), *shares)] if all_lines else []
    write_rows(con, "places.displacement", DISPLACEMENT, figures)


def _day(day: object) -> str | None:
    return str(day) if day else None


def _or_null(index: Numbers, values: NDArray[np.generic]) -> Floats:
    """`values` at each index as numbers, NaN (which becomes NULL) where the index is NOWHERE."""
    found = np.full(len(index), np.nan)
    known = index != NOWHERE
    found[known] = values[index[known]]
    return found
