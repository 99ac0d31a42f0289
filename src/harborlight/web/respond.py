"""From a page, rows or an error to bytes: HTML by Jinja, CSV that no spreadsheet can run, JSON, one error shape.

Every response of the site is made here; headers that all of them carry are added by the layer in front.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel

from harborlight.errors import QueryError
from harborlight.provenance import plain
from harborlight.web.assets import Assets
from harborlight.web.context import ErrorPage
from harborlight.web.origins import origins_of
from harborlight.web.releases import Release, Releases
from harborlight.web.site import Visit, make_site
from harborlight.web.wording import Wording, get_wording

RISKY_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
ERROR_TITLES = (400, 404, 405, 414, 500, 503)


@dataclass(frozen=True)
class Turn:
    """One request's share of the site: the release that it holds, and what it sees of the world."""

    visit: Visit
    release: Release
    releases: Releases
    assets: Assets

    @property
    def wording(self) -> Wording:
        return get_wording("en")


def get_turn(request: Request) -> Turn:
    """The turn that the layer in front has put into the request."""
    turn = request.scope["harborlight"]
    if not isinstance(turn, Turn):
        raise TypeError("the request did not come through the layer in front")
    return turn


def make_environment() -> Environment:
    """Templates escape everything, and a name that a page does not have is an error, not an empty place."""
    environment = Environment(
        loader=PackageLoader("harborlight.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"plain": plain, "origins": origins_of}
    return environment


ENVIRONMENT = make_environment()


def render_page(turn: Turn, template: str, page: object, *, is_error: bool = False) -> str:
    """One page as HTML."""
    wording = turn.wording
    return ENVIRONMENT.get_template(template).render(
        page=page,
        site=make_site(turn.visit, wording, is_error=is_error),
        t=wording.t,
        asset=turn.assets.address,
    )


def html(turn: Turn, template: str, page: object) -> Response:
    return Response(render_page(turn, template, page), media_type="text/html; charset=utf-8")


# ------------------------------------------------------------------------------------------ data formats


def to_json(content: BaseModel | Mapping[str, Any]) -> Response:
    """JSON with stable key order; dates as ISO text, never NaN."""
    value = content.model_dump(mode="json", by_alias=True) if isinstance(content, BaseModel) else content
    return Response(
        json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
        media_type="application/json",
    )


def to_csv(name: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Response:
    """RFC 4180 with a header row, also when there are no rows. `name` is fixed by code, never by the request."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[csv_value(row[column]) for column in columns] for row in rows])
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def csv_value(value: Any) -> str:
    """One field: nothing for None, and an apostrophe before text that a spreadsheet would take for a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() if value.startswith(RISKY_STARTS):
            return "'" + value
        case _:
            return str(value)


# ------------------------------------------------------------------------------------------------ errors


def wants_json(path: str) -> bool:
    """Whether errors at this address are for programs."""
    return path.startswith("/api/") or path.endswith((".json", ".geojson", ".mvt", ".csv", ".parquet"))


def error(turn: Turn, problem: QueryError, reference: str = "") -> Response:
    """The one error answer: JSON for programs, a page that says what to do next for people."""
    if wants_json(turn.visit.path):
        content = {
            "code": problem.code,
            "message": str(problem),
            "parameter": problem.parameter,
            "allowed": problem.allowed,
        }
        response = to_json({"error": content | ({"reference": reference} if reference else {})})
    else:
        response = Response(_error_page(turn, problem, reference), media_type="text/html; charset=utf-8")
    response.status_code = problem.status
    if problem.status == 405:
        response.headers["allow"] = "GET, HEAD, OPTIONS"
    if problem.status == 503:
        response.headers["retry-after"] = "5"
    return response


def _error_page(turn: Turn, problem: QueryError, reference: str) -> str:
    wording = turn.wording
    status = problem.status if problem.status in ERROR_TITLES else 500
    message = str(problem)
    if problem.parameter:
        message = wording.text("errors.parameter", name=problem.parameter, message=message)
    page = ErrorPage(
        problem.status,
        wording.text(f"errors.title_{status}"),
        message,
        tuple(problem.allowed or ()),
        reference,
    )
    return render_page(turn, "error.html", page, is_error=True)


def plain_error(status: int) -> QueryError:
    """A refusal by the layer in front, in words."""
    wording = get_wording("en")
    codes = {
        400: "bad_request",
        404: "not_found",
        405: "method_not_allowed",
        414: "address_too_long",
        500: "internal_error",
        503: "busy",
    }
    return QueryError(wording.text(f"errors.message_{status}"), code=codes[status], status=status)


def check_no_params(request: Request) -> None:
    """Pages without a question take no parameters. Raises QueryError."""
    for name in request.query_params:
        raise QueryError(get_wording("en").text("errors.no_parameters"), parameter=name[:40], allowed=[])
