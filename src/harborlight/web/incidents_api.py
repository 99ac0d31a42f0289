"""`/api/v1/incidents`: single records that may be listed, page by page, as JSON, CSV and GeoJSON.

The columns are those of table `records` and no others, the rows a part of its rows. A `next` is good for the release that gave it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import Field

from harborlight.errors import QueryError
from harborlight.metrics.listing import COLUMNS, PAGING, parse_listed, read_listed
from harborlight.web.api_models import Shape
from harborlight.web.cache import check_query
from harborlight.web.respond import Turn, get_turn, to_csv, to_json

PATH = "/api/v1/incidents"
GEO = "application/geo+json"
FORMATS = ("json", "csv", "geojson")
DEFAULT_LIMIT, MOST = 100, 1000
NEXT = re.compile(r"([0-9A-Za-z-]{1,40})\.(\d{1,16})", re.ASCII)


class IncidentOut(Shape):
    """One record as table `records` holds it. An incident with several offenses or victims has several."""

    date: date
    hour: int | None = Field(description="Local hour; null where not known, or not shown yet.")
    offense_code: str
    offense_name: str
    offense_group: str
    police_district: str | None = Field(description="As the source states it.")
    located_district: str | None = Field(description="By place, in the lines in force.")
    longitude: float | None = Field(description="Public point near the place, WGS84; null where the record has none.")
    latitude: float | None
    weapon_code: str | None
    source_id: str
    counting_system: str
    counts_incident: bool = Field(description="True where the record stands for its incident in totals.")
    counts_offense: bool
    counts_victim: bool
    is_nonfatal_shooting: bool


class IncidentList(Shape):
    release: str
    limit: int
    next: str | None = Field(description="Give it as `next` for the following rows; null at the end.")
    data_through: dict[str, date] = Field(description="Latest record of each source that counts.")
    notes: list[str]
    incidents: list[IncidentOut]


def read_incidents(request: Request) -> Response:
    """Records narrowed by a question, newest first; where more follow, a Link header and `next` lead on."""
    turn = get_turn(request)
    params = check_query(turn.visit.query)
    paging = _read_paging(params)
    rest = [(name, value) for name, value in params if name not in PAGING]
    query = parse_listed(rest, turn.release.facts)
    limit, before, kind = _read_limit(paging), _read_next(paging, turn.release.id), _read_format(paging, turn)
    facts = turn.release.facts
    rows, last = turn.release.reader.using(lambda con: read_listed(con, facts, query, before=before, limit=limit), is_scan=True)
    following = f"{turn.release.id}.{last}" if last is not None else None
    match kind:
        case "csv":
            response = to_csv("incidents", COLUMNS, [_shown(row) for row in rows])
        case "geojson":
            response = _geojson(turn, rows, following)
        case _:
            response = to_json(_listed(turn, rows, following, limit))
    if following:
        asked = urlencode([*((n, v) for n, v in params if n != "next" and v), ("next", following)], safe=",:;/")
        response.headers["link"] = f'<{turn.visit.path}?{asked}>; rel="next"'
    return response


def _listed(turn: Turn, rows: Sequence[Mapping[str, Any]], following: str | None, limit: int) -> IncidentList:
    facts = turn.release.facts
    return IncidentList(
        release=turn.release.id, limit=limit, next=following,
        data_through={s.id: s.data_through for s in facts.sources if s.data_through},
        notes=[turn.wording.text(f"api.listed_{name}") for name in ("which", "adds")],
        incidents=[IncidentOut(**row) for row in rows],
    )  # fmt: skip


def _geojson(turn: Turn, rows: Sequence[Mapping[str, Any]], following: str | None) -> Response:
    """A feature collection (RFC 7946); a record without a public point has a null geometry."""
    content = {
        "type": "FeatureCollection", "release": turn.release.id, "next": following, "features": [_feature(_shown(row)) for row in rows]
    }  # fmt: skip
    return Response(json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")), media_type=GEO)


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    longitude, latitude = row.pop("longitude"), row.pop("latitude")
    point = None if longitude is None else {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "Feature", "geometry": point, "properties": row}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(row) | {"date": row["date"].isoformat()}


# ------------------------------------------------------------------------------------------- paging, format


def _read_paging(params: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What says which part is asked for, and in which form; an empty value is the same as none."""
    given = [(name, value) for name, value in params if name in PAGING]
    names = [name for name, _ in given]
    for name in names:
        if names.count(name) > 1:
            raise QueryError("This parameter is given more than once.", parameter=name, allowed=["one value"])
    return {name: value for name, value in given if value}


def _read_limit(paging: Mapping[str, str]) -> int:
    text = paging.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII) or int(text) > MOST:
        raise QueryError("This is not a number of rows.", parameter="limit", allowed=[f"a whole number from 1 to {MOST}"])
    return int(text)


def _read_next(paging: Mapping[str, str], release: str) -> int | None:
    """The number of the row after which to go on. A page of another release cannot be continued: its rows have other numbers."""
    text = paging.get("next")
    if text is None:
        return None
    found = NEXT.fullmatch(text)
    if found is None or found[1] != release:
        allowed = [f"the `next` of an answer of release {release}", "none, to start again"]
        raise QueryError("This does not continue a page of the release that is up.", parameter="next", allowed=allowed)
    return int(found[2])


def _read_format(paging: Mapping[str, str], turn: Turn) -> str:
    is_csv = turn.visit.path.endswith(".csv")
    kind = paging.get("format", "csv" if is_csv else "json")
    allowed = ["csv"] if is_csv else [*FORMATS]
    if kind not in allowed:
        raise QueryError("This format is not offered here.", parameter="format", allowed=allowed)
    return kind
