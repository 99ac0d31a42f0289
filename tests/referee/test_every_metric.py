"""Every metric in every unit, grain and district, counted by SQL and counted again by hand, on made-up records.

The records are drawn to be awkward: several to an incident, codes that are sensitive or not known, victims that are shot
and die, reports that are unfounded, dates that are missing, two sources that take turns. From the raw record to the
count nothing here uses the SQL under test.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.catalog import Catalog, load_catalog
from harborlight.catalog.models import Metric
from harborlight.metrics import compile as compiler
from harborlight.metrics.compile import EPOCH, compile_query
from harborlight.metrics.query import RULES as QUERY_RULES
from harborlight.metrics.query import has_rules
from harborlight.metrics.referee import Record, count_by
from harborlight.metrics.shapes import Facts, Query
from harborlight.publish.sample import read_records
from harborlight.store import Connection
from tests.tiny import make_store, make_store_facts, refill, write_city

SWITCH = date(2021, 1, 1)
DAYS = [date(2020, 11, 30), date(2020, 12, 30), date(2020, 12, 31), date(2021, 1, 1), date(2021, 1, 31), date(2021, 2, 1)]
# Two sources take turns in these groups; the newer one alone has all others.
TURNS = ("homicide", "robbery", "aggravated_assault", "auto_theft")
RULES = {
    "injured": "[{rule: injured}]",
    "died": "[{rule: died}]",
    "ruled, later injured": "[{rule: ruled, until: 2020-12-31}, {rule: injured}]",
}
OWN_METRIC = """\
title: Deaths in the ledger
short_title: Deaths
sentence_noun: deaths
question: "How many?"
why: "To count from one source by name."
sources: [ledger]
where: [is_homicide]
where_not: [is_nonfatal_shooting]
unit: victims
units: [victims, offenses, incidents]
breakdowns: [day, month, year, hour, weekday, area, offense, offense_code, weapon, source]
definition: "Homicides of the ledger."
definition_version: 1
reviewed_on: 2026-11-01
"""
few = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(few, max_examples=500)


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Catalog]:
    """One city under each rule of which year a homicide counts in."""
    folder = write_city(tmp_path_factory.mktemp("city"), ledger=True)
    reports, sql = (folder / "sources/reports.yaml").read_text(), (folder / "staging/reports.sql").read_text()
    ours = reports.replace("offense_groups: [robbery]", "{offense_groups: [all], from: 2021-01-01}")
    (folder / "sources/reports.yaml").write_text(ours)
    (folder / "sources/older.yaml").write_text(ours.replace("[all], from: 2021-01-01", f"[{', '.join(TURNS)}], to: 2020-12-31"))
    (folder / "staging/older.sql").write_text(sql.replace("raw.reports", "raw.older"))
    (folder / "metrics").mkdir()
    (folder / "metrics/ledger_deaths.yaml").write_text(OWN_METRIC)
    return {name: load_catalog(folder, {"city.homicide_year_rule": text}) for name, text in RULES.items()}


@pytest.fixture(scope="module")
def stores(catalogs: Mapping[str, Catalog]) -> Iterator[Mapping[str, Connection]]:
    """One store under each rule; every example fills it anew."""
    made = {name: make_store(catalog, ()) for name, catalog in catalogs.items()}
    yield made
    for con in made.values():
        con.close()


maybe = st.sampled_from
raw_record = st.fixed_dictionaries(
    {
        "source_id": st.sampled_from(["reports", "reports", "older", "ledger"]),
        "incident_id": st.sampled_from(["A", "B", "C"]),
        "occurred_date": maybe([None, *DAYS]),
        "occurred_hour": maybe([None, 0, 5, 6, 17, 18, 23]),
        "district_name": maybe([None, "North", "n dist ", "SOUTH", "Elsewhere"]),
        "offense_code": maybe(
            [None, "ZZZ", "09A", "09A", "09B", "09C", "11A", "36A", "90F", "120", "120", "13A", "13A", "13B", "220", "240", "35A", "90Z"]
        ),
        "weapon_code": maybe([None, "firearm", "none"]),
        "victim_type_code": maybe([None, "person", "business", "society", "unknown"]),
        "injury_code": maybe([None, "fatal", "gunshot", "other"]),
        "is_shooting": maybe([None, True, False]),
        "is_justified": maybe([None, False, True]),
        "is_domestic": maybe([None, False, True]),
        "status_code": maybe([None, "open", "open", "unfounded"]),
        "premise_code": maybe([None, "residence", "street"]),
        "died_date": maybe([None, None, *DAYS]),
        "ruled_date": maybe([None, None, *DAYS]),
    }
)  # fmt: skip
raw_records = st.lists(raw_record, min_size=1, max_size=12).flatmap(
    lambda rows: st.permutations(range(len(rows))).map(
        lambda order: [row | {"record_id": f"r{place:02}"} for row, place in zip(rows, order, strict=True)]
    )
)


# ----------------------------------------------------------------------------------- from raw to record, by hand


def read_codes() -> dict[str, dict[str, str]]:
    with resources.files("harborlight").joinpath("model/offense_codes.csv").open(encoding="utf-8") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


CODES = read_codes()
PLACES = {"north": "north", "n dist": "north", "south": "south"}


def date_of(raw: Mapping[str, Any], rule_name: str) -> date | None:
    """The day that a record counts on."""
    occurred, died, ruled = raw["occurred_date"], raw["died_date"], raw["ruled_date"]
    if raw["offense_code"] not in ("09A", "09C") or rule_name == "injured":
        return occurred
    if rule_name == "died":
        return died or occurred
    by_ruling = ruled or died or occurred
    return by_ruling if by_ruling and by_ruling < SWITCH else occurred


def is_official(raw: Mapping[str, Any], group: str | None) -> bool:
    """Whether this source gives the official count on the day of the event; without a date only where no other source might.

    A killing without a day of injury is looked for under its day of death, then of the ruling; a justified one where homicides are.
    """
    is_killing, day = group in ("homicide", "justifiable_homicide"), raw["occurred_date"]
    if is_killing:
        group, day = "homicide", day or raw["died_date"] or raw["ruled_date"]
    if group is None or raw["source_id"] == "ledger" or (raw["source_id"] == "older" and group not in TURNS):
        return False
    return group not in TURNS if day is None else (day < SWITCH) == (raw["source_id"] == "older")


def by_hand(raw: Mapping[str, Any], rule_name: str) -> Record:
    """What the model should make of a staged record."""
    stated = "09C" if raw["offense_code"] == "09A" and raw["is_justified"] else raw["offense_code"]
    code = CODES.get(stated or "")
    day = date_of(raw, rule_name)
    return Record(
        source_id=raw["source_id"], record_id=raw["record_id"], incident_id=raw["incident_id"], day=day,
        offense_code=code["code"] if code else None, offense_group=code["offense_group"] if code else None,
        crime_against=code["crime_against"] if code else None, counts_once_per=code["counts_once_per"] if code else None,
        tier=code["tier"] if code else "T1", district_id=PLACES.get((raw["district_name"] or "").strip().lower()),
        victim_type=raw["victim_type_code"], injury=raw["injury_code"], is_shooting=bool(raw["is_shooting"]),
        is_unfounded=raw["status_code"] == "unfounded", is_counted=is_official(raw, code and code["offense_group"]),
        injured=raw["occurred_date"], died=raw["died_date"], ruled=raw["ruled_date"],
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------- counted by SQL


def ask(metric: str, unit: str, by: tuple[str, ...]) -> Query:
    layer = "police_district" if "area" in by else None
    return Query(metric, date(2020, 1, 1), date(2022, 12, 31), whole=True, by=by, unit=unit, layer=layer)


def run(con: Connection, facts: Facts, query: Query) -> Counter[tuple[Any, ...]]:
    compiled = compile_query(facts, query)
    return Counter({tuple(row[:-1]): row[-1] for row in con.execute(compiled.sql, compiled.params).fetchall()})


def name_period(number: int | None, grain: str) -> str:
    if number is None:
        return "undated"
    return str(1900 + number) if grain == "year" else f"{1900 + number // 12}-{number % 12 + 1:02}"


def of_events(facts: Facts) -> list[Metric]:
    """Arrests have a table and a referee of their own: see test_places.py."""
    return [metric for metric in facts.metrics.values() if metric.table == "events"]


def cells(facts: Facts) -> Iterator[tuple[str, str, str, bool]]:
    for metric in of_events(facts):
        for unit in metric.units:
            for grain in ("month", "year"):
                yield from ((metric.id, unit, grain, split) for split in (False, True))


def check_all(catalog: Catalog, con: Connection, rule_name: str, raws: list[dict[str, Any]]) -> None:
    records = [by_hand(raw, rule_name) for raw in raws]
    refill(con, raws)
    facts = make_store_facts(con, catalog)
    assert sorted(read_records(con), key=lambda r: r.record_id) == sorted(records, key=lambda r: r.record_id)
    areas = {ix: area_id for ix, area_id, _ in facts.areas["police_district"]} | {None: None}
    for metric_id, unit, grain, split in cells(facts):
        found = run(con, facts, ask(metric_id, unit, (grain, "area") if split else (grain,)))
        given = {(name_period(key[0], grain), areas[key[1]] if split else None): n for key, n in found.items() if n}
        expected = count_by(records, facts.metrics[metric_id], unit, grain=grain, by_district=split)
        assert given == dict(expected), (metric_id, unit, grain, split)
    check_switches(con, facts, records)


def check_switches(con: Connection, facts: Facts, records: list[Record]) -> None:
    """Every rule, with justified killings in and out, of every measure that counts killings."""
    ruled = [metric for metric in of_events(facts) if has_rules(metric)]
    assert {m.id for m in ruled} == {"homicide_victims", "killed_or_shot_victims", "ledger_deaths"}
    for metric, rule, justified, unit in product(ruled, (None, *QUERY_RULES), (None, "in"), ("victims", "incidents")):
        query = replace(ask(metric.id, unit, ("month",)), rule=rule, justified=justified)
        given = {(name_period(key[0], "month"), None): n for key, n in run(con, facts, query).items() if n}
        expected = count_by(records, metric, unit, grain="month", by_district=False, rule=rule, with_justified=justified == "in")
        assert given == dict(expected), (metric.id, rule, justified, unit)


@few
@given(st.sampled_from(sorted(RULES)), raw_records)
def test_sql_and_the_referee_agree(catalogs, stores, rule_name, raws):
    check_all(catalogs[rule_name], stores[rule_name], rule_name, raws)


@pytest.mark.deep
@many
@given(st.sampled_from(sorted(RULES)), raw_records)
def test_sql_and_the_referee_agree_on_many(catalogs, stores, rule_name, raws):
    check_all(catalogs[rule_name], stores[rule_name], rule_name, raws)


# --------------------------------------------------------------------------------------------------------- router

BREAKDOWNS = ("day", "week", "month", "year", "hour", "weekday", "area", "offense", "offense_code", "weapon", "source")
EDGES = [date(2020, 11, 1), date(2020, 12, 1), date(2020, 12, 31), date(2021, 1, 1), date(2021, 1, 31), date(2021, 2, 28)]
any_query = st.fixed_dictionaries(
    {
        "metric": st.integers(0, 99),
        "unit": st.integers(0, 99),
        "by": st.lists(st.sampled_from(BREAKDOWNS), max_size=2, unique=True).map(tuple),
        "span": st.lists(st.sampled_from(EDGES), min_size=2, max_size=2).map(sorted),
        "whole": st.booleans(),
        "offenses": st.sampled_from([(), (), ("robbery",), ("120", "13A"), ("homicide", "robbery"), ("220",)]),
        "hours": st.sampled_from([None, None, "day", "night"]),
        "system": st.sampled_from([None, None, "srs", "nibrs"]),
        "area": st.sampled_from([None, None, "north"]),
    }
)
SEEN: set[str] = set()


def make_any(facts: Facts, wish: Mapping[str, Any]) -> Query:
    metric = of_events(facts)[wish["metric"] % len(of_events(facts))]
    layer = "police_district" if "area" in wish["by"] or wish["area"] else None
    rest = {name: wish[name] for name in ("by", "whole", "offenses", "hours", "system", "area")}
    return Query(metric.id, *wish["span"], unit=metric.units[wish["unit"] % len(metric.units)], layer=layer, **rest)


def check_router(catalog: Catalog, con: Connection, raws: list[dict[str, Any]], wishes: list[dict[str, Any]]) -> None:
    refill(con, raws)
    facts = make_store_facts(con, catalog)
    for wish in wishes:
        query = make_any(facts, wish)
        chosen, quick = compile_query(facts, query).table, run(con, facts, query)
        if chosen == compiler.KILLINGS[0]:
            continue  # a table of its own, which no rollup stands for
        with pytest.MonkeyPatch.context() as forced:
            forced.setattr(compiler, "TABLES", compiler.TABLES[-1:])
            assert compile_query(facts, query).table == "packed"
            assert run(con, facts, query) == quick, (query, chosen)
        SEEN.add(chosen)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(few, max_examples=20)
@given(raw_records, st.lists(any_query, min_size=10, max_size=15))
def test_every_rollup_answers_as_the_packed_table_does(catalogs, stores, raws, wishes):
    check_router(catalogs["injured"], stores["injured"], raws, wishes)


def test_the_router_has_used_every_table():
    assert {name for name, _ in compiler.TABLES} == SEEN


@pytest.mark.deep
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@many
@given(raw_records, st.lists(any_query, min_size=10, max_size=15))
def test_every_rollup_answers_as_the_packed_table_does_on_many(catalogs, stores, raws, wishes):
    check_router(catalogs["injured"], stores["injured"], raws, wishes)


def test_the_records_drawn_here_reach_every_metric(catalogs, stores):
    """The draws would prove nothing if some metric were always 0."""
    base = dict.fromkeys(("died_date", "ruled_date", "occurred_hour", "status_code", "is_justified", "injury_code"))
    usual = base | {"incident_id": "A", "occurred_date": DAYS[3], "district_name": "North", "victim_type_code": "person", "is_shooting": True}
    raws = [
        usual | {"source_id": source, "offense_code": code, "record_id": f"{source}{code}"}
        for source in ("reports", "ledger")
        for code in ("09A", "120", "13A", "220", "240")
    ]  # fmt: skip
    con = stores["injured"]
    refill(con, raws)
    facts = make_store_facts(con, catalogs["injured"])
    totals = {m.id: sum(run(con, facts, ask(m.id, m.unit, ("year",))).values()) for m in of_events(facts)}
    assert min(totals.values()) > 0, totals


def test_days_are_numbered_from_a_monday():
    assert EPOCH.isoweekday() == 1 and EPOCH + timedelta(days=7) == date(1900, 1, 8)
