"""Every protocol gives every row exactly once, asks for nothing else, and is polite to the portal."""

from __future__ import annotations

import gzip
import re

import pytest

from harborlight.errors import SourceError
from harborlight.sources.fetch import check_snapshot, latest_snapshot
from harborlight.sources.landing import read_pages

PROTOCOLS = ("arcgis", "socrata", "ckan", "carto", "files")
PAGED = PROTOCOLS[:-1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_all_rows_come_once(portal, desk, protocol):
    source = portal.source(protocol)
    seen = []
    snapshot = desk(source, report=lambda *report: seen.append(report))
    assert snapshot.rows == 260
    assert desk.rows(snapshot) == portal.truth()
    assert set(source.columns) <= set(snapshot.columns)
    check_snapshot(desk.data / "snapshots" / source.id, snapshot)
    if protocol in PAGED:
        assert seen[-1] == (source.id, 260, 260, 3)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_unchanged_portal_gives_back_the_same_snapshot(portal, desk, protocol):
    source = portal.source(protocol)
    first = desk(source)
    lying = desk.files(source)
    assert desk(source) == first
    assert set(desk.files(source)) - set(lying) <= {"unchanged_at"}
    assert latest_snapshot(desk.data, source.id) == first


@pytest.mark.parametrize("protocol", PAGED)
def test_a_column_that_is_not_declared_is_never_asked_for(portal, desk, protocol):
    source = portal.source(protocol)
    snapshot = desk(source)
    assert not [entry["target"] for entry in portal.log() if "officer" in entry["target"]]
    body = gzip.decompress((desk.data / "snapshots" / source.id / snapshot.parts[0].file).read_bytes())
    assert b"CANARY" not in body


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_request_at_a_time_with_a_name_and_a_contact(portal, desk, protocol):
    desk(portal.source(protocol))
    summary = portal.ask("/__log/summary")
    assert summary["max_concurrency"] == 1
    assert summary["connections"] == 1
    (agent,) = summary["user_agents"]
    assert re.fullmatch(r"Harborlight/\d\S* \(\+https://example\.org/contact\)", agent)


@pytest.mark.parametrize("protocol", PAGED)
def test_a_page_lies_on_one_line_as_it_was_received(portal, desk, protocol):
    source = portal.source(protocol)
    snapshot = desk(source)
    path = desk.data / "snapshots" / source.id / snapshot.parts[0].file
    assert len(gzip.decompress(path.read_bytes()).splitlines()) == len(list(read_pages(path))) == 3


def test_page_cap_of_the_layer_holds_whatever_the_source_wishes(portal, desk):
    snapshot = desk(portal.source("arcgis", page_rows=5000))
    assert snapshot.query["resultRecordCount"] == "100"
    assert desk.rows(snapshot) == portal.truth()


def test_limit_cut_silently_by_ckan(portal, desk):
    snapshot = desk(portal.source("ckan", page_rows=50_000))
    assert desk.rows(snapshot) == portal.truth()


def test_server_without_pagination_and_with_holes_in_its_ids(portal, desk):
    source = portal.source("arcgis", "old")
    snapshot = desk(source)
    assert desk.rows(snapshot) == portal.truth("old")
    assert not [entry["target"] for entry in portal.log() if "resultOffset" in entry["target"]]


def test_socrata_without_a_row_identifier_is_paged_by_offset(portal, desk):
    snapshot = desk(portal.source("socrata", "plain"))
    assert snapshot.query["$order"] == ":id"
    assert desk.rows(snapshot) == portal.truth("plain")


def test_points_come_in_longitude_and_latitude(portal, desk):
    source = portal.source("arcgis")
    snapshot = desk(source)
    page = next(read_pages(desk.data / "snapshots" / source.id / snapshot.parts[0].file))
    for feature in page["features"]:
        assert feature["geometry"]["x"] == pytest.approx(feature["attributes"]["longitude"])


def test_layer_behind_a_token(portal, desk, monkeypatch):
    token = portal.ask("/arcgis/tokens/generateToken?f=json")["token"]
    monkeypatch.setenv("PORTAL_TOKEN", token)
    snapshot = desk(portal.source("arcgis", "locked", token_variable="PORTAL_TOKEN"))
    assert desk.rows(snapshot) == portal.truth("locked")
    assert token not in snapshot.model_dump_json()


def test_layer_behind_a_token_without_one(portal, desk):
    with pytest.raises(SourceError, match="needs a token"):
        desk(portal.source("arcgis", "locked"))


@pytest.mark.parametrize(
    ("protocol", "fields", "sentence"),
    [
        ("socrata", {"resource": None}, "which dataset"),
        ("socrata", {"resource": "zzzz-zzzz"}, "404"),
        ("ckan", {"resource": None}, "which resource"),
        ("ckan", {"resource": "nothing"}, "Not found"),
        ("carto", {"table": None}, "which table"),
        ("carto", {"table": "nothing"}, "does not exist"),
        ("arcgis", {"url": "/arcgis/rest/services/nothing/FeatureServer/0"}, "Invalid URL"),
        ("arcgis", {"url": "/arcgis/rest/services/crimes/FeatureServer"}, "leads to a service"),
        ("files", {"url": "/files/nothing.csv"}, "404"),
    ],
)
def test_dataset_that_is_not_there(portal, desk, protocol, fields, sentence):
    if "url" in fields:
        fields = {"url": portal.url + fields["url"]}
    source = portal.source(protocol, **fields)
    with pytest.raises(SourceError, match=sentence) as caught:
        desk(source)
    assert caught.value.where == source.id
    assert desk.files(source) == []
