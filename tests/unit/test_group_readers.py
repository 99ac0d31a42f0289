"""Readers of the tables of groups, on made-up tables: what is counted, divided, compared, and refused."""

from __future__ import annotations

from itertools import product

import pytest

from harborlight.metrics.groups import (
    Disparity,
    GroupCount,
    GroupRates,
    PeriodCounts,
    Refused,
    disparity,
    group_rates,
    read_counts,
    read_people,
    read_periods,
    read_tables,
    standardised_rate,
    unknown_share,
)
from harborlight.statistics.estimate import Estimate
from harborlight.statistics.rates import directly_standardized_rate, poisson_interval
from harborlight.store import Connection, connect

BANDS = ("0-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
RACES = ("black", "white")
EVENTS = {"black": (12, 30, 44, 28, 20, 14, 11), "white": (10, 15, 22, 18, 12, 11, 10)}
PEOPLE = {"black": (9000, 4000, 6000, 5000, 5000, 5000, 6000), "white": (6000, 5000, 9000, 7000, 6000, 6000, 9000)}
SHAPE = (
    "table_id varchar, lines varchar, area_id varchar, period varchar, grain varchar, age_band varchar, sex_code varchar, race_code varchar, "
    "ethnicity_code varchar, relationship varchar, n bigint, is_hidden boolean"
)
TABLES = (
    "id varchar, subject varchar, title varchar, unit varchar, tier varchar, grain varchar, dims varchar, narrowed varchar, by_area boolean, "
    "lines varchar, denominators varchar, closed_through date, n_cells bigint, n_hidden bigint, hidden_share double, why_not varchar"
)


def make_release(unknown: int = 5, hidden: tuple[str, str] | None = None) -> Connection:
    """One two-way table of a year, ages by race, with some people of unknown race; one count may be hidden."""
    con = connect(threads=1)
    con.execute(f"create table groups ({SHAPE})")
    con.execute(f"create table group_tables ({TABLES})")
    con.execute(
        "insert into group_tables values ('two', 's', 'Two', 'victims', 'T1', 'year', 'age_band,race_code', '', false, null, 'residents', null, 0, 0, 0, null), "
        "('none', 's', 'None', 'victims', 'T1', null, 'sex_code', '', false, null, '', null, 0, 0, 0, 'too_few')"
    )
    counts = {(band, race): EVENTS[race][i] for race in RACES for i, band in enumerate(BANDS)} | {("25-34", "unknown"): unknown}
    for band, race in product(("all", *BANDS, "unknown"), ("all", *RACES, "unknown")):
        n = sum(v for (b, r), v in counts.items() if band in ("all", b) and race in ("all", r))
        shown = None if (band, race) == hidden else n
        con.execute("insert into groups values ('two', null, 'city', '2024', 'year', ?, 'all', ?, 'all', 'all', ?, ?)", [band, race, shown, shown is None])
    con.execute(
        "create table group_population (id varchar, title varchar, sort integer, year integer, vintage varchar, age_band varchar, sex_code varchar, "
        "race_code varchar, ethnicity_code varchar, n bigint, note varchar, attribution varchar, page varchar)"
    )
    for sort, (name, factor) in enumerate((("new", 1.0), ("old", 1.1))):
        for race in RACES:
            for i, band in enumerate(BANDS):
                con.execute(
                    "insert into group_population values (?, ?, ?, 2024, ?, ?, 'all', ?, 'all', ?, '', '', '')",
                    [name, f"Residents, {name}", sort, f"edition {sort}", band, race, round(PEOPLE[race][i] * factor)],
                )  # fmt: skip
    return con


def counts_of(con: Connection) -> PeriodCounts:
    found = read_counts(con, read_tables(con)["two"], "2024")
    assert isinstance(found, PeriodCounts)
    return found


def test_a_table_knows_its_periods_and_its_cells() -> None:
    con = make_release()
    table = read_tables(con)["two"]
    assert read_periods(con, table) == (("year", "2024"),)
    found = counts_of(con)
    assert found.cell(age_band="18-24", race_code="black") == GroupCount("city", ("18-24", "black"), 30, False)
    assert [cell.groups[1] for cell in found.by("race_code")] == ["black", "white", "unknown"]
    assert found.by("race_code")[0].n == sum(EVENTS["black"])
    assert [cell.groups[0] for cell in found.by("age_band")] == [*BANDS, "unknown"]


def test_what_is_not_offered_says_so() -> None:
    con = make_release()
    assert read_counts(con, read_tables(con)["none"], "2024") == Refused("not_offered")
    assert read_counts(con, read_tables(con)["two"], "1999") == Refused("no_period")


def test_rates_are_exact_and_leave_the_unknown_out() -> None:
    con = make_release(unknown=5)
    found = group_rates(counts_of(con), "race_code", read_people(con))
    assert isinstance(found, GroupRates)
    assert (found.unknown, found.denominator, found.missing) == (5, "Residents, new, edition 0", ())
    black = next(rate for rate in found.rates if rate.group == "black")
    people, n = sum(PEOPLE["black"]), sum(EVENTS["black"])
    low, high = poisson_interval(n)
    assert black.people == people
    assert (black.rate.value, black.rate.low, black.rate.high) == pytest.approx((n / people * 1e5, low / people * 1e5, high / people * 1e5))


@pytest.mark.parametrize(("unknown", "refused"), [(28, False), (29, True)])
def test_a_tenth_of_unknown_is_the_most_for_a_rate(unknown: int, refused: bool) -> None:
    con = make_release(unknown)
    found = group_rates(counts_of(con), "race_code", read_people(con))
    total = sum(map(sum, EVENTS.values())) + unknown
    assert (unknown / total > 0.1) == refused
    assert found == Refused("unknown", "race_code", unknown / total) if refused else isinstance(found, GroupRates)


def test_a_hidden_unknown_gives_no_rate() -> None:
    con = make_release(hidden=("all", "unknown"))
    assert unknown_share(counts_of(con), "race_code") == Refused("hidden", "race_code")
    assert group_rates(counts_of(con), "race_code", read_people(con)) == Refused("hidden", "race_code")


def test_a_standardised_rate_is_that_of_the_statistics() -> None:
    con = make_release()
    standard = {band: float(PEOPLE["black"][i] + PEOPLE["white"][i]) for i, band in enumerate(BANDS)}
    found = standardised_rate(counts_of(con), "race_code", "white", read_people(con)[0], standard)
    assert isinstance(found, Estimate)
    hand = directly_standardized_rate(EVENTS["white"], PEOPLE["white"], [standard[band] for band in BANDS])
    assert (found.value, found.low, found.high) == pytest.approx((hand.value, hand.low, hand.high))
    con = make_release(hidden=("18-24", "white"))
    assert standardised_rate(counts_of(con), "race_code", "white", read_people(con)[0], standard) == Refused("hidden", "age_band")


def test_a_ratio_needs_two_counts_of_residents() -> None:
    con = make_release()
    people = read_people(con)
    found = disparity(counts_of(con), "race_code", "white", people)
    assert isinstance(found, Disparity)
    assert found.benchmarks == ("Residents, new, edition 0", "Residents, old, edition 1")
    hand = (sum(EVENTS["black"]) / sum(PEOPLE["black"])) / (sum(EVENTS["white"]) / sum(PEOPLE["white"]))
    assert found.ratios[0].ratio.value == pytest.approx(hand)
    assert disparity(counts_of(con), "race_code", "white", people[:1]) == Refused("one_benchmark", "race_code")
    assert disparity(counts_of(con), "race_code", "asian", people) == Refused("no_reference", "race_code")


def test_residents_are_added_up_only_where_they_are_everybody() -> None:
    con = make_release()
    con.execute("insert into group_population select id, title, sort, year, vintage, 'all', 'all', 'all', 'all', 999999, '', '', '' from group_population where sort = 0 limit 1")
    new, old = read_people(con)
    assert new.of() == 999_999
    assert new.of(age_band="0-17") is None and new.of(race_code="white") == sum(PEOPLE["white"])
    assert old.of(age_band="0-17") == round(9000 * 1.1) + round(6000 * 1.1)
    assert old.of(race_code="asian") is None
