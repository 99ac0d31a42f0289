"""Sealing: ids, hashes, the one form of the manifest, the chain."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest

from harborlight import store
from harborlight.errors import ReleaseError
from harborlight.publish import release
from harborlight.publish.manifest import (
    hash_file,
    load_manifest,
    parse_manifest,
    read_content,
    read_table_facts,
    read_table_hash,
)
from harborlight.publish.verify import verify


def test_ids_sort_by_time_even_if_the_clock_steps_back(maker: ModuleType, tmp_path: Path) -> None:
    moments = [maker.START, maker.START, maker.START - timedelta(days=1), maker.START + timedelta(seconds=1)]
    ids = []
    for now in moments:
        ids.append(release.new_release_id(tmp_path, now))
        release.building_folder(tmp_path, ids[-1])
    assert ids == ["20261122T161500Z", "20261122T161500Z-001", "20261122T161500Z-002", "20261122T161501Z"]
    assert ids == sorted(ids)


def test_ids_are_in_utc(maker: ModuleType, tmp_path: Path) -> None:
    local = maker.START.astimezone(ZoneInfo("America/New_York"))
    assert release.new_release_id(tmp_path, local) == "20261122T161500Z"


def test_a_sealed_release_says_what_it_holds_and_is_not_published(maker: ModuleType, tmp_path: Path) -> None:
    release_id = maker.seal(tmp_path)
    folder = tmp_path / "releases" / release_id
    manifest = load_manifest(folder)
    assert sorted(manifest.files) == ["charts/overview.svg", "downloads/records.csv", "public.duckdb"]
    assert {name: facts.rows for name, facts in manifest.tables.items()} == {"counts": 2, "records": 300}
    assert (manifest.id, manifest.parent, manifest.published_at) == (release_id, None, None)
    assert manifest.snapshots["s"].rows == 100
    assert release.current_release(tmp_path) is None
    assert verify(folder) == []
    assert [path.name for path in (tmp_path / "releases").iterdir()] == [release_id]


def test_two_builds_of_the_same_rows_have_one_content_hash(maker: ModuleType, tmp_path: Path) -> None:
    """Order of insertion, the file's bytes, id and time do not matter; rows, downloads and charts do."""
    backwards = tuple(reversed(maker.COUNTS))
    ids = [
        maker.seal(tmp_path),
        maker.seal(tmp_path, counts=backwards),
        maker.seal(tmp_path, rows=301),
        maker.seal(tmp_path, note="b"),
    ]
    same, again, more_rows, other_download = (load_manifest(tmp_path / "releases" / name) for name in ids)
    assert same.tables == again.tables
    assert same.content_sha256 == again.content_sha256
    assert len({same.content_sha256, more_rows.content_sha256, other_download.content_sha256}) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("values ('a', 'bc')", "values ('ab', 'c')"),
        ("values ('', 'x')", "values (null, 'x')"),
        ("values ('NULL', 'x')", "values (null, 'x')"),
        ("values (chr(31) || '1:b', 'c')", "values ('b', chr(31) || 'c')"),
        (
            "values ('a' || chr(10) || 'b', 'c'), ('d', 'e')",
            "values ('a', 'c'), ('b' || chr(10) || 'd', 'e')",
        ),
        ("values ('x', 'y')", "values ('x', 'y'), ('x', 'y')"),
        ("values (1, null)", "values (null, 1)"),
        ("values ([1, 2], 3)", "values ([1], 23)"),
        ("values (1::integer, 2)", "values (1::bigint, 2)"),
        ("values (0.1::double, 2)", "values (0.1::double + 1e-17::double + 1e-16::double, 2)"),
    ],
)
def test_tables_that_differ_have_different_hashes(tmp_path: Path, one: str, other: str) -> None:
    facts = []
    for name, rows in (("one", one), ("other", other)):
        con = store.connect(tmp_path / f"{name}.duckdb")
        con.execute(f"create table t as select * from ({rows}) as v(a, b)")
        con.close()
        facts.append(read_table_facts(tmp_path / f"{name}.duckdb")["t"])
    assert facts[0].row_hash != facts[1].row_hash


def test_every_kind_of_column_can_be_hashed(tmp_path: Path) -> None:
    con = store.connect(tmp_path / "t.duckdb")
    con.execute(
        "create table \"odd name\" as select date '2024-01-01' as d,"
        ' timestamp \'2024-01-01 01:30:00\' as "a""t",'
        " 'x'::blob as b, 1.5::decimal(4, 2) as n, {'a': 1} as s, [1, 2] as l,"
        " 'u'::enum('u') as e, true as f,"
        " null::usmallint as z, interval 1 day as i"
    )
    con.execute("create table empty (a integer)")
    con.close()
    facts = read_table_facts(tmp_path / "t.duckdb")
    assert {name: table.rows for name, table in facts.items()} == {"odd name": 1, "empty": 0}


def test_only_the_written_form_of_a_manifest_is_read(maker: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "releases" / maker.seal(tmp_path)
    raw = (folder / "manifest.json").read_bytes()
    assert parse_manifest(raw).id == folder.name
    for changed in (
        raw + b"\n",
        raw.replace(b" ", b"  ", 1),
        raw.replace(b'Z"', b'+00:00"', 1),
        raw[:-2],
        b"",
        b"{}",
    ):
        with pytest.raises(ReleaseError, match="damaged"):
            parse_manifest(changed)


def test_each_release_chains_to_the_one_published_before(maker: ModuleType, tmp_path: Path) -> None:
    first, held, third = maker.publish(tmp_path), maker.seal(tmp_path), maker.publish(tmp_path)
    parent = load_manifest(tmp_path / "releases" / third).parent
    assert parent is not None
    assert parent.id == first != held
    assert parent.manifest_sha256 == hash_file(tmp_path / "releases" / first / "manifest.json").sha256


def test_the_chain_goes_on_at_its_end_after_a_roll_back(maker: ModuleType, tmp_path: Path) -> None:
    first, second = maker.publish(tmp_path), maker.publish(tmp_path)
    release.switch(tmp_path, first)
    third = maker.publish(tmp_path)
    parent = load_manifest(tmp_path / "releases" / third).parent
    assert parent is not None and parent.id == second
    assert all(verify(tmp_path / "releases" / name) == [] for name in (first, second, third))


def test_what_cannot_be_sealed_is_left_as_it_is(maker: ModuleType, tmp_path: Path) -> None:
    folder = maker.make_building(tmp_path, maker.START)
    facts, key = maker.make_facts(maker.START), maker.load_key(tmp_path)
    (folder / "public.duckdb.wal").write_bytes(b"x")
    with pytest.raises(ReleaseError, match="was not closed"):
        release.seal(tmp_path, folder, facts=facts, key=key)
    (folder / "public.duckdb.wal").unlink()
    (folder / "downloads" / "link").symlink_to("/etc/passwd")
    with pytest.raises(ReleaseError, match="plain files"):
        release.seal(tmp_path, folder, facts=facts, key=key)
    (folder / "downloads" / "link").unlink()
    with pytest.raises(ReleaseError, match="not a folder in which"):
        release.seal(tmp_path, tmp_path, facts=facts, key=key)
    assert release.release_ids(tmp_path) == []
    assert (
        release.seal(tmp_path, folder, facts=facts, key=key, content=read_content(folder)).id in folder.name
    )


def test_without_a_key_nothing_is_sealed(
    maker: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARBORLIGHT_SIGNING_KEY", raising=False)
    folder = maker.make_building(tmp_path, maker.START)
    with pytest.raises(ReleaseError, match="HARBORLIGHT_SIGNING_KEY"):
        release.seal(tmp_path, folder, facts=maker.make_facts(maker.START))
    assert release.release_ids(tmp_path) == []


def test_a_sweep_removes_leftovers_and_nothing_else(maker: ModuleType, tmp_path: Path) -> None:
    release_id = maker.publish(tmp_path)
    before = sorted(path for path in tmp_path.rglob("*"))
    maker.make_building(tmp_path, maker.START)
    (tmp_path / "releases" / ".manifest-x").write_text("half")
    (tmp_path / ".current.123.part").write_text("half")
    assert len(release.sweep(tmp_path)) == 3
    assert sorted(path for path in tmp_path.rglob("*")) == before
    assert release.current_release(tmp_path) == release_id
    assert release.sweep(tmp_path) == []


def test_the_row_hash_of_a_table_never_changes_between_versions() -> None:
    """Releases that are up carry it: a new way of hashing would make every one of them fail `verify`."""
    con = store.connect()
    con.execute("create table t as select * from (values (1, 'a', true), (2, null, false), (null, 'b:c', null)) as v (n, word, is_so)")
    facts = read_table_hash(con, "t")
    con.close()
    assert (facts.rows, facts.row_hash) == (3, "94f810deaa16971da2d3a7155c3c03c2ddf6def5ca1bce342c3863fe2767e155")
