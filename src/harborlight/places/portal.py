"""Reads the newest whole snapshot of a portal layer of areas: its rows' values and their polygons.

ArcGIS states a polygon as rings; GeoJSON states it as it is.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from harborlight.catalog import Snapshot
from harborlight.errors import CheckFailed
from harborlight.places.rings import shape_of_rings

Feature = tuple[dict[str, Any], shapely.Geometry | None]


def read_portal_layer(data: Path, source_id: str) -> Iterator[Feature]:
    """The values and shape of each row. Raises CheckFailed where nothing has been fetched or no copy is whole."""
    folder = data / "snapshots" / source_id
    for part in newest_snapshot(folder, source_id).parts:
        if part.layout not in ("arcgis", "geojson"):
            raise CheckFailed(
                "this kind of source states no boundaries",
                where=f"source {source_id}",
                hint="Use arcgis, or files with a GeoJSON file.",
            )
        opened = gzip.open if part.file.endswith(".gz") else open
        with opened(folder / part.file, "rb") as lines:
            for line in lines:
                for row in from_json(line)["features"]:
                    yield _read_row(row)


def newest_snapshot(folder: Path, source_id: str) -> Snapshot:
    """The newest snapshot whose files are what was fetched. Raises CheckFailed."""
    for path in sorted(folder.glob("*.json"), reverse=True):
        try:
            snapshot = Snapshot.model_validate_json(path.read_bytes())
            if all(hashlib.sha256((folder / p.file).read_bytes()).hexdigest() == p.sha256 for p in snapshot.parts):
                return snapshot
        except (ValidationError, OSError):
            continue
    raise CheckFailed(
        "its boundaries have not been fetched", where=f"source {source_id}", hint="Run `harborlight refresh`."
    )


def _read_row(row: dict[str, Any]) -> Feature:
    geometry = row.get("geometry")
    if "attributes" in row:
        rings = geometry.get("rings") if isinstance(geometry, dict) else None
        return dict(row["attributes"]), shape_of_rings(rings) if rings else None
    shape = shapely.force_2d(shapely.from_geojson(to_json(geometry).decode())) if geometry else None
    return dict(row.get("properties") or {}), shape
