"""What a release says of itself, and how its bytes and rows are hashed.

In: the folder of a release. Out: a frozen `Manifest`, written in exactly one form, so that a change of any
byte of `manifest.json` is a change that shows. DuckDB files differ from build to build, so sameness is
judged by row hashes and by the bytes of downloads and charts (`content_sha256`), wholeness by the hash of
every file.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harborlight import store
from harborlight.catalog.models import SignOff
from harborlight.errors import ReleaseError
from harborlight.publish import signing
from harborlight.publish.gates import GateResult, SourceNumbers

MANIFEST = "manifest.json"
DATABASE = "public.duckdb"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """Base of a manifest's parts."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileFacts(Part):
    bytes: int
    sha256: Sha256


class TableFacts(Part):
    rows: int
    row_hash: Sha256


class SnapshotFacts(Part):
    """The snapshot of one source that the release was made from; `rows` to the nearest hundred."""

    id: str
    sha256: Sha256
    rows: int


class Parent(Part):
    """The release published before, by the hash of its final manifest."""

    id: str
    manifest_sha256: Sha256


class Approval(Part):
    """One role's sign-off. Never a person's name: the manifest is public."""

    role: str
    note: str
    approved_at: datetime


class Content(Part):
    """Hashes of everything in a release's folder, measured before it is sealed."""

    files: dict[str, FileFacts]
    tables: dict[str, TableFacts]
    content_sha256: Sha256


class Manifest(Part):
    """One release. Final once `published_at` is set: later releases chain to the hash of this very file."""

    format_version: Literal[1] = 1
    id: str
    created_at: datetime
    published_at: datetime | None = None
    epoch: int = 0
    parent: Parent | None
    harborlight_version: str
    config_sha256: str
    snapshots: dict[str, SnapshotFacts]
    sources: dict[str, SourceNumbers]
    files: dict[str, FileFacts]
    tables: dict[str, TableFacts]
    content_sha256: Sha256
    gates: tuple[GateResult, ...]
    sign_off: SignOff
    approvals: tuple[Approval, ...] = ()
    public_key: Sha256
    signature: str = Field(default="", pattern=r"^([0-9a-f]{128})?$")


# ------------------------------------------------------------------------------------ one form of the file


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8: the same value always has the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed_payload(manifest: Manifest) -> bytes:
    """The bytes that the signature covers: everything but the signature."""
    return canonical_json(manifest.model_dump(mode="json", exclude={"signature"}))


def sign_manifest(manifest: Manifest, key: signing.SigningKey) -> Manifest:
    """The same manifest, signed with `key`."""
    unsigned = manifest.model_copy(update={"public_key": signing.public_hex(key), "signature": ""})
    return unsigned.model_copy(update={"signature": signing.sign(key, signed_payload(unsigned))})


def render_manifest(manifest: Manifest) -> bytes:
    """The only form in which a manifest is ever written."""
    text = json.dumps(manifest.model_dump(mode="json"), sort_keys=True, indent=1, ensure_ascii=False)
    return text.encode() + b"\n"


def parse_manifest(raw: bytes, where: str = MANIFEST) -> Manifest:
    """Read a manifest. Raises ReleaseError if a byte differs from the form in which it was written."""
    try:
        manifest = Manifest.model_validate_json(raw)
    except ValidationError as error:
        raise ReleaseError("the manifest is damaged: it cannot be read", where=where, hint=_RESTORE) from error
    if render_manifest(manifest) != raw:
        raise ReleaseError("the manifest is damaged: its bytes were changed", where=where, hint=_RESTORE)
    return manifest


_RESTORE = "Restore it from a copy."


def load_manifest(folder: Path) -> Manifest:
    """The manifest of a release's folder. Raises ReleaseError if it is missing or damaged."""
    path = folder / MANIFEST
    return parse_manifest(load_manifest_bytes(folder), str(path))


def load_manifest_bytes(folder: Path) -> bytes:
    """The manifest's bytes, for the chain's hash. Raises ReleaseError if there are none."""
    path = folder / MANIFEST
    try:
        return path.read_bytes()
    except OSError as error:
        hint = "`harborlight releases` lists what there is."
        raise ReleaseError(
            f"the release has no readable manifest ({error.strerror})", where=str(path), hint=hint
        ) from error


# -------------------------------------------------------------------------------------- hashes of a folder


def read_content(folder: Path) -> Content:
    """Measure a finished folder: every file's hash, every table's rows, and one hash for what it all says."""
    tables = read_table_facts(folder / DATABASE)
    files = hash_files(folder)
    said = {name: facts.sha256 for name, facts in files.items() if name != DATABASE}
    content = {"tables": {name: facts.row_hash for name, facts in tables.items()}, "files": said}
    return Content(files=files, tables=tables, content_sha256=hashlib.sha256(canonical_json(content)).hexdigest())


def list_files(folder: Path) -> list[Path]:
    """Every file below a folder but its manifest. Raises ReleaseError for anything but plain files."""
    found: list[Path] = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ReleaseError("a release holds plain files only", where=str(path))
        if path.is_file() and path != folder / MANIFEST:
            found.append(path)
    return found


def hash_files(folder: Path) -> dict[str, FileFacts]:
    """Size and SHA-256 of every file but the manifest, by its path inside the folder."""
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in list_files(folder)}


def hash_file(path: Path) -> FileFacts:
    with path.open("rb") as handle:
        return FileFacts(bytes=path.stat().st_size, sha256=hashlib.file_digest(handle, "sha256").hexdigest())


def read_table_facts(database: Path) -> dict[str, TableFacts]:
    """Rows and row hash of every public table."""
    con = store.open_release(database, threads=2, memory="900MB")
    try:
        names = con.execute("select table_name from duckdb_tables() where database_name = 'release' order by 1")
        return {name: read_table_hash(con, name) for (name,) in names.fetchall()}
    finally:
        con.close()


def read_table_hash(con: store.Connection, table: str) -> TableFacts:
    """Hash a table's column names, types and rows, the rows in any order.

    Text is written with its length before it, so that no two different rows look alike; NULL has no length.
    Rows are hashed inside the engine and their hashes added up, so that neither their order nor Python's speed matters;
    a changed byte on the disk is what the file's own SHA-256 is for.
    """
    described = con.execute(f"describe {store.quote_name(table)}").fetchall()
    columns = [(name, kind) for name, kind, *_ in described]
    fields = ", chr(31), ".join(_field(store.quote_name(name), kind) for name, kind in columns)
    rows, *halves = con.execute(
        "select count(*), coalesce(sum(cast(hash & 18446744073709551615 as hugeint)), 0), "
        "coalesce(sum(cast(hash >> 64 as hugeint)), 0) "
        f"from (select md5_number(concat({fields})) as hash from {store.quote_name(table)})"
    ).fetchone() or (0, 0, 0)
    digest = f"{rows} {halves[0]} {halves[1]}"
    whole = hashlib.sha256(canonical_json(columns) + digest.encode())
    return TableFacts(rows=int(rows), row_hash=whole.hexdigest())


_PLAIN = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "BOOLEAN",
    "DOUBLE",
    "FLOAT",
    "DATE",
    "TIME",
    "DECIMAL",
)


def _field(name: str, kind: str) -> str:
    """SQL for one column as text. Types whose text can hold any character are preceded by their length."""
    if not kind.endswith("]") and kind.removeprefix("U").startswith(_PLAIN):
        return f"cast({name} as varchar)"
    return f"length(cast({name} as varchar)), ':', cast({name} as varchar)"
