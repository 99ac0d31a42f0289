"""The demo city: same seed, same bytes; its true answers recounted from those bytes; a whole folder."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from harborlight.catalog import load_catalog
from harborlight.demo import DemoTruth, city_folder, geography, write_demo
from harborlight.demo.write import THROUGH
from harborlight.errors import ConfigError

SCALE = 0.05
ZONE = ZoneInfo("America/New_York")
ENCODINGS = {"legacy_crime": "cp1252", "nibrs_offenses": "utf-8", "homicide_ledger": "utf-8", "arrests": "utf-8", "firearms": "utf-8"}
COURTS = ("cases", "charges", "sentences", "warrants")
ENCODINGS |= dict.fromkeys(COURTS, "utf-8")
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Edition:
    folder: Path
    truth: DemoTruth
    legacy: Rows
    nibrs: Rows
    ledger: Rows
    arrests: Rows
    firearms: Rows
    cases: Rows
    charges: Rows
    sentences: Rows
    warrants: Rows


def read(folder: Path, name: str) -> Rows:
    text = (folder / "feeds" / f"{name}.csv").read_bytes().decode(ENCODINGS[name])
    return list(csv.DictReader(io.StringIO(text, newline="")))


def make(folder: Path, vintage: int = 0, seed: int = 20260101) -> Edition:
    truth = write_demo(folder, seed=seed, scale=SCALE, vintage=vintage)
    return Edition(folder, truth, *(read(folder, name) for name in ENCODINGS))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    return make(tmp_path_factory.mktemp("edition0"))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZONE)


def moment(text: str) -> datetime | None:
    """A NIBRS time in the city's zone, or None where the contract would refuse it."""
    try:
        when = local(text)
    except ValueError:
        return None
    return when if 2010 <= when.year <= 2035 else None


# --------------------------------------------------------------------------------------------- determinism


def test_the_same_seed_writes_the_same_bytes(first: Edition, tmp_path: Path) -> None:
    from harborlight.demo import write

    write._planted.cache_clear()
    again = write_demo(tmp_path, scale=SCALE)
    assert again == first.truth
    for name in ENCODINGS:
        path = Path("feeds") / f"{name}.csv"
        assert (tmp_path / path).read_bytes() == (first.folder / path).read_bytes()
    assert {path.parent.name for path in tmp_path.rglob("*.*")} == {"feeds", "boundaries"}


def test_another_seed_writes_other_bytes(first: Edition, tmp_path: Path) -> None:
    other = make(tmp_path, seed=7)
    assert other.truth.by_month != first.truth.by_month


@pytest.mark.parametrize("wrong", [{"vintage": 13}, {"scale": 0.0}, {"through": date(2025, 1, 1)}])
def test_impossible_arguments_are_refused_in_words(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="editions 0 to 12"):
        write_demo(tmp_path, **wrong)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------- the truth, counted again


@dataclass(frozen=True)
class Counted:
    incident: str
    code: str
    on: date
    hour: int | None
    district: str
    is_shooting: bool
    is_killed: bool
    place: tuple[str, str]


def districts() -> dict[str, str]:
    layer = yaml.safe_load((city_folder() / "places" / "police_district.yaml").read_text())
    spellings = (
        (name, a["id"]) for a in layer["areas"] for name in (a["id"], a["name"], *a.get("names", ()))
    )
    return {name.lower(): area for name, area in spellings}


def offense_tiers() -> dict[str, str]:
    path = Path(geography.__file__).parents[1] / "model" / "offense_codes.csv"
    with path.open(newline="") as file:
        return {
            row["code"]: row["tier"] for row in csv.DictReader(file) if row["crime_against"] != "not_a_crime"
        }


def recount_legacy(rows: Rows) -> Iterable[Counted]:
    with (city_folder() / "staging" / "legacy_descriptions.csv").open(newline="") as file:
        said = {row["description"]: row for row in csv.DictReader(file)}
    known, places = offense_tiers(), districts()
    for _, row in sorted({row["RowID"]: row for row in rows}.items()):
        try:
            when = datetime.strptime(row["CrimeDateTime"], "%m/%d/%Y %H:%M")
        except ValueError:
            continue
        what = said.get(row["Description"])
        if (
            what is None
            or what["offense_code"] not in known
            or row["Status"] == "UNFOUNDED"
            or when.year > 2022
        ):
            continue
        killed = what["offense_code"] in ("09A", "09B")
        place = places.get(row["District"].lower(), "")
        shot = what["is_shooting"] == "yes"
        yield Counted(
            row["ComplaintNo"], what["offense_code"], when.date(), when.hour, place, shot, killed,
            (row["Longitude"], row["Latitude"]),
        )  # fmt: skip


def recount_nibrs(rows: Rows) -> Iterable[Counted]:
    known, places = offense_tiers(), districts()
    for _, row in sorted({r["RowID"]: r for r in rows if moment(r["OccurredAt"])}.items()):
        when = local(row["OccurredAt"])
        if when.year < 2023 or row["NIBRSCode"] not in known or row["CaseStatus"] == "Unfounded":
            continue
        stated = {"Saltren": "Saltern"}.get(row["District"], row["District"]).lower()
        hour = when.hour if row["HourKnown"] == "Y" else None
        yield Counted(
            row["CaseNumber"] or row["RowID"], row["NIBRSCode"], when.date(), hour, places.get(stated, ""),
            row["Shooting"] == "Y", row["NIBRSCode"] in ("09A", "09B"), (row["Longitude"], row["Latitude"]),
        )  # fmt: skip


def units(counted: list[Counted]) -> dict[str, list[Counted]]:
    """The rows that stand for one unit of each metric."""
    tiers = offense_tiers()

    def once(mine: Iterable[Counted]) -> list[Counted]:
        """One per complaint of a feed: its first row."""
        found: dict[tuple[bool, str], Counted] = {}
        for c in mine:
            found.setdefault((c.on < date(2023, 1, 1), c.incident), c)
        return list(found.values())

    killed = [c for c in counted if c.code == "09A"]
    shot = [c for c in counted if c.is_shooting and not c.is_killed]
    return {
        "homicide_victims": killed,
        "nonfatal_shooting_victims": shot,
        "killed_or_shot_victims": killed + shot,
        "robberies": once(c for c in counted if c.code == "120"),
        "burglaries": once(c for c in counted if c.code == "220"),
        "aggravated_assaults": [c for c in counted if c.code == "13A"],
        "auto_thefts": [c for c in counted if c.code == "240"],
        "incidents": once(c for c in counted if tiers[c.code] == "T0"),
    }


@pytest.mark.parametrize("vintage", [0, 3])
def test_truth_equals_a_recount_of_the_bytes(tmp_path: Path, vintage: int) -> None:
    edition = make(tmp_path, vintage)
    counted = [*recount_legacy(edition.legacy), *recount_nibrs(edition.nibrs)]
    truth, found = edition.truth, units(counted)
    for metric in truth.total:
        lost = truth.missing.get(metric, ())
        mine = [c for c in found[metric] if c.on.strftime("%Y-%m") not in lost]
        assert truth.total[metric] == len(mine) > 0
        assert truth.by_year[metric] == Counter(c.on.year for c in mine), metric
        assert truth.by_month[metric] == Counter(c.on.strftime("%Y-%m") for c in mine), metric
        assert truth.by_hour[metric] == Counter(c.hour for c in mine), metric
        assert truth.by_year_district[metric] == Counter((c.on.year, c.district) for c in mine), metric


def test_the_books_of_every_source_balance(first: Edition) -> None:
    for name, rows in (
        ("legacy_crime", first.legacy),
        ("nibrs_offenses", first.nibrs),
        ("homicide_ledger", first.ledger),
        ("arrests", first.arrests),
        *((name, read(first.folder, name)) for name in ("firearms", *COURTS)),
    ):
        said = first.truth.sources[name]
        assert said.fetched == len(rows) == said.accepted + said.rejected + said.duplicate
        key = next(iter(rows[0]))
        assert said.accepted + said.rejected == len({row[key] for row in rows})
        assert said.rejected / said.fetched < 0.005, "too many rejects would hold the release"


def test_the_city_is_of_a_believable_size(first: Edition) -> None:
    assert 4_500 < first.truth.total["incidents"] < 7_000
    assert max(local(r["OccurredAt"]).date() for r in first.nibrs if moment(r["OccurredAt"])) == THROUGH
    shot, killed = first.truth.total["nonfatal_shooting_victims"], first.truth.total["homicide_victims"]
    assert 1.2 < shot / killed < 3.5
    hours = first.truth.by_hour["robberies"]
    assert hours.get(20, 0) + hours.get(21, 0) > hours.get(4, 0) + hours.get(5, 0)


# ---------------------------------------------------------------------------------------- plan and folder


def is_inside(ring: geography.Ring, x: float, y: float) -> bool:
    inside = False
    for (x0, y0), (x1, y1) in pairwise(ring):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside


def area(ring: geography.Ring) -> float:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) / 2


def test_areas_share_their_borders() -> None:
    places = geography.neighborhoods()
    assert len(places) == 40
    total = sum(area(p.ring) for p in places)
    for day in (date(2024, 1, 1), date(2026, 1, 1)):
        rings = geography.district_rings(day)
        assert len(rings) == 6
        assert sum(area(r) for found in rings.values() for r in found) == pytest.approx(total, rel=1e-9)
    assert sum(area(r) for r in geography.city_rings()) == pytest.approx(total, rel=1e-9)
    moved = [p.name for p in places if p.district_before != p.district_since]
    assert len(moved) == 6 and "Quillian Grove" in moved


def test_blocks_lie_in_their_neighborhood_and_the_city_in_the_ocean() -> None:
    plan, places = geography.blocks(), geography.neighborhoods()
    for owner, x, y in zip(
        plan.neighborhood.tolist(), plan.longitude.tolist(), plan.latitude.tolist(), strict=True
    ):
        assert is_inside(places[owner].ring, x, y)
    west, south, east, north = load_catalog(city_folder()).city.bbox
    assert all(west < x < east and south < y < north for p in places for x, y in p.ring)
    assert west > -70 and south > 36 and north < 38, "open Atlantic, far from any shore"


def test_the_city_folder_is_whole() -> None:
    catalog = load_catalog(city_folder())
    assert catalog.city.fictional
    assert set(catalog.sources) == set(ENCODINGS)
    effects = {b.effect for b in catalog.city.breaks}
    assert effects == {"stops", "notes", "recomputes"}
    assert catalog.city.headline_metrics[0] == "killed_or_shot_victims"
    with (city_folder() / "staging" / "legacy_descriptions.csv").open(newline="") as file:
        assert {row["offense_code"] for row in csv.DictReader(file)} <= offense_tiers().keys() | {"09C"}


def first_column(path: Path) -> set[str]:
    with path.open(newline="") as file:
        return {row[0] for row in list(csv.reader(file))[1:]}


def test_every_word_of_the_feeds_is_declared(first: Edition) -> None:
    catalog = load_catalog(city_folder())
    for name, rows in (
        ("legacy_crime", first.legacy),
        ("nibrs_offenses", first.nibrs),
        ("homicide_ledger", first.ledger),
        ("arrests", first.arrests),
        *((name, read(first.folder, name)) for name in ("firearms", *COURTS)),
    ):
        source = catalog.sources[name]
        assert set(rows[0]) == {*source.columns, *source.known_extra_columns}
    maps = {name: first_column(path) for name, path in catalog.maps.items()}
    for column, table in (
        ("Weapon", "weapons"),
        ("Premise", "premises"),
        ("VictimRace", "races"),
        ("Relationship", "relationships"),
    ):
        used = {row[column] for row in (*first.legacy, *first.nibrs) if row.get(column)}
        assert used <= maps[table], column
    said = {row["Description"] for row in first.legacy}
    assert said - maps["legacy_descriptions"] == {"ZZ - NEW DESCRIPTION"}
