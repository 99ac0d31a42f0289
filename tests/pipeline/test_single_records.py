"""When pages of single records end and come back: too many gone at once, a source not compared for too long, cases that are due at once."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harborlight.catalog import load_catalog
from harborlight.publish.release import current_release, release_folder
from harborlight.records.orders import Order
from harborlight.refresh import Run, refresh
from harborlight.removal import remove
from harborlight.store import open_release, read_rows
from harborlight.web.app import make_app
from tests.courts_of_town import case_rows, together, write_court_town, write_courts
from tests.scan import find_texts
from tests.tiny import feed_row, write_feed
from tests.web.client import Client

FIRST = datetime(2026, 10, 1, 12, tzinfo=UTC)
N_CASES = 14
PAGES = ("case_pages", "case_charges", "case_steps", "case_numbers", "incident_pages")
# A rape, and a case about it that charges a robbery: the report closes it.
QUIET, QUIET_CASE = "24-0090", "0D24000090"
DROPPED, CONVICTED = "0D24000002", "0D24000001"


def write_cases(city: Path, *, only: int = N_CASES + 1) -> None:
    """Cases and arrests, `only` the first of them; charges and sentences of all."""
    some = [case_rows(n, f"24-{n:04}", outcome="guilty_plea" if n % 2 else "nolle_prosequi") for n in range(N_CASES)]
    rows = together(*some, case_rows(90, QUIET))
    write_courts(city, **{kind: found[:only] if kind in ("cases", "arrests") else found for kind, found in rows.items()})


def write_reports(city: Path, *, with_quiet: bool = True) -> None:
    write_feed(city, [*(feed_row(n) for n in range(60)), *([feed_row(90, code="11A")] if with_quiet else [])])


def run(town: Path, now: datetime) -> Run:
    return refresh(town / "city", town / "data", now=now, brief=True)


def tables(town: Path) -> dict[str, list[dict[str, object]]]:
    con = open_release(release_folder(town / "data", current_release(town / "data") or "") / "public.duckdb")
    try:
        names = [*PAGES, "counts", "packed", "packed_arrests"]
        return {name: read_rows(con, f"select * from {name} order by all") for name in names}
    finally:
        con.close()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town that nothing was fetched for yet."""
    town = tmp_path_factory.mktemp("fresh")
    write_court_town(town / "city")
    write_reports(town / "city")
    write_cases(town / "city")
    return town


@pytest.fixture(scope="module")
def town(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same town with its first release."""
    folder = shutil.copytree(fresh, tmp_path_factory.mktemp("single") / "town")
    assert run(folder, FIRST).outcome == "published"
    return folder


def test_where_far_too_many_are_gone_at_once_no_page_stands_until_they_are_back(town: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(town, tmp_path / "town")
    was = tables(folder)
    assert all(was.values())
    write_cases(folder / "city", only=2)
    told = run(folder, FIRST + timedelta(days=1))
    assert told.outcome == "published" and set(told.held_sources) == {"arrests", "cases"}
    assert all("no single record is shown until this is cleared up" in words for words in told.held_sources.values())
    now = tables(folder)
    assert all(now[name] == [] for name in PAGES) and {n: r for n, r in now.items() if n not in PAGES} == {n: r for n, r in was.items() if n not in PAGES}
    assert not (folder / "data/removals/ledger").exists(), "what may be a broken file removes nothing"
    client = Client(make_app(folder / "data"))
    assert [client.get(f"/{kind}/{number}").status for kind, number in (("cases", CONVICTED), ("incidents", "240001"))] == [404, 404]
    done = remove(load_catalog(folder / "city"), folder / "data", [Order("case", "0D24000003")], now=FIRST + timedelta(days=2))
    assert done.outcome == "published" and all(tables(folder)[name] == [] for name in PAGES), "an order brings no page back"
    write_cases(folder / "city")
    assert run(folder, FIRST + timedelta(days=3)).held_sources == {}
    back = {name: [row for row in was[name] if row.get("case_key") != "0D24000003"] for name in PAGES}
    assert {name: rows for name, rows in tables(folder).items() if name in PAGES} == back


def test_what_is_due_when_it_comes_in_leaves_in_the_same_run(fresh: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(fresh, tmp_path / "town")
    told = run(folder, datetime(2027, 6, 6, 12, tzinfo=UTC))
    assert told.outcome == "published" and told.release_id == current_release(folder / "data")
    assert len(list((folder / "data/releases").iterdir())) == 2
    assert find_texts(folder / "data", [DROPPED]) == [] and find_texts(folder / "data", [CONVICTED]) != []
    (dropped,) = (line for line in (folder / "data/sealed/dispositions.csv").read_text().splitlines() if ",dropped," in line)
    assert dropped.endswith(f",{N_CASES // 2}"), "they still count"


def test_a_release_is_made_again_before_its_pages_would_end(town: Path, tmp_path: Path) -> None:
    """Nothing is new at the sources, and only a release can say that they were asked."""
    folder = shutil.copytree(town, tmp_path / "town")
    assert [run(folder, FIRST + timedelta(days=days)).outcome for days in (6, 7, 8)] == ["unchanged", "published", "unchanged"]


@pytest.mark.parametrize("way", ["by order", "at the source"])
def test_a_case_that_its_report_had_closed_stays_closed_without_it(town: Path, tmp_path: Path, way: str) -> None:
    """Or removing a sensitive report would show the case about it."""
    folder = shutil.copytree(town, tmp_path / "town")
    was = tables(folder)
    assert was["case_pages"] and not any(row["case_key"] == QUIET_CASE for row in was["case_pages"])
    if way == "by order":
        remove(load_catalog(folder / "city"), folder / "data", [Order("incident", QUIET)], now=FIRST + timedelta(days=1))
    else:
        write_reports(folder / "city", with_quiet=False)
        assert run(folder, FIRST + timedelta(days=1)).outcome == "published"
    assert tables(folder)["case_pages"] == was["case_pages"]
    assert run(folder, FIRST + timedelta(days=9)).outcome == "published"
    assert tables(folder)["case_pages"] == was["case_pages"], "also later"
