"""Pages about areas: the finder and the layers, one layer, one area, two areas side by side."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from fastapi import Request, Response

from harborlight.errors import QueryError
from harborlight.metrics.query_monthly import is_by_layer
from harborlight.web.area_lists import make_areas, make_layer
from harborlight.web.area_profile import make_area_page
from harborlight.web.cache import check_query
from harborlight.web.compare import make_compare
from harborlight.web.places import areas_of, check_params, find_layer, find_place, layers_of
from harborlight.web.reader import Reader
from harborlight.web.respond import Turn, get_turn, html

Handler = Callable[[Request], Response]
# What a layer's page takes of the grammar; layer and breakdown are its own.
LAYER_PARAMETERS = ("metric", "window", "from", "to", "lines", "unit", "offense", "hours", "system")


def read_areas(request: Request) -> Response:
    turn, given = _start(request, ("q",))
    return html(turn, "areas.html", make_areas(turn.release.facts, given.get("q", ""), turn.wording))


def read_layer(request: Request) -> Response:
    turn, given = _start(request, LAYER_PARAMETERS)
    reader, facts = turn.release.reader, turn.release.facts
    layer = find_layer(facts, request.path_params["layer"])
    offered = [m for m in reader.metric_ids() if is_by_layer(facts.metrics[m], layer.id, facts)]
    metric = given.pop("metric", offered[0] if offered else "")
    if metric not in offered:
        raise QueryError(turn.wording.text("areas.bad_metric"), parameter="metric", allowed=offered)
    if not {"window", "from", "to"} & set(given):
        given["window"] = "12m"
    query = reader.parse([*given.items(), ("layer", layer.id), ("by", "area")], metric)
    return html(turn, "layer.html", make_layer(reader, layer, query, turn.wording))


def read_area(request: Request) -> Response:
    turn, given = _start(request, ("lines", "since"))
    reader = turn.release.reader
    place = find_place(reader.facts, request.path_params["layer"], request.path_params["area"], given.get("lines", ""))
    since = read_since(turn, given.get("since", ""))
    return html(turn, "area.html", make_area_page(reader, place, since, turn.visit, turn.wording))


def read_compare(request: Request) -> Response:
    turn, given = _start(request, ("a", "b", "lines"))
    a, b, lines = (given.get(name, "") for name in ("a", "b", "lines"))
    return html(turn, "compare.html", make_compare(turn.release.reader, a, b, lines, turn.wording))


def read_since(turn: Turn, text: str) -> date | None:
    """A day that the data reach. Raises QueryError (400)."""
    if not text:
        return None
    facts = turn.release.facts
    allowed = [f"a date from {facts.data_from.isoformat()} to {facts.data_through.isoformat()}, written YYYY-MM-DD"]
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        day = None
    if day is None or not facts.data_from <= day <= facts.data_through:
        raise QueryError(turn.wording.text("areas.bad_since"), parameter="since", allowed=allowed)
    return day


def area_addresses(reader: Reader) -> list[str]:
    """Every page of an area by its lines in force, for the sitemap."""
    layers = layers_of(reader.facts)
    found = [f"/areas/{layer.id}" for layer in layers]
    return found + [place.path for layer in layers for place in areas_of(reader.facts, layer)]


def _start(request: Request, allowed: tuple[str, ...]) -> tuple[Turn, dict[str, str]]:
    turn = get_turn(request)
    return turn, check_params(check_query(turn.visit.query), allowed, turn.wording)


PAGES: tuple[tuple[str, Handler], ...] = (
    ("/areas", read_areas),
    ("/areas/{layer}", read_layer),
    ("/areas/{layer}/{area}", read_area),
    ("/compare", read_compare),
)
