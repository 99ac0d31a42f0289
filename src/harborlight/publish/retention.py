"""Which releases there are, in which state, and which of them keep their files.

In: the data directory. Out: a list for the operator; old releases reduced to their manifests, which stay for
good because the chain runs over them. A reader that still has an old file open keeps it until it closes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from harborlight import store
from harborlight.errors import ReleaseError
from harborlight.log import get_logger
from harborlight.publish.approval import why_held
from harborlight.publish.manifest import DATABASE, MANIFEST, Manifest, load_manifest
from harborlight.publish.release import RETIRING, current_release, reduce_to_manifest, release_ids

State = Literal["current", "published", "approved", "held", "superseded", "retired", "damaged"]

log = get_logger("publish")


@dataclass(frozen=True)
class ReleaseInfo:
    """One release; `bytes` on the disk; `held_because` says what a held or damaged one lacks."""

    id: str
    state: State
    bytes: int
    created_at: datetime | None
    published_at: datetime | None
    manifest: Manifest | None
    held_because: str = ""


def list_releases(data: Path) -> list[ReleaseInfo]:
    """Every release, newest first.

    `published`: was current once and can be again. `approved`, `held`: may, or may not yet, be switched to.
    `superseded`: never published, and a newer one was. `retired`: only the manifest is left.
    """
    current = current_release(data)
    infos: list[ReleaseInfo] = []
    published_newer = False
    for release_id in reversed(release_ids(data)):
        info = _describe(data / "releases" / release_id, current, published_newer)
        published_newer = published_newer or info.published_at is not None
        infos.append(info)
    return infos


def _describe(folder: Path, current: str | None, published_newer: bool) -> ReleaseInfo:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    try:
        manifest = load_manifest(folder)
    except ReleaseError as error:
        return ReleaseInfo(folder.name, "damaged", size, None, None, None, str(error))
    state, reason = _state(manifest, (folder / DATABASE).exists(), current, published_newer)
    return ReleaseInfo(folder.name, state, size, manifest.created_at, manifest.published_at, manifest, reason)


def _state(manifest: Manifest, has_files: bool, current: str | None, published_newer: bool) -> tuple[State, str]:
    if manifest.id == current:
        return ("current", "") if has_files else ("damaged", "The database is missing.")
    if not has_files:
        return "retired", ""
    if manifest.published_at is not None:
        return "published", ""
    if published_newer:
        return "superseded", "A newer release was published."
    held = why_held(manifest, manifest.sign_off)
    return ("held", held) if held else ("approved", "")


def retire(data: Path, keep: int) -> list[str]:
    """Reduce old releases to their manifests; returns their ids.

    The newest `keep` published ones and the newest `keep` drafts keep their files, and so do the current
    release and its parent.
    """
    infos = list_releases(data)
    published = [info for info in infos if info.state in ("current", "published")]
    drafts = [info for info in infos if info.state in ("approved", "held")]
    kept = {info.id for info in (*published[:keep], *drafts[:keep])}
    for info in published:
        if info.state == "current" and info.manifest:
            kept |= {info.id, *([info.manifest.parent.id] if info.manifest.parent else [])}
    surplus = [info for info in (*published, *drafts) if info.id not in kept]
    surplus += [info for info in infos if info.state == "superseded"]
    for info in surplus:
        _retire_one(data / "releases" / info.id)
    return sorted(info.id for info in surplus)


def reduce_others(data: Path) -> list[str]:
    """Reduce every release but the current one to its manifest, drafts too; returns their ids."""
    current = current_release(data)
    others = [name for name in release_ids(data) if name != current and _has_more(data / "releases" / name)]
    for name in others:
        _retire_one(data / "releases" / name)
    return others


def _has_more(folder: Path) -> bool:
    return any(path.name != MANIFEST for path in folder.iterdir())


def _retire_one(folder: Path) -> None:
    """Leave a marker first, so that the next sweep knows and finishes an interrupted retirement."""
    marker = folder.with_name(f"{RETIRING}{folder.name}")
    store.write_synced(marker, b"")
    reduce_to_manifest(folder)
    store.sync_file(folder)
    marker.unlink()
    log.info("retired release %s to its manifest", folder.name)
