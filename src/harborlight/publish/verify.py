"""Check a release from outside: every hash, the chain, the signature, and numbers that a caller recomputes.

In: a release's folder, and if possible a public key from elsewhere. Out: problems as sentences (none: it is
whole), and remarks that say how far the check could go. Nothing here trusts a name, a size or a date on the
disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harborlight.errors import ReleaseError
from harborlight.publish import signing
from harborlight.publish.manifest import (
    DATABASE,
    MANIFEST,
    Manifest,
    hash_file,
    hash_files,
    load_manifest,
    read_content,
    signed_payload,
)

Recompute = Callable[[Path], list[str]]


def verify(release_dir: Path, public_key: Path | None = None, *, recompute: Recompute | None = None) -> list[str]:
    """Everything that is wrong with a release; an empty list means that it is whole and signed."""
    return inspect_release(release_dir, public_key, recompute=recompute)[0]


def inspect_release(
    release_dir: Path, public_key: Path | None = None, *, recompute: Recompute | None = None
) -> tuple[list[str], list[str]]:
    """Problems and remarks. Trusted: the given key, else the directory's `signing.pub`, else the manifest's.

    `recompute` gets the database's path once its bytes are known to be the published ones; it returns
    problems.
    """
    release_dir = release_dir.resolve()
    data = release_dir.parent.parent
    keys = signing.load_public_keys(public_key) if public_key else signing.recorded_keys(data)
    problems, remarks = find_problems(release_dir, keys)
    if problems or not (release_dir / DATABASE).exists():
        return problems, remarks
    problems += _find_row_problems(release_dir)
    if recompute:
        problems += recompute(release_dir / DATABASE)
    return problems, remarks


def find_problems(folder: Path, keys: Sequence[str]) -> tuple[list[str], list[str]]:
    """Problems of manifest, signature, chain and files, not of rows; and remarks. `keys`: trusted, in hex."""
    try:
        manifest = load_manifest(folder)
    except ReleaseError as error:
        return [str(error)], []
    remarks: list[str] = []
    if not keys:
        remarks.append("The only key at hand is the manifest's own: this shows that it is whole, not who signed it.")
    problems = [*_signature_problems(manifest, keys)]
    if manifest.id != folder.name and folder.parent.name == "releases":
        problems.append(f"The manifest is of release {manifest.id}, the folder is named {folder.name}.")
    problems += _chain_problems(folder, manifest, keys, remarks)
    if _is_retired(folder):
        remarks.append("This release is retired: only its manifest is left, its numbers cannot be checked.")
    else:
        problems += _file_problems(folder, manifest)
    return problems, remarks


def _signature_problems(manifest: Manifest, keys: Sequence[str]) -> Iterator[str]:
    if keys and manifest.public_key not in keys:
        yield f"Release {manifest.id} is signed with a key that is not trusted here."
    elif not signing.is_signed(manifest.public_key, signed_payload(manifest), manifest.signature):
        yield f"The signature of release {manifest.id} does not fit its manifest."


def _file_problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    try:
        found = hash_files(folder)
    except (ReleaseError, OSError) as error:
        yield f"The files cannot be read: {error}."
        return
    for name in sorted(manifest.files.keys() | found.keys()):
        if name not in found:
            yield f"{name} is missing."
        elif name not in manifest.files:
            yield f"{name} does not belong to the release."
        elif found[name] != manifest.files[name]:
            yield f"{name} is not the file that was published: its SHA-256 or size differs."


def _is_retired(folder: Path) -> bool:
    """Nothing but the manifest is left, and no site is served from here."""
    pointer = folder.parent.parent / "current"
    is_current = pointer.is_file() and pointer.read_bytes().strip() == folder.name.encode()
    return not is_current and [path.name for path in folder.iterdir()] == [MANIFEST]


def _find_row_problems(folder: Path) -> list[str]:
    """Row hashes and content hash, recomputed from the database: they are what a rebuild is compared by."""
    manifest, content = load_manifest(folder), read_content(folder)
    problems = [
        f"The rows of table {name} do not have the published hash."
        for name in sorted(manifest.tables.keys() | content.tables.keys())
        if manifest.tables.get(name) != content.tables.get(name)
    ]
    if manifest.content_sha256 != content.content_sha256:
        problems.append("The hash of the content is not the published one.")
    return problems


# -------------------------------------------------------------------------------------------------- chain


def _chain_problems(folder: Path, manifest: Manifest, keys: Sequence[str], remarks: list[str]) -> Iterator[str]:
    """Walk back from parent to parent; each manifest must have the hash that its child recorded."""
    if manifest.parent and not (folder.parent / manifest.parent.id).is_dir() and not _has_siblings(folder):
        remarks.append(f"The release before, {manifest.parent.id}, is not beside this one: the chain was not checked.")
        return
    yield from _fork_problems(folder, manifest)
    child, seen = manifest, {manifest.id}
    while child.parent:
        name = child.parent.id
        if name in seen or "/" in name or name.startswith("."):
            yield f"The chain is broken: {child.id} names {name} as its parent."
            return
        try:
            parent = load_manifest(folder.parent / name)
        except ReleaseError as error:
            yield f"The chain is broken at {name}: {error}"
            return
        if hash_file(folder.parent / name / MANIFEST).sha256 != child.parent.manifest_sha256:
            yield f"The chain is broken: the manifest of {name} is not the one that {child.id} was built on."
        if parent.published_at is None or parent.epoch > child.epoch or parent.id != name:
            yield f"The chain is broken: {name} cannot come before {child.id}."
        yield from _signature_problems(parent, keys)
        seen.add(name)
        child = parent


def _has_siblings(folder: Path) -> bool:
    return any(path != folder and (path / MANIFEST).is_file() for path in folder.parent.iterdir())


def _fork_problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Two published releases with one parent: history was written twice."""
    if manifest.published_at is None:
        return
    for sibling in sorted(folder.parent.iterdir()):
        if sibling == folder or sibling.name.startswith(".") or not (sibling / MANIFEST).is_file():
            continue
        try:
            other = load_manifest(sibling)
        except ReleaseError:
            continue  # a damaged manifest is reported where it is a link of the chain or verified itself
        if other.published_at is not None and _parent_id(other) == _parent_id(manifest):
            yield f"The chain is forked: {other.id} and {manifest.id} name the same parent."


def _parent_id(manifest: Manifest) -> str | None:
    return manifest.parent.id if manifest.parent else None
