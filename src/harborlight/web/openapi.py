"""The API described: one table of addresses, from which the OpenAPI document and the reference page are both made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from harborlight.metrics.facts import areas_in, default_layer, lines_of
from harborlight.metrics.query import WINDOWS
from harborlight.metrics.shapes import Facts
from harborlight.web import api, api_models, areas_api
from harborlight.web.context import ApiEntry, ApiPage, Cell, Column, RowGroup, Table
from harborlight.web.respond import check_no_params, to_json
from harborlight.web.wording import Wording, get_wording

PREFIX = "/api/v1"
GRAMMAR: tuple[tuple[str, dict[str, Any]], ...] = (
    ("from", {"type": "string", "format": "date"}),
    ("to", {"type": "string", "format": "date"}),
    ("window", {"type": "string", "pattern": r"^(28d|ytd|12m|year:(19\d\d|20[0-6]\d))$"}),
    ("by", {"type": "string"}),
    ("layer", {"type": "string"}),
    ("area", {"type": "string"}),
    ("lines", {"type": "string"}),
    ("bbox", {"type": "string"}),
    ("polygon", {"type": "string"}),
    ("near", {"type": "string"}),
    ("offense", {"type": "string"}),
    ("unit", {"type": "string", "enum": ["incidents", "victims", "offenses", "arrests"]}),
    ("hours", {"type": "string", "enum": ["day", "night"]}),
    ("system", {"type": "string", "enum": ["srs", "nibrs"]}),
    ("format", {"type": "string", "enum": ["json", "csv"]}),
)
POINT: dict[str, dict[str, Any]] = {
    "lon": {"type": "number", "minimum": -180, "maximum": 180},
    "lat": {"type": "number", "minimum": -90, "maximum": 90},
}
EXAMPLES = {"window": "12m", "by": "month"}
STATUSES = ("200", "304", "400", "404", "405", "414", "503")


@dataclass(frozen=True)
class Address:
    """One address of the API. `key` names its line in the catalogue; `has_query` means that it takes the grammar.

    `takes` names the parameters of an address that does not.
    """

    path: str
    handler: api.Handler
    key: str
    shape: type[BaseModel] | None
    has_query: bool = False
    has_csv: bool = False
    takes: tuple[str, ...] = ()


ADDRESSES = (
    Address("/metrics", api.read_metrics, "metrics", api_models.MetricList, has_csv=True),
    Address("/metrics/{metric_id}", api.read_metric, "metric", api_models.MetricAnswer, has_query=True),
    Address("/metrics/{metric_id}/definition", api.read_definition, "definition", api_models.DefinitionOut),
    Address("/areas", areas_api.read_layers, "areas", api_models.LayerList, has_csv=True),
    Address("/areas/locate", areas_api.locate, "locate", api_models.AreasAtPoint, takes=("lon", "lat")),
    Address("/areas/{layer}", areas_api.read_layer, "layer", api_models.FeatureCollection, takes=("lines",)),
    Address("/areas/{layer}/{area}", areas_api.read_area, "area", api_models.DetailFeature, takes=("lines",)),
    Address("/status", api.read_status, "status", api_models.StatusOut, has_csv=True),
    Address("/sources", api.read_sources, "sources", api_models.SourceList, has_csv=True),
    Address("/releases", api.read_releases, "releases", api_models.ReleaseList, has_csv=True),
)


def add_api(app: FastAPI) -> None:
    """Put every address of the table, and its CSV twin, into the app."""
    wording = get_wording("en")
    for entry in ADDRESSES:
        extra = {"parameters": _parameters(entry, wording)}
        app.add_api_route(
            PREFIX + entry.path,
            entry.handler,
            methods=["GET"],
            response_model=None,
            openapi_extra=extra,
            operation_id=f"read_{entry.key}",
            summary=wording.text(f"api.address_{entry.key}"),
            tags=["v1"],
            responses={
                200: {"model": entry.shape},
                400: {"model": api_models.ErrorOut},
                404: {"model": api_models.ErrorOut},
            },
        )
        if entry.has_csv:
            app.add_api_route(
                f"{PREFIX}{entry.path}.csv",
                entry.handler,
                methods=["GET"],
                response_model=None,
                include_in_schema=False,
            )
    app.add_api_route(
        f"{PREFIX}/openapi.json", read_openapi, methods=["GET"], response_model=None, include_in_schema=False
    )


def read_openapi(request: Request) -> Response:
    check_no_params(request)
    document: dict[str, Any] = request.app.openapi()
    return to_json(document)


def _parameters(entry: Address, wording: Wording) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in re.findall(r"{(\w+)}", entry.path):
        found.append(
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                "description": wording.text(f"api.p_{name}"),
            }
        )
    found += [
        {
            "name": name,
            "in": "query",
            "required": name in POINT,
            "schema": POINT.get(name, {"type": "string"}),
            "description": wording.text(f"api.p_{name}"),
        }
        for name in entry.takes
    ]
    if entry.has_query:
        found += [
            {
                "name": name,
                "in": "query",
                "required": False,
                "schema": schema,
                "description": wording.text(f"api.p_{name}"),
            }
            for name, schema in GRAMMAR
        ]
    return found


def make_api_page(facts: Facts, wording: Wording) -> ApiPage:
    """The reference page: the same table in words, with addresses to try."""
    first = next((m for m in facts.city.headline_metrics if facts.metric_sources.get(m)), next(iter(facts.metrics)))
    entries = tuple(
        ApiEntry(
            path=PREFIX + a.path,
            summary=wording.text(f"api.address_{a.key}"),
            example=_example(a, first, facts),
        )
        for a in ADDRESSES
    )
    rows = tuple(
        (
            Cell(name, kind="head"),
            Cell(wording.text(f"api.p_{name}")),
            Cell(_allowed(name, facts, wording), kind="quiet"),
        )
        for name, _ in GRAMMAR
    )
    heads = (
        Column(wording.text("api.parameter")),
        Column(wording.text("api.meaning")),
        Column(wording.text("api.values")),
    )
    statuses = tuple((Cell(code, kind="head"), Cell(wording.text(f"api.s_{code}"))) for code in STATUSES)
    return ApiPage(
        entries,
        Table(wording.text("api.grammar"), heads, (RowGroup("", rows),), is_wide=True),
        Table(
            wording.text("api.statuses"),
            (Column(wording.text("api.status_code")), Column(wording.text("api.meaning"))),
            (RowGroup("", statuses),),
        ),
    )


def _example(entry: Address, metric: str, facts: Facts) -> str:
    """An address that answers: the first metric, an area of the first layer, the middle of the city."""
    layer = default_layer(facts) or next(iter(facts.layers), "")
    lines = lines_of(facts, layer)
    area = next((area_id for _, area_id, _ in areas_in(facts, layer, lines.id if lines else None)), "")
    west, south, east, north = facts.city.bbox
    path = entry.path.replace("{metric_id}", metric).replace("{layer}", layer).replace("{area}", area)
    point = f"?lon={(west + east) / 2:.4f}&lat={(south + north) / 2:.4f}" if "lon" in entry.takes else ""
    return PREFIX + path + ("?window=12m&by=month" if entry.has_query else point)


def _allowed(name: str, facts: Facts, wording: Wording) -> str:
    """Values that this city's release knows."""
    match name:
        case "window":
            return ", ".join(WINDOWS)
        case "by":
            return ", ".join(next(iter(facts.metrics.values())).breakdowns)
        case "layer":
            return ", ".join(facts.layers)
        case "area":
            layer = default_layer(facts) or ""
            lines = lines_of(facts, layer)
            return ", ".join(area_id for _, area_id, _ in areas_in(facts, layer, lines.id if lines else None)[:4]) + " …"
        case "lines" | "bbox" | "polygon" | "near":
            return wording.text(f"api.{name}_values")
        case "offense":
            return ", ".join(list(dict.fromkeys(o.group for o in facts.offenses if o.tier == "T0"))[:4]) + " …"
        case "from" | "to":
            return wording.text("api.date_values")
        case _:
            return ", ".join(dict(GRAMMAR)[name].get("enum", ()))
