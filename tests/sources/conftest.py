"""The portal emulator as a real process, and a city that fetches from it."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog.models import City, Source
from harborlight.catalog.snapshot import Snapshot
from harborlight.sources.fetch import fetch_source
from harborlight.sources.http import Limits
from harborlight.sources.landing import fields_of, read_pages, records_of

FAST = Limits(backoff_s=0.01, backoff_max_s=0.05, connect_s=20, read_s=20, page_s=20)
ROWS = 260
COLUMNS = {
    "rowid": {"type": "integer"},
    "ccnumber": {"type": "text"},
    "crimedate": {"type": "datetime"},
    "description": {"type": "text"},
    "latitude": {"type": "number"},
    "longitude": {"type": "number"},
}


@dataclass(frozen=True)
class Portal:
    """The emulator: where it listens, and its switches."""

    url: str
    info: dict[str, dict[str, Any]]

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """One of the emulator's own addresses."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def play(self, kind: str, **how: Any) -> None:
        """Play one fault from now on."""
        self.ask("/__faults", {"faults": [{"kind": kind, **how}]})

    def truth(self, dataset: str = "crimes") -> list[list[Any]]:
        """The true rows by their key, without the column that nobody may fetch."""
        columns = ",".join(COLUMNS)
        with urllib.request.urlopen(f"{self.url}/__truth/{dataset}?rows=1&columns={columns}") as answer:
            rows = [json.loads(line) for line in answer.read().splitlines()]
        return sorted([None if value == "" else value for value in row] for row in rows)

    def source(self, protocol: str, dataset: str = "crimes", **more: Any) -> Source:
        """A source for a dataset of the emulator, by any of its protocols."""
        info = self.info[dataset]
        where: dict[str, dict[str, Any]] = {
            "arcgis": {"url": f"{self.url}/arcgis/rest/services/{dataset}/FeatureServer/0"},
            "socrata": {"url": self.url, "resource": info["socrata_id"]},
            "ckan": {"url": self.url, "resource": info["ckan_resource_id"]},
            "carto": {"url": f"{self.url}/api/v2/sql", "table": info["carto_table"]},
            "files": {"url": f"{self.url}/files/{dataset}.csv"},
        }
        base = {
            "id": f"{protocol}_{dataset}", "title": "t", "agency": "a", "connector": protocol, "key": "rowid",
            "clock": "utc", "counting_system": "nibrs", "columns": COLUMNS, "known_extra_columns": ["officer", "location"],
            "page_rows": 100,
        }  # fmt: skip
        return Source.model_validate(base | where[protocol] | more)

    def mutate(self, name: str, **how: Any) -> None:
        """Change rows."""
        self.ask(f"/__mutate/{name}", how)

    def log(self) -> list[dict[str, Any]]:
        """The requests since the last fault-free start of a test."""
        found: list[dict[str, Any]] = self.ask("/__log")["requests"]
        return found


def write_crimes(path: Path, rows: int = ROWS) -> None:
    """A small table with blanks, quotes, accents and a column that nobody may fetch."""
    dice = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle)
        out.writerow([*COLUMNS, "officer"])
        for number in range(1, rows + 1):
            when = f"2024-{dice.randint(1, 12):02}-{dice.randint(1, 28):02} {dice.randint(0, 23):02}:30:00"
            what = dice.choice(['ROBBERY, "ARMED"', "ARSON", "José's café", "LARCENY\nFROM AUTO", ""])
            lat, lon = round(39.2 + dice.random() / 5, 5), round(-76.7 + dice.random() / 5, 5)
            out.writerow([number, f"24A{number:05}", when, what, lat, lon, "CANARY NAME"])


SETTINGS = {
    "soda_throttle": None,
    "layers": {
        "crimes": {"maxRecordCount": 100, "key": "rowid", "edited": "2024-12-30T00:00:00"},
        "plain": {"maxRecordCount": 100, "edited": "2024-12-30T00:00:00"},
        "old": {"maxRecordCount": 100, "flavour": "enterprise", "supportsPagination": False, "oid_gap": 7},
        "edits": {"maxRecordCount": 100, "edit_date_field": "crimedate", "edited": "2024-12-30T00:00:00"},
        "local": {"maxRecordCount": 100, "tz": "America/New_York", "edited": "2024-12-30T00:00:00"},
        "locked": {"token_required": True},
    },
}


@contextmanager
def run_portal(script: Path, folder: Path) -> Iterator[Portal]:
    """The emulator over a folder of small tables."""
    for name in SETTINGS["layers"]:
        write_crimes(folder / f"{name}.csv")
    (folder / "portal.json").write_text(json.dumps(SETTINGS))
    command = [sys.executable, str(script), "--data", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            with urllib.request.urlopen(f"{url}/__info") as answer:
                info = {each["name"]: each for each in json.load(answer)["datasets"]}
            yield Portal(url, info)
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="module")
def module_portal(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One emulator for each test file."""
    with run_portal(shared / "portal" / "portal.py", tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture
def portal(module_portal: Portal) -> Portal:
    """The emulator without a fault and with an empty journal. Rows changed by an earlier test stay changed."""
    module_portal.ask("/__faults", {"clear": True})
    module_portal.ask("/__log", {"clear": True}, "DELETE")
    return module_portal


@dataclass(frozen=True)
class Desk:
    """Fetches into a data folder of its own and reads what came."""

    city: City
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def __call__(self, source: Source, **more: Any) -> Snapshot:
        settings = {"city_folder": self.folder / "city", "allow_private_hosts": True, "limits": FAST} | more
        return fetch_source(source, self.city, self.data, **settings)

    def files(self, source: Source) -> list[str]:
        """Everything that lies in the source's folder."""
        return sorted(path.name for path in (self.data / "snapshots" / source.id).iterdir())

    def rows(self, snapshot: Snapshot) -> list[list[Any]]:
        """The declared values of all rows as staging would see them, in the form of the emulator's truth."""
        found: dict[int, list[Any]] = {}
        count = 0
        for part in snapshot.parts:
            path = self.data / "snapshots" / snapshot.source_id / part.file
            for values in read_values(path, part.layout):
                row = [plain(name, values.get(name)) for name in COLUMNS]
                if snapshot.window_from and not part.is_delta and not is_before(values, snapshot.window_from):
                    continue
                count += row[0] not in found
                found[row[0]] = row
        assert count == snapshot.rows
        return sorted(found.values())


def is_before(values: dict[str, Any], start: str) -> bool:
    value = plain("crimedate", values.get("crimedate"))
    return value is None or value < start.replace(" ", "T")


def read_values(path: Path, layout: str) -> Iterator[dict[str, Any]]:
    """The named values of every row of one part."""
    if layout == "csv":
        with path.open(encoding="utf-8-sig", newline="") as handle:
            yield from csv.DictReader(handle)
        return
    for page in read_pages(path):
        for record in records_of(layout, page):
            yield fields_of(layout, record)


def plain(name: str, value: Any) -> Any:
    """One value as the emulator's truth writes it."""
    if value in (None, ""):
        return None
    match COLUMNS[name]["type"]:
        case "integer":
            return int(value)
        case "number":
            return float(value)
        case "datetime":
            is_epoch = isinstance(value, int)
            found = datetime.fromtimestamp(value / 1000, UTC) if is_epoch else datetime.fromisoformat(value)
            return found.replace(tzinfo=None).isoformat(timespec="milliseconds")
        case _:
            return value


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk in a city with nothing but what fetching needs."""
    city = City(
        name="Port Calvert", state="MD", site_title="t", tagline="t", timezone="America/New_York",
        contact={"office": "o"}, user_agent_contact="https://example.org/contact", bbox=(-77, 39, -76, 40),
        police_agency="p", headline_metrics=("incidents",),
    )  # fmt: skip
    (tmp_path / "city").mkdir()
    return Desk(city, tmp_path)
