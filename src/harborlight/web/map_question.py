"""What a map is asked: one query of the grammar, the measure, the way it is drawn, and the area that is picked.

The map, its tiles and its files read their addresses here, so that all of them mean the same question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from harborlight.errors import QueryError
from harborlight.metrics.facts import default_layer, lines_by_id
from harborlight.metrics.query import PARAMETERS, canonical_params
from harborlight.metrics.query_monthly import is_by_layer
from harborlight.metrics.shapes import Lines, Query
from harborlight.web.context_map import Slider
from harborlight.web.reader import Reader
from harborlight.web.wording import get_wording

MODES = ("areas", "cells", "points", "unusual")
DRAWN = ("cells", "points")
NOT_ON_MAPS = ("by", "format")
DEFAULT_WINDOW = "12m"
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class MapQuestion:
    """`query` counts every area; `picked` is the one that the reader chose among them, or None."""

    query: Query
    mode: str
    picked: str | None
    pairs: tuple[tuple[str, str], ...]

    def address(self, path: str = "/map", *, without: tuple[str, ...] = (), **changed: str) -> str:
        """This question at `path`, some parameters changed (`from_` for `from`) or left out."""
        changed = {name.rstrip("_"): value for name, value in changed.items()}
        given = {name: value for name, value in self.pairs if name not in without} | changed
        kept = {name: value for name, value in given.items() if value}
        return path + (f"?{urlencode(kept, safe=',:;')}" if kept else "")


def read_map_question(reader: Reader, params: Pairs) -> MapQuestion:
    """The question of a map page. Without days it asks for the last twelve months, without a layer for the primary one."""
    given = _read_own(params)
    first = reader.metric_ids()[0]
    metric_id = given.pop("metric", None) or first
    mode = given.pop("mode", None) or MODES[0]
    _check_mode(mode, MODES)
    rest = [(name, value) for name, value in params if name not in ("metric", "mode")]
    if not any(given.get(name) for name in ("from", "to", "window")):
        rest = [(name, value) for name, value in rest if name != "window"] + [("window", DEFAULT_WINDOW)]
    layer = default_layer(reader.facts)
    if not given.get("layer") and layer and is_by_layer(reader.facts.metrics[_known(reader, metric_id)], layer, reader.facts):
        rest = [(name, value) for name, value in rest if name != "layer"] + [("layer", layer)]
    query = reader.parse(rest, _known(reader, metric_id))
    metric = reader.facts.metrics[metric_id]
    if metric.table != "events" and mode != "areas":
        raise QueryError(get_wording().text("map.areas_only"), parameter="mode", allowed=["areas"])
    plain = replace(query, area=None)
    shown = [("metric", metric_id), ("mode", mode if mode != MODES[0] else ""), ("area", query.area or "")]
    pairs = [*shown, *canonical_params(plain, metric)]
    return MapQuestion(plain, mode, query.area, tuple((name, value) for name, value in pairs if value))


def read_tile_question(reader: Reader, params: Pairs) -> tuple[Query, str]:
    """The question of a tile, and whether `cells` or `points` are wanted (`points`: cells where they are too many)."""
    given = _read_own(params)
    metric_id, mode = given.get("metric") or reader.metric_ids()[0], given.get("mode") or "points"
    _check_mode(mode, DRAWN)
    rest = [(name, value) for name, value in params if name not in ("metric", "mode")]
    return reader.parse(rest, _known(reader, metric_id)), mode


def _read_own(params: Pairs) -> dict[str, str]:
    """Parameters by name. Raises QueryError where one of the map's own repeats, or one is none of the map's."""
    allowed = ["metric", "mode", *(name for name in PARAMETERS if name not in NOT_ON_MAPS)]
    names = [name for name, _ in params]
    for name in names:
        if name not in allowed:
            raise QueryError(get_wording().text("map.bad_parameter"), parameter=name[:40], allowed=allowed)
    for name in ("metric", "mode"):
        if names.count(name) > 1:
            raise QueryError(get_wording().text("map.twice"), parameter=name, allowed=[])
    return dict(params)


def _check_mode(mode: str, allowed: Sequence[str]) -> None:
    if mode not in allowed:
        raise QueryError(get_wording().text("map.bad_value"), parameter="mode", allowed=list(allowed))


def _known(reader: Reader, metric_id: str) -> str:
    if metric_id not in reader.metric_ids():
        allowed = list(reader.metric_ids())
        raise QueryError(get_wording().text("map.bad_value"), parameter="metric", allowed=allowed)
    return metric_id


def lines_of_question(reader: Reader, query: Query) -> Lines | None:
    """The boundaries that the question's areas are drawn by; None where it counts areas as recorded."""
    return lines_by_id(reader.facts, query.layer or "", query.lines)


# ------------------------------------------------------------------------------------------ steps in time


def make_slider(reader: Reader, question: MapQuestion, words: str) -> Slider:
    """One step before and after: a month where whole months are shown, otherwise the length of what is shown."""
    query = question.query
    start, end = query.date_from, query.date_to
    first, last = reader.facts.metric_from[query.metric], reader.facts.metric_through[query.metric]
    if start.day == 1 and (end + timedelta(days=1)).day == 1:
        unit, size, length = "months", 1, _months(end) - _months(start) + 1
        least = _months(first) + (first.day > 1)
        most = _months(last + timedelta(days=1)) - length
        value = _months(start) - least
        steps = [_span_of_months(least + value + move, length) for move in (-1, 1)]
        most, origin = max(most - least, value), _month(least)
    else:
        unit, length = "days", (end - start).days + 1
        size, value = length, max(0, (start - first).days // length)
        origin = start - timedelta(days=value * length)
        most = max(value, value + (last - end).days // length)
        steps = [(start + timedelta(days=d), end + timedelta(days=d)) for d in (-length, length)]
    before, after = (question.address(without=("window",), from_=a.isoformat(), to=b.isoformat()) for a, b in steps)
    return Slider(
        before=before if value > 0 else "", after=after if value < most else "", least=0, most=most, value=max(value, 0),
        unit=unit, size=size, first=origin.isoformat(), length=length, words=words,
    )  # fmt: skip


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _span_of_months(first: int, length: int) -> tuple[date, date]:
    return _month(first), _month(first + length) - timedelta(days=1)
