"""Tables of groups: true where anyone may count, hidden where a count could name somebody, and never a way round."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import Catalog
from harborlight.catalog.groups import GROUP_COLUMNS, GroupTable
from harborlight.errors import DisclosureError
from harborlight.publish.allowlist import load_public_tables
from harborlight.publish.build import build_public
from harborlight.publish.facts import SourceState
from harborlight.publish.gates import NEVER_APPROVED, check_disclosure
from harborlight.publish.group_audit import audit_groups
from harborlight.publish.groups import VIOLENT
from harborlight.publish.history import Earlier, close_history
from harborlight.publish.tiers import TIERS, check_tiers
from harborlight.staging import load_arrest_columns, load_record_columns
from harborlight.store import Connection, connect, quote_text, read_rows
from tests.tiny import load_tiny, make_snapshot, make_store, refill

Record = dict[str, Any]
FIRST, LAST = date(2022, 1, 1), date(2024, 6, 30)
RACES = ("black", "white", "asian", None)


@cache
def draw_records(seed: int = 1, n: int = 6000) -> list[Record]:
    """Two and a half years of violence in a small city: every group occurs, some hardly ever."""
    draw = random.Random(seed)
    days = (LAST - FIRST).days
    records = []
    for number in range(n):
        code = draw.choices(("09A", "13A", "120", "13B", "11A", "36B"), (3, 24, 25, 40, 8, 0.1))[0]
        records.append(
            {
                "record_id": f"r{number:05}", "incident_id": f"i{number:05}", "offense_code": code, "victim_type_code": "person",
                "occurred_date": FIRST + timedelta(days=number * days // (n - 1)), "occurred_hour": 12, "premise_code": "street",
                "district_name": draw.choice(("North", "South", None)), "age_years": draw.choice((None, 5, 14, 20, 30, 40, 50, 60, 80)),
                "sex_code": draw.choices(("male", "female", "unknown"), (54, 38, 8))[0], "race_code": draw.choices(RACES, (60, 30, 2, 8))[0],
                "relationship_code": draw.choices(("spouse", "partner", "sibling", "friend", "stranger", None), (8, 12, 10, 20, 20, 30))[0],
                "is_shooting": code == "13A" and draw.random() < 0.2,
            }
        )  # fmt: skip
    return records


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    supplies = {"reports": "[{offense_groups: [all]}]"}
    return load_tiny(tmp_path_factory.mktemp("city"), supplies=supplies, advocate_review="2024-01-15")


@pytest.fixture(scope="module")
def store(catalog: Catalog) -> Connection:
    return make_store(catalog, ())


def publish(con: Connection, catalog: Catalog, path: Path, earlier: Earlier | None = None) -> None:
    states = {i: SourceState(make_snapshot(i, 0)) for i in catalog.sources}
    previous = earlier.public if earlier else None
    build_public(con, catalog, states, path, previous=previous, today=date(2026, 10, 1), earlier=earlier)


def read(path: Path, sql: str) -> list[dict[str, Any]]:
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(path))} as public (read_only)")
    con.execute("use public.main")
    try:
        return read_rows(con, sql)
    finally:
        con.close()


def read_all(path: Path, names: list[str]) -> dict[str, str]:
    """Table → all its rows, as text."""
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(path))} as public (read_only)")
    con.execute("use public.main")
    found = {name: repr(con.execute(f"select * from {name}").fetchall()) for name in names}
    con.close()
    return found


def read_groups(path: Path, tier: str = "T1") -> list[dict[str, Any]]:
    return read(path, f"select g.*, t.subject from groups as g join group_tables as t on g.table_id = t.id where t.tier = '{tier}' order by all")


@pytest.fixture(scope="module")
def built(store: Connection, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    refill(store, draw_records())
    path = tmp_path_factory.mktemp("built") / "public.duckdb"
    publish(store, catalog, path)
    return path


# ------------------------------------------------------------------------------------------------- true counts


def subject_of(record: Record) -> set[str]:
    code = record["offense_code"]
    found = {"violence_victims"} | {"09A": {"homicide_victims"}, "13A": {"aggravated_assault_victims"}, "120": {"robbery_victims"}}.get(code, set())
    found |= {"11A": {"offenses_rape"}, "36B": {"offenses_other_sex_offenses"}}.get(code, set())
    return found | ({"shooting_victims"} if record["is_shooting"] else set())


def band_of(age: int | None, *, wide: bool) -> str:
    edges = ((18, "0-17"),) if wide else ((10, "0-9"), (18, "10-17"))
    edges += ((25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"), (200, "65+"))
    return "unknown" if age is None else next(name for edge, name in edges if age < edge)


def relation_of(code: str | None) -> str:
    return {"spouse": "intimate_partner", "partner": "intimate_partner", "sibling": "family", "friend": "acquaintance", None: "unknown"}.get(code, code or "")


def periods_of(day: date) -> set[str]:
    return {f"{day.year}", f"{day.year}-Q{(day.month + 2) // 3}", f"{day.year}-{day.month:02}"}


@cache
def profiles() -> list[tuple[set[str], set[str], set[str], dict[str, set[str]]]]:
    """What each record counts as: subjects, periods, areas, and groups of each column."""
    found = []
    for record in draw_records():
        area = {"North": "north", "South": "south"}.get(record["district_name"] or "", "unlocated")
        own = {
            "age_band": {"all", band_of(record["age_years"], wide=True), band_of(record["age_years"], wide=False)},
            "sex_code": {"all", record["sex_code"] or "unknown"}, "race_code": {"all", record["race_code"] or "unknown"},
            "ethnicity_code": {"all", "unknown"}, "relationship": {"all", relation_of(record["relationship_code"])},
        }  # fmt: skip
        found.append((subject_of(record), periods_of(record["occurred_date"]), {"city", area}, own))
    return found


def count_plainly(row: dict[str, Any]) -> int:
    """One published cell counted again, record by record."""
    return sum(
        row["subject"] in subjects and row["period"] in periods and row["area_id"] in areas and all(row[c] in own[c] for c in GROUP_COLUMNS)
        for subjects, periods, areas, own in profiles()
    )


def test_every_published_cell_equals_a_plain_count_or_is_hidden(built: Path) -> None:
    rows = [r for tier in ("T0", "T1") for r in read_groups(built, tier) if r["grain"] != "rolling_12_months"]
    shown = [row for row in rows if not row["is_hidden"]]
    assert len(shown) > 200 and len(rows) > len(shown)
    for row in random.Random(5).sample(shown, 250):
        assert row["n"] == count_plainly(row), row
    for row in rows:
        assert row["is_hidden"] == (row["n"] is None)


def test_open_tables_hide_nothing_and_hold_everyone(built: Path) -> None:
    rows = read_groups(built, "T0")
    assert {row["table_id"] for row in rows} >= {"homicide_victims_age", "homicide_victims_sex", "homicide_victims_race", "shooting_victims_age"}
    assert not any(row["is_hidden"] for row in rows)
    counts = read(built, "select period, n from counts where metric = 'homicide_victims' and grain = 'year' and area_id = 'city'")
    years = {row["period"]: row["n"] for row in counts}
    for table in ("homicide_victims_age", "homicide_victims_sex", "homicide_victims_race"):
        for year in ("2022", "2023"):
            own = [row for row in rows if row["table_id"] == table and row["period"] == year]
            total = [row["n"] for row in own if all(row[c] == "all" for c in GROUP_COLUMNS)]
            assert total == [years[year]] and sum(row["n"] for row in own) == 2 * years[year]


def test_killings_by_a_partner_are_one_number_a_year(built: Path) -> None:
    """No months, no rolling twelve: nothing that could be subtracted from a year."""
    rows = [row for row in read_groups(built, "T0") if row["table_id"] == "homicide_victims_partner"]
    assert Counter((row["period"], row["grain"]) for row in rows) == {("2022", "year"): 1, ("2023", "year"): 1}
    assert all(row["n"] == count_plainly(row) for row in rows)


# ------------------------------------------------------------------------------------------------- what is hidden


def test_violent_groups_are_those_of_the_model() -> None:
    sql = resources.files("harborlight").joinpath("model/victims.sql").read_text(encoding="utf-8")
    named = re.search(r"is_shooting or v\.offense_group in \(([^)]*)\) as is_violence", sql)
    assert named and frozenset(re.findall(r"'(\w+)'", named[1])) == VIOLENT


def test_no_sensitive_count_under_ten_is_shown(built: Path) -> None:
    open_columns = {"homicide_victims": {"age_band", "sex_code", "race_code"}, "shooting_victims": {"age_band", "sex_code", "race_code"}}
    free = {"homicide_victims", "shooting_victims", "robbery_victims", "aggravated_assault_victims"}
    for row in read_groups(built):
        told = {c for c in GROUP_COLUMNS if row[c] != "all"}
        is_open = (row["subject"] in free and not told) or (row["area_id"] == "city" and len(told) == 1 and told <= open_columns.get(row["subject"], set()))
        assert is_open or row["n"] is None or row["n"] >= 10 or row["n"] == 0, row


def test_the_audit_of_the_published_file_finds_nothing(store: Connection, built: Path) -> None:
    found = audit_groups(store, built, 10)
    assert (found.exact, found.narrow) == (0, 0)
    assert found.hidden > 5 and found.cells > 150


def test_the_audit_sees_a_hidden_count_that_was_let_out(store: Connection, built: Path, tmp_path: Path) -> None:
    leaky = tmp_path / "leaky.duckdb"
    leaky.write_bytes(built.read_bytes())
    con = connect(leaky)
    con.execute("update groups set n = 3, is_hidden = false where rowid = (select min(rowid) from groups where is_hidden)")
    con.close()
    with pytest.raises(DisclosureError):
        audit_groups(store, leaky, 10)


def test_a_count_that_can_be_worked_out_holds_a_release_for_good() -> None:
    assert check_disclosure(1, 0, 100, 20).level == "hold"
    assert check_disclosure(0, 1, 100, 20).level == "hold"
    assert check_disclosure(0, 0, 100, 20).level == "ok"
    assert "disclosure" in NEVER_APPROVED


def test_tables_keep_most_events_visible_or_say_why_not(built: Path) -> None:
    tables = read(built, "select * from group_tables where tier = 'T1'")
    assert {row["why_not"] for row in tables if row["grain"] is None} <= {"too_few", "not_recorded"}
    assert any(row["grain"] for row in tables) and any(row["grain"] is None for row in tables)
    for row in (row for row in tables if row["grain"] and row["subject"] == "violence_victims"):
        cells = [r for r in read_groups(built) if r["table_id"] == row["id"]]
        dims = row["dims"].split(",")
        whole = {c: dict(part.split("=") for part in row["narrowed"].split(",") if part).get(c, "all") for c in GROUP_COLUMNS}
        inner = [r for r in cells if all(r[c] != whole[c] for c in dims)]
        events = sum(count_plainly(r) for r in inner)
        assert sum(r["n"] or 0 for r in inner) >= 0.9 * events, row["id"]


# ------------------------------------------------------------------------------------------- what a flag may change


def flip(records: list[Record], number: int, **changed: Any) -> list[Record]:
    return [record | changed if i == number else record for i, record in enumerate(records)]


def compare(store: Connection, catalog: Catalog, built: Path, records: list[Record], folder: Path) -> tuple[set[str], set[str]]:
    """Tables outside of groups that differ, and table ids of groups that differ."""
    refill(store, records)
    publish(store, catalog, folder / "other.duckdb")
    names = [name for name in load_public_tables() if name not in ("groups", "group_tables")]
    whole = [read_all(path, names) for path in (built, folder / "other.duckdb")]
    other = {name for name in names if whole[0][name] != whole[1][name]}
    rows = [Counter(map(repr, read(path, "select * from groups"))) for path in (built, folder / "other.duckdb")]
    changed = (rows[0] - rows[1]) + (rows[1] - rows[0])
    return other, {row.split("'")[3] for row in changed}


def first(code: str, **wanted: Any) -> int:
    return next(i for i, r in enumerate(draw_records()) if r["offense_code"] == code and all(r[k] == v for k, v in wanted.items()))


def test_a_domestic_flag_changes_no_public_byte(store: Connection, catalog: Catalog, built: Path, tmp_path: Path) -> None:
    records = draw_records()
    for code in ("09A", "13A", "13B", "120"):
        records = flip(records, first(code), is_domestic=True)
    assert compare(store, catalog, built, records, tmp_path) == (set(), set())


@pytest.mark.parametrize("code", ["120", "09A"])
def test_the_age_of_a_victim_changes_tables_of_ages_alone(
    store: Connection, catalog: Catalog, built: Path, tmp_path: Path, code: str
) -> None:
    other, tables = compare(store, catalog, built, flip(draw_records(), first(code, age_years=30), age_years=5), tmp_path)
    assert not other
    assert all("age" in name or "child" in name or "partner" in name for name in tables), tables
    tiers = {row["id"]: row["tier"] for row in read(built, "select id, tier from group_tables")}
    assert {name for name in tables if tiers[name] == "T0"} <= {"homicide_victims_age"}
    assert (code == "09A") == ("homicide_victims_age" in tables)


def test_where_a_sensitive_table_begins_does_not_say_when_the_first_report_came(
    store: Connection, catalog: Catalog, built: Path, tmp_path: Path
) -> None:
    """Without one report of a group, or with all of them late: the same periods as ever, all that is few hidden."""
    late = [r for r in draw_records() if r["offense_code"] != "36B" and (r["offense_code"] != "11A" or r["occurred_date"] >= date(2023, 5, 1))]
    refill(store, late)
    publish(store, catalog, tmp_path / "public.duckdb")
    for table in ("offenses_rape", "offenses_other_sex_offenses"):
        own, whole = ([r for r in read_groups(path) if r["table_id"] == table] for path in (tmp_path / "public.duckdb", built))
        assert own and min(r["period"] for r in own)[:4] == min(r["period"] for r in whole)[:4] == "2022"
        assert all(r["is_hidden"] for r in own if r["period"][:4] == "2022")
    why = {r["id"]: r["why_not"] for r in read(tmp_path / "public.duckdb", "select id, why_not from group_tables where tier = 'T1'")}
    assert not {name for name, words in why.items() if name.startswith("offenses_") and words == "not_recorded"}


# ------------------------------------------------------------------------------------------------ later releases


@pytest.fixture
def releases(store: Connection, catalog: Catalog, tmp_path: Path) -> Iterator[list[Path]]:
    """Two releases of one city: the second has two more months, and late reports in closed ones."""
    paths, private = [tmp_path / "one.duckdb", tmp_path / "two.duckdb"], tmp_path / "private.duckdb"
    early = [r for r in draw_records() if r["occurred_date"] <= date(2024, 4, 30)]
    refill(store, early)
    publish(store, catalog, paths[0])
    close_history(store, "one", Earlier(), is_published=True)
    copy_store(store, private)
    late = [r | {"record_id": f"late{i}", "incident_id": f"late{i}", "race_code": "asian"} for i, r in enumerate(draw_records()[100:140])]
    refill(store, draw_records() + late)
    publish(store, catalog, paths[1], Earlier(paths[0], "one", private))
    close_history(store, "two", Earlier(paths[0], "one", private), is_published=True)
    yield paths


def copy_store(con: Connection, path: Path) -> None:
    """The schemas that a run leaves for the next one."""
    con.execute(f"attach {quote_text(str(path))} as copy")
    for schema in ("kept", "history", "model"):
        con.execute(f"create schema if not exists copy.{schema}")
        for (name,) in con.execute("select table_name from duckdb_tables() where schema_name = ? and database_name = current_database()", [schema]).fetchall():
            con.execute(f"create table copy.{schema}.{name} as select * from {schema}.{name}")
    con.execute("detach copy")


def test_what_was_published_stays_as_it_was(releases: list[Path]) -> None:
    before = {tuple(r[c] for c in ("table_id", "area_id", "period", *GROUP_COLUMNS)): r["n"] for r in read_groups(releases[0])}
    now = {tuple(r[c] for c in ("table_id", "area_id", "period", *GROUP_COLUMNS)): r["n"] for r in read_groups(releases[1])}
    assert len(before) > 100
    assert {key: now.get(key, "gone") for key in before} == before
    assert len(now) > len(before), "new closed periods are there"
    grains = [{r["id"]: r["grain"] for r in read(path, "select id, grain from group_tables where grain is not null")} for path in releases]
    assert all(grains[1][table] == grain for table, grain in grains[0].items())


def test_the_second_release_is_safe_beside_the_first(releases: list[Path], store: Connection) -> None:
    found = audit_groups(store, releases[1], 10)
    assert (found.exact, found.narrow) == (0, 0)


def test_open_tables_are_restated_by_late_reports(releases: list[Path]) -> None:
    rows = [sum(r["n"] for r in read_groups(path, "T0") if r["table_id"] == "homicide_victims_race" and r["period"] == "2022") for path in releases]
    assert rows[1] >= rows[0]


# ------------------------------------------------------------------------------------------------------- tiers


def test_every_staged_column_public_table_and_table_of_groups_has_a_tier(built: Path) -> None:
    for columns in (load_record_columns(), load_arrest_columns()):
        assert {column["tier"] for column in columns.values()} <= TIERS
        assert {name for name, c in columns.items() if c["tier"] == "T1"} >= {"age_years", "sex_code", "race_code", "ethnicity_code"} & columns.keys()
    assert {table.tier for table in load_public_tables().values()} <= TIERS
    assert {row["tier"] for row in read(built, "select distinct tier from group_tables union select distinct tier from offenses")} <= TIERS


@pytest.fixture
def opened(built: Path, tmp_path: Path) -> Connection:
    path = tmp_path / "public.duckdb"
    path.write_bytes(built.read_bytes())
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(path))} as public")
    check_tiers(con, "public")
    return con


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("update public.main.offenses set tier = null where code = '120'", "120"),
        ("update public.main.offenses set tier = 'T9' where code = '11A'", "11A"),
        ("update public.main.group_tables set tier = '' where id = 'arrests_age'", "arrests_age"),
        ("delete from public.main.group_tables where id = 'violence_relationship'", "violence_relationship"),
        ("create table public.main.persons (n integer)", "persons"),
        ("alter table public.main.counts add column colour varchar", "colour"),
    ],
)
def test_whatever_has_no_tier_is_refused(opened: Connection, change: str, named: str) -> None:
    opened.execute(change)
    with pytest.raises(DisclosureError, match=named):
        check_tiers(opened, "public")


@pytest.mark.parametrize(
    "given",
    [
        {"dims": ["age_band", "sex_code"], "tier": "T0"}, {"dims": ["age_band"], "tier": "T0", "by_area": True}, {"dims": ["age_band"]},
        {"dims": ["age_band"], "tier": "T4"}, {"dims": ["child_band"], "tier": "T1"}, {"tier": "T1", "grains": ["year", "month"]},
        {"tier": "T1", "dims": ["sex_code"], "where": {"sex_code": "male"}}, {"tier": "T1", "where": {"race_code": "purple"}},
    ],
)  # fmt: skip
def test_a_table_that_would_say_too_much_cannot_be_declared(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="error"):
        GroupTable.model_validate({"id": "one", "title": "One", **given})
