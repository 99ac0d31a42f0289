"""Takes what was removed out of everything that lies below the data folder: snapshots, old releases, stores, refused rows, reports.

In: the ledger, after a release without the records is up. Out: how many files were changed or deleted in which place. Each step
may die and be done again: a snapshot is written beside and its manifest then points to the new file.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from harborlight.catalog import Catalog, Part, Snapshot, Source
from harborlight.log import get_logger
from harborlight.publish.manifest import load_manifest
from harborlight.publish.release import current_release, release_folder
from harborlight.publish.retention import reduce_others
from harborlight.records.ledger import Ledger, raise_floor
from harborlight.sources.scrub import scrub_file
from harborlight.sources.snapshot import hash_file, sweep, write_manifest
from harborlight.staging.raw import count_rows
from harborlight.store import sync_file

log = get_logger("purge")
# Stores of runs, and what runs leave beside them.
LEFT = ("private.duckdb.wal", "private.duckdb.building", "private.duckdb.building.wal")


def purge(catalog: Catalog, data: Path, ledger: Ledger, report: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Place → how many files there were rewritten or deleted. From its end on no older release may be shown."""
    counts: dict[str, int] = {}
    report("snapshots")
    counts["rows in snapshots"], counts["files of snapshots"] = scrub_snapshots(catalog, data, ledger)
    report("old releases, stores, reports")
    counts["old releases"] = len(reduce_others(data))
    counts["stores and temporary files"] = _delete_left(data)
    counts["files of refused rows"] = _delete([path for path in (data / "rejects").glob("*") if path.stem not in catalog.sources])
    counts["run reports"] = _delete(list((data / "runs").glob("*")))
    current = current_release(data)
    if current:
        raise_floor(data, load_manifest(release_folder(data, current)).epoch)
    log.info("purged: %s", ", ".join(f"{name} {n}" for name, n in counts.items()))
    return counts


def _delete_left(data: Path) -> int:
    files = [data / name for name in LEFT if (data / name).exists()]
    return _delete([*files, *(data / "tmp").glob("*"), *data.glob(".*.part")])


def _delete(paths: list[Path]) -> int:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return len(paths)


# ------------------------------------------------------------------------------------------------ snapshots


def scrub_snapshots(catalog: Catalog, data: Path, ledger: Ledger) -> tuple[int, int]:
    """Rewrite every file of every snapshot that holds a removed row. Returns (rows left out, files written).

    A snapshot of a source that the city no longer declares cannot be read: its files go, and its manifest stays.
    """
    rows = files = 0
    for folder in sorted(path for path in (data / "snapshots").glob("*") if path.is_dir()):
        source = catalog.sources.get(folder.name)
        if source is None:
            files += _delete([path for path in folder.iterdir() if path.suffix != ".json"])
            continue
        sweep(folder)
        done: dict[str, Part] = {}
        for path in sorted(folder.glob("*.json")):
            snapshot = _read(path)
            if snapshot is None:
                files += _delete([path])
                continue
            dropped = _scrub_snapshot(source, data, folder, snapshot, ledger, done)
            rows += dropped
        files += sum(name != part.file for name, part in done.items())
        sweep(folder)
    return rows, files


def _read(path: Path) -> Snapshot | None:
    """A manifest, or None where it cannot be read: then nobody knows what its files hold, and they are swept."""
    try:
        return Snapshot.model_validate_json(path.read_bytes())
    except (ValidationError, OSError):
        return None


def _scrub_snapshot(source: Source, data: Path, folder: Path, snapshot: Snapshot, ledger: Ledger, done: dict[str, Part]) -> int:
    parts = tuple(done[part.file] if part.file in done else _scrub_part(source, folder, part, ledger, done) for part in snapshot.parts)
    dropped = sum(old.rows - new.rows for old, new in zip(snapshot.parts, parts, strict=True))
    if parts == snapshot.parts:
        return 0
    written = snapshot.model_copy(update={"parts": parts})
    withheld = snapshot.withheld + dropped
    if len(parts) > 1:  # a row may lie in several files and still be one
        withheld = snapshot.rows - count_rows(source, written, folder, data / "tmp")
    write_manifest(folder, written.model_copy(update={"withheld": withheld}))
    return dropped


def _scrub_part(source: Source, folder: Path, part: Part, ledger: Ledger, done: dict[str, Part]) -> Part:
    path, beside = folder / part.file, folder / f".{part.file}.part"
    dropped = scrub_file(source, part.layout, path, beside, ledger) if path.is_file() else 0
    done[part.file] = part
    if dropped:
        stem, _, ending = part.file.partition(".")
        number, _, rest = ending.partition(".")
        target = folder / (f"{stem}.{int(number) + 1}.{rest}" if number.isdigit() else f"{stem}.1.{ending}")
        beside.replace(target)
        sync_file(target)
        update = {"file": target.name, "sha256": hash_file(target), "bytes": target.stat().st_size, "rows": part.rows - dropped}
        done[part.file] = part.model_copy(update=update)
    return done[part.file]


