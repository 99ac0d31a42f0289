"""Portals that serve the real files and the stand-in, and the cities that read them."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from harborlight.metrics.answer import answer
from harborlight.metrics.facts import load_facts
from harborlight.metrics.query import make_query
from harborlight.metrics.shapes import Facts
from harborlight.publish.release import current_release, release_folder
from harborlight.publish.signing import VARIABLE, make_key
from harborlight.refresh import Run, refresh
from harborlight.store import Connection, connect, open_release
from tests.baltimore.standin import COLUMNS, load_profile, write_standin

INTEGERS = {"RowID": "BIGINT", "Total_Incidents": "BIGINT", "CrimeDateTime": "TIMESTAMP"}
EDITED = {"edited": "2026-09-29T06:00:00"}
DATASETS = {"part1": "prt1-2021", "homicides": "hmcd-2020"}
LAYERS = {
    "part1": {"types": {"CrimeCode": "VARCHAR"}, "socrata_id": DATASETS["part1"], **EDITED},
    "homicides": {"types": {"time": "VARCHAR"}, "socrata_id": DATASETS["homicides"], **EDITED},
    "nibrs_group_a": {"types": {name: INTEGERS.get(name, "VARCHAR") for name in COLUMNS}, **EDITED},
}


@contextmanager
def serve(folder: Path, shared: Path, names: tuple[str, ...]) -> Iterator[str]:
    """Run the portal emulator over `folder`; gives its address."""
    settings = {"layers": {name: LAYERS[name] for name in names}, "soda_throttle": None}
    (folder / "portal.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, str(shared / "portal/portal.py"), "--data", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening "), "the portal did not start"
        yield line.split()[1]
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture(scope="session")
def real_portal(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serves the two real files as layers `part1` and `homicides`."""
    folder = tmp_path_factory.mktemp("real_portal")
    data = shared / "data/baltimore"
    (folder / "part1.csv.gz").symlink_to(data / "incidents/part1_2014_2021_noloc.csv.gz")
    (folder / "homicides.csv").symlink_to(data / "homicides/sun_homicides_2007_2020_deidentified.csv")
    with serve(folder, shared, ("part1", "homicides")) as address:
        yield address


@pytest.fixture(scope="session")
def profile(shared: Path) -> dict:
    """The profile of the city's live NIBRS layer."""
    return load_profile(shared)


@pytest.fixture(scope="session")
def standin(profile: dict, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in for the live layer, as a file."""
    path = tmp_path_factory.mktemp("standin_portal") / "nibrs_group_a.csv"
    write_standin(profile, path)
    return path


@pytest.fixture(scope="session")
def standin_portal(shared: Path, standin: Path) -> Iterator[str]:
    """Serves the stand-in as layer `nibrs_group_a`."""
    with serve(standin.parent, shared, ("nibrs_group_a",)) as address:
        yield address


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A key of its own for the releases of these tests, named by the environment."""
    path = tmp_path_factory.mktemp("key") / "key.pem"
    make_key(path)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(path)
    yield path
    if before is None:
        del os.environ[VARIABLE]
    else:
        os.environ[VARIABLE] = before


@dataclass(frozen=True)
class Refreshed:
    """One refreshed city: the private store, and the release as the site would open it."""

    data: Path
    run: Run
    private: Connection
    release: Connection
    facts: Facts

    def ask(self, metric_id: str, **params: str) -> tuple[dict, ...]:
        """Rows of one question, asked as an address would ask it (`from_` for `from`)."""
        query = make_query(self.facts.metrics[metric_id], self.facts, **params)
        return answer(self.release, self.facts, query).rows


@contextmanager
def refreshed(city: Path, data: Path, overrides: dict[str, str]) -> Iterator[Refreshed]:
    """Refresh a city from a portal on this machine, and open what came out."""
    run = refresh(city, data, overrides=overrides, allow_private_hosts=True)
    assert run.outcome == "published", run.sentence
    release_id = current_release(data)
    assert release_id is not None
    private = connect(data / "private.duckdb")
    release = open_release(release_folder(data, release_id) / "public.duckdb")
    try:
        yield Refreshed(data, run, private, release, load_facts(release, release_id))
    finally:
        release.close()
        private.close()


# ------------------------------------------------------------------------------------------- city folders


def real_overrides(address: str) -> dict[str, str]:
    """Point the city over the real files at a portal's ArcGIS layers."""
    service = f"{address}/arcgis/rest/services"
    return {f"sources.{name}.url": f"{service}/{name}/FeatureServer/0" for name in ("part1", "homicides")}


def make_socrata_city(repository: Path, address: str, target: Path) -> Path:
    """The same city read through Socrata: lower-case column names, dates as text; SELECTs unchanged."""
    shutil.copytree(repository / "tests/baltimore/real_files", target)
    for path in sorted((target / "sources").glob("*.yaml")):
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        columns = {name.lower(): column for name, column in source["columns"].items()}
        for column in columns.values():
            if column.get("format") == "epoch_ms":
                column["format"] = "iso"
        source |= {
            "connector": "socrata",
            "url": f"{address}/resource/{DATASETS[path.stem]}.json",
            "key": source["key"].lower(),
            "page_rows": 20_000,
            "columns": columns,
            "known_extra_columns": [name.lower() for name in source["known_extra_columns"]],
        }
        path.write_text(yaml.safe_dump(source, sort_keys=False), encoding="utf-8")
    return target


def make_standin_city(repository: Path, target: Path) -> Path:
    """The shipped city with its newer layer alone (the other sources have no stand-in)."""
    return copy_city(repository, target, "nibrs_group_a")


def copy_city(repository: Path, target: Path, source_id: str) -> Path:
    """The shipped city with one source, and with every layer whose lines come from a file."""
    shutil.copytree(repository / "cities/baltimore", target)
    for path in (*target.glob("sources/*.yaml"), *target.glob("staging/*.sql")):
        if path.stem != source_id:
            path.unlink()
    (target / "places/neighborhood.yaml").unlink()
    (target / "agencies.yaml").unlink()  # agencies, plans, goals and strategies name the other sources and layers
    for folder in ("plans", "goals", "strategies"):
        shutil.rmtree(target / folder)
    return target


# Where the city's configuration expects each file → the file as collected.
FILES = {
    "boundaries/police_districts_1959.geojson": "places/police_districts_1959_2022.geojson",
    "boundaries/police_districts_2023.geojson": "places/police_districts_2023.geojson",
    "boundaries/community_statistical_areas_2010.geojson": "places/community_statistical_areas_2010.geojson",
    "boundaries/city_council_districts_2012.geojson": "places/city_council_districts_2012.geojson",
    "boundaries/state_legislative_districts_2012.geojson": "places/md_legislative_districts_2012.geojson",
    "boundaries/state_legislative_districts_2022.geojson": "places/md_legislative_districts_2022.geojson",
    "boundaries/census_tracts_2020.geojson": "places/census_tracts_2020.geojson",
    "boundaries/census_blocks_2020.csv.gz": "population/census_blocks_2020_pop_housing.csv.gz",
    "files/bpd_arrests_2014_2021.csv.gz": "arrests/bpd_arrests_2014_2021.csv.gz",
}


BANDS = ("0-9", "0-9", "10-17", "10-17", "18-24", "18-24", "25-34", "25-34", "35-44", "45-54", "55-64", "65+", "65+", "65+")


def lay_people(shared: Path, data: Path) -> None:
    """Residents by group as the configuration wants them: age bands of the survey put together, districts of the census added up."""
    folder = shared / "data/baltimore/population"
    survey = json.loads((folder / "acs2024_baltimore_city_race_sex_age.json").read_text(encoding="utf-8"))
    people: Counter[tuple[str, str, str]] = Counter({("all", "all", "all"): survey["place_total"]})
    for race, by_sex in survey["city_age"].items():
        for sex, counts in by_sex.items():
            for band, n in zip(BANDS, counts, strict=True):
                people[band, {"F": "female", "M": "male"}[sex], race.lower()] += n
    lines = [f"{band},{sex},{race},{n}" for (band, sex, race), n in people.items()]
    (data / "population").mkdir(parents=True, exist_ok=True)
    (data / "population/acs_2024_by_race_sex_age.csv").write_text("\n".join(["age_band,sex_code,race_code,n", *lines]) + "\n")
    with (folder / "census2020_population_by_old_police_district.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {"all": "x2020_pop", "hispanic": "x2020_pop_hisp", "white": "x2020_pop_white_non_hisp", "black": "x2020_pop_black_non_hisp"}
    lines = [f"{race},{round(sum(float(row[name]) for row in rows))}" for race, name in columns.items()]
    (data / "population/census_2020_by_race.csv").write_text("\n".join(["race_code,n", *lines]) + "\n")


def lay_files(shared: Path, data: Path) -> None:
    """Lay the real files where the shipped configuration looks for them."""
    lay_people(shared, data)
    for name, collected in FILES.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shared / "data/baltimore" / collected, data / name)


def standin_overrides(address: str) -> dict[str, str]:
    """Point the newer layer at a portal, and let a release go out by itself."""
    return {
        "sources.nibrs_group_a.url": f"{address}/arcgis/rest/services/nibrs_group_a/FeatureServer/0",
        "city.publish.auto_when": "checks_pass",
        "city.publish.roles": "[]",
    }
