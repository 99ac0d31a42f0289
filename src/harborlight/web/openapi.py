"""The API described: one table of addresses, from which the OpenAPI document and the reference page are both made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from harborlight.catalog.services import KINDS, NEEDS
from harborlight.metrics.compare_query import NOT_HERE
from harborlight.metrics.listing import NARROWING as LISTED
from harborlight.web import (
    api,
    api_how,
    api_models,
    areas_api,
    changes_api,
    compare_api,
    compare_models,
    data_api,
    data_models,
    goals_api,
    groups_api,
    how_page,
    incidents_api,
    outcomes_api,
    records_api,
    service_query,
    services_api,
    strategies_api,
    warrants_api,
)
from harborlight.web.changes_query import GRAINS, WHYS
from harborlight.web.openapi_document import describe, headers_of
from harborlight.web.outcome_words import FIGURES
from harborlight.web.respond import check_no_params, get_turn, to_json
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
    ("unit", {"type": "string", "enum": ["incidents", "victims", "offenses", "arrests", "firearms"]}),
    ("hours", {"type": "string", "enum": ["day", "night"]}),
    ("system", {"type": "string", "enum": ["srs", "nibrs"]}),
    ("rule", {"type": "string", "enum": ["ruled", "died", "injured"]}),
    ("justified", {"type": "string", "enum": ["in", "out"]}),
    ("known", {"type": "string", "format": "date"}),
    ("format", {"type": "string", "enum": ["json", "csv", "svg"]}),
)
POINT: dict[str, dict[str, Any]] = {
    "lon": {"type": "number", "minimum": -180, "maximum": 180},
    "lat": {"type": "number", "minimum": -90, "maximum": 90},
}
CHANGED: dict[str, dict[str, Any]] = {
    "grain": {"type": "string", "enum": list(GRAINS)},
    "why": {"type": "string", "enum": list(WHYS)},
    "since": {"type": "string", "format": "date"},
}
WINDOW_PATTERN = r"^\d{4}-\d{2}-\d{2}/\d{4}-\d{2}-\d{2}$"
COMPARED: dict[str, dict[str, Any]] = {
    "metric": {"type": "string"},
    "a": {"type": "string", "pattern": WINDOW_PATTERN},
    "b": {"type": "string", "pattern": WINDOW_PATTERN},
}
SITED: dict[str, dict[str, Any]] = {
    "kind": {"type": "string", "enum": list(KINDS)}, "need": {"type": "string", "enum": list(NEEDS)},
    "language": {"type": "string", "pattern": "^[a-z]{2,3}$"}, "open": {"type": "string"}, "within": {"type": "integer", "enum": [1, 2, 5, 10]},
}  # fmt: skip
FOLLOWED: dict[str, dict[str, Any]] = {
    "figure": {"type": "string", "enum": list(FIGURES)}, "cohort": {"type": "string", "pattern": r"^\d{4}(-Q[1-4])?$"},
}  # fmt: skip
SITES = service_query.PARAMETERS
PAGED: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": incidents_api.MOST, "default": incidents_api.DEFAULT_LIMIT},
    "next": {"type": "string"},
    "format": {"type": "string", "enum": list(incidents_api.FORMATS)},
}
TAKEN: dict[str, dict[str, Any]] = {
    **dict(GRAMMAR), **POINT, **COMPARED, "claim": {"type": "number", "minimum": -100}, **CHANGED, **SITED, **FOLLOWED,
}  # fmt: skip
NARROWING = tuple(name for name, _ in GRAMMAR if name not in (*NOT_HERE, "format"))


@dataclass(frozen=True)
class Address:
    """One address of the API. `key` names its line in the catalogue; `has_query` means that it takes the grammar.

    `takes` names the parameters of an address that does not. `media` is the type of its answer; `twins` are the endings by
    which the same address answers as something else. `refusal` is the shape of a refusal with status 422.
    """

    path: str
    handler: api.Handler
    key: str
    shape: type[BaseModel] | None
    has_query: bool = False
    has_csv: bool = False
    takes: tuple[str, ...] = ()
    refusal: type[BaseModel] | None = None
    media: str = "application/json"
    has_svg: bool = False

    @property
    def twins(self) -> tuple[str, ...]:
        return (*(["csv"] if self.has_csv else []), *(["svg"] if self.has_svg else []))


ADDRESSES = (
    Address("/metrics", api.read_metrics, "metrics", api_models.MetricList, has_csv=True),
    Address("/metrics/{metric_id}", api.read_metric, "metric", api_models.MetricAnswer, has_query=True, has_csv=True, has_svg=True),
    Address("/metrics/{metric_id}/how", how_page.read_how_json, "how", api_how.HowOut, has_query=True),
    Address("/metrics/{metric_id}/definition", api.read_definition, "definition", api_models.DefinitionOut),
    Address(
        "/compare", compare_api.read_compare, "compare", compare_models.CompareOut, has_csv=True,
        takes=(*COMPARED, "claim", *NARROWING), refusal=compare_models.RefusalOut,
    ),
    Address("/areas", areas_api.read_layers, "areas", api_models.LayerList, has_csv=True),
    Address("/areas/locate", areas_api.locate, "locate", api_models.AreasAtPoint, takes=("lon", "lat")),
    Address(
        "/areas/{layer}", areas_api.read_layer, "layer", api_models.FeatureCollection, takes=("lines",), has_csv=True,
        media=areas_api.GEO,
    ),
    Address("/areas/{layer}/{area}", areas_api.read_area, "area", api_models.DetailFeature, takes=("lines",), media=areas_api.GEO),
    Address(
        "/incidents", incidents_api.read_incidents, "incidents", incidents_api.IncidentList, has_csv=True, takes=(*LISTED, *PAGED),
    ),
    Address("/incidents/{incident_id}", records_api.read_report_json, "report", records_api.ReportAnswer),
    Address("/cases/{case_id}", records_api.read_case_json, "case", records_api.CaseAnswer),
    Address("/groups", groups_api.read_groups, "groups", groups_api.GroupTableList, has_csv=True),
    Address(
        "/groups/{table_id}", groups_api.read_group, "group", groups_api.GroupTableAnswer, has_csv=True, has_svg=True,
        takes=groups_api.PARAMETERS,
    ),
    Address(
        "/outcomes", outcomes_api.read_outcomes_json, "outcomes", outcomes_api.OutcomeAnswer, has_csv=True, has_svg=True,
        takes=outcomes_api.PARAMETERS,
    ),
    Address("/warrants", warrants_api.read_warrants_json, "warrants", warrants_api.WarrantAnswer, has_csv=True),
    Address("/goals", goals_api.read_goals, "goals", goals_api.GoalList, has_csv=True),
    Address("/goals/{goal_id}", goals_api.read_goal, "goal", goals_api.GoalAnswer, has_csv=True),
    Address("/services", services_api.read_services_json, "services", services_api.ServiceList, has_csv=True, takes=SITES),
    Address("/strategies", strategies_api.read_strategies, "strategies", strategies_api.StrategyList, has_csv=True),
    Address("/strategies/{strategy_id}", strategies_api.read_strategy, "strategy", strategies_api.StrategyAnswer, has_csv=True),
    Address("/strategies/{strategy_id}/months", strategies_api.read_strategy_months, "strategy_months", strategies_api.StrategyMonths, has_csv=True),
    Address("/status", api.read_status, "status", api_models.StatusOut, has_csv=True),
    Address("/sources", api.read_sources, "sources", api_models.SourceList, has_csv=True),
    Address("/totals", data_api.read_totals, "totals", data_models.TotalList, has_csv=True),
    Address("/corrections", data_api.read_corrections, "corrections", data_models.NoticeList, has_csv=True),
    Address("/tables", data_api.read_tables, "tables", data_models.TableList, has_csv=True),
    Address(
        "/changes", changes_api.read_changes_json, "changes", changes_api.ChangeList, has_csv=True, takes=("metric", "area", "grain", "why", "since"),
    ),
    Address("/releases", api.read_releases, "releases", api_models.ReleaseList, has_csv=True),
)


def add_api(app: FastAPI) -> None:
    """Put every address of the table, and its twins, into the app: the twins first, because an id may not end like one."""
    wording = get_wording("en")
    for entry in ADDRESSES:
        for ending in entry.twins:
            _add(app, entry, wording, ending)
    for entry in ADDRESSES:
        _add(app, entry, wording)
    app.add_api_route(
        f"{PREFIX}/openapi.json", read_openapi, methods=["GET"], response_model=None, include_in_schema=False
    )


def _add(app: FastAPI, entry: Address, wording: Wording, ending: str = "") -> None:
    """One address as a route with its description; with an ending, its twin."""
    summary = wording.text(f"api.address_{entry.key}")
    refusals = dict.fromkeys((400, 404, 503), api_models.ErrorOut) | ({422: entry.refusal} if entry.refusal else {})
    app.add_api_route(
        PREFIX + entry.path + (f".{ending}" if ending else ""),
        entry.handler,
        methods=["GET"],
        response_model=None,
        openapi_extra={"parameters": _parameters(entry, wording, ending)},
        operation_id=f"read_{entry.key}" + (f"_{ending}" if ending else ""),
        summary=wording.text("api.as", summary=summary, kind=ending.upper()) if ending else summary,
        tags=["v1"],
        responses={
            200: {"description": wording.text("api.s_200"), "headers": headers_of(wording)}
            | ({} if ending else {"model": entry.shape}),
            **{
                status: {"model": shape, "description": wording.text(f"api.s_{status}"), "headers": headers_of(wording, is_kept=False)}
                for status, shape in refusals.items()
            },
        },
    )


def read_openapi(request: Request) -> Response:
    """The description with the ids of this release in it: measures, layers, breakdowns, offenses."""
    check_no_params(request)
    turn = get_turn(request)
    media = {f"read_{a.key}": a.media for a in ADDRESSES}
    return to_json(describe(request.app.openapi(), turn.release.reader, media, turn.wording))


def _parameters(entry: Address, wording: Wording, ending: str = "") -> list[dict[str, Any]]:
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
            "required": name in POINT or (name in COMPARED and "a" in entry.takes),
            "schema": (PAGED if "next" in entry.takes else TAKEN).get(name) or TAKEN.get(name, {"type": "string"}),
            "description": wording.text("api.p_near_place" if name == "near" and entry.takes == SITES else f"api.p_{name}"),
        }
        for name in entry.takes
        if ending != "svg" and (name != "format" or not ending)
    ]
    if ending == "svg" and entry.has_query:
        view = {"type": "string", "enum": list(api.VIEWS)}
        found.append({"name": "view", "in": "query", "required": False, "schema": view, "description": wording.text("api.p_view")})
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
            if name != "format" or not ending
        ]
    return found
