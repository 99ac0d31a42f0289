"""Feeds as portals serve them on a bad day, and releases that are not there: held, rejected or refused by name, the old release stays."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from harborlight.publish.gates import SourceNumbers
from harborlight.publish.manifest import load_manifest
from harborlight.publish.numbers import read_kept_numbers
from harborlight.publish.release import current_release
from tests.pipeline.conftest import ROWS


def exact(town: Any) -> SourceNumbers:
    """The numbers of the release that is up, as the next one is compared with."""
    manifest = load_manifest(town.data / "releases" / str(current_release(town.data)))
    return read_kept_numbers(town.data, manifest)["reports"]


# ------------------------------------------------------------------------------------------------------------ feeds


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "empty"), (b"<html>503 Service Unavailable</html>", "not a table"), (b'{"error": "token"}', "not a table"),
        (b"id,case,at,code,text,district,victim,old\nR1,,,,,,,\n", "age"), (b"id,case,at,code,text,district,victim,Age\nR1,,,,,,,\n", "there is Age"),
        (b"id,case,at,code,text,district,victim,age,age\n", "'age' twice"), (b"id,case,at,code,text,district,victim,age\nR1,\xff,,,,,,\n", "utf-8"),
        (b'id,case,at,code,text,district,victim,age\nR1,"cut', "inside a quoted value"),
    ],
)  # fmt: skip
def test_a_feed_that_cannot_be_trusted_is_held_and_the_last_snapshot_stays(town, body, part):
    (town.data / "feeds/reports.csv").write_bytes(body)
    said = town.refresh()
    assert said.code == 0 and "Warning: reports" in said.err and part in said.err and "Traceback" not in said.err, said
    assert "last good snapshot stays" in said.err
    assert exact(town).fetched == ROWS


def test_a_first_feed_that_cannot_be_trusted_is_a_failure(town):
    shutil.rmtree(town.data / "snapshots")
    (town.data / "feeds/reports.csv").write_text("")
    town.check_refused(town.refresh(), 1, "reports", "empty")


def test_a_feed_that_is_gone_is_held(town):
    (town.data / "feeds/reports.csv").unlink()
    said = town.refresh()
    assert said.code == 0 and "feeds/reports.csv" in said.err
    town.check_first_is_up()


def test_a_header_without_rows_is_held(town):
    town.feed(rows=0)
    said = town.refresh()
    assert current_release(town.data) == town.first
    assert "held" in said.out or "Warning" in said.err


def test_one_ragged_row_is_rejected_and_kept_and_the_rest_goes_out(town):
    town.feed(extra="R9999,too,few\n")
    said = town.refresh()
    assert said.code == 0 and "is up" in said.out, said
    release = current_release(town.data)
    assert release and release != town.first
    assert (exact(town).rejected, exact(town).accepted) == (1, ROWS + 1)
    said_publicly = load_manifest(town.data / "releases" / release).sources["reports"]
    assert (said_publicly.rejected, said_publicly.accepted % 100) == (1, 0)
    assert list(said_publicly.reject_reasons) == ["line: missing columns"]


@pytest.mark.parametrize(("column", "text", "reason"), [("at", "13/02/2024 10:00", "at: not a datetime"), ("at", "1900-01-01T00:00:00", "at: below")])
def test_one_row_with_a_date_in_another_order_is_rejected_and_not_turned_round(town, column, text, reason):
    town.feed(**{column: text})
    assert "is up" in town.refresh().out
    numbers = load_manifest(town.data / "releases" / str(current_release(town.data))).sources["reports"]
    assert numbers.rejected == 1 and next(iter(numbers.reject_reasons)).startswith(reason)
    assert (town.data / "rejects/reports.csv").exists()


def test_a_feed_that_lost_twelve_percent_is_held(town):
    town.feed(rows=round(ROWS * 0.88))
    town.check_held(town.refresh(), "volume", "-12")


def test_more_than_half_a_percent_of_rejects_is_held(town):
    town.feed(extra="R9997,too,few\nR9998,too,few\n")
    town.check_held(town.refresh(), "rejects", "0.79%")


def test_an_unmapped_sensitive_text_is_held_and_not_repeated(town):
    town.feed(code="", text="CHILD NEGLECT ZZQ")
    said = town.refresh()
    town.check_held(said, "unmapped", "sensitive word list")
    assert "ZZQ" not in said.out + said.err
    draft = sorted((town.data / "releases").iterdir())[-1]
    assert b"ZZQ" not in (draft / "manifest.json").read_bytes()


def test_a_held_release_is_not_built_twice_and_waits_for_two_signatures(town):
    town.feed(rows=round(ROWS * 0.88))
    town.check_held(town.refresh())
    again = town.refresh()
    assert again.code == 0 and "Nothing is new" in again.out
    draft = sorted(path.name for path in (town.data / "releases").iterdir())[-1]
    town.check_refused(town.run("switch", "--data", str(town.data), draft), 1, draft, "held", "approve")
    for role in ("analyst", "chief"):
        assert town.run("approve", "--data", str(town.data), draft, "--role", role, "--note", "Checked.").code == 0
    said = town.run("approve", "--data", str(town.data), draft, "--role", "chief", "--note", "Again.")
    town.check_refused(said, 1, "chief", "approved this release already")
    assert town.run("switch", "--data", str(town.data), draft).code == 0
    assert current_release(town.data) == draft


# ----------------------------------------------------------------------------------------------------- release ids


@pytest.mark.parametrize("release", ["nothing", "20200101T000000Z", "../releases", "", ".", "20200101T000000Z/../.."])
@pytest.mark.parametrize("command", ["switch", "preview", "approve", "review"])
def test_an_unknown_release_is_named(town, command, release):
    more = ("--role", "analyst", "--note", "x") if command == "approve" else ()
    town.check_refused(town.run(command, "--data", str(town.data), release, *more), 1, "no release", repr(release))


def test_a_release_that_is_not_there_does_not_verify(town):
    said = town.run("verify", str(town.data / "releases/20200101T000000Z"))
    assert said.code == 1 and said.err.strip() and "Traceback" not in said.err


def test_a_pointer_that_holds_nonsense_says_so(town):
    (town.data / "current").write_text("../../etc/passwd\n")
    town.feed()
    said = town.refresh()
    assert said.code == 1 and "pointer" in said.err and "harborlight switch" in said.err, said.err


def test_commands_on_an_empty_folder_say_what_to_do(town, tmp_path):
    for command in (("serve",), ("preview", "20200101T000000Z")):
        said = town.run(command[0], "--data", str(tmp_path / "nothing"), *command[1:])
        assert said.code == 1 and said.err.strip() and "Traceback" not in said.err
    assert town.run("status", "--data", str(tmp_path / "nothing")).code == 0
    assert town.run("releases", "--data", str(tmp_path / "nothing")).code == 0
