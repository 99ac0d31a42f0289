"""Lays the city's PMTiles file into a release, so that the site opens nothing but the release.

The city may overwrite its own file, so a release never shares that one: it is copied. The copy of the release before is
shared (a hard link) where its bytes are the same, so that many releases take the room of one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from harborlight.catalog import Catalog
from harborlight.catalog.base_tiles import NAME
from harborlight.places import check_base_tiles
from harborlight.publish.manifest import hash_file


def lay_base_tiles(catalog: Catalog, data: Path, folder: Path, before: Path | None) -> None:
    """Put the file, if the city names one, into the folder of a release; `before` is the folder of the last one.

    Raises ConfigError where it does not draw the city.
    """
    path = check_base_tiles(catalog, data)
    if path is None:
        return
    target, last = folder / NAME, before / NAME if before else None
    if last is None or not _is_same(path, last) or not _has_linked(last, target):
        shutil.copyfile(path, target)


def _is_same(path: Path, last: Path) -> bool:
    """Judged by the files as they lie there: what a manifest says of one does not hold once the disk is damaged."""
    return last.is_file() and not last.is_symlink() and hash_file(path) == hash_file(last)


def _has_linked(last: Path, target: Path) -> bool:
    """Whether the file system can give one file two names."""
    try:
        target.hardlink_to(last)
    except OSError:
        return False
    return True
