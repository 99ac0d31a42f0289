"""The files that a city names for its places: where they lie, and what they hold as part of the configuration's hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

from harborlight.catalog import Catalog
from harborlight.errors import ConfigError

BESIDE = (".shp", ".dbf", ".shx", ".prj", ".cpg")


def find_file(catalog: Catalog, data: Path, stated: str) -> Path:
    """A file of the city: its path from the city's folder, else from the data folder. Raises ConfigError."""
    places = [(root / stated).resolve() for root in (catalog.folder, data)]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise ConfigError(
            "there is no such file in the city's folder or the data folder",
            where=stated,
            hint="Put it there, or correct the path in the configuration.",
        )
    return path


def with_files_hashed(catalog: Catalog, data: Path) -> Catalog:
    """The same catalog, its hash now also that of every file of boundaries and blocks. Raises ConfigError for a missing one."""
    stated = [v.boundaries for layer in catalog.layers.values() for v in layer.versions if v.boundaries]
    if catalog.population:
        stated.append(catalog.population.blocks)
    if catalog.basemap:
        stated += [path for path in (catalog.basemap.water, catalog.basemap.streets) if path]
    digest = hashlib.sha256(catalog.config_sha256.encode())
    for name in stated:
        path = find_file(catalog, data, name)
        parts = [path.with_suffix(ending) for ending in BESIDE] if path.suffix.lower() == ".shp" else [path]
        for part in parts:
            digest.update(f"{name}{part.suffix}\0".encode() + (part.read_bytes() if part.is_file() else b"") + b"\0")
    return catalog.model_copy(update={"config_sha256": digest.hexdigest()}) if stated else catalog
