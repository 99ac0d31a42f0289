"""Seal a built folder as a release, approve it, and switch the site to it.

In: a finished folder `releases/.building-<id>`. Out: `releases/<id>` with a signed manifest, and the
pointer file `current`. Every step writes beside, flushes and renames, so that a kill at any moment leaves
the old state or the new one; a name without a leading dot is always whole. Callers hold
`store.only_writer(data)`.

A release is a draft until it is first switched to: approvals may be added and its manifest is signed anew.
The first switch names the release published before as its parent and makes the manifest final.
"""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from harborlight import __version__, store
from harborlight.catalog.models import SignOff
from harborlight.errors import ReleaseError
from harborlight.log import get_logger
from harborlight.publish import signing
from harborlight.publish.approval import add_approval, whole_second, why_held
from harborlight.publish.gates import GateResult, SourceNumbers
from harborlight.publish.manifest import (
    DATABASE,
    MANIFEST,
    Approval,
    Content,
    Manifest,
    Parent,
    SnapshotFacts,
    hash_file,
    load_manifest,
    read_content,
    render_manifest,
    sign_manifest,
)
from harborlight.publish.verify import find_problems
from harborlight.records.ledger import check_epoch, read_floor

BUILDING = ".building-"
RETIRING = ".retiring-"
CURRENT = "current"
_ID = re.compile(r"\d{8}T\d{6}Z(-\d{3})?", re.ASCII)

log = get_logger("publish")


class SealFacts(BaseModel):
    """What the refresh knows of a release and its files do not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    created_at: datetime
    config_sha256: str
    snapshots: dict[str, SnapshotFacts]
    sources: dict[str, SourceNumbers]
    gates: tuple[GateResult, ...]
    sign_off: SignOff
    epoch: int = 0
    approvals: tuple[Approval, ...] = ()


# -------------------------------------------------------------------------------------------------- names


def new_release_id(data: Path, now: datetime) -> str:
    """An id that sorts after every earlier one; if the clock was set back, the last id with a counter."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    building = [path.name.removeprefix(BUILDING) for path in (data / "releases").glob(f"{BUILDING}*")]
    last = max([*release_ids(data), *(name for name in building if _ID.fullmatch(name))], default="")
    if stamp > last:
        return stamp
    base, _, counter = last.partition("-")
    if counter == "999":
        raise ReleaseError(f"the clock says {stamp}, long before the last release {last}", hint="Set the clock right.")
    return f"{base}-{int(counter or 0) + 1:03d}"


def release_ids(data: Path) -> list[str]:
    """The ids of all sealed releases, retired ones included, oldest first."""
    return sorted(path.name for path in (data / "releases").glob("*") if _ID.fullmatch(path.name))


def release_folder(data: Path, release_id: str) -> Path:
    """The folder of a sealed release. Raises ReleaseError if there is none of this name."""
    folder = data / "releases" / release_id
    if not _ID.fullmatch(release_id) or not folder.is_dir():
        raise ReleaseError(f"there is no release {release_id!r}", hint="`harborlight releases` lists what there is.")
    return folder


def building_folder(data: Path, release_id: str) -> Path:
    """Make the empty folder in which a release is built."""
    folder = data / "releases" / f"{BUILDING}{release_id}"
    folder.mkdir(parents=True)
    return folder


def current_release(data: Path) -> str | None:
    """The id that `current` points to; None before the first release."""
    path = data / CURRENT
    if not path.exists():
        return None
    release_id = path.read_text(encoding="utf-8", errors="replace").strip()
    if not _ID.fullmatch(release_id):
        raise ReleaseError("the pointer does not hold a release id", where=str(path), hint="Run `harborlight switch`.")
    return release_id


def latest_published(data: Path) -> Manifest | None:
    """The end of the chain: the newest release that was ever published, current or not."""
    for release_id in reversed(release_ids(data)):
        manifest = load_manifest(data / "releases" / release_id)
        if manifest.published_at is not None:
            return manifest
    return None


def next_epoch(data: Path) -> int:
    """The epoch of a new release. Every release begins one, so that none looks as if records had been taken out before it."""
    latest = read_floor(data) - 1
    for release_id in release_ids(data):
        with suppress(ReleaseError):  # a damaged manifest is reported where it is needed
            latest = max(latest, load_manifest(data / "releases" / release_id).epoch)
    return latest + 1


# --------------------------------------------------------------------------------------------------- seal


def seal(
    data: Path,
    building: Path,
    *,
    facts: SealFacts,
    key: signing.SigningKey | None = None,
    content: Content | None = None,
) -> Manifest:
    """Hash, sign, flush and rename a finished building folder to `releases/<id>`; it is not published yet.

    `content` may be given where the folder was measured already. Raises ReleaseError and leaves the folder.
    """
    release_id = building.name.removeprefix(BUILDING)
    target = data / "releases" / release_id
    if building.parent != target.parent or not _ID.fullmatch(release_id):
        raise ReleaseError("this is not a folder in which a release is built", where=str(building))
    if target.exists():
        raise ReleaseError("a release of this name is sealed already", where=str(target))
    if (building / f"{DATABASE}.wal").exists():
        raise ReleaseError("the database was not closed", where=str(building), hint="Refresh again.")
    key = key or signing.signing_key()
    signing.record_key(data, key)
    content = content or read_content(building)
    manifest = sign_manifest(_draft(data, release_id, facts, content, key), key)
    (building / MANIFEST).write_bytes(render_manifest(manifest))
    _sync_tree(building)
    building.rename(target)
    store.sync_file(target)
    log.info("sealed release %s: %d files, %d tables", release_id, len(content.files), len(content.tables))
    return manifest


def _draft(data: Path, release_id: str, facts: SealFacts, content: Content, key: signing.SigningKey) -> Manifest:
    return Manifest(
        id=release_id,
        created_at=whole_second(facts.created_at),
        epoch=facts.epoch,
        parent=_parent_of_next(data),
        harborlight_version=__version__,
        config_sha256=facts.config_sha256,
        snapshots=facts.snapshots,
        sources=facts.sources,
        files=content.files,
        tables=content.tables,
        content_sha256=content.content_sha256,
        gates=facts.gates,
        sign_off=facts.sign_off,
        approvals=facts.approvals,
        public_key=signing.public_hex(key),
    )


def _parent_of_next(data: Path) -> Parent | None:
    latest = latest_published(data)
    if latest is None:
        return None
    return Parent(id=latest.id, manifest_sha256=hash_file(data / "releases" / latest.id / MANIFEST).sha256)


def _sync_tree(folder: Path) -> None:
    """Flush every file and folder below, then the folder itself."""
    for path in sorted(folder.rglob("*")):
        store.sync_file(path)
    store.sync_file(folder)


# --------------------------------------------------------------------------------------- approve and switch


def approve(
    data: Path, release_id: str, role: str, note: str, now: datetime, *, key: signing.SigningKey | None = None
) -> Manifest:
    """Add one role's approval to a draft's manifest and sign it anew. Raises ReleaseError if it may not."""
    folder = release_folder(data, release_id)
    _check_whole(data, folder)
    key = key or signing.signing_key()
    signing.record_key(data, key)
    manifest = add_approval(load_manifest(folder), role, note, now)
    return _replace_manifest(data, manifest, key)


def switch(
    data: Path, release_id: str, *, now: datetime | None = None, key: signing.SigningKey | None = None
) -> Manifest:
    """Point the site to a release: publish an approved draft, or roll back to an earlier release.

    All hashes are checked first. Raises ReleaseError for a retired, damaged, unapproved or superseded
    release; the current one then stays up. Only a draft needs the signing key.
    """
    folder = release_folder(data, release_id)
    _check_whole(data, folder)
    manifest = load_manifest(folder)
    if manifest.published_at is None:
        manifest = _publish(data, manifest, now or datetime.now(UTC), key)
    store.write_synced(data / CURRENT, f"{release_id}\n".encode())
    log.info("the current release is %s", release_id)
    return manifest


def _publish(data: Path, draft: Manifest, now: datetime, key: signing.SigningKey | None) -> Manifest:
    """Make a draft's manifest final, at the end of the chain."""
    where = f"release {draft.id}"
    held = why_held(draft, draft.sign_off)
    if held:
        hint = f"`harborlight review {draft.id}` shows why, `harborlight approve {draft.id}` signs it."
        raise ReleaseError(f"this release is held. {held}", where=where, hint=hint)
    parent = _parent_of_next(data)
    if parent and parent.id > draft.id:
        hint = "Refresh to make a new release from today's data."
        raise ReleaseError(f"the newer release {parent.id} was published since", where=where, hint=hint)
    key = key or signing.signing_key()
    signing.record_key(data, key)
    final = draft.model_copy(update={"published_at": whole_second(now), "parent": parent})
    return _replace_manifest(data, final, key)


def _check_whole(data: Path, folder: Path) -> None:
    if not (folder / DATABASE).exists():
        hint = "Only its manifest is kept."
        raise ReleaseError("this release is retired: its files are gone", where=str(folder), hint=hint)
    problems, _ = find_problems(folder, signing.recorded_keys(data))
    if problems:
        more = f" ({len(problems) - 1} more problems)" if len(problems) > 1 else ""
        raise ReleaseError(f"this release is damaged: {problems[0]}{more}", where=str(folder))
    check_epoch(data, folder.name, load_manifest(folder).epoch)


def _replace_manifest(data: Path, manifest: Manifest, key: signing.SigningKey) -> Manifest:
    """Write a draft's new manifest beside its folder and move it in: no stray file is left inside."""
    signed = sign_manifest(manifest, key)
    beside = data / "releases" / f".manifest-{manifest.id}"
    target = data / "releases" / manifest.id / MANIFEST
    store.write_synced(beside, render_manifest(signed))
    beside.replace(target)
    store.sync_file(target)
    return signed


# -------------------------------------------------------------------------------------------------- sweep


def sweep(data: Path) -> list[str]:
    """Remove what an interrupted run left behind; nothing is completed by guess. Returns the names removed.

    A retirement that was begun is finished, because its marker says so.
    """
    releases = data / "releases"
    removed: list[str] = []
    for marker in releases.glob(f"{RETIRING}*"):
        reduce_to_manifest(releases / marker.name.removeprefix(RETIRING))
        removed.append(marker.name)
        marker.unlink()
    for path in [
        *releases.glob(".*"),
        *data.glob(f".{CURRENT}.*.part"),
        *data.glob(f".{signing.PUBLIC_FILE}.*.part"),
    ]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        removed.append(path.name)
    return sorted(removed)


def reduce_to_manifest(folder: Path) -> None:
    """Remove everything in a release's folder but its manifest, the database first."""
    (folder / DATABASE).unlink(missing_ok=True)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MANIFEST:
            path.unlink()
