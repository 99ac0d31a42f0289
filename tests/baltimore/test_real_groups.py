"""The real files by group of people: private counts equal the files, published ones equal them or are hidden, rates know when to stop."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from harborlight.catalog.load import load_catalog
from harborlight.catalog.snapshot import Part
from harborlight.metrics.groups import (
    Disparity,
    GroupRates,
    PeriodCounts,
    Refused,
    disparity,
    group_rates,
    read_counts,
    read_people,
    read_tables,
    standardised_rate,
    unknown_share,
)
from harborlight.publish.group_audit import audit_groups
from harborlight.staging import stage
from harborlight.statistics.change import rate_ratio
from harborlight.statistics.rates import poisson_interval
from harborlight.store import connect, read_rows
from tests.baltimore.conftest import Refreshed, copy_city, lay_files, refreshed
from tests.tiny import make_snapshot

Rows = list[dict[str, str]]
ARREST_RACES = {"A": "asian", "B": "black", "I": "american_indian", "U": "unknown", "W": "white", "": "unknown"}
BANDS = ((18, "0-17"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"), (121, "65+"))


def make_city(repository: Path, target: Path) -> Path:
    """The list of homicide victims and the arrests, as plain files; residents as the shipped city declares them."""
    shutil.copytree(repository / "tests/baltimore/real_files", target)
    for name in ("sources/part1.yaml", "staging/part1.sql", "staging/part1_codes.csv", "metrics/part1_homicides.yaml"):
        (target / name).unlink()
    for name in ("sources/arrests.yaml", "staging/arrests.sql", "staging/victim_words.csv", "population.yaml"):
        shutil.copyfile(repository / "cities/baltimore" / name, target / name)
    path = target / "sources/homicides.yaml"
    source = yaml.safe_load(path.read_text(encoding="utf-8"))
    source |= {"connector": "files", "url": "files/homicides.csv", "format": "csv"}
    source["columns"]["date"]["format"] = "%Y-%m-%d"
    source["supplies"] = [{"from": "2007-01-01", "to": "2020-12-31"}]
    path.write_text(yaml.safe_dump(source, sort_keys=False), encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def city(repository: Path, shared: Path, signing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refreshed]:
    folder = tmp_path_factory.mktemp("groups")
    lay_files(shared, folder / "data")
    shutil.copyfile(shared / "data/baltimore/homicides/sun_homicides_2007_2020_deidentified.csv", folder / "data/files/homicides.csv")
    with refreshed(make_city(repository, folder / "city"), folder / "data", {}) as done:
        yield done


@pytest.fixture(scope="module")
def victims(shared: Path) -> Rows:
    path = shared / "data/baltimore/homicides/sun_homicides_2007_2020_deidentified.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def arrests(shared: Path) -> Rows:
    """One row for each arrest: rows with one number are one, a row without a number is its own."""
    with gzip.open(shared / "data/baltimore/arrests/bpd_arrests_2014_2021.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    once = {row["ArrestNumb"] or f"row {row['RowID']}": row for row in rows}
    assert len(once) < len(rows)
    return list(once.values())


def band_of(text: str) -> str:
    return next(name for edge, name in BANDS if int(text) < edge) if text and 0 <= float(text) <= 120 else "unknown"


# ------------------------------------------------------------------------------------------------- private = files


def private_counts(city: Refreshed, table: str, day: str, column: str, condition: str) -> Counter:
    wide = f"case when {column} in ('0-9', '10-17') then '0-17' else {column} end"
    rows = city.private.execute(
        f"select extract(year from {day})::integer, {wide}, count(*) from {table} where {condition} group by all"
    ).fetchall()
    return Counter({(year, group): n for year, group, n in rows})


def test_private_homicide_victims_by_year_and_group_are_those_of_the_file(city: Refreshed, victims: Rows) -> None:
    plain = {
        "race_code": Counter((int(r["date"][:4]), r["race"] or "unknown") for r in victims),
        "sex_code": Counter((int(r["date"][:4]), r["gender"] or "unknown") for r in victims),
        "age_band": Counter((int(r["date"][:4]), band_of(r["age"])) for r in victims),
    }
    assert len(victims) == 3856
    for column, counted in plain.items():
        assert private_counts(city, "model.victims", "counted_date", column, "is_homicide and is_counted") == counted


def test_private_arrests_by_year_and_race_are_those_of_the_file(city: Refreshed, arrests: Rows) -> None:
    plain = Counter((int(r["ArrestDate"][:4]), ARREST_RACES[r["Race"]]) for r in arrests)
    assert private_counts(city, "model.arrests", "arrested_date", "race_code", "is_counted and counts_arrest") == plain


# ---------------------------------------------------------------------------------- published = files, or hidden


def test_one_way_homicide_tables_hide_nothing_and_equal_the_file(city: Refreshed, victims: Rows) -> None:
    told = {"race": ("race_code", lambda r: r["race"] or "unknown"), "sex": ("sex_code", lambda r: r["gender"] or "unknown"),
            "age": ("age_band", lambda r: band_of(r["age"]))}  # fmt: skip
    for name, (column, group_of) in told.items():
        rows = read_rows(city.release, f"select * from groups where table_id = 'homicide_victims_{name}' and grain = 'year'")
        assert not any(row["is_hidden"] for row in rows)
        plain = Counter((r["date"][:4], group_of(r)) for r in victims)
        years = {row["period"] for row in rows}
        # The list ends on 28 December 2020: its last year is not whole.
        assert years == {str(year) for year in range(2007, 2020)}
        assert {(row["period"], row[column]): row["n"] for row in rows if row[column] != "all" and row["n"]} == {
            key: n for key, n in plain.items() if key[0] in years
        }


def test_every_published_cell_of_arrests_equals_the_file_or_is_hidden(city: Refreshed, arrests: Rows) -> None:
    table = read_tables(city.release)["arrests_race"]
    assert table.grain in ("month", "quarter", "year")
    width = {"month": 7, "year": 4}.get(table.grain or "")
    plain = Counter((period_of(r["ArrestDate"], width), group) for r in arrests for group in (ARREST_RACES[r["Race"]], "all"))
    rows = read_rows(city.release, "select * from groups where table_id = 'arrests_race'")
    shown = [row for row in rows if not row["is_hidden"]]
    assert len(shown) >= 28 and {row["period"][:4] for row in rows} >= {str(year) for year in range(2014, 2021)}
    for row in shown:
        assert row["n"] == plain[row["period"], row["race_code"]], row
        assert row["race_code"] == "all" or row["n"] >= 10 or row["n"] == 0
    for row in rows:
        assert row["is_hidden"] == (row["n"] is None)


def period_of(day: str, width: int | None) -> str:
    return day[:width] if width else f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"


def test_nothing_hidden_can_be_worked_out(city: Refreshed) -> None:
    release = city.data / "releases" / (city.run.release_id or "") / "public.duckdb"
    found = audit_groups(city.private, release, 10)
    assert (found.exact, found.narrow) == (0, 0)
    assert found.hidden > 0


# ----------------------------------------------------------------------------------------------------- rates


def counts(city: Refreshed, table_id: str, period: str) -> PeriodCounts:
    found = read_counts(city.release, read_tables(city.release)[table_id], period)
    assert isinstance(found, PeriodCounts)
    return found


def test_no_rate_by_race_for_2019_because_half_is_unknown(city: Refreshed, victims: Rows) -> None:
    own = [r for r in victims if r["date"].startswith("2019")]
    share = sum(r["race"] == "unknown" for r in own) / len(own)
    assert round(share, 2) == 0.49
    people = read_people(city.release)
    found = group_rates(counts(city, "homicide_victims_race", "2019"), "race_code", people)
    assert found == Refused("unknown", "race_code", share)
    assert disparity(counts(city, "homicide_victims_race", "2019"), "race_code", "white", people) == found
    # The year after is worse, and not whole in the list.
    last = [r for r in victims if r["date"].startswith("2020")]
    assert round(sum(r["race"] == "unknown" for r in last) / len(last), 2) == 0.58


def test_rates_of_2016_have_named_residents_and_exact_intervals(city: Refreshed, victims: Rows, shared: Path) -> None:
    survey = json.loads((shared / "data/baltimore/population/acs2024_baltimore_city_race_sex_age.json").read_text(encoding="utf-8"))
    found = group_rates(counts(city, "homicide_victims_race", "2016"), "race_code", read_people(city.release))
    assert isinstance(found, GroupRates)
    assert found.denominator == "Residents, American Community Survey, 5-year estimates of 2020 to 2024"
    by_group = {rate.group: rate for rate in found.rates}
    n = sum(r["race"] == "black" and r["date"].startswith("2016") for r in victims)
    people = sum(sum(counts) for counts in survey["city_age"]["Black"].values())
    black = by_group["black"].rate
    assert by_group["black"].people == people
    assert black.value == pytest.approx(n / people * 100_000)
    assert (black.low, black.high) == pytest.approx(tuple(limit / people * 100_000 for limit in poisson_interval(n)))


def test_ratios_stand_on_two_counts_of_residents(city: Refreshed, victims: Rows) -> None:
    people = read_people(city.release)
    found = disparity(counts(city, "homicide_victims_race", "2016"), "race_code", "white", people)
    assert isinstance(found, Disparity)
    assert len(found.benchmarks) == 2 and found.unknown_share <= 0.10
    k = Counter(r["race"] for r in victims if r["date"].startswith("2016"))
    for source in people:
        own = next(r for r in found.ratios if r.denominator == source.name and r.group == "black")
        exposure = {race: source.of(race_code=race) or 0 for race in ("black", "white")}
        hand = (k["black"] / exposure["black"]) / (k["white"] / exposure["white"])
        assert own.ratio.value == pytest.approx(hand)
        exact = rate_ratio(k["black"], float(exposure["black"]), k["white"], float(exposure["white"]), 0.95)
        assert (own.ratio.low, own.ratio.high) == pytest.approx((exact.low, exact.high))
    assert disparity(counts(city, "homicide_victims_race", "2016"), "race_code", "white", people[:1]) == Refused("one_benchmark", "race_code")


def test_residents_of_all_races_are_not_the_sum_of_some(city: Refreshed) -> None:
    survey = read_people(city.release)[0]
    assert survey.of() == 573_243
    assert survey.of(sex_code="female") is None, "the four races of the file are not everybody"
    assert survey.of(race_code="black", age_band="0-17") == 9413 + 9090 + 12005 + 6420 + 9662 + 10608 + 10991 + 6872


def test_unknown_is_a_group_like_the_others(city: Refreshed, victims: Rows) -> None:
    found = counts(city, "homicide_victims_sex", "2016")
    groups = [cell.groups[0] for cell in found.by("sex_code")]
    assert groups == [g for g in ("female", "male", "unknown") if g in groups] and len(groups) >= 2
    total = found.total()
    assert total is not None and sum(cell.n or 0 for cell in found.by("sex_code")) == total.n
    assert isinstance(unknown_share(counts(city, "homicide_victims_race", "2016"), "race_code"), float)


def test_a_table_without_ages_is_not_standardised(city: Refreshed) -> None:
    people = read_people(city.release)[0]
    assert standardised_rate(counts(city, "homicide_victims_race", "2016"), "race_code", "black", people, {}) == Refused("no_rates", "race_code")


# ------------------------------------------------------------------------------------------- one project's extract

NAMES = {"CrimeDateT": "CrimeDateTime", "Descriptio": "Description", "Premise": "PremiseType", "Total_Inci": "Total_Incidents", "Neighborho": "Neighborhood"}


def test_the_extract_of_one_project_keeps_what_it_knows_of_victims(repository: Path, shared: Path, tmp_path: Path) -> None:
    """Sexes stand there as `M` and as `Male`, ethnicity hardly ever."""
    text = (shared / "data/baltimore/incidents/part1_gilmor_homes_firearm_2011_2022.geojson").read_text(encoding="utf-8")
    rows = [{NAMES.get(k, k): v for k, v in f["properties"].items()} for f in json.loads(text)["features"]]
    assert {"M", "Male"} <= {row["Gender"] for row in rows}
    catalog = load_catalog(copy_city(repository, tmp_path / "city", "part1_legacy"))
    source = catalog.sources["part1_legacy"]
    columns = tuple(source.columns)
    folder = tmp_path / "data/snapshots/part1_legacy"
    folder.mkdir(parents=True)
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row | {"CrimeDateTime": None} for row in rows)
    part = Part(file="rows.csv", layout="csv", sha256="", bytes=0, rows=len(rows))
    con = connect(threads=1)
    stage(con, catalog, {"part1_legacy": make_snapshot("part1_legacy", len(rows), [part], columns=columns)}, tmp_path / "data")
    sexes = Counter({"M": "male", "Male": "male", "F": "female", "Female": "female"}.get(str(row["Gender"]), "unknown") for row in rows)
    staged = dict(con.execute("select coalesce(sex_code, 'unknown'), count(*) from staging.records group by 1").fetchall())
    assert staged == dict(sexes) and sexes["male"] > 100
    races = Counter("black" if row["Race"] == "BLACK_OR_AFRICAN_AMERICAN" else "other" for row in rows)
    assert con.execute("select count(*) from staging.records where race_code = 'black'").fetchone() == (races["black"],)
    ages = [row["age_years"] for row in read_rows(con, "select age_years from staging.records order by cast(record_id as integer)")]
    assert Counter(ages) == Counter(int(row["Age"]) if row["Age"] else None for row in rows)
