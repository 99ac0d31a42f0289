"""`/api/v1/services`: the list of sites with the parameters of the page, each with how it stands at the moment that the answer names."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import Request, Response
from pydantic import Field

from harborlight.web.api_models import Shape
from harborlight.web.cache import check_query
from harborlight.web.community import site_languages
from harborlight.web.places import check_params
from harborlight.web.respond import get_turn, to_csv, to_json
from harborlight.web.service_query import PARAMETERS, Found, find_sites, read_asked


class ServiceOut(Shape):
    """One site. `state` is how it stands at `as_of`; only `open` is available."""

    id: str
    name: str
    kind: str
    state: str = Field(description="open, shut, hours_unknown, unverified, paused, pause_over or closed.")
    is_available: bool = Field(description="Open at the moment asked and verified within 90 days.")
    status: str = Field(description="active, paused or closed, as last known.")
    status_from: str | None
    status_to: str | None
    last_verified: date | None
    days_unverified: int | None = Field(description="Days since somebody last asked; null where nobody has.")
    km: float | None = Field(description="Kilometres from the chosen place; null where one of the two is not known.")
    serves: bool = Field(description="The chosen place lies in the area that the site serves.")
    operators: list[str]
    opened: str | None
    address: str | None
    longitude: float | None
    latitude: float | None
    is_confidential: bool
    catchment: str | None
    needs: list[str]
    services: list[str]
    eligibility: str | None
    hours: str | None
    languages: list[str]
    phone: str | None
    web: str | None
    accessibility: str | None
    directions: str | None
    source: str | None
    note: str | None


class ServiceList(Shape):
    release: str
    as_of: datetime = Field(description="Local time of the city for which `state` holds.")
    place: str | None = Field(description="The chosen place as it was understood.")
    services: list[ServiceOut]


def read_services_json(request: Request) -> Response:
    """Sites that answer a question; `.csv` after the address gives the same rows as CSV."""
    turn = get_turn(request)
    reader = turn.release.reader
    given = check_params(check_query(turn.visit.query), PARAMETERS, turn.wording)
    asked = read_asked(given, turn.visit, site_languages(reader), turn.wording)
    rows = [_row(found, asked.moment.date()) for found in find_sites(reader, asked)]
    if turn.visit.path.endswith(".csv"):
        return to_csv("services", list(ServiceOut.model_fields), [_flat(row) for row in rows])
    place = asked.spot.name if asked.spot else None
    return to_json(ServiceList(release=turn.release.id, as_of=asked.moment.replace(second=0, microsecond=0), place=place, services=rows))


def _row(found: Found, today: date) -> ServiceOut:
    site, standing = found.listed.site, found.standing
    plain = {
        name: getattr(site, name) or None
        for name in ("status_from", "status_to", "opened", "address", "catchment", "eligibility", "hours", "phone", "web", "accessibility",
                     "directions", "source", "note")
    }  # fmt: skip
    return ServiceOut(
        id=site.id, name=site.name, kind=site.kind, state=standing.state, is_available=standing.is_available, status=site.status,
        last_verified=site.last_verified, days_unverified=site.days_unverified(today), km=None if found.km is None else round(found.km, 3),
        serves=found.serves, operators=[operator.name for operator in site.operators], longitude=site.longitude, latitude=site.latitude,
        is_confidential=site.is_confidential, needs=list(site.needs), services=list(site.services), languages=list(site.languages), **plain,
    )  # fmt: skip


def _flat(row: ServiceOut) -> dict[str, object]:
    content = row.model_dump(mode="json")
    return content | {name: "; ".join(content[name]) for name in ("operators", "needs", "services", "languages")}
