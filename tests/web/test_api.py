"""The API: shapes that clients rely on, one error shape, CSV that no spreadsheet runs, a description that is complete."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from harborlight.web import api_models
from harborlight.web.cache import Front
from harborlight.web.openapi import ADDRESSES, PREFIX
from harborlight.web.respond import csv_value, to_csv
from tests.web.client import Client

KEYS = [
    "metric",
    "title",
    "unit",
    "release",
    "definition_version",
    "query",
    "data_through",
    "provisional_from",
    "stale",
    "rows",
    "unmapped",
    "notes",
]


def test_an_answer_has_the_promised_keys(client: Client) -> None:
    answer = client.get("/api/v1/metrics/homicide_victims?by=area&window=12m")
    assert list(answer.json) == KEYS and answer.headers["content-type"] == "application/json"
    rows = answer.json["rows"]
    assert all(
        list(row)[:3] == ["area_id", "area_name", "n"] and {"low", "high", "suppressed"} <= set(row) for row in rows
    )
    assert [row["area_id"] for row in rows].count(None) == 1, "one row for the unlocated"
    whole = client.get("/api/v1/metrics/homicide_victims?window=12m").json["rows"][0]["n"]
    assert sum(row["n"] for row in rows) == whole


@pytest.mark.parametrize(
    ("address", "status", "code", "parameter"),
    [("/api/v1/metrics/nothing", 404, "not_found", None), ("/api/v1/metrics/warrants", 404, "not_found", None),
     ("/api/v1/metrics/robberies?colour=red", 400, "bad_request", "colour"), ("/api/v1/metrics/robberies?by=colour", 400, "bad_request", "by"),
     ("/api/v1/metrics/robberies?by=month&by=month", 400, "bad_request", "by"), ("/api/v1/metrics?x=1", 400, "bad_request", "x"),
     ("/api/v1/metrics/robberies?format=xml", 400, "bad_request", "format"), ("/api/v1/nothing", 404, "not_found", None),
     ("/api/v1/metrics/robberies?_sql=1", 400, "bad_request", "_sql"),
     ("/api/v1/metrics/robberies?from=0000-00-00", 400, "bad_request", "from"),
     ("/api/v1/metrics/robberies?area=' OR 1=1--&layer=police_district", 400, "bad_request", "area"),
     ("/api/v1/metrics/robberies?domestic=1", 400, "bad_request", "domestic"), ("/metrics/robberies.csv?by=x", 400, "bad_request", "by"),
     ("/api/v1/metrics/robberies?offense=rape", 400, "bad_request", "offense")],
)  # fmt: skip
def test_refusals_name_the_parameter(
    client: Client, address: str, status: int, code: str, parameter: str | None
) -> None:
    answer = client.get(address)
    assert answer.status == status
    problem = answer.json["error"]
    assert (problem["code"], problem["parameter"]) == (code, parameter)
    assert status == 404 or isinstance(problem["allowed"], list)


def test_every_list_has_a_csv_twin_with_the_same_rows(client: Client) -> None:
    for name, key in (("metrics", "metrics"), ("sources", "sources"), ("releases", "releases"), ("status", "sources"),
                      ("totals", "totals"), ("corrections", "corrections")):  # fmt: skip
        listed = client.get(f"/api/v1/{name}").json[key]
        answer = client.get(f"/api/v1/{name}.csv")
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert len(rows) == len(listed) and list(rows[0]) == list(listed[0])
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}.csv"'


def test_fetched_rows_are_accounted_for(client: Client) -> None:
    for source in client.get("/api/v1/sources").json["sources"]:
        assert source["fetched"] == source["accepted"] + source["rejected"] + source["duplicate"]


def test_a_definition_says_how_it_is_counted(client: Client) -> None:
    found = client.get("/api/v1/metrics/killed_or_shot_victims/definition").json
    assert "select" in found["sql"] and found["sources"] and found["definition"] and found["definition_version"] == 1


def test_the_description_is_complete(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    twins = {PREFIX + address.path + f".{ending}" for address in ADDRESSES for ending in address.twins}
    assert set(document["paths"]) == {PREFIX + address.path for address in ADDRESSES} | twins
    names = [path["get"]["operationId"] for path in document["paths"].values()]
    assert len(names) == len(set(names)) and document["info"]["license"] and document["servers"]
    for name, path in document["paths"].items():
        assert set(path) == {"get"} and {"200", "400", "404"} <= set(path["get"]["responses"])
        answer = path["get"]["responses"]["200"]
        assert {"ETag", "X-Release", "Cache-Control"} == set(answer["headers"]) and answer["content"], name
        assert all(p["description"] and p["schema"] for p in path["get"]["parameters"]), name
        assert path["get"]["summary"] and all(r["description"] for r in path["get"]["responses"].values())
    query = {p["name"] for p in document["paths"]["/api/v1/metrics/{metric_id}"]["get"]["parameters"]}
    assert {"from", "to", "window", "by", "layer", "area", "offense", "unit", "hours", "system", "format"} <= query
    media = document["paths"]["/api/v1/metrics/{metric_id}"]["get"]["responses"]["200"]["content"]
    assert list(media) == ["application/json", "text/csv", "image/svg+xml"], "in one order, whichever process answers"


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a.shape], ids=lambda a: a.key)
def test_answers_are_what_the_description_says(client: Client, address: Any) -> None:
    path = address.path.replace("{metric_id}", "robberies").replace("{layer}", "police_district").replace("{area}", "quayside")
    path = path.replace("{table_id}", "homicide_victims_sex").replace("{goal_id}", "killed_or_shot_10").replace("{strategy_id}", "focused_outreach")
    for name, table in (("case", "case_pages"), ("incident", "incident_pages")):
        if f"{{{name}_id}}" in path:
            path = path.replace(f"{{{name}_id}}", client.front.releases.current.reader.rows(f"select {name}_key as k from {table} limit 1", {})[0]["k"])
    pair = "?metric=robberies&a=2025-01-01/2025-06-30&b=2024-01-01/2024-06-30"
    found = client.get(PREFIX + path + ("?lon=-68&lat=37" if "lon" in address.takes else pair if address.key == "compare" else "")).json
    found = {name: value for name, value in found.items() if name != "bbox" or "bbox" in address.shape.model_fields}
    names = {field.serialization_alias or name for name, field in address.shape.model_fields.items()}
    assert set(found) == names


def test_unknown_shapes_are_not_described(client: Client) -> None:
    """Every shape of the document is one of ours, and no two share a name."""
    shapes = set(client.get("/api/v1/openapi.json").json["components"]["schemas"])

    def below(shape: type[Any]) -> list[str]:
        return [name for sub in shape.__subclasses__() for name in (sub.__name__, *below(sub))]

    assert shapes <= set(below(api_models.Shape))


def test_the_description_knows_the_release(client: Client) -> None:
    """What a client may put in is listed: measures, layers, breakdowns; a form's empty field counts as none."""
    paths = client.get("/api/v1/openapi.json").json["paths"]
    parameters = {p["name"]: p for p in paths["/api/v1/metrics/{metric_id}"]["get"]["parameters"]}
    assert parameters["metric_id"]["schema"]["enum"] == [m["id"] for m in client.get("/api/v1/metrics").json["metrics"]]
    assert set(parameters["layer"]["schema"]["enum"]) == {layer["id"] for layer in client.get("/api/v1/areas").json["layers"]} | {""}
    for name in ("by", "offense", "window"):
        pattern = parameters[name]["schema"]["pattern"]
        assert re.fullmatch(pattern, "") and not re.fullmatch(pattern, "nothing")
    assert re.fullmatch(parameters["by"]["schema"]["pattern"], "month,area")
    content = paths["/api/v1/metrics/{metric_id}"]["get"]["responses"]["200"]["content"]
    assert set(content) == {"application/json", "text/csv", "image/svg+xml"}
    assert set(paths["/api/v1/areas/{layer}"]["get"]["responses"]["200"]["content"]) == {"application/geo+json"}
    assert set(paths["/api/v1/totals.csv"]["get"]["responses"]["200"]["content"]) == {"text/csv"}


# ------------------------------------------------------------------------------------------------------ csv


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\0x", '=HYPERLINK("http://evil.example")']
)
def test_no_text_becomes_a_formula(text: str) -> None:
    assert csv_value(text) == f"'{text}"
    body = bytes(to_csv("x", ["a", "n"], [{"a": text, "n": -5}]).body).decode()
    read = list(csv.reader(io.StringIO(body, newline="")))
    assert read[1][0][0] == "'" and read[1][1] == "-5", "numbers stay numbers"


def test_csv_of_nothing_has_its_header() -> None:
    assert bytes(to_csv("x", ["month", "n"], []).body) == b"month,n\r\n"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "true"), (False, "false"), (0, "0"), (1.5, "1.5"), ("Ünï", "Ünï")]
)
def test_csv_values(value: Any, text: str) -> None:
    assert csv_value(value) == text


def test_hostile_values_never_break_the_server(client: Client, front: Front) -> None:
    hostile = [
        "'",
        '"',
        "`",
        "]",
        "<script>",
        "../..",
        "%00",
        "\u202e",
        "１２",
        "9" * 300,
        "NaN",
        "1e400",
        "-0",
        "{{7*7}}",
        "a" * 390,
        ",,",
        ";",
    ]
    for name in ("from", "to", "window", "by", "layer", "area", "offense", "unit", "hours", "system", "format"):
        for value in hostile:
            assert client.get(f"/api/v1/metrics/robberies?{name}={value}").status == 400, (name, value)
