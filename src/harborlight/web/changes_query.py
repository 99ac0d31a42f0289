"""The question of `/changes` and its API: which changes of published counts, by measure, place, cause and day.

Read once into `Asked`; refusals name the parameter and say what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from harborlight.errors import QueryError
from harborlight.metrics.facts import areas_in, default_layer, lines_of
from harborlight.metrics.query_places import EARLIEST, LATEST
from harborlight.metrics.shapes import Facts
from harborlight.web.reader import Reader, Row

PARAMETERS = ("metric", "area", "grain", "why", "since")
GRAINS = ("year", "month")
WHYS = ("late_report", "reclassified", "unfounded", "restated", "boundary_change", "definition", "new_days")
PARTS = ("new_days", "late", "reclassified", "unfounded", "restated")
COLUMNS = ("metric", "grain", "period", "area_id", "before", "after", "known_on", "why", *PARTS)
ORDER = "known_on desc, area_id <> 'city', metric, grain desc, period desc, area_id"


@dataclass(frozen=True)
class Asked:
    """A question about changes; None asks for all. Periods that were still running are left out unless `why` asks for them."""

    metric: str | None = None
    area: str | None = None
    grain: str | None = None
    why: str | None = None
    since: date | None = None

    def params(self) -> list[tuple[str, str]]:
        """The question as an address writes it."""
        return [(name, str(value)) for name in PARAMETERS if (value := getattr(self, name)) is not None]


def area_names(facts: Facts) -> dict[str, str]:
    """Id → name of the areas that counts are published for: those of the first layer in force."""
    layer = default_layer(facts) or ""
    lines = lines_of(facts, layer)
    return {area_id: name for _, area_id, name in areas_in(facts, layer, lines.id if lines else None)}


def read_asked(given: Mapping[str, str], reader: Reader) -> Asked:
    """Raises QueryError (400) for a value that is not offered."""
    facts = reader.facts
    offered = {
        "metric": tuple(reader.metric_ids()), "area": ("city", *area_names(facts), "unlocated"), "grain": GRAINS, "why": WHYS,
    }  # fmt: skip
    for name, values in offered.items():
        if name in given and given[name] not in values:
            raise QueryError("This value is not offered here.", parameter=name, allowed=list(values))
    since = read_day("since", given["since"]) if "since" in given else None
    return Asked(given.get("metric"), given.get("area"), given.get("grain"), given.get("why"), since)


def read_day(name: str, text: str) -> date:
    """A day as the grammar writes it. Raises QueryError (400)."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        allowed = [f"a date from {EARLIEST.isoformat()} to {LATEST.isoformat()}, written YYYY-MM-DD"]
        raise QueryError("This is not a date.", parameter=name, allowed=allowed)
    return day


def _where(asked: Asked) -> tuple[str, dict[str, Any]]:
    params = {name: value for name in ("metric", "grain", "why", "since") if (value := getattr(asked, name)) is not None}
    params |= {"area": asked.area} if asked.area else {}
    tests = {"metric": "metric = $metric", "grain": "grain = $grain", "why": "why = $why", "since": "known_on >= $since", "area": "area_id = $area"}
    return " and ".join(["true" if asked.why else "why <> 'new_days'", *(tests[name] for name in params)]), params


def read_changes(reader: Reader, asked: Asked, limit: int | None = None) -> list[Row]:
    """The changes asked for, newest first, the whole city before its areas."""
    where, params = _where(asked)
    sql = f"select {', '.join(COLUMNS)} from revisions where {where} order by {ORDER}" + (f" limit {int(limit)}" if limit else "")
    return reader.rows(sql, params)


def count_changes(reader: Reader, asked: Asked) -> int:
    where, params = _where(asked)
    return int(reader.rows(f"select count(*) as n from revisions where {where}", params)[0]["n"])


def read_span(reader: Reader) -> tuple[date | None, date | None]:
    """The first day from which values are kept, and the last on which one was published."""
    row = reader.rows("select min(known_from) as first, max(known_from) as last from ledger", {})[0]
    return row["first"], row["last"]


def read_flows(reader: Reader, since: date | None) -> list[Row]:
    """Offenses that moved to another group or year, city-wide sums, newest first."""
    return reader.rows(
        "select known_on, period, to_period, from_group, to_group, sum(n)::bigint as n, "
        "list(struct_pack(area_id := area_id, n := n) order by area_id) as areas from flows "
        "where known_on >= $since group by all order by known_on desc, n desc, from_group, to_group, period, to_period",
        {"since": since or EARLIEST},
    )


def split_since(params: list[tuple[str, str]]) -> tuple[date | None, list[tuple[str, str]]]:
    """The day from which a page lists what is new, and the other parameters. Raises QueryError (400)."""
    given = [value for name, value in params if name == "since"]
    if len(given) > 1:
        raise QueryError("This parameter is given more than once.", parameter="since", allowed=["one date"])
    rest = [(name, value) for name, value in params if name != "since"]
    return (read_day("since", given[0]) if given and given[0] else None), rest
