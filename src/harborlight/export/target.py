"""Where a copy may be laid down, and how it gets there: built beside, then renamed, so that a web server sees the old one or the new.

A folder is replaced only where all that it holds is an earlier copy. Folders with a history of versions are refused: what a
removal takes out of a release would stay in that history for good.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harborlight.errors import ConfigError, ReleaseError

MARKER = "harborlight-copy.json"
HISTORIES = (".git", ".hg", ".svn")
ANOTHER = "Name a folder that does not exist yet, or an earlier copy."


def check_target(out: Path, data: Path) -> Path:
    """The real place of `out`. Raises ConfigError where no copy may be laid down there."""
    place, store = out.resolve(), data.resolve()
    kept = next((folder for folder in (place, *place.parents) if any((folder / name).exists() for name in HISTORIES)), None)
    if kept:
        raise ConfigError(
            f"{kept} keeps a history of its files, which would hold on to what a removal has to take away",
            where=str(out), hint="Name a folder outside of it.",
        )  # fmt: skip
    if place.is_relative_to(store) or store.is_relative_to(place):
        raise ConfigError("a copy cannot lie inside the data folder, nor around it", where=str(out), hint=ANOTHER)
    if place.exists():
        _check_earlier(place, out)
    return place


def _check_earlier(place: Path, out: Path) -> None:
    if not place.is_dir():
        raise ConfigError("this is not a folder", where=str(out), hint=ANOTHER)
    try:
        known = {MARKER, *json.loads((place / MARKER).read_text(encoding="utf-8"))["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError("this folder exists and is not a copy that an export made", where=str(out), hint=ANOTHER) from None
    strange = sorted(str(path.relative_to(place).as_posix()) for path in place.rglob("*") if path.is_symlink() or not path.is_dir())
    strange = [name for name in strange if name not in known]
    if strange:
        raise ConfigError(f"this copy holds a file that no export made: {strange[0]}", where=str(out), hint="Move it, or name another folder.")


@contextmanager
def built_beside(place: Path) -> Iterator[Path]:
    """A new folder beside `place` to fill; it takes that place when all went well, and goes away when not.

    Raises ReleaseError where the disk does not take it.
    """
    part, old = (place.with_name(f".{place.name}.{os.getpid()}.{name}") for name in ("part", "old"))
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        _take_place(part, place, old)
    except OSError as error:
        hint = "The earlier copy, if there was one, stays."
        raise ReleaseError(f"the copy cannot be written: {error.strerror or error}.", where=str(place), hint=hint) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _take_place(part: Path, place: Path, old: Path) -> None:
    """Two renames; the earlier copy comes back where the second fails."""
    had = place.exists()
    if had:
        place.rename(old)
    try:
        part.rename(place)
    except OSError:
        if had:
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)
