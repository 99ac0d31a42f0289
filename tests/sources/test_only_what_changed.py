"""Incremental fetches: the merged rows are those of the portal, and deletions bring everything anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

START = datetime.now(UTC) + timedelta(days=1)
CHANGED = {"socrata": ":updated_at", "arcgis": "crimedate"}
DATASET = {"socrata": "crimes", "arcgis": "edits"}
NUMBERS = count(9001)


def by_change(portal, protocol):
    """A source that asks for rows changed since the last fetch."""
    return portal.source(protocol, DATASET[protocol], incremental={"changed_column": CHANGED[protocol]})


def by_window(portal, protocol):
    """A source that asks for the rows of the last days again. The fetch at START makes the window begin in 2024."""
    days = (START.date() - datetime(2024, 10, 1).date()).days
    return portal.source(protocol, incremental={"date_column": "crimedate", "window_days": days})


def row(when):
    """A new row."""
    number = next(NUMBERS)
    return {"rowid": number, "ccnumber": f"24B{number}", "crimedate": when, "description": "NEW", "officer": "X",
            "latitude": 39.3, "longitude": -76.6}  # fmt: skip


@pytest.mark.parametrize("protocol", ["socrata", "arcgis"])
def test_changed_and_new_rows_come_in_a_delta(portal, desk, protocol):
    source, dataset = by_change(portal, protocol), DATASET[protocol]
    first = desk(source, now=START)
    portal.mutate(dataset, insert=[row("2024-12-31T10:00:00")],
                  update=[{"key": {"rowid": 7}, "set": {"description": "RECLASSIFIED"}}])  # fmt: skip
    second = desk(source, now=START + timedelta(days=1))
    assert [part.is_delta for part in second.parts] == [False, True]
    assert second.parts[0] == first.parts[0]
    assert second.parts[1].rows < 50
    assert second.rows == first.rows + 1
    assert second.full_at == first.full_at
    assert desk.rows(second) == portal.truth(dataset)


@pytest.mark.parametrize("protocol", ["socrata", "arcgis"])
def test_nothing_changed_gives_back_the_same_snapshot(portal, desk, protocol):
    source = by_change(portal, protocol)
    first = desk(source, now=START)
    lying = desk.files(source)
    assert desk(source, now=START + timedelta(days=1)) == first
    assert desk.files(source) == lying


def test_deltas_follow_each_other(portal, desk):
    source = by_change(portal, "socrata")
    desk(source, now=START)
    for day in (1, 2, 3):
        text = f"CORRECTED {day}"
        portal.mutate(
            "crimes", update=[{"key": {"rowid": number}, "set": {"description": text}} for number in (7, day)]
        )
        snapshot = desk(source, now=START + timedelta(days=day))
    assert [part.is_delta for part in snapshot.parts] == [False, True, True, True]
    assert desk.rows(snapshot) == portal.truth()


@pytest.mark.parametrize("protocol", ["socrata", "arcgis"])
def test_deleted_row_brings_everything_anew(portal, desk, protocol):
    source, dataset = by_change(portal, protocol), DATASET[protocol]
    desk(source, now=START)
    portal.mutate(dataset, delete=[{"key": {"rowid": 9}}], insert=[row("2024-12-31T10:00:00")])
    second = desk(source, now=START + timedelta(days=1))
    assert [part.is_delta for part in second.parts] == [False]
    assert desk.rows(second) == portal.truth(dataset)


def test_silent_correction_is_found_by_the_periodic_full_fetch(portal, desk):
    source = by_change(portal, "socrata")
    first = desk(source, now=START)
    portal.mutate(
        "crimes",
        update=[{"key": {"rowid": 11}, "set": {"description": "SILENT"}}],
        updated_at=False,
        touch=False,
    )
    assert desk(source, now=START + timedelta(days=6)) == first
    found = desk(source, now=START + timedelta(days=7))
    assert desk.rows(found) == portal.truth()
    assert found.full_at == START + timedelta(days=7)


def test_full_fetch_that_finds_nothing_new_counts_as_one(portal, desk):
    source = by_change(portal, "socrata")
    first = desk(source, now=START)
    assert desk(source, now=START + timedelta(days=8)) == first
    before = len(portal.log())
    assert desk(source, now=START + timedelta(days=9)) == first
    asked = [entry["target"] for entry in portal.log()[before:]]
    assert any("updated_at+%3E" in target or "updated_at%20%3E" in target for target in asked)


@pytest.mark.parametrize("protocol", ["arcgis", "socrata", "carto"])
def test_window_is_pulled_again(portal, desk, protocol):
    source = by_window(portal, protocol)
    first = desk(source, now=START)
    portal.mutate("crimes", insert=[row("2024-12-30T10:00:00")],
                  update=[{"key": {"rowid": latest(portal)}, "set": {"description": "LATE"}}])  # fmt: skip
    second = desk(source, now=START + timedelta(days=1))
    assert second.window_from == "2024-10-01 00:00:00"
    assert [part.is_delta for part in second.parts] == [False, True]
    assert second.parts[0] == first.parts[0]
    assert 0 < second.parts[1].rows < 150
    assert desk.rows(second) == portal.truth()
    third = desk(source, now=START + timedelta(days=2))
    assert third == second


def test_window_replaces_the_window_before(portal, desk):
    source = by_window(portal, "socrata")
    desk(source, now=START)
    for day in (1, 2):
        portal.mutate("crimes", insert=[row("2024-12-30T10:00:00")])
        snapshot = desk(source, now=START + timedelta(days=day))
    assert [part.is_delta for part in snapshot.parts] == [False, True]
    assert desk.rows(snapshot) == portal.truth()


def test_row_deleted_before_the_window_brings_everything_anew(portal, desk):
    source = by_window(portal, "arcgis")
    desk(source, now=START)
    oldest = min(portal.truth(), key=lambda each: each[2] or "9")[0]
    portal.mutate("crimes", delete=[{"key": {"rowid": oldest}}])
    second = desk(source, now=START + timedelta(days=1))
    assert [part.is_delta for part in second.parts] == [False]
    assert desk.rows(second) == portal.truth()


def test_row_whose_date_was_taken_away_brings_everything_anew(portal, desk):
    source = by_window(portal, "carto")
    desk(source, now=START)
    portal.mutate("crimes", update=[{"key": {"rowid": latest(portal)}, "set": {"crimedate": None}}])
    assert desk.rows(desk(source, now=START + timedelta(days=1))) == portal.truth()


def test_layer_in_local_time_cuts_the_window_where_the_portal_does(portal, desk):
    days = (START.date() - datetime(2024, 10, 1).date()).days
    source = portal.source("arcgis", "local", incremental={"date_column": "crimedate", "window_days": days})
    first = desk(source, now=START)
    portal.mutate("local", insert=[row("2024-12-30T10:00:00")])
    second = desk(source, now=START + timedelta(days=1))
    assert second.window_from == "2024-10-01 04:00:00"
    assert [part.is_delta for part in second.parts] == [False, True]
    assert len(desk.rows(second)) == second.rows == first.rows + 1


def test_newly_declared_column_brings_everything_anew(portal, desk):
    source = by_change(portal, "socrata")
    desk(source, now=START)
    columns = dict(source.columns)
    del columns["longitude"]
    fewer = source.model_copy(update={"columns": columns})
    second = desk(fewer, now=START + timedelta(days=1))
    assert [part.is_delta for part in second.parts] == [False]


def test_full_on_demand(portal, desk):
    source = by_change(portal, "socrata")
    first = desk(source, now=START)
    portal.mutate(
        "crimes",
        update=[{"key": {"rowid": 11}, "set": {"description": "SILENT TOO"}}],
        updated_at=False,
        touch=False,
    )
    second = desk(source, now=START + timedelta(hours=1), full=True)
    assert second.id != first.id
    assert desk.rows(second) == portal.truth()


def latest(portal):
    """The key of the row with the latest date."""
    return max(portal.truth(), key=lambda each: each[2] or "")[0]
