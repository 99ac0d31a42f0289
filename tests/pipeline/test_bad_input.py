"""Mistakes as people make them, at the command line: one clear sentence that names the place, the right exit code, the old release stays.

The commands run in this process through the program's own entry point, and once as a program; each case begins with a
city whose first release is up.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harborlight.publish.release import current_release
from harborlight.publish.signing import VARIABLE
from tests.tiny import REPORTS_SQL


def test_without_a_mistake_a_new_edition_goes_out(town):
    town.feed()
    said = town.refresh()
    assert said.code == 0 and "is up" in said.out
    assert current_release(town.data) != town.first


# -------------------------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize(
    ("name", "old", "new", "parts"),
    [
        ("city.yaml", "timezone: America/New_York", "timezone: [America", ("city.yaml:", "not valid YAML")),
        ("city.yaml", "timezone: America/New_York", "timezone: Mars/Olympus", ("city.yaml:6", "'Mars/Olympus' is not a time zone")),
        ("city.yaml", "fictional: true", "fictionel: true", ("city.yaml:5", "fictionel", "Extra inputs")),
        ("city.yaml", "tagline:", "tagline: \x07", ("city.yaml", "not valid YAML")),
        ("city.yaml", "name: Littleport", "name: [a, b]", ("city.yaml:1", "name")),
        ("sources/reports.yaml", "key: id", "key: nothing", ("sources/reports.yaml", "key 'nothing' is not among the columns")),
        ("sources/reports.yaml", "  age: {type: integer", "  age: {type: whole", ("sources/reports.yaml:17", "columns.age.type")),
        ("sources/reports.yaml", "connector: files", "connector: teleport", ("no connector 'teleport'", "arcgis")),
        ("sources/reports.yaml", "[robbery]", "[robery]", ("sources/reports.yaml", "'robery'")),
        ("sources/reports.yaml", "type: datetime, format: iso,", "type: datetime,", ("sources/reports.yaml", "columns.at", "format")),
        ("places/police_district.yaml", "id: north", "id: North Side", ("places/police_district.yaml:4", "areas.0.id")),
        ("notices/late.yaml", "kind: source_revised", "kind: oops", ("notices/late.yaml:1", "kind")),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_named_with_its_line(town, name, old, new, parts):
    town.feed()
    town.edit(name, old, new)
    town.check_refused(town.refresh(), 2, *parts)
    if "connector" not in name and "teleport" not in new:
        assert town.run("check", "--city", str(town.city)).code == 2


def test_every_mistake_is_told_at_once(town):
    town.edit("city.yaml", "fictional: true", "fictionel: true")
    town.edit("sources/reports.yaml", "key: id", "key: nothing")
    town.edit("places/police_district.yaml", "id: north", "id: N")
    said = town.run("check", "--city", str(town.city))
    assert said.code == 2 and "3 mistakes" in said.err
    assert all(part in said.err for part in ("fictionel", "'nothing'", "areas.0.id"))


def test_a_file_that_is_not_utf8_is_named(town):
    (town.city / "city.yaml").write_bytes((town.city / "city.yaml").read_bytes() + b"# Jos\xe9\n")
    town.check_refused(town.refresh(), 2, "city.yaml", "UTF-8")


def test_an_empty_file_is_named_beside_other_mistakes(town):
    town.edit("city.yaml", "fictional: true", "fictionel: true")
    town.write("sources/reports.yaml", "")
    said = town.refresh()
    town.check_refused(said, 2, "sources/reports.yaml", "empty", "fictionel")


def test_a_missing_folder_says_how_to_make_one(town):
    shutil.move(town.city, town.city.with_name("elsewhere"))
    town.check_refused(town.refresh(), 2, "no city.yaml", "harborlight init")


# ------------------------------------------------------------------------------------------------------- options


def test_only_names_a_source_that_is_not_there(town):
    town.check_refused(town.refresh("--only", "nothing"), 2, "nothing", "reports")


@pytest.mark.parametrize(
    ("pair", "part"),
    [
        ("sources.reports.url", "KEY=VALUE"), ("sources.nothing.url=x", "nothing"), ("colour=blue", "colour"), ("sources.reports.colour=blue", "colour"),
        ("sources=3", "sources"), ("city=3", "city"), ("sources.reports=3", "reports"), ("city.gates.hold_fall=[", "city.gates.hold_fall"),
        ("=x", "--set"), ("sources.reports.url.deeper=1", "url"),
    ],
)  # fmt: skip
def test_a_malformed_override_is_named(town, pair, part):
    said = town.refresh("--set", pair)
    assert said.code == 2 and part in said.err and "Traceback" not in said.err, said.err
    town.check_first_is_up()


def test_two_overrides_that_contradict_each_other_are_named(town):
    town.check_refused(town.refresh("--set", "sources.reports.csv=x", "--set", "sources.reports.csv.quote=y"), 2, "csv")


def test_an_unknown_option_or_command_is_wrong_use(town):
    assert town.refresh("--nothing").code == 2
    assert town.run("nothing").code == 2


# ---------------------------------------------------------------------------------------------------- staging SQL


def test_a_missing_select_is_named(town):
    (town.city / "staging/reports.sql").unlink()
    town.check_refused(town.refresh(), 2, "staging/reports.sql is missing")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("select\n", "selekt\n", ("staging/reports.sql", "syntax")),
        ("r.district", "r.precinct", ("staging/reports.sql", "precinct")),
        ("from raw.reports", "from raw.others", ("staging/reports.sql", "others")),
        ("as district_name", "as precinct_name", ("precinct_name: not a canonical column", "staging/reports.sql")),
        ("from raw.reports as r", "from raw.reports as r cross join (select unnest([1, 2])) as twice", ("staging/reports.sql", "records made")),
        ("'person'", "'human'", ("victim_type_code", "person, business, society, unknown")),
        ('r."text" as offense_text', 'r."text" as is_gun', ("staging/reports.sql", "is_gun")),
        ("r.code as offense_code,\n", "", ("offense_code must be selected", "staging/reports.sql")),
    ],
)  # fmt: skip
def test_a_mistake_in_the_select_is_named(town, old, new, parts):
    assert old in REPORTS_SQL
    town.edit("staging/reports.sql", old, new)
    said = town.refresh()
    town.check_refused(said, 1, *parts)
    assert "ROBBERY" not in said.err, "never a value of a row"
    report = json.loads(sorted((town.data / "runs").glob("*.json"))[-1].read_text())
    assert report["outcome"] == "failed" and report["sentence"] and "ROBBERY" not in report["sentence"]


def test_a_ragged_lookup_table_is_named(town):
    town.write("staging/words.csv", "word,code\na,b,c\n")
    town.check_refused(town.refresh(), 1, "staging/words.csv")


def test_an_empty_lookup_table_is_named(town):
    town.write("staging/words.csv", "")
    town.check_refused(town.refresh(), 1, "staging/words.csv")


# ---------------------------------------------------------------------------------------------------- corrections

CORRECTION = """\
- key: R0001
  expect: {district: Nort}
  set: {district: North}
  reason: "A test."
  reported_to: nobody
  reported_on: 2026-01-01
"""


@pytest.mark.parametrize("correction", [CORRECTION, CORRECTION.replace("R0001", "R9999")])
def test_a_correction_whose_row_has_changed_or_gone_is_named(town, correction):
    town.write("corrections/reports.yaml", correction)
    town.check_refused(town.refresh(), 1, "corrections/reports.yaml", "no longer looks", "R0001" if "R0001" in correction else "R9999")


def test_a_correction_for_no_source_or_in_no_list_is_named(town):
    town.write("corrections/others.yaml", CORRECTION)
    town.check_refused(town.refresh(), 2, "corrections/others.yaml", "no source of this name")
    (town.city / "corrections/others.yaml").unlink()
    town.write("corrections/reports.yaml", "key: R0001\n")
    town.check_refused(town.refresh(), 2, "corrections/reports.yaml:1", "a list")


# ------------------------------------------------------------------------------------------------------ signing key


def test_no_signing_key_says_how_to_make_one(town, monkeypatch):
    town.feed()
    monkeypatch.delenv(VARIABLE)
    town.check_refused(town.refresh(), 1, VARIABLE)


def test_a_key_that_others_may_read_is_refused(town, monkeypatch, tmp_path):
    town.feed()
    key = tmp_path / "open.key"
    shutil.copyfile(Path(os.environ[VARIABLE]), key)
    key.chmod(0o644)
    monkeypatch.setenv(VARIABLE, str(key))
    town.check_refused(town.refresh(), 1, str(key), "chmod 600")


@pytest.mark.parametrize("body", [b"", b"changeme", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_key_that_is_none_is_refused(town, monkeypatch, tmp_path, body):
    town.feed()
    key = tmp_path / "bad.key"
    key.write_bytes(body)
    key.chmod(0o600)
    monkeypatch.setenv(VARIABLE, str(key))
    town.check_refused(town.refresh(), 1, str(key))


def test_the_program_itself_ends_with_the_sentence_and_the_code(town):
    town.edit("city.yaml", "fictional: true", "fictionel: true")
    command = [sys.executable, "-m", "harborlight.cli", "refresh", "--city", str(town.city), "--data", str(town.data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and done.stdout == ""
    assert "city.yaml:5: fictionel" in done.stderr and "Traceback" not in done.stderr
