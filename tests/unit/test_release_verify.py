"""Whatever is changed in a release, verify says so."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from harborlight.publish import signing
from harborlight.publish.manifest import Manifest, load_manifest, render_manifest, sign_manifest
from harborlight.publish.verify import find_problems, inspect_release, verify

FILES = ("manifest.json", "public.duckdb", "downloads/records.csv", "charts/overview.svg")


@pytest.fixture(scope="module")
def published(maker: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the second of two published releases."""
    data = tmp_path_factory.mktemp("data")
    maker.publish(data)
    return data / "releases" / maker.publish(data, note="b")


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """The same in a directory of its own, to be damaged."""
    shutil.copytree(published.parent.parent, tmp_path / "data")
    return tmp_path / "data" / "releases" / published.name


def problems_of(folder: Path) -> list[str]:
    return find_problems(folder, signing.recorded_keys(folder.parent.parent))[0]


def rewrite(folder: Path, key: signing.SigningKey | None = None, **changes: object) -> Manifest:
    """Write a changed manifest in proper form, signed if a key is given."""
    manifest = load_manifest(folder).model_copy(update=changes)
    manifest = sign_manifest(manifest, key) if key else manifest
    (folder / "manifest.json").write_bytes(render_manifest(manifest))
    return manifest


def test_a_release_as_published_has_no_problem(published: Path) -> None:
    assert inspect_release(published) == ([], [])


@pytest.mark.parametrize("name", FILES)
def test_one_changed_bit_anywhere_fails(copy: Path, name: str) -> None:
    path = copy / name
    raw = path.read_bytes()
    places = {0, len(raw) - 1, *random.Random(name).sample(range(len(raw)), min(40, len(raw)))}
    for place in sorted(places):
        changed = bytearray(raw)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        assert problems_of(copy), f"byte {place} of {name}"
    path.write_bytes(raw)
    assert problems_of(copy) == []


def test_every_single_byte_of_the_manifest_counts(copy: Path) -> None:
    path = copy / "manifest.json"
    raw = path.read_bytes()
    for place in range(0, len(raw), 3):
        changed = bytearray(raw)
        changed[place] ^= 0x20
        path.write_bytes(changed)
        assert problems_of(copy), f"byte {place}"


def test_verify_itself_sees_a_flipped_byte(copy: Path) -> None:
    path = copy / "charts" / "overview.svg"
    path.write_bytes(path.read_bytes().replace(b"s", b"S", 1))
    assert verify(copy) == [
        "charts/overview.svg is not the file that was published: its SHA-256 or size differs."
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_fails(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert any(name in problem for problem in problems_of(copy))


@pytest.mark.parametrize("name", ["extra.txt", "downloads/.hidden", "public.duckdb.wal"])
def test_a_file_that_does_not_belong_fails(copy: Path, name: str) -> None:
    (copy / name).write_text("x")
    assert problems_of(copy) == [f"{name} does not belong to the release."]


def test_a_link_in_place_of_a_file_fails(copy: Path) -> None:
    path = copy / "downloads" / "records.csv"
    shutil.copy(path, copy.parent.parent / "same.csv")
    path.unlink()
    path.symlink_to(copy.parent.parent / "same.csv")
    assert any("plain files" in problem for problem in problems_of(copy))


def test_a_changed_manifest_without_the_key_fails(copy: Path) -> None:
    rewrite(copy, config_sha256="e" * 64)
    assert problems_of(copy) == [f"The signature of release {copy.name} does not fit its manifest."]


def test_a_forger_with_a_key_of_his_own_fails(copy: Path, tmp_path: Path) -> None:
    rewrite(copy, signing.make_key(tmp_path / "forger"), config_sha256="e" * 64)
    assert problems_of(copy) == [f"Release {copy.name} is signed with a key that is not trusted here."]


def test_without_a_trusted_key_a_remark_says_how_little_is_shown(copy: Path) -> None:
    (copy.parent.parent / signing.PUBLIC_FILE).unlink()
    problems, remarks = inspect_release(copy)
    assert problems == []
    assert "not who signed it" in remarks[0]


def test_a_key_from_elsewhere_decides(copy: Path, maker: ModuleType, tmp_path: Path) -> None:
    trusted = copy.parent.parent / signing.PUBLIC_FILE
    assert verify(copy, trusted) == []
    other = tmp_path / "other"
    other.mkdir()
    signing.record_key(other, signing.make_key(tmp_path / "k"))
    assert len(verify(copy, other / signing.PUBLIC_FILE)) == 2


def test_a_changed_ancestor_breaks_the_chain(copy: Path, maker: ModuleType) -> None:
    """Even whoever holds the key cannot rewrite a published manifest in silence."""
    first = min(copy.parent.iterdir())
    rewrite(first, maker.load_key(copy.parent.parent), config_sha256="e" * 64)
    assert problems_of(first) == []
    assert any("is not the one that" in problem for problem in problems_of(copy))


def test_a_missing_ancestor_breaks_the_chain(copy: Path, maker: ModuleType) -> None:
    maker.publish(copy.parent.parent)
    shutil.rmtree(min(copy.parent.iterdir()))
    assert any("chain is broken" in problem for problem in problems_of(copy))


def test_two_releases_with_one_parent_are_a_fork(copy: Path, maker: ModuleType) -> None:
    data = copy.parent.parent
    third = data / "releases" / maker.publish(data)
    rewrite(third, maker.load_key(data), parent=load_manifest(copy).parent)
    assert any("forked" in problem for problem in problems_of(third))


def test_a_folder_under_another_name_fails(copy: Path) -> None:
    other = copy.with_name("20270101T000000Z")
    copy.rename(other)
    assert any("the folder is named" in problem for problem in problems_of(other))


def test_a_single_downloaded_release_can_be_checked_by_itself(published: Path, tmp_path: Path) -> None:
    key = published.parent.parent / signing.PUBLIC_FILE
    alone = tmp_path / "download" / published.name
    shutil.copytree(published, alone)
    problems, remarks = inspect_release(alone, key)
    assert problems == []
    assert "chain was not checked" in remarks[0]


def test_row_hashes_are_recomputed_from_the_rows(copy: Path, maker: ModuleType) -> None:
    """A manifest that claims other rows than its database holds is found, even if properly signed."""
    manifest = load_manifest(copy)
    tables = {**manifest.tables, "records": manifest.tables["counts"]}
    rewrite(copy, maker.load_key(copy.parent.parent), tables=tables)
    assert verify(copy) == ["The rows of table records do not have the published hash."]


def test_numbers_recomputed_by_the_caller_count(copy: Path) -> None:
    asked: list[Path] = []

    def recompute(database: Path) -> list[str]:
        asked.append(database)
        return ["robberies of 2025 is 120, recomputed 121"]

    assert verify(copy, recompute=recompute) == ["robberies of 2025 is 120, recomputed 121"]
    (copy / "downloads" / "records.csv").write_text("x")
    assert len(verify(copy, recompute=recompute)) == 1
    assert asked == [copy / "public.duckdb"]


def test_the_current_release_without_files_is_not_taken_for_retired(copy: Path) -> None:
    for path in copy.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "manifest.json":
            path.unlink()
    assert len(problems_of(copy)) == 3
