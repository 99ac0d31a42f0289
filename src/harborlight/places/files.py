"""The files that a city names for its places: where they lie, and what they hold as part of the configuration's hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from harborlight.catalog import Catalog
from harborlight.errors import ConfigError

BESIDE = (".shp", ".dbf", ".shx", ".prj", ".cpg")
BLOCK = 1 << 20


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
    """The same catalog, its hash now also that of every file of boundaries, people and basemap. Raises ConfigError for a missing one."""
    stated = [v.boundaries for layer in catalog.layers.values() for v in layer.versions if v.boundaries]
    if catalog.population:
        stated += [catalog.population.blocks, *(count.file for count in catalog.population.groups)]
    if catalog.basemap:
        files = catalog.basemap
        stated += [path for path in (files.water, files.streets, files.pmtiles) if path]
    digest = hashlib.sha256(catalog.config_sha256.encode())
    for name in stated:
        path = find_file(catalog, data, name)
        parts = [path.with_suffix(ending) for ending in BESIDE] if path.suffix.lower() == ".shp" else [path]
        for part in parts:
            digest.update(f"{name}{part.suffix}\0".encode())
            for block in _read_blocks(part):
                digest.update(block)
            digest.update(b"\0")
    return catalog.model_copy(update={"config_sha256": digest.hexdigest()}) if stated else catalog


def _read_blocks(path: Path) -> Iterator[bytes]:
    """A file piece by piece, for basemaps are large; nothing for a file that is not there."""
    if path.is_file():
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
