"""Snapshots are whole or not there: leftovers are swept, damage is passed over, ids only grow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from harborlight.catalog.models import Source
from harborlight.errors import CheckFailed, ConfigError, SourceError
from harborlight.sources.fetch import check_snapshot, latest_snapshot

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def source():
    """A small file of the city's own."""
    return Source.model_validate(
        {"id": "local", "title": "t", "agency": "a", "connector": "files", "url": "a.csv", "key": "id",
         "clock": "utc", "counting_system": "srs", "columns": {"id": {"type": "integer"}}}
    )  # fmt: skip


def write(desk, rows):
    """The file with so many rows."""
    (desk.folder / "city" / "a.csv").write_text("id\n" + "".join(f"{number}\n" for number in range(rows)))


def test_manifest_says_what_was_fetched_and_when(desk, source):
    write(desk, 3)
    snapshot = desk(source, now=NOW)
    assert snapshot.id.startswith("20240601T000000Z-")
    assert (snapshot.rows, snapshot.connector, snapshot.url) == (3, "files", "a.csv")
    assert snapshot.started_at == snapshot.full_at == NOW <= snapshot.finished_at
    assert snapshot.id.endswith(snapshot.sha256[:12])
    assert desk.files(source) == [f"{snapshot.id}.csv", f"{snapshot.id}.json"]


def test_leftovers_of_a_killed_run_are_swept(desk, source):
    write(desk, 3)
    snapshot = desk(source, now=NOW)
    folder = desk.data / "snapshots" / "local"
    (folder / ".local.1.part.part").write_text("half")
    (folder / "20240602T000000Z-0123456789ab.csv").write_text("a file without a manifest")
    assert desk(source) == snapshot
    assert desk.files(source) == sorted([f"{snapshot.id}.csv", f"{snapshot.id}.json", "unchanged_at"])


def test_flipped_byte_is_found_and_the_snapshot_before_is_used(desk, source):
    write(desk, 3)
    first = desk(source, now=NOW)
    write(desk, 4)
    second = desk(source, now=NOW + timedelta(days=1))
    folder = desk.data / "snapshots" / "local"
    path = folder / second.parts[0].file
    body = bytearray(path.read_bytes())
    body[-2] ^= 1
    path.write_bytes(body)
    with pytest.raises(CheckFailed, match="not what was fetched"):
        check_snapshot(folder, second)
    assert latest_snapshot(desk.data, "local") == first
    third = desk(source, now=NOW + timedelta(days=2))
    assert third.rows == 4
    check_snapshot(folder, third)


def test_clock_that_was_set_back_gives_a_later_id_all_the_same(desk, source):
    write(desk, 3)
    first = desk(source, now=NOW)
    write(desk, 4)
    second = desk(source, now=NOW - timedelta(days=1))
    assert second.id > first.id
    assert latest_snapshot(desk.data, "local") == second


def test_unknown_connector_lists_the_known_ones(desk, source):
    with pytest.raises(ConfigError, match="Known: arcgis, carto, ckan, files, socrata"):
        desk(source.model_copy(update={"connector": "gopher"}))


def test_failed_fetch_leaves_nothing(desk, source):
    (desk.folder / "city" / "a.csv").write_text("other\n1\n")
    with pytest.raises(SourceError, match="column id is missing"):
        desk(source)
    assert desk.files(source) == []


SCRIPT = """
import sys
from pathlib import Path
from harborlight.catalog.models import City, Source
from harborlight.sources.fetch import fetch_source
source = Source.model_validate_json(sys.argv[1])
city = City.model_validate_json(sys.argv[2])
fetch_source(source, city, Path(sys.argv[3]), city_folder=Path(sys.argv[3]), allow_private_hosts=True)
"""


@pytest.mark.parametrize("pages", [2, 5])
def test_killed_in_the_middle_leaves_the_last_good_snapshot(portal, desk, pages):
    source = portal.source("arcgis", page_rows=30)
    good = desk(source)
    portal.mutate("crimes", update=[{"key": {"rowid": 5}, "set": {"description": f"CORRECTED {pages}"}}])
    portal.ask("/__log", {"clear": True}, "DELETE")
    portal.play("delay", seconds=0.2, path="outFields")
    command = [sys.executable, "-c", SCRIPT, source.model_dump_json(by_alias=True), desk.city.model_dump_json(by_alias=True),
               str(desk.data)]  # fmt: skip
    with subprocess.Popen(command) as child:
        until = time.monotonic() + 60
        while len([each for each in portal.log() if "outFields" in each["target"]]) < pages:
            assert time.monotonic() < until and child.poll() is None
            time.sleep(0.02)
        os.kill(child.pid, signal.SIGKILL)
    portal.ask("/__faults", {"clear": True})
    assert latest_snapshot(desk.data, source.id) == good
    assert any(name.endswith(".part") for name in desk.files(source))
    snapshot = desk(source)
    assert not any(name.endswith(".part") for name in desk.files(source))
    assert desk.rows(snapshot) == portal.truth()
