"""A record removed by order is in no byte of anything, comes back by no way, and changes no count; whoever looks sees an ordinary release."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import load_catalog
from harborlight.errors import ReleaseError
from harborlight.publish.manifest import load_manifest
from harborlight.publish.recompute import recompute_sample
from harborlight.publish.release import current_release, release_folder, switch
from harborlight.publish.verify import verify
from harborlight.records.orders import Order
from harborlight.refresh import refresh
from harborlight.removal import Done, remove
from harborlight.store import open_release, read_rows
from harborlight.web.app import make_app
from tests.courts_of_town import case_rows, together, write_court_town, write_courts
from tests.pipeline.conftest import NOTICE
from tests.scan import find_texts
from tests.tiny import feed_row, write_feed
from tests.web.client import Client

# One record with a text of its own in every field that takes one; a second row of its incident, the same row twice, one that is
# refused, and one that is no row at all.
CANARY = ("Zzqrow-0001", "Zzqrow-0002", "Zzqrow-0003", "Zzqrow-0004", "Zzqcase-77", "Zzqtext seventy-seven", "Zzqtext refused", "Zzqtext broken")
ROWS = [
    feed_row(701, id="Zzqrow-0001", case="Zzqcase-77", text="Zzqtext seventy-seven", at="2024-02-11T21:30:00Z"),
    feed_row(702, id="Zzqrow-0002", case="Zzqcase-77", text="Zzqtext seventy-seven", at="2024-02-11T22:30:00Z", code="13A", district="SOUTH"),
    feed_row(703, id="Zzqrow-0001", case="Zzqcase-77", text="Zzqtext seventy-seven", at="2024-02-11T21:30:00Z"),
    feed_row(704, id="Zzqrow-0003", case="Zzqcase-77", text="Zzqtext refused", at="long ago"),
]
BROKEN = "Zzqrow-0004,Zzqcase-77,Zzqtext broken\n"
# A sensitive record and one that is not classified: they are in no open count, but in the books.
QUIET = [feed_row(801, id="Zzqrow-0801", case="Zzqcase-81", code="11A"), feed_row(802, id="Zzqrow-0802", case="Zzqcase-82", code="", text="ODD")]
ORDER = Order("incident", "Zzqcase-77")
# A case with a text of its own in every field, filed under two numbers; and ten that stay.
CASE = {
    "case_id": "Zzqk-990731", "case_number": "9C24990731", "earlier_case_number": "9D24990732", "forwarded_from_case_number": "9D24990733",
    "defendant_key": "Zzqdefendant", "court_code": "circuit",
}  # fmt: skip
DISTRICT = {"case_id": "Zzqk-990733", "case_number": "9D24990733", "earlier_case_number": "", "defendant_key": "Zzqdefendant"}
CASE_CANARY = ("Zzqk-9907", "9C24990731", "9D24990732", "9D24990733", "Zzqdefendant", "H990731", "S990731", "A990731")
CASE_ORDERS = [Order("case", "9D24990732"), Order("arrest", "A990731")]
QUIET_ORDERS = [Order("incident", "Zzqcase-81"), Order("incident", "Zzqcase-82")]
FIRST = datetime(2026, 10, 1, 12, tzinfo=UTC)
LATER = [datetime(2026, 10, day, 12, tzinfo=UTC) for day in (8, 15, 22, 29)]
# What is listed row by row; everything else says the same to the last digit.
LISTED = {"packed", "rollup_hour", "case_pages", "case_charges", "case_steps", "case_numbers"}


def write_rows(city: Path, *, with_them: bool = True, more: int = 0) -> None:
    """The source, which lies outside the data folder."""
    rows = [feed_row(n) for n in range(150 + more)]
    write_feed(city, [*rows, *(ROWS + QUIET if with_them else [])], extra=BROKEN if with_them else "")
    cases = [case_rows(n, f"24-{n:04}", outcome="" if n % 5 == 4 else "guilty_plea" if n % 2 else "nolle_prosequi") for n in range(10)]
    cases += [case_rows(990731, "24-0011", **CASE), case_rows(990733, "24-0011", outcome="forwarded_circuit", **DISTRICT)] if with_them else []
    write_courts(city, **together(*cases))


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town with one brief release, and the canary in it."""
    folder = tmp_path_factory.mktemp("light")
    write_court_town(folder / "city")
    (folder / "city/notices").mkdir()
    (folder / "city/notices/late.yaml").write_text(NOTICE)
    text = (folder / "city/sources/reports.yaml").read_text()
    (folder / "city/sources/reports.yaml").write_text(text.replace("[robbery]", "[all]"))
    city = (folder / "city/city.yaml").read_text()
    (folder / "city/city.yaml").write_text(city + "gates: {hold_rejects: 0.5, hold_unmapped: 1}\n")
    write_rows(folder / "city")
    assert refresh(folder / "city", folder / "data", now=FIRST, brief=True).outcome == "published"
    return folder


@pytest.fixture(scope="module")
def before(light: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same town with a second release, which has everything."""
    folder = shutil.copytree(light, tmp_path_factory.mktemp("removal") / "town")
    write_rows(folder / "city", more=3)
    assert refresh(folder / "city", folder / "data", now=LATER[0]).outcome == "published"
    return folder


@pytest.fixture(scope="module")
def after(before: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """The same town, the canary removed by one command."""
    folder = tmp_path_factory.mktemp("removed") / "town"
    shutil.copytree(before, folder)
    return folder, order(folder, [ORDER, *QUIET_ORDERS, *CASE_ORDERS], LATER[1])


def order(folder: Path, orders: list[Order], now: datetime) -> Done:
    return remove(load_catalog(folder / "city"), folder / "data", orders, now=now)


def tables(data: Path) -> dict[str, list[dict[str, Any]]]:
    """Every public table of the release that is up."""
    con = open_release(release_folder(data, current_release(data) or "") / "public.duckdb")
    try:
        names = [row["table_name"] for row in read_rows(con, "select table_name from duckdb_tables() where database_name = 'release'")]
        return {name: read_rows(con, f'select * from "{name}" order by all') for name in names}
    finally:
        con.close()


# --------------------------------------------------------------------------------------------------- gone


def test_the_canary_is_there_before(before: Path) -> None:
    assert {line.split(": ")[1] for line in find_texts(before / "data", [*CANARY, *CASE_CANARY])} == {*CANARY, *CASE_CANARY}


def test_after_one_command_it_is_in_no_byte_of_anything(after: tuple[Path, Done]) -> None:
    folder, done = after
    assert done.outcome == "published" and done.rows > 4
    assert find_texts(folder / "data", [*CANARY, *CASE_CANARY, "Zzq"]) == []
    assert done.purged["rows in snapshots"] >= 14 and done.purged["old releases"] >= 1


def test_its_address_answers_byte_for_byte_as_one_that_never_existed(before: Path, after: tuple[Path, Done]) -> None:
    was, now = (Client(make_app(folder / "data", clock=lambda: LATER[2])) for folder in (before, after[0]))
    for path in ("/cases/{}", "/look-up?number={}", "/api/v1/cases/{}"):
        assert was.get(path.format("9D24990733")).status in (200, 302, 303)
        for number in ("9D24990733", "9D24990732", "9C24990731"):
            there, never = now.get(path.format(number)), now.get(path.format("9C24990799"))
            assert there.status == never.status == 404 and there.body == never.body


def test_neither_ledger_nor_sealed_rows_hold_an_id_and_the_key_is_private(after: tuple[Path, Done]) -> None:
    data = after[0] / "data"
    lines = (data / "removals/ledger").read_text().splitlines()
    assert len(lines) > 4 and all(len(line) == 64 for line in lines[1:])
    assert stat.S_IMODE((data / "removals/key").stat().st_mode) == 0o600
    kept = (data / "sealed/records.csv").read_text()
    assert kept.count("\n") == 3 and "21:" not in kept and "seventy" not in kept


# ------------------------------------------------------------------------------------- counts, and nothing else


def test_no_count_changes_to_the_last_digit(before: Path, after: tuple[Path, Done]) -> None:
    was, now = tables(before / "data"), tables(after[0] / "data")
    differing = {name for name in was if was[name] != now[name]}
    assert differing == LISTED, differing
    listed = [sum(row["is_listed"] for row in found["packed"]) for found in (was, now)]
    assert listed[0] - listed[1] == 2 and len(was["packed"]) == len(now["packed"])
    for found in (was, now):
        for row in found["packed"]:
            for column in ("hour", "snap", "is_listed", "incident"):
                del row[column]
    key = lambda row: json.dumps(row, default=str)  # noqa: E731
    assert sorted(was["packed"], key=key) == sorted(now["packed"], key=key)


def test_the_release_says_of_itself_what_the_one_before_said(before: Path, after: tuple[Path, Done]) -> None:
    was, now = (load_manifest(release_folder(data, current_release(data) or "")) for data in (before / "data", after[0] / "data"))
    assert (was.snapshots, was.sources, was.config_sha256, was.gates[0]) == (now.snapshots, now.sources, now.config_sha256, now.gates[0])
    assert now.epoch == was.epoch + 1 and now.parent and now.parent.id == was.id, "every release begins an epoch"
    assert not any(word in now.model_dump_json() for word in ("remov", "seal", "purge", "expung"))


def test_it_can_be_verified_and_recounted(after: tuple[Path, Done]) -> None:
    data = after[0] / "data"
    assert verify(release_folder(data, current_release(data) or ""), recompute=recompute_sample) == []


@pytest.mark.deep
def test_the_next_refresh_finds_nothing_new_and_lists_no_change(after: tuple[Path, Done], tmp_path: Path) -> None:
    folder = shutil.copytree(after[0], tmp_path / "town")
    assert refresh(folder / "city", folder / "data", now=LATER[1] + timedelta(days=6)).outcome == "unchanged", "the source still has it"
    write_rows(folder / "city", more=6)
    assert refresh(folder / "city", folder / "data", now=LATER[3], brief=True).outcome == "published"
    assert find_texts(folder / "data", CANARY) == []
    told = tables(folder / "data")
    assert not [row for row in told["ledger"] if row["restated"]] and told["flows"] == []
    assert {row["late"] for row in told["ledger"] if row["metric"] == "incidents" and row["period"] == "2024" and row["step"] == 3 and row["area_id"] == "city"} == {3}


# ----------------------------------------------------------------------------------------------- coming back


def test_older_releases_are_neither_switched_to_nor_served(after: tuple[Path, Done], before: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(after[0], tmp_path / "town")
    old = current_release(before / "data") or ""
    with pytest.raises(ReleaseError, match="retired"):
        switch(folder / "data", old)
    shutil.rmtree(folder / "data/releases" / old)
    shutil.copytree(before / "data/releases" / old, folder / "data/releases" / old)
    with pytest.raises(ReleaseError, match="older than the last re-issue"):
        switch(folder / "data", old)
    (folder / "data/current").write_text(f"{old}\n")
    from harborlight.web.releases import open_folder

    with pytest.raises(ReleaseError, match="older than the last re-issue"):
        open_folder(folder / "data", old)


def test_an_old_data_folder_restored_does_not_bring_it_back(
    light: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(light, tmp_path / "town")
    monkeypatch.setenv("HARBORLIGHT_REMOVALS", str(tmp_path / "kept elsewhere"))
    counts = tables(folder / "data")["counts"]
    order(folder, [ORDER], LATER[1])
    shutil.rmtree(folder / "data")
    shutil.copytree(light / "data", folder / "data")
    assert find_texts(folder / "data", CANARY)
    with pytest.raises(ReleaseError, match="older than the last re-issue"):
        switch(folder / "data", current_release(folder / "data") or "")
    assert refresh(folder / "city", folder / "data", now=LATER[2]).outcome == "unchanged"
    assert find_texts(folder / "data", CANARY) == []
    assert tables(folder / "data")["counts"] == counts
    switch(folder / "data", current_release(folder / "data") or "")


@pytest.mark.deep
@pytest.mark.parametrize("where", ["settle", "publish", "purge", "note_purged"])
def test_a_removal_that_dies_is_taken_up_again(light: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    folder = shutil.copytree(light, tmp_path / "town")
    counts = tables(folder / "data")["counts"]

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"harborlight.removal.carry_out.{where}", die)
        order(folder, [ORDER], LATER[1])
    done = order(folder, [], LATER[2])
    assert done.outcome == "published" and find_texts(folder / "data", CANARY) == []
    assert tables(folder / "data")["counts"] == counts
    assert order(folder, [], LATER[3]).outcome == "nothing"


@pytest.mark.deep
def test_what_vanishes_at_its_source_is_removed_and_still_counted(light: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(light, tmp_path / "town")
    was = tables(folder / "data")
    write_rows(folder / "city", with_them=False)
    write_feed(folder / "city", [*(feed_row(n) for n in range(150)), *ROWS, *QUIET], extra=BROKEN)
    run = refresh(folder / "city", folder / "data", now=LATER[1], brief=True)
    assert run.outcome == "published" and find_texts(folder / "data", CASE_CANARY) == []
    now = tables(folder / "data")
    changed = {name for name in was if was[name] != now[name]}
    assert changed <= {"sources", "facts", "case_pages", "case_charges", "case_steps", "case_numbers"}, changed
    assert [r["n"] for r in was["counts"]] == [r["n"] for r in now["counts"]] and len(was["case_pages"]) > len(now["case_pages"])


@pytest.mark.deep
def test_a_case_without_a_conviction_leaves_when_its_time_is_over(light: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(light, tmp_path / "town")
    was = tables(folder / "data")
    run = refresh(folder / "city", folder / "data", now=datetime(2027, 6, 6, 12, tzinfo=UTC), brief=True)
    assert run.outcome == "unchanged" and len(list((folder / "data/releases").iterdir())) == 2
    assert find_texts(folder / "data", ["0D24000002"]) == [] and find_texts(folder / "data", ["0D24000001"]) != []
    assert {name for name, rows in tables(folder / "data").items() if rows != was[name]} <= {"goals", "metric_goals"}
    assert (folder / "data/sealed/dispositions.csv").read_text().count("dropped") == 1
