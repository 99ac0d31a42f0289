"""Fills the schema `places`: lines and areas, the piece of every coordinate, and the node that it is shown at.

In go the city's declared lines, its census blocks and the coordinates of staging; nothing of a record but where it lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harborlight.catalog import Catalog, Layer, Version
from harborlight.errors import ConfigError
from harborlight.log import get_logger
from harborlight.places.basemap import write_basemap
from harborlight.places.boundaries import Boundaries, read_boundaries
from harborlight.places.files import find_file
from harborlight.places.locate import NOWHERE, Locator, Numbers
from harborlight.places.people import write_people
from harborlight.places.pieces import group_rows, number_pieces
from harborlight.places.population import Blocks, read_blocks
from harborlight.places.projection import Floats, plane_around
from harborlight.places.snap import choose_nodes, find_nearest
from harborlight.places.write import Points, SnapPoints, write_areas, write_points
from harborlight.store import Connection, read_value

log = get_logger("build")


@dataclass(frozen=True)
class Lines:
    """One version of one layer, read and ready to be looked up in."""

    ix: int
    layer: Layer
    version: Version
    is_current: bool
    is_guarded: bool
    boundaries: Boundaries
    locator: Locator


def build_places(con: Connection, catalog: Catalog, data: Path, *, today: date | None = None) -> None:
    """Create every table of the schema `places`; all are empty for a city without lines.

    `today` decides which version of a layer is in force; without it, it is the one without an end. Raises ConfigError.
    """
    con.execute("create schema if not exists places")
    longitude, latitude = read_coordinates(con)
    all_lines = read_lines(catalog, data, today, most_cells=_cells_for(len(longitude)))
    blocks = _read_blocks(catalog, data)
    write_areas(con, all_lines, blocks)
    points, snaps = place_points(catalog, all_lines, blocks, longitude, latitude)
    write_points(con, all_lines, points, snaps)
    write_basemap(con, catalog, data)
    write_people(con, catalog, data)
    if all_lines:
        log.info("%d lines, %d areas; %d of %d coordinates lie in one, %d have a public point",
                 len(all_lines), sum(len(lines.boundaries.ids) for lines in all_lines), (points.row != NOWHERE).sum(), len(longitude),
                 (points.snap != NOWHERE).sum())  # fmt: skip


def read_coordinates(con: Connection) -> tuple[Floats, Floats]:
    """Every distinct coordinate of staging, in order."""
    tables = [
        f"select longitude, latitude from staging.{name}"
        for name in ("records", "arrests", "firearms")
        if read_value(
            con, "select 1 from information_schema.tables where table_schema = 'staging' and table_name = ?", [name]
        )
    ]
    if not tables:
        return np.zeros(0), np.zeros(0)
    found = con.execute(
        f"select distinct longitude, latitude from ({' union all '.join(tables)}) "
        "where longitude is not null and latitude is not null order by longitude, latitude"
    ).fetchnumpy()
    return np.asarray(found["longitude"], dtype=np.float64), np.asarray(found["latitude"], dtype=np.float64)


def read_lines(catalog: Catalog, data: Path, today: date | None, *, most_cells: int) -> list[Lines]:
    """Every version of every layer, layers by id, versions by their first day. Raises ConfigError."""
    found: list[Lines] = []
    for layer in catalog.layers.values():
        known: set[str] = set()
        for version in sorted(layer.versions, key=lambda v: (v.valid_from or date.min, v.id)):
            boundaries = read_boundaries(catalog, data, layer, version)
            known |= set(boundaries.ids)
            _check_ids(layer, version.id, set(version.represents), set(boundaries.ids), "represents")
            current = version.valid_to is None if today is None else version.is_in_force(today)
            guarded = current or layer.id == catalog.city.primary_layer
            if version.is_guarded is not None:
                guarded = version.is_guarded
            locator = Locator(boundaries.shapes, most_cells=most_cells)
            found.append(Lines(len(found), layer, version, current, guarded, boundaries, locator))
        if layer.versions:
            _check_ids(layer, "all versions", {area.id for area in layer.areas}, known, "areas")
    return found


def _check_ids(layer: Layer, where: str, stated: set[str], known: set[str], part: str) -> None:
    if lost := sorted(stated - known):
        raise ConfigError(
            f"{part}: the boundaries hold no area {', '.join(lost)}",
            where=f"places/{layer.id}.yaml, {where}",
            hint=f"They hold for instance {', '.join(sorted(known)[:5])}.",
        )


def _cells_for(points: int) -> int:
    """How fine the raster is: it costs time by its cells and saves time by the points. No result hangs on it."""
    return int(np.clip(2 * np.sqrt(points), 16, 2048))


def _read_blocks(catalog: Catalog, data: Path) -> Blocks | None:
    stated = catalog.population
    return read_blocks(find_file(catalog, data, stated.blocks), stated) if stated else None


# ------------------------------------------------------------------------------------------------- points


def place_points(
    catalog: Catalog, all_lines: list[Lines], blocks: Blocks | None, longitude: Floats, latitude: Floats
) -> tuple[Points, SnapPoints]:
    """The piece and the node of each coordinate, and the nodes."""
    if blocks is None:
        blocks = Blocks(np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    n = len(longitude)
    x, y = np.concatenate([longitude, blocks.longitude]), np.concatenate([latitude, blocks.latitude])
    areas = locate_everywhere(catalog, all_lines, x, y)
    rows, row = group_rows(areas)
    is_somewhere = (rows != NOWHERE).any(axis=1) if len(rows) else np.zeros(0, dtype=bool)
    row = np.where(is_somewhere[row], row, NOWHERE).astype(np.int32) if len(row) else row
    guarded = group_rows(areas[:, [lines.ix for lines in all_lines if lines.is_guarded]])[1]
    guarded = np.where(row == NOWHERE, NOWHERE, guarded).astype(np.int32)
    west, south, east, north = catalog.city.bbox
    metres = plane_around(np.array([west, south, east, north])).to_metres(np.column_stack([x, y]))
    nodes = choose_nodes(metres[n:], blocks.housing, guarded[n:])
    snap = find_nearest(metres[:n], guarded[:n], metres[n:][nodes.block], nodes.piece)
    moved = np.full(n, np.nan)
    shown = snap != NOWHERE
    moved[shown] = np.hypot(*(metres[:n][shown] - metres[n:][nodes.block[snap[shown]]]).T)
    numbers = number_pieces(
        rows, [f"{v.layer.id}@{v.version.id}" for v in all_lines], [v.boundaries.ids for v in all_lines]
    )
    points = Points(longitude, latitude, row[:n], snap, moved, rows, numbers, is_somewhere)
    return points, SnapPoints(
        blocks.longitude[nodes.block], blocks.latitude[nodes.block], row[n:][nodes.block], nodes.homes
    )


def locate_everywhere(catalog: Catalog, all_lines: list[Lines], x: Floats, y: Floats) -> NDArray[np.int32]:
    """One row per point, one column per lines: the area, or NOWHERE. Points at 0/0 or out of the city's bbox are nowhere."""
    west, south, east, north = catalog.city.bbox
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north) & ~((x == 0) & (y == 0))
    areas = np.full((len(x), len(all_lines)), NOWHERE, dtype=np.int32)
    for lines in all_lines:
        found: Numbers = lines.locator.locate(x[inside], y[inside])
        areas[inside, lines.ix] = found
    return areas
