"""Snapshots on disk: immutable files and their manifests.

In goes a landed file, out comes a `Snapshot` whose manifest is written last: a file without a manifest does
not exist for anybody and is swept at the next start. Nothing is ever changed under a final name, so whoever
reads a snapshot needs no lock.
"""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from harborlight.catalog.snapshot import Part, Snapshot
from harborlight.errors import CheckFailed
from harborlight.log import get_logger
from harborlight.sources.landing import Landed
from harborlight.store import sync_file, write_synced

log = get_logger("fetch")
FULL_CHECK = "unchanged_at"
NAME = re.compile(r"^\d{8}T\d{6}Z-[0-9a-f]{12}\.")


def snapshot_folder(data: Path, source_id: str) -> Path:
    """Where the snapshots of a source lie."""
    return data / "snapshots" / source_id


def latest_snapshot(data: Path, source_id: str) -> Snapshot | None:
    """The newest snapshot whose files are whole (re-hashed); a damaged one is passed over with a warning."""
    folder = snapshot_folder(data, source_id)
    for path in sorted(folder.glob("*.json"), reverse=True):
        try:
            snapshot = Snapshot.model_validate_json(path.read_bytes())
            check_snapshot(folder, snapshot)
        except (ValidationError, CheckFailed, OSError):
            log.warning("%s: the snapshot %s is damaged and passed over", source_id, path.stem)
            continue
        return snapshot
    return None


def check_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """Hash every file of a snapshot again. Raises CheckFailed at the first that differs from the manifest."""
    for part in snapshot.parts:
        path = folder / part.file
        if not path.is_file() or path.stat().st_size != part.bytes or hash_file(path) != part.sha256:
            raise CheckFailed(
                "this file is not what was fetched",
                where=str(path),
                hint="Restore it from a backup, or fetch again.",
            )


def hash_file(path: Path) -> str:
    """SHA-256 of a file, as text."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sweep(folder: Path) -> None:
    """Remove what a killed run left: temporary files, and data files that no manifest names."""
    for path in folder.glob(".*.part"):
        path.unlink()
    kept: set[str] = set()
    for path in folder.glob("*.json"):
        try:
            kept |= {part.file for part in Snapshot.model_validate_json(path.read_bytes()).parts}
        except (ValidationError, OSError):
            log.warning("%s is damaged, so no data file is swept", path.name)
            return
    for path in folder.iterdir():
        if NAME.match(path.name) and path.suffix != ".json" and path.name not in kept:
            path.unlink()


def name_snapshot(started_at: datetime, sha256: str) -> str:
    """The id of a snapshot: when it was begun, and the start of its content's hash."""
    return f"{started_at:%Y%m%dT%H%M%SZ}-{sha256[:12]}"


def keep_part(folder: Path, snapshot_id: str, landed: Landed) -> Part:
    """Flush a landed file to the disk and give it its final name."""
    path = folder / f"{snapshot_id}.{landed.extension}"
    with landed.file.open("rb") as handle:
        os.fsync(handle.fileno())
    landed.file.replace(path)
    sync_file(path)
    return Part(
        file=path.name,
        layout=landed.layout,
        sha256=hash_file(path),
        bytes=path.stat().st_size,
        rows=landed.rows,
        is_delta=landed.is_delta,
    )


def write_manifest(folder: Path, snapshot: Snapshot) -> None:
    """Make the snapshot exist."""
    write_synced(folder / f"{snapshot.id}.json", snapshot.model_dump_json(indent=1).encode() + b"\n")


def read_full_check(folder: Path, previous: Snapshot | None) -> datetime | None:
    """When all rows were last fetched, be it that they were found unchanged."""
    if previous is None:
        return None
    try:
        name, stamp = (folder / FULL_CHECK).read_text().split()
        return datetime.fromisoformat(stamp) if name == previous.id else previous.full_at
    except (OSError, ValueError):
        return previous.full_at


def full_fetch_at(data: Path, snapshot: Snapshot) -> datetime:
    """When all rows of a source were last fetched and found to be those of this snapshot."""
    return read_full_check(snapshot_folder(data, snapshot.source_id), snapshot) or snapshot.full_at


def write_full_check(folder: Path, previous: Snapshot, at: datetime) -> None:
    """Note that all rows were fetched and found to be those of the last snapshot."""
    write_synced(folder / FULL_CHECK, f"{previous.id} {at.isoformat()}\n".encode())
