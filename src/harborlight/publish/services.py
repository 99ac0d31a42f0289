"""Tables `services`, `service_activity` and `service_watch`: what the city lists, what sites report, and what the record says of their catchments.

Sites come from the city's own files and, where it has one, from a portal; a row of the files stands in the place of the portal's with
the same id, so that a city verifies what a portal lists. A catchment is asked as a page would ask: by an area of a layer's lines in
force, or by a drawn polygon over public points, so that anybody can ask the same and nothing finer than published places goes in.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from pydantic import ValidationError

from harborlight.catalog import Catalog
from harborlight.catalog.services import Operator, Site
from harborlight.errors import CheckFailed, ConfigError
from harborlight.metrics.answer import daily_counts
from harborlight.metrics.facts import lines_of, missing_reason
from harborlight.metrics.query import make_query
from harborlight.metrics.shapes import Facts, write_degrees
from harborlight.store import Connection, quote_name, read_rows

HOMICIDES = "homicide_victims"
BASELINE_YEARS = 5
SERVICE = dict.fromkeys((
    "id", "name", "kind", "operators", "opened", "status", "status_from", "status_to", "status_note", "address", "longitude", "latitude",
    "directions", "is_confidential", "catchment", "catchment_question", "catchment_geometry", "needs", "services", "eligibility", "hours",
    "languages", "phone", "web", "accessibility", "last_verified", "source", "note",
), "VARCHAR") | {"longitude": "DOUBLE", "latitude": "DOUBLE", "is_confidential": "BOOLEAN", "last_verified": "DATE"}  # fmt: skip
ACTIVITY = {"site_id": "VARCHAR", "month": "VARCHAR", "mediations": "BIGINT", "referrals": "BIGINT", "clients": "BIGINT"}
WATCH = {
    "site_id": "VARCHAR", "last_on": "DATE", "watched_from": "DATE", "watched_through": "DATE", "baseline_from": "DATE",
    "baseline_to": "DATE", "baseline_n": "BIGINT",
}  # fmt: skip


def make_services(con: Connection, catalog: Catalog, facts: Facts, home: str) -> None:
    """Write the three tables into the public store in use, which holds areas and counts; `home` is the private one.

    Raises ConfigError for an unknown area, CheckFailed for a row of a portal that is no site.
    """
    services = catalog.services
    listed, places = _read_portal(con, catalog, home), dict(services.places)
    for site_id, (_, where) in listed.items():
        places.setdefault(site_id, where)
    sites = list(({site_id: site for site_id, (site, _) in listed.items()} | {site.id: site for site in services.sites}).values())
    asked = {site.id: _catchment(con, catalog, facts, site, places[site.id]) for site in sites if site.catchment}
    rows = [_service(site, asked.get(site.id)) for site in sites]
    _write(con, "services", SERVICE, rows)
    activity = [row.model_dump(mode="json") for row in sorted(services.activity, key=lambda row: (row.site_id, row.month))]
    _write(con, "service_activity", ACTIVITY, activity)
    is_known = HOMICIDES in facts.metrics and facts.metric_sources[HOMICIDES]
    watched = [_watch(con, facts, site_id, params) for site_id, (params, _) in asked.items()] if is_known else []
    _write(con, "service_watch", WATCH, watched)


def _write(con: Connection, table: str, shape: dict[str, str], rows: list[dict[str, Any]]) -> None:
    names = ", ".join(f'"{name}"' for name in shape)
    con.execute(
        f"create table {table} as select {names} from (select unnest(from_json($rows, $shape), recursive := true))",
        {"rows": json.dumps(rows), "shape": json.dumps([shape])},
    )


def _read_portal(con: Connection, catalog: Catalog, home: str) -> dict[str, tuple[Site, str]]:
    """Sites of sources of kind `services`, each with the city's file that maps it. Says which columns are wrong, never their values."""
    west, south, east, north = catalog.city.bbox
    found: dict[str, tuple[Site, str]] = {}
    for row in read_rows(con, f"select * exclude (snapshot_id) from {quote_name(home)}.staging.services order by source_id, id"):
        source_id = row.pop("source_id")
        where = f"staging/{source_id}.sql"
        given = {"source": catalog.sources[source_id].title} | {name: value for name, value in row.items() if value is not None}
        try:
            site = Site.model_validate(given)
        except ValidationError as error:
            names = sorted({str(part) for problem in error.errors() for part in problem["loc"][:1]} or {"status, place or secrecy"})
            raise CheckFailed(f"a site has a value that cannot be read: {', '.join(names)}", where=where, hint="Mend the SELECT.") from error
        if site.id in found:
            raise CheckFailed("two rows of portals have one id", where=where, hint="Give each site an id of its own.")
        x, y = site.longitude, site.latitude
        if x is not None and y is not None and not (west <= x <= east and south <= y <= north):
            raise CheckFailed("a site lies outside the city's bbox", where=where, hint="Leave its coordinates out, or mend them.")
        found[site.id] = site, where
    return found


def _service(site: Site, catchment: tuple[dict[str, str], str] | None) -> dict[str, Any]:
    row = site.model_dump(mode="json", exclude={"operators", "needs", "services", "languages"})
    params, geometry = catchment or ({}, None)
    question = "&".join(f"{name}={value}" for name, value in params.items())
    return row | {
        "operators": "; ".join(map(_operator, site.operators)), "needs": "; ".join(site.needs), "services": "; ".join(site.services),
        "languages": "; ".join(site.languages), "catchment_question": question or None, "catchment_geometry": geometry,
    }  # fmt: skip


def _operator(operator: Operator) -> str:
    return f"{operator.name} [{operator.since}..{operator.until}]" if operator.since or operator.until else operator.name


def _catchment(con: Connection, catalog: Catalog, facts: Facts, site: Site, where: str) -> tuple[dict[str, str], str]:
    """How the grammar asks for a catchment, and its geometry."""
    layer, _, area = site.catchment.partition("/")
    if not area:
        if site.catchment not in catalog.services.catchments:
            raise ConfigError(f"catchment: there is no file services/catchments/{site.catchment}", where=where, hint="Add it.")
        corners = catalog.services.catchments[site.catchment].corners
        ring = [list(corner) for corner in (*corners, corners[0])]
        polygon = ";".join(f"{write_degrees(x)},{write_degrees(y)}" for x, y in corners)
        return {"polygon": polygon}, json.dumps({"type": "Polygon", "coordinates": [ring]})
    lines = lines_of(facts, layer)
    found = read_rows(con, "select geometry from areas where lines_ix = ? and area_id = ?", [lines.ix, area]) if lines else []
    if not found:
        raise ConfigError(
            f"catchment: the lines in force of {layer} have no area {area!r}", where=where,
            hint="Name an area by its id, as its page's address does.",
        )  # fmt: skip
    return {"layer": layer, "area": area}, str(found[0]["geometry"])


def _watch(con: Connection, facts: Facts, site_id: str, params: dict[str, str]) -> dict[str, Any]:
    """The last homicide in a catchment, and the incidents of the five calendar years before the year that it fell in.

    Without one, the five years before the record's last year. Years that the record lacks in part give no baseline.
    """
    metric = facts.metrics[HOMICIDES]
    days = daily_counts(con, facts, make_query(metric, facts, unit="incidents", **params))
    first, through = facts.metric_from[HOMICIDES], facts.metric_through[HOMICIDES]
    last = max((day for day, n in days.items() if n and day <= through), default=None)
    year = (last or through).year
    start, end = date(year - BASELINE_YEARS, 1, 1), date(year - 1, 12, 31)
    is_whole = first <= start and missing_reason(facts, HOMICIDES, start, end) == (None, None)
    n = sum(n for day, n in days.items() if start <= day <= end)
    return {
        "site_id": site_id, "last_on": last and last.isoformat(), "watched_from": first.isoformat(), "watched_through": through.isoformat(),
        "baseline_from": start.isoformat() if is_whole else None, "baseline_to": end.isoformat() if is_whole else None,
        "baseline_n": n if is_whole else None,
    }  # fmt: skip
