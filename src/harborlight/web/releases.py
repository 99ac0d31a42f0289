"""Which release is being served: opens the one that `current` names, and switches when the pointer does.

A request holds the release that it started with until its last byte is sent, so no answer mixes two; a release that was
replaced is closed when nobody holds it any more. If a new one cannot be opened the old one stays up and the log says why; where a
record was removed meanwhile, it stays up without pages of single records.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from harborlight.catalog.base_tiles import NAME, BaseTiles
from harborlight.errors import ConfigError, QueryError, ReleaseError
from harborlight.log import get_logger
from harborlight.metrics.facts import load_facts
from harborlight.metrics.shapes import Facts
from harborlight.records.ledger import check_epoch, read_floor
from harborlight.store import StoreError, open_release
from harborlight.web.reader import Reader
from harborlight.web.release_entry import ReleaseEntry

LOOK_EVERY = 1.0
KEEP_CHARTS_OF = 3
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
log = get_logger("serve")


class Release:
    """One open release. `charts` and `downloads` are the only files that can be asked for, by these very names.

    `base` holds the tiles that the live map draws below the counts, where the city has laid some down.
    """

    def __init__(
        self,
        facts: Facts,
        reader: Reader,
        *,
        charts: Mapping[str, bytes],
        downloads: Mapping[str, Path],
        entries: tuple[ReleaseEntry, ...],
        base: BaseTiles | None = None,
        epoch: int = 0,
    ) -> None:
        self.epoch = epoch
        self.id, self.facts, self.reader, self.base = facts.release_id, facts, reader, base
        self.charts, self.downloads = dict(charts), dict(downloads)
        self.sizes = {name: path.stat().st_size for name, path in self.downloads.items()}
        self.files, self.entries = frozenset(charts) | frozenset(downloads), entries
        self.users, self.is_retired = 0, False

    def close(self) -> None:
        self.reader.close()
        if self.base:
            self.base.close()


class Releases:
    """The current release of a data directory, or one fixed release for a preview."""

    def __init__(self, data: Path, *, preview: str | None = None) -> None:
        self.data, self.preview = data, preview
        self._lock, self._opening = threading.Lock(), False
        self._looked, self._failed = 0.0, ""
        self._floor: int | None = 0
        self.current = open_folder(data, preview or read_pointer(data))
        self.old_charts: dict[str, Mapping[str, bytes]] = {self.current.id: self.current.charts}

    @property
    def is_preview(self) -> bool:
        return self.preview is not None

    def is_outdated(self, release: Release) -> bool:
        """Whether a record was removed since this release was made, or nobody can tell: while the next one cannot be opened, it goes on to be
        served, without pages of single records."""
        return self._floor is None or release.epoch < self._floor

    def acquire(self) -> Release:
        """The release for one request; give it back with `give_back`."""
        self._look()
        with self._lock:
            self.current.users += 1
            return self.current

    def hold(self, release: Release) -> None:
        """Count another user of a release that somebody holds already."""
        with self._lock:
            release.users += 1

    def give_back(self, release: Release) -> None:
        with self._lock:
            release.users -= 1
            is_last = release.is_retired and release.users == 0
        if is_last:
            release.close()

    def chart(self, release_id: str, name: str) -> bytes | None:
        """A picture of the current release or of one that was served shortly before: pages outlive a switch."""
        return self.old_charts.get(release_id, {}).get(name)

    def _look(self) -> None:
        """At most once a second: does the pointer name another release? Opening it happens beside, in a thread."""
        now = time.monotonic()
        if self.is_preview or self._opening or now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        try:
            self._floor = read_floor(self.data)
        except ReleaseError as error:
            self._floor = None
            log.error("no page of a single record is shown: %s", error)
        try:
            wanted = read_pointer(self.data)
        except ReleaseError as error:
            log.warning("the pointer cannot be read: %s", error)
            return
        if wanted not in (self.current.id, self._failed):
            self._opening = True
            threading.Thread(target=self._switch, args=(wanted,), daemon=True).start()

    def _switch(self, wanted: str) -> None:
        try:
            new = open_folder(self.data, wanted)
            with suppress(QueryError):  # slow today is no reason to keep showing the older release
                new.reader.warm()
            self.replace(new)
            log.info("now serving release %s", wanted)
        except (ReleaseError, StoreError, OSError) as error:
            self._failed = wanted
            log.error("release %s cannot be opened, %s stays up: %s", wanted, self.current.id, error)
        finally:
            self._opening = False

    def replace(self, new: Release) -> None:
        """Serve another release from now on; the old one closes when its last request ends."""
        with self._lock:
            old, self.current = self.current, new
            self.old_charts = dict([*self.old_charts.items(), (new.id, new.charts)][-KEEP_CHARTS_OF:])
            old.is_retired = True
            is_free = old.users == 0
        if is_free:
            old.close()


# ------------------------------------------------------------------------------------------ from the disk


def read_pointer(data: Path) -> str:
    """The id in the file `current`. Raises ReleaseError when there is none."""
    try:
        text = (data / "current").read_text(encoding="utf-8").strip()
    except OSError:
        raise ReleaseError(
            "no release has been published yet", where=str(data), hint="Run `harborlight refresh`."
        ) from None
    if not SAFE_ID.fullmatch(text):
        raise ReleaseError(
            "the pointer does not hold a release id",
            where=str(data / "current"),
            hint="Run `harborlight switch`.",
        )
    return text


def open_folder(data: Path, release_id: str) -> Release:
    """Open one release read-only in both lanes. Raises ReleaseError when it is missing or can be escaped from."""
    if not SAFE_ID.fullmatch(release_id):
        raise ReleaseError("this is not a release id", where=release_id[:80])
    folder = data / "releases" / release_id
    check_release_epoch(data, folder)
    short, scan = open_release(folder / "public.duckdb"), open_release(folder / "public.duckdb", threads=2)
    facts = load_facts(short, release_id)
    charts = {name: path.read_bytes() for name, path in list_files(folder / "charts", ".svg").items()}
    downloads = list_files(folder / "downloads", ".csv") | list_files(folder / "downloads", ".parquet")
    return Release(
        facts,
        Reader(facts, short, scan),
        charts=charts,
        downloads=downloads,
        entries=read_entries(data),
        base=open_base(folder / NAME),
        epoch=read_epoch(folder),
    )


def check_release_epoch(data: Path, folder: Path) -> None:
    """Refuse a release from before the last removal, however it came back. Raises ReleaseError."""
    if read_floor(data):
        check_epoch(data, folder.name, read_epoch(folder))


def read_epoch(folder: Path) -> int:
    """The epoch of a release; 0 where its manifest does not say."""
    try:
        return int(json.loads((folder / "manifest.json").read_text(encoding="utf-8")).get("epoch", 0))
    except (OSError, ValueError):
        return 0


def open_base(path: Path) -> BaseTiles | None:
    """The release's own tiles, or None. Raises ReleaseError for a file that is damaged."""
    if not path.is_file() or path.is_symlink():
        return None
    try:
        return BaseTiles(path)
    except ConfigError as error:
        raise ReleaseError(error.message, where=error.where, hint="Build the release again.") from error


def list_files(folder: Path, ending: str) -> dict[str, Path]:
    """Plain files of a folder by name; links and folders are not served."""
    if not folder.is_dir():
        return {}
    return {p.name: p for p in sorted(folder.iterdir()) if p.suffix == ending and p.is_file() and not p.is_symlink()}


def read_entries(data: Path) -> tuple[ReleaseEntry, ...]:
    """Releases that lie in the data folder, newest first, as their manifests describe them."""
    found = []
    for manifest in sorted((data / "releases").glob("*/manifest.json"), reverse=True):
        content: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        made = content.get("published_at") or content.get("created_at")
        content_hash = str(content.get("content_sha256", ""))
        found.append(ReleaseEntry(manifest.parent.name, datetime.fromisoformat(made) if made else None, content_hash))
    return tuple(found)
