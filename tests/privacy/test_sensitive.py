"""Sensitive facts stay out of every other table: none of them moves a byte of what is public, and none is a filter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.catalog import Catalog
from harborlight.errors import DisclosureError, QueryError
from harborlight.metrics.facts import load_facts
from harborlight.metrics.query import parse_query
from harborlight.publish.allowlist import check_allowed, load_public_tables
from harborlight.publish.build import build_public
from harborlight.publish.facts import SourceState, make_facts
from harborlight.publish.groups import make_groups
from harborlight.publish.tiers import CLOSED_AFTER_DAYS
from harborlight.store import Connection, connect, quote_text, read_rows
from tests.tiny import load_tiny, make_snapshot, make_store, refill

Tables = dict[str, str]
Build = Callable[[list[dict[str, Any]]], Tables]
LAST = date(2024, 6, 30)
# What says of itself how many rows a source gave; everything else must not know of a sensitive record.
KNOWS_GROUPS = {"groups", "group_tables"}
KNOWS_TOTALS = {"facts", "sources", "reconciliation", "sensitive", *KNOWS_GROUPS}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return load_tiny(tmp_path_factory.mktemp("city"), supplies={"reports": "[{offense_groups: [all]}]"})


@pytest.fixture(scope="module")
def store(catalog: Catalog) -> Connection:
    return make_store(catalog, ())


def make_public(con: Connection, catalog: Catalog, path: Path) -> None:
    states = {i: SourceState(make_snapshot(i, 0)) for i in catalog.sources}
    path.unlink(missing_ok=True)
    build_public(con, catalog, states, path, previous=None, today=date(2026, 10, 1))


def read_tables(path: Path) -> Tables:
    """A hash of the rows, in order, of everything in a public store."""
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(path))} as public (read_only)")
    con.execute("use public.main")
    tables = {}
    for name in load_public_tables():
        rows = con.execute(f"select * from {name}").fetchall()
        tables[name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    con.close()
    return tables


@pytest.fixture
def public(store: Connection, catalog: Catalog, tmp_path: Path) -> Build:
    """Publishes records and says what every public table then holds."""

    def build(records: list[dict[str, Any]]) -> Tables:
        refill(store, records)
        make_public(store, catalog, tmp_path / "public.duckdb")
        return read_tables(tmp_path / "public.duckdb")

    return build


def make_record(number: int, code: str, **more: Any) -> dict[str, Any]:
    return {
        "record_id": f"r{number:03}", "incident_id": f"i{number:03}", "occurred_date": LAST - timedelta(days=number % 90), "occurred_hour": number % 24,
        "offense_code": code, "district_name": ("North", "South", None)[number % 3], "victim_type_code": "person", "premise_code": "street", **more,
    }  # fmt: skip


CODES = ["120", "13A", "220", "240", "35A", "13B", "09A", "120", "13C", "90Z", "120"]
T0 = [make_record(0 if n == 0 else n * 8, code) for n, code in enumerate(CODES)]


@pytest.fixture(scope="module")
def plain(store: Connection, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """What is public of the ordinary records alone."""
    path = tmp_path_factory.mktemp("plain") / "public.duckdb"
    refill(store, T0)
    make_public(store, catalog, path)
    return read_tables(path)


def without_groups(tables: Tables) -> Tables:
    """Everything but the tables of groups, which tests/privacy/test_groups.py is about."""
    return {name: text for name, text in tables.items() if name not in KNOWS_GROUPS}


# ----------------------------------------------------------------------------------- private columns of public rows

PRIVATE: Mapping[str, Any] = {
    "is_domestic": True, "age_years": 9, "sex_code": "female", "race_code": "Zzq", "ethnicity_code": "Zzq", "relationship_code": "Zzq",
    "location_text": "Zzq", "longitude": -76.5, "latitude": 39.5, "offense_text": "Zzq", "reported_at": "2024-06-30 12:00:00",
    "cleared_at": "2024-06-30 12:00:00", "neighborhood_name": "Zzq",
}  # fmt: skip


def test_no_private_column_moves_a_public_byte(public, plain):
    assert without_groups(public([record | PRIVATE for record in T0])) == without_groups(plain)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["is_domestic", "age_years", "sex_code"])), min_size=1, max_size=6))
def test_no_choice_of_rows_with_a_private_flag_moves_a_public_byte(public, plain, flips):
    changed = [dict(record) for record in T0]
    for number, column in flips:
        changed[number][column] = PRIVATE[column]
    assert without_groups(public(changed)) == without_groups(plain)


def test_the_comparison_sees_a_change_of_a_public_column(public, plain):
    changed = public([T0[0] | {"occurred_hour": 23}, *T0[1:]])
    assert {name for name in plain if plain[name] != changed[name]} == {"packed", "rollup_hour", "records"}


# ------------------------------------------------------------------------------------------- sensitive records


@pytest.mark.parametrize(("incident", "copies"), [("i000", 1), ("i008", 2), ("own", 1)])
def test_a_sensitive_record_moves_no_table_of_the_other_tier(public, plain, incident, copies):
    sensitive = [make_record(500 + n, "11A", incident_id=incident, occurred_date=LAST - timedelta(days=40)) for n in range(copies)]
    with_it = public([*T0, *sensitive])
    assert {name for name in plain if plain[name] != with_it[name]} <= KNOWS_TOTALS


def test_rows_of_a_source_are_told_to_the_nearest_hundred(store, catalog, tmp_path):
    """Less what totals count, the exact number would be that of sensitive reports."""
    seen = set()
    for copies in (120, 139):
        sensitive = [make_record(1000 + n, "11A", incident_id=f"s{n}", occurred_date=LAST - timedelta(days=40)) for n in range(copies)]
        refill(store, sensitive)
        make_public(store, catalog, tmp_path / "public.duckdb")
        con = connect(tmp_path / "public.duckdb")
        seen |= set(con.execute("select fetched, accepted, rejected, duplicate from sources").fetchall())
        facts = load_facts(con, "r")
        seen |= {(s.fetched, s.accepted, s.rejected, s.duplicate) for s in facts.sources}
        con.close()
    assert seen == {(100, 100, 0, 0)}


def test_many_sensitive_incidents_leave_no_gap_in_any_numbering(public):
    pair = [make_record(n, "13A", incident_id=i) for n, i in ((200, "b"), (201, "b"), (202, "d"), (203, "d"))]
    pair += [make_record(n, "120") for n in (0, 80)]
    plain = public(pair)
    hidden = [make_record(300 + n, "36A", incident_id=i, occurred_date=LAST - timedelta(days=40)) for n, i in enumerate("aabcccde")]
    with_them = public([*pair, *hidden])
    assert {name for name in plain if plain[name] != with_them[name]} <= KNOWS_TOTALS


def test_a_code_that_nobody_knows_is_treated_as_sensitive(public, plain):
    with_it = public([*T0, make_record(400, "ZZZ", incident_id="i008", occurred_date=LAST - timedelta(days=40))])
    assert {name for name in plain if plain[name] != with_it[name]} <= KNOWS_TOTALS


def test_no_sensitive_code_is_in_a_table_of_records_or_counts(demo_store):
    con, facts = demo_store
    sensitive = [o for o in facts.offenses if o.tier == "T1"]
    numbers = ", ".join(str(o.ix) for o in sensitive)
    for table in ("packed", "rollup_day", "rollup_month", "rollup_hour"):
        assert con.execute(f"select count(*) from {table} where offense in ({numbers})").fetchone() == (0,), table
    codes = {row[0] for row in con.execute("select distinct offense_code from records").fetchall()}
    assert codes and not codes & {o.code for o in sensitive}
    groups = {row[0] for row in con.execute("select distinct offense_group from records").fetchall()}
    assert not groups & {o.group for o in sensitive}


def test_the_demo_has_sensitive_rows_to_hide(demo_city):
    con = connect(demo_city.data / "private.duckdb")
    n = con.execute("select count(*) from model.records where tier = 'T1' and offense_code is not null").fetchone()
    con.close()
    assert n and n[0] > 50


@pytest.mark.parametrize(
    "question", ["offense=11A", "offense=rape", "offense=120,11A", "offense=family_offenses", "domestic=1", "is_domestic=true", "tier=T1", "sex=female", "age=9"]
)  # fmt: skip
def test_a_sensitive_fact_is_no_filter(demo_store, question):
    _, facts = demo_store
    pairs = [tuple(part.split("=")) for part in question.split("&")]
    for metric in facts.metrics.values():
        with pytest.raises(QueryError) as caught:
            parse_query(pairs, metric, facts)
        assert caught.value.status == 400


@pytest.mark.parametrize("name", ["is_domestic", "age", "sex", "race", "victim", "premise", "relationship", "neighborhood", "injury"])
def test_a_sensitive_fact_is_no_breakdown(demo_store, name):
    _, facts = demo_store
    for metric in facts.metrics.values():
        assert name not in metric.breakdowns
        with pytest.raises(QueryError):
            parse_query([("by", name)], metric, facts)


# --------------------------------------------------------------------------------------------- the fixed T1 table


def end_of(grain: str, period: str) -> date:
    year = int(period[:4])
    month = {"month": lambda: int(period[5:]), "quarter": lambda: int(period[6:]) * 3, "year": lambda: 12}[grain]()
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def check_sensitive(rows: list[dict[str, Any]], k: int, through: date) -> None:
    for row in rows:
        assert row["n"] is None or row["n"] >= k, row
        assert row["is_hidden"] == (row["n"] is None), row
        assert end_of(row["grain"], row["period"]) <= through - timedelta(days=CLOSED_AFTER_DAYS), row
    grains = {(row["offense_group"], row["grain"]) for row in rows}
    assert len(grains) == len({group for group, _ in grains}), "one group in two grains could be subtracted"


def test_the_sensitive_table_of_the_demo_shows_no_small_count_and_closed_periods_only(demo_store):
    con, facts = demo_store
    rows = read_rows(con, "select * from sensitive")
    assert rows
    check_sensitive(rows, facts.city.disclosure_k, facts.data_through)


def read_sensitive(con: Connection, catalog: Catalog, records: list[dict[str, Any]], last: date = LAST) -> list[dict[str, Any]]:
    """The sensitive table made from these records, city data through `last`; the smallest count shown is ten."""
    refill(con, [make_record(999, "120", occurred_date=last), *records])
    con.execute("attach ':memory:' as public")
    states = {i: SourceState(make_snapshot(i, 0)) for i in catalog.sources}
    try:
        make_groups(con, make_facts(con, catalog, states, last), None, None)
        return read_rows(
            con, "select g.*, t.subject from public.main.groups as g join public.main.group_tables as t on g.table_id = t.id "
            "where t.unit = 'offenses' and t.dims = '' order by all",
        )  # fmt: skip
    finally:
        con.execute("detach public")


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(["11A", "36A", "90F"]), st.integers(0, 420), st.integers(1, 14)), max_size=8))
def test_no_draw_of_sensitive_records_shows_a_small_count(store, catalog, draws):
    records = []
    for place, (code, days, copies) in enumerate(draws):
        records += [make_record(1000 + place * 50 + n, code, occurred_date=LAST - timedelta(days=days)) for n in range(copies)]
    check_sensitive([row | {"offense_group": row["subject"]} for row in read_sensitive(store, catalog, records)], 10, LAST)


@pytest.mark.parametrize(("copies", "shown"), [(9, None), (10, 10)])
def test_the_smallest_count_that_may_be_shown(store, catalog, copies, shown):
    big = [make_record(n, "11A", occurred_date=date(2024, 1, 5)) for n in range(300)]
    small = [make_record(600 + n, "11A", occurred_date=date(2024, 2, 5)) for n in range(copies)]
    rows = {row["period"]: row["n"] for row in read_sensitive(store, catalog, big + small)}
    # The data end on 30 June: May ended exactly 30 days before.
    assert rows == {"2024-01": 300, "2024-02": shown, "2024-03": None, "2024-04": None, "2024-05": None}


def test_every_period_of_the_sensitive_table_holds_its_own_count(store, catalog):
    numbers = {"2024-01": 40, "2024-02": 50, "2024-03": 60}
    records = [
        make_record(n * 100 + i, "11A", occurred_date=date.fromisoformat(f"{month}-09"))
        for n, (month, copies) in enumerate(numbers.items())
        for i in range(copies)
    ]
    rows = read_sensitive(store, catalog, records)
    assert {row["period"]: row["n"] for row in rows if row["n"]} == numbers
    assert {row["grain"] for row in rows} == {"month"}


def test_a_period_is_closed_only_30_days_after_its_end(store, catalog):
    january = [make_record(n, "11A", occurred_date=date(2024, 1, 5)) for n in range(300)]
    rows = read_sensitive(store, catalog, january, last=date(2024, 6, 29))
    assert max(row["period"] for row in rows) == "2024-04"


# --------------------------------------------------------------------------------------------- homes, 28 days


def test_a_recent_assault_at_a_home_has_no_hour_and_no_row_until_28_days_have_passed(store, catalog, tmp_path):
    recent, older = LAST - timedelta(days=27), LAST - timedelta(days=28)
    records = [make_record(900, "120", occurred_date=LAST, occurred_hour=5)]
    for n, code in enumerate(("13A", "13B", "13C")):
        for premise in ("residence", None, "street"):
            records += [
                make_record(n * 100 + len(records) * 2 + hour % 2, code, occurred_date=day, occurred_hour=hour, premise_code=premise)
                for day, hour in ((recent, 3), (older, 4))
            ]
    refill(store, records)
    make_public(store, catalog, tmp_path / "public.duckdb")
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(tmp_path / 'public.duckdb'))} as public (read_only)")
    con.execute("use public.main")
    for code in ("13A", "13B", "13C"):
        listed = con.execute("select date, hour from records where offense_code = ? order by all", [code]).fetchall()
        assert listed == [(older, 4)] * 3 + [(recent, 3)], "of the recent ones only that in the street"
        shown = con.execute(
            "select \"hour\", count(*) from packed as p join offenses as o on p.offense = o.ix where code = ? group by 1 order by 1", [code]
        ).fetchall()  # fmt: skip
        assert shown == [(3, 1), (4, 3), (None, 2)]
        counted = con.execute("select sum(n) from rollup_day as p join offenses as o on p.offense = o.ix where code = ?", [code])
        assert counted.fetchall() == [(6,)], "it counts at once in its area"
    con.close()


def test_in_the_demo_no_recent_assault_at_a_home_has_an_hour_or_a_row(demo_city, demo_store):
    con, facts = demo_store
    private = connect(demo_city.data / "private.duckdb")
    recent = private.execute(
        "select count(*), count(*) filter (where coalesce(premise_code, 'residence') = 'residence') from model.records where is_countable and is_counted "
        "and offense_group in ('simple_assault', 'aggravated_assault', 'intimidation') and counted_date > ?",
        [facts.data_through - timedelta(days=28)],
    ).fetchone()  # fmt: skip
    private.close()
    total, at_homes = recent
    assert at_homes > 0
    assaults = "offense_group in ('simple_assault', 'aggravated_assault', 'intimidation')"
    listed = con.execute(f"select count(*) from records where {assaults} and date > ?", [facts.data_through - timedelta(days=28)]).fetchone()
    assert listed == (total - at_homes,)
    first = (facts.data_through - timedelta(days=28) - date(1900, 1, 1)).days
    with_hour = con.execute(
        f"select count(*) from packed as p join offenses as o on p.offense = o.ix where {assaults} and is_counted and \"day\" > ? and \"hour\" is not null",
        [first],
    ).fetchone()  # fmt: skip
    assert with_hour[0] <= total - at_homes


# ---------------------------------------------------------------------------------------------------- allow-list


@pytest.fixture
def opened(store: Connection, catalog: Catalog, tmp_path: Path) -> Connection:
    """A built public store, attached for writing: what a careless change of the build would leave behind."""
    refill(store, T0)
    make_public(store, catalog, tmp_path / "public.duckdb")
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(tmp_path / 'public.duckdb'))} as public")
    check_allowed(con, "public")
    return con


@pytest.mark.parametrize("table", ["facts", "packed", "counts", "groups", "rejects", "ledger"])
def test_an_allowlist_refuses_one_more_column_of_any_table(opened, table):
    opened.execute(f"alter table public.main.{table} add column victim_name varchar")
    with pytest.raises(DisclosureError, match="victim_name"):
        check_allowed(opened, "public")


@pytest.mark.parametrize(
    "statement",
    [
        "create table public.main.persons (name varchar)",
        "create view public.main.persons as select 1 as n",
        "create schema public.hidden; create table public.hidden.records (n integer)",
    ],
)
def test_an_allowlist_refuses_one_more_table_view_or_schema(opened, statement):
    opened.execute(statement)
    with pytest.raises(DisclosureError):
        check_allowed(opened, "public")


def test_an_allowlist_misses_a_table_that_should_be_there(opened):
    opened.execute("drop table public.main.counts")
    with pytest.raises(DisclosureError, match="counts"):
        check_allowed(opened, "public")


def test_an_allowlist_names_no_private_column():
    # Groups of people are columns of their fixed tables and of the residents that these are divided by; nowhere else.
    tables = {name: table for name, table in load_public_tables().items() if name not in ("groups", "group_population")}
    # How police say that one report stands is what its own page is for, where the city's policy has switched such pages on.
    names = {column for name, table in tables.items() for column in table.columns if (name, column) != ("incident_pages", "status_code")}
    # Degrees of public points and of labels are in three tables; tests/privacy/test_places.py says that they are no others.
    names -= {"longitude", "latitude"}
    private = {*PRIVATE, "record_id", "incident_id", "victim_type_code", "injury_code", "status_code", "premise_code", "died_at", "ruled_at"}
    assert not names & private
