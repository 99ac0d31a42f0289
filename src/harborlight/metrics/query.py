"""The one place where a question is read: addresses of pages, API, CSV and tiles all pass through `parse_query`.

What comes in is the raw list of parameters, so that a repeated one can be seen; what comes out is a frozen `Query`.
Every refusal names the parameter and says what is allowed.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from harborlight.catalog.models import Metric
from harborlight.errors import QueryError
from harborlight.metrics.compile import KILLING_FLAGS
from harborlight.metrics.query_known import check_known
from harborlight.metrics.query_monthly import check_monthly
from harborlight.metrics.query_places import (
    EARLIEST,
    LATEST,
    LONGEST_POLYGON,
    PLACE_PARAMETERS,
    SHAPES,
    read_places,
)
from harborlight.metrics.shapes import Facts, Query

RULES = ("ruled", "died", "injured")
RULE_PARAMETERS = ("rule", "justified")
PARAMETERS = (
    "from", "to", "window", "offense", *PLACE_PARAMETERS, "by", "unit", "hours", "system", *RULE_PARAMETERS, "known", "format",
)  # fmt: skip
WINDOWS = ("28d", "ytd", "12m", "year:YYYY")
TIME_BREAKDOWNS = ("day", "week", "month", "year", "hour", "weekday")
LONGEST_TEXT = 400
MOST_BREAKDOWNS = 3
# What cannot be asked of a measure whose table has no such column; the key is `Metric.table`.
NOT_ASKED = {"arrests": ("offense", "hours", *SHAPES), "firearms": ("offense", "hours", *SHAPES)}


def parse_query(params: Sequence[tuple[str, str]], metric: Metric, facts: Facts) -> Query:
    """Read raw parameters into one typed question about `metric`. Raises QueryError (status 400)."""
    given = _read_once(params)
    not_asked = (*NOT_ASKED.get(metric.table, ()), *(() if has_rules(metric) else RULE_PARAMETERS))
    for name in not_asked:
        if name in given:
            allowed = [p for p in PARAMETERS if p not in not_asked]
            raise QueryError("This cannot be asked of this measure.", parameter=name, allowed=allowed)
    first, last = facts.metric_from[metric.id], facts.metric_through[metric.id]
    window = given.get("window")
    if window and ("from" in given or "to" in given):
        raise QueryError(
            "`window` cannot be used together with `from` or `to`.", parameter="window", allowed=list(WINDOWS)
        )
    if window:
        start, end = read_window(window, last)
    else:
        start, end = _read_date("from", given.get("from"), first), _read_date("to", given.get("to"), last)
    if start > end:
        raise QueryError("`from` is after `to`.", parameter="from", allowed=[f"a date up to {end.isoformat()}"])
    by = _read_list("by", given.get("by"), [*metric.breakdowns], MOST_BREAKDOWNS)
    units = metric.units or (metric.unit,)
    query = Query(
        metric=metric.id, date_from=start, date_to=end, window=window, whole=not window and "from" not in given and "to" not in given,
        offenses=_read_offenses(given.get("offense"), facts), by=by, **read_places(given, by, facts),
        unit=_read_choice("unit", given.get("unit"), units) or metric.unit,
        hours=_read_choice("hours", given.get("hours"), ("day", "night")),  # type: ignore[arg-type]
        system=_read_choice("system", given.get("system"), ("srs", "nibrs")),  # type: ignore[arg-type]
        rule=_read_choice("rule", given.get("rule"), RULES),  # type: ignore[arg-type]
        justified="in" if _read_choice("justified", given.get("justified"), ("in", "out")) == "in" else None,
        known=_read_date("known", given["known"], last) if "known" in given else None,
    )  # fmt: skip
    return check_known(check_monthly(query, metric, facts), metric, facts)


def has_rules(metric: Metric) -> bool:
    """Whether a measure counts killings, so that `rule` and `justified` can be asked of it."""
    flags = {*metric.where, *metric.where_not}
    return bool(flags & {"is_homicide", "is_killed_or_shot"}) and flags <= KILLING_FLAGS


def read_window(window: str, last: date) -> tuple[date, date]:
    """Days of a named window that ends with the data: `28d`, `ytd`, `12m` (twelve closed months) or `year:2019`."""
    if window == "28d":
        return last - timedelta(days=27), last
    if window == "ytd":
        return date(last.year, 1, 1), last
    if window == "12m":
        end = last if last.day == monthrange(last.year, last.month)[1] else last.replace(day=1) - timedelta(days=1)
        return date(end.year - (end.month < 12), end.month % 12 + 1, 1), end
    if found := re.fullmatch(r"year:(19\d\d|20[0-6]\d)", window, re.ASCII):
        return date(int(found[1]), 1, 1), date(int(found[1]), 12, 31)
    raise QueryError("This window is not known.", parameter="window", allowed=list(WINDOWS))


def _read_once(params: Sequence[tuple[str, str]]) -> dict[str, str]:
    given: dict[str, str] = {}
    seen: set[str] = set()
    for name, value in params:
        if name not in PARAMETERS:
            raise QueryError("This parameter is not known.", parameter=name[:40], allowed=list(PARAMETERS))
        if name in seen:
            raise QueryError(
                "This parameter is given more than once.",
                parameter=name,
                allowed=["one value, with commas where a list is meant"],
            )
        longest = LONGEST_POLYGON if name == "polygon" else LONGEST_TEXT
        if len(value) > longest:
            raise QueryError("This value is too long.", parameter=name, allowed=[f"up to {longest} characters"])
        seen.add(name)
        if value != "":
            given[name] = value
    return given


def _read_date(name: str, text: str | None, default: date) -> date:
    if text is None:
        return default
    allowed = [f"a date from {EARLIEST.isoformat()} to {LATEST.isoformat()}, written YYYY-MM-DD"]
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise QueryError("This is not a date.", parameter=name, allowed=allowed)
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise QueryError("There is no such day.", parameter=name, allowed=allowed) from None
    if not EARLIEST <= value <= LATEST:
        raise QueryError("This date is out of range.", parameter=name, allowed=allowed)
    return value


def _read_list(name: str, text: str | None, allowed: list[str], most: int) -> tuple[str, ...]:
    if text is None:
        return ()
    items = tuple(text.split(","))
    if len(set(items)) != len(items) or any(item not in allowed for item in items):
        raise QueryError("This list has an entry that is not known or stands twice.", parameter=name, allowed=allowed)
    if len(items) > most:
        raise QueryError(f"At most {most} entries can be combined.", parameter=name, allowed=allowed)
    return items


def _read_choice(name: str, text: str | None, allowed: Sequence[str]) -> str | None:
    if text is not None and text not in allowed:
        raise QueryError("This value is not offered here.", parameter=name, allowed=list(allowed))
    return text


def _read_offenses(text: str | None, facts: Facts) -> tuple[str, ...]:
    public = [o for o in facts.offenses if o.tier == "T0"]
    names = dict.fromkeys([*(o.group for o in public), *(o.code for o in public)])
    return tuple(sorted(_read_list("offense", text, [*names], 20)))


def canonical_params(query: Query, metric: Metric | None = None) -> list[tuple[str, str]]:
    """The shortest parameters that ask the same question, for links and downloads; the unit only where `metric` is given."""
    dates = {"from": query.date_from.isoformat(), "to": query.date_to.isoformat()}
    given: dict[str, str | None] = {} if query.whole else {"window": query.window} if query.window else {**dates}
    given["offense"] = ",".join(query.offenses)
    given["area"] = query.area
    given |= {"layer": query.layer, "lines": query.lines_text, **query.shape_text(), "by": ",".join(query.by)}
    given |= {"unit": query.unit if metric and query.unit != metric.unit else None}
    given |= {"hours": query.hours, "system": query.system, "rule": query.rule}
    given |= {"justified": "in" if query.justified == "in" else None, "known": query.known.isoformat() if query.known else None}
    return [(name, value) for name, value in given.items() if value]


def make_query(metric: Metric, facts: Facts, **params: str) -> Query:
    """A question asked by code rather than by an address; `from_` and `to` as in the grammar."""
    return parse_query([(name.rstrip("_"), value) for name, value in params.items()], metric, facts)
