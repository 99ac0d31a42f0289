"""Real servers' answers, replayed: what old versions and other habits really send."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from harborlight.catalog.models import Source
from harborlight.errors import SourceError

Answer = Callable[[str, dict[str, str]], Any]


@contextmanager
def replay(answer: Answer) -> Iterator[str]:
    """A server that answers with recorded bodies; a tuple is (status, body)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            found = answer(parts.path, dict(parse_qsl(parts.query)))
            status, body = found if isinstance(found, tuple) else (200, found)
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def make_source(url: str, connector: str, key: str, columns: dict[str, str], **more: Any) -> Source:
    return Source.model_validate(
        {"id": "recorded", "title": "t", "agency": "a", "connector": connector, "url": url, "key": key, "clock": "utc",
         "counting_system": "srs", "columns": {name: {"type": kind} for name, kind in columns.items()}} | more
    )  # fmt: skip


@pytest.fixture
def recorded(shared):
    """Read one recorded body."""
    return lambda name: (shared / "data" / "connectors" / name).read_bytes()


def old_server(recorded, name, *, counts, lists):
    """An ArcGIS server without sorting, paging or a stated page size; it may ignore what it does not know."""
    facts, page = (recorded(f"arcgis/{name}/{name}-{part}.json") for part in ("metadata", "0"))
    features = json.loads(page)["features"]
    ids = {feature["attributes"]["OBJECTID"]: feature for feature in features}
    asked: list[dict[str, str]] = []

    def answer(path: str, query: dict[str, str]) -> Any:
        asked.append(query)
        if not path.endswith("/query"):
            return facts
        if query.get("returnCountOnly") and counts:
            return {"count": len(ids)}
        if query.get("returnIdsOnly") and lists:
            return {"objectIdFieldName": "OBJECTID", "objectIds": [float(number) for number in reversed(ids)]}
        if bounds := re.fullmatch(r"OBJECTID >= (\d+) AND OBJECTID <= (\d+)", query["where"]):
            low, high = map(int, bounds.groups())
            return {"features": [each for number, each in reversed(ids.items()) if low <= number <= high]}
        return page if query["where"] == "1=1" else {"features": []}

    return answer, asked


COLUMBIA = {"HOUSENO": "integer", "STREET": "text", "XCOORD": "number"}


@pytest.mark.parametrize("counts", [True, False])
def test_arcgis_10_01_without_order_or_page_size_is_fetched_by_ids(desk, recorded, counts):
    answer, asked = old_server(recorded, "us-mo-columbia", counts=counts, lists=True)
    with replay(answer) as url:
        snapshot = desk(make_source(f"{url}/0", "arcgis", "HOUSENO", COLUMBIA, page_rows=20))
    assert snapshot.rows == 43
    pages = [query for query in asked if "outFields" in query]
    assert len(pages) == 4
    assert not any("orderByFields" in query or "resultRecordCount" in query for query in pages)
    assert {query["outSR"] for query in pages} == {"4326"}


def test_arcgis_server_that_neither_counts_nor_lists_ids_is_refused(desk, recorded):
    answer, _ = old_server(recorded, "us-mo-columbia", counts=False, lists=False)
    with (
        replay(answer) as url,
        pytest.raises(SourceError, match="neither counts its rows nor lists their ids"),
    ):
        desk(make_source(f"{url}/0", "arcgis", "HOUSENO", COLUMBIA))


def test_arcgis_old_layer_whose_page_is_full_without_a_flag(desk, recorded):
    """Cook County: 500 rows a page, out of order, nothing that says there is more."""
    facts = recorded("arcgis/us-il-cook/metadata.json")
    features = [
        feature
        for part in ("full", "partial")
        for feature in json.loads(recorded(f"arcgis/us-il-cook/page-{part}.json"))["features"]
    ]
    found = {feature["attributes"]["OBJECTID"]: feature for feature in features}

    def answer(path: str, query: dict[str, str]) -> Any:
        if not path.endswith("/query"):
            return facts
        if "returnCountOnly" in query or "returnIdsOnly" in query:
            return {"objectIds": list(found)}
        low, high = map(int, re.findall(r"= (\d+)", query["where"]) or (1, 0))
        return {"features": [each for number, each in found.items() if low <= number <= high][:500]}

    with replay(answer) as url:
        snapshot = desk(make_source(f"{url}/11", "arcgis", "ID", {"ID": "number", "NAME": "text"}))
    assert snapshot.rows == len(found) == 502


def test_arcgis_points_without_geometry_are_rows(desk, recorded):
    """162 of the recorded features have no geometry key at all."""
    facts = recorded("arcgis/us-esri-test/us-esri-test-metadata.json")
    page = json.loads(recorded("arcgis/us-esri-test/us-esri-test-0.json"))
    found = sorted(page["features"], key=lambda each: each["attributes"]["objectid"])

    def answer(path: str, query: dict[str, str]) -> Any:
        if not path.endswith("/query"):
            return facts
        if "returnCountOnly" in query:
            return {"count": len(found)}
        after = int((re.findall(r"objectid > (\d+)", query["where"]) or ["0"])[0])
        rest = [each for each in found if each["attributes"]["objectid"] > after]
        return page | {"features": rest[: int(query["resultRecordCount"])]}

    columns = {"facility": "integer", "description": "text", "observed": "datetime"}
    with replay(answer) as url:
        snapshot = desk(make_source(f"{url}/0", "arcgis", "facility", columns, page_rows=300))
    assert snapshot.rows == 1000


def test_arcgis_layer_without_an_id_field_takes_the_name_from_the_list_of_ids(desk, recorded):
    """Kent County: no field of the id type; the list of ids names the hidden OBJECTID."""
    facts = json.loads(recorded("arcgis/us-mi-kent/us-mi-kent-metadata.json"))
    ids = json.loads(recorded("arcgis/us-mi-kent/us-mi-kent-ids-only.json"))
    rows = json.loads(recorded("arcgis/us-mi-kent/us-mi-kent-0.json"))["features"]
    for number, row in zip(ids["objectIds"], rows, strict=True):
        row["attributes"]["OBJECTID"] = number

    def answer(path: str, query: dict[str, str]) -> Any:
        if not path.endswith("/query"):
            return facts
        if "returnIdsOnly" in query:
            return ids
        if "returnCountOnly" in query:
            return {"count": len(rows)}
        return {"features": rows if query["where"] == "1=1" else []}

    with replay(answer) as url:
        snapshot = desk(make_source(f"{url}/5", "arcgis", "PNUM", {"PNUM": "text", "PPN": "number"}))
    assert snapshot.rows == 15
    assert snapshot.query["outFields"].startswith("OBJECTID,")


SEATTLE = {
    "cad_cdw_id": "text",
    "event_clearance_date": "datetime",
    "longitude": "number",
    "census_tract": "text",
}


def test_socrata_count_is_text_and_absent_columns_are_null(desk, recorded):
    """Seattle 911: 1,001 rows counted as "1001", one key with an invisible mark in front."""
    facts, total = recorded("socrata/koop/crimes-views.json"), recorded("socrata/koop/crimes-count.json")
    rows = json.loads(recorded("socrata/koop/crimes-page.json")) + json.loads(
        recorded("socrata/koop/crimes-first.json")
    )
    rows.sort(key=lambda row: row["cad_cdw_id"])

    def answer(path: str, query: dict[str, str]) -> Any:
        if path.startswith("/api/views/"):
            return facts
        if query["$select"] == "count(*)":
            return total
        after = (re.findall(r"cad_cdw_id > '([^']*)'", query.get("$where", "")) or [""])[0]
        return [row for row in rows if row["cad_cdw_id"] > after][: int(query["$limit"])]

    with replay(answer) as url:
        source = make_source(url, "socrata", "cad_cdw_id", SEATTLE, resource="3k2p-39jp", page_rows=1000)
        snapshot = desk(source)
    assert snapshot.rows == 1001
    assert snapshot.source_updated_at is not None and snapshot.source_updated_at.year == 2015
    assert "at_scene_time" in snapshot.new_columns


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("socrata/koop/missing-views.json", 404, "Cannot find view with id missing"),
        ("socrata/koop/filtered-count.json", 500, "Internal error"),
        ("socrata/sodapy/403_response_json.txt", 403, "You must be logged in"),
        ("socrata/koop/zip-count.json", 200, "description is not one"),
        ("socrata/sodapy/empty.txt", 200, "empty answer"),
    ],
)
def test_socrata_errors_are_told_in_the_portals_words(desk, recorded, body, status, sentence):
    with (
        replay(lambda path, query: (status, recorded(body))) as url,
        pytest.raises(SourceError, match=sentence),
    ):
        desk(make_source(url, "socrata", "id", {"id": "text"}, resource="abcd-1234"))


def test_ckan_next_link_beyond_the_last_row_is_not_followed(desk, recorded):
    page = json.loads(recorded("ckan/datastore_search_page1.json"))
    page["result"]["total"] = 5
    asked: list[str] = []

    def answer(path: str, query: dict[str, str]) -> Any:
        asked.append(path)
        if path.endswith("resource_show"):
            return {"success": True, "result": {"last_modified": None}}
        empty = page["result"] | {"records": []}
        is_page = query["limit"] != "0" and query.get("offset", "0") == "0"
        return page if is_page else page | {"result": empty}

    columns = {"quarter": "text", "volume_of_mobile_data": "number"}
    with replay(answer) as url:
        snapshot = desk(make_source(url, "ckan", "quarter", columns, resource="a807b7ab"))
    assert snapshot.rows == 5
    assert "/api/action/datastore_search" not in asked


def test_ckan_missing_resource_is_told_in_the_portals_words(desk, recorded):
    body = recorded("ckan/datastore_search_not_found_boston.json")
    with (
        replay(lambda path, query: (404, body)) as url,
        pytest.raises(SourceError, match='Not found: Resource "6503'),
    ):
        desk(make_source(url, "ckan", "name", {"name": "text"}, resource="65032067"))


def test_ckan_empty_resource_has_no_rows(desk, recorded):
    body = recorded("ckan/datastore_search_empty.json")
    with replay(lambda path, query: body) as url:
        snapshot = desk(make_source(url, "ckan", "name", {"name": "text", "value": "number"}, resource="res-1"))
    assert snapshot.rows == 0


def test_carto_geometry_objects_and_a_schema_without_rows(desk, recorded):
    schema, rows = (recorded(f"carto/sql_v2_{name}.json") for name in (
        "schema_rows_per_page_0", "rows_geometry_as_geojson_object"))  # fmt: skip

    def answer(path: str, query: dict[str, str]) -> Any:
        if "LIMIT 0" in query["q"] or "> 611" in query["q"]:
            return schema
        return {"rows": [{"n": 1}]} if "count" in query["q"] else rows

    with replay(answer) as url:
        snapshot = desk(make_source(url, "carto", "name", {"name": "text", "the_geom": "text"}, table="places"))
    assert snapshot.rows == 1


def test_carto_version_1_describes_no_columns(desk, recorded):
    body = recorded("carto/sql_v1_null_geometry.json")
    with replay(lambda path, query: body) as url, pytest.raises(SourceError, match="does not describe"):
        desk(make_source(url, "carto", "name", {"name": "text"}, table="places"))
