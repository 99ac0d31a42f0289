"""Programme sites that a city lists, what they report by month, and when somebody last called: `services/*.csv`.

One row of `services/*.csv` is one site, one row of `services/activity/*.csv` a site and month. Nothing here is counted from police
records; a row is only as good as the day on which it was verified.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from harborlight.catalog.declared import AreaSlug, Declared
from harborlight.catalog.hours import Span, parse_hours

Kind = Literal["violence_interruption", "hospital", "school", "outreach", "victim_services", "reentry", "youth"]
Need = Literal[
    "settle_dispute", "after_injury", "counseling", "safe_place", "costs", "legal_help", "work", "housing", "young_people", "coming_home",
]  # fmt: skip
Status = Literal["active", "paused", "closed"]
KINDS: tuple[str, ...] = get_args(Kind)
NEEDS: tuple[str, ...] = get_args(Need)
STALE_DAYS = 90
MOST_CORNERS = 50
_OPERATOR = re.compile(r"(?P<name>[^\[\]]+?)\s*(?:\[(?P<since>[\d-]*)\.\.(?P<until>[\d-]*)\])?")


def _partial_date(text: str) -> str:
    """A year, a month or a day: old openings are known to the year."""
    try:
        if re.fullmatch(r"\d{4}(-\d{2}){0,2}", text):
            date.fromisoformat((text + "-01-01")[:10])
            return text
    except ValueError:
        pass
    if text:
        raise ValueError(f"{text!r} is not a date: write 2019, 2019-05 or 2019-05-31")
    return text


def _split(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(";") if part.strip()) if isinstance(value, str) else value


def _phone(text: str) -> str:
    if text and not re.fullmatch(r"[0-9+(). x/-]{3,40}", text):
        raise ValueError("a phone number has digits, spaces and + ( ) . - only")
    return text


def _web(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s\"<>]+", text):
        raise ValueError("a web address begins with https://")
    return text


def _check_hours(text: str) -> str:
    parse_hours(text)
    return text


Listed = BeforeValidator(_split)
PartialDate = Annotated[str, AfterValidator(_partial_date)]
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class Operator(Declared):
    """Who runs a site, from when to when; empty ends are not known or still open."""

    name: str
    since: PartialDate = ""
    until: PartialDate = ""


def _operators(value: Any) -> Any:
    """`Name [2019-05..2023]; Other name [2023..]`, oldest first."""
    if not isinstance(value, str):
        return value
    found = [_OPERATOR.fullmatch(part) for part in _split(value)]
    if None in found:
        raise ValueError("write each operator as: Name [2019-05..2023-12], with an open end where it still runs the site")
    return tuple(
        {"name": f["name"], "since": f["since"] or "", "until": f["until"] or ""} for f in found if f
    )


class Site(Declared):
    """One row of `services/*.csv`.

    `status_from` and `status_to` are the days from and to which a site is paused, or from which it is closed. `catchment` is
    `layer/area` or the name of a GeoJSON file in `services/catchments/`. A place that must stay secret (a shelter) has `is_confidential`
    and then neither address, directions, coordinates nor catchment. `last_verified` is the day on which the city last asked the site.
    """

    id: AreaSlug
    name: str = Field(min_length=1)
    kind: Kind
    operators: Annotated[tuple[Operator, ...], BeforeValidator(_operators)] = ()
    opened: PartialDate = ""
    status: Status = "active"
    status_from: PartialDate = ""
    status_to: PartialDate = ""
    status_note: str = ""
    address: str = ""
    longitude: float | None = Field(default=None, ge=-180, le=180)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    directions: str = ""
    is_confidential: bool = False
    catchment: str = Field(default="", pattern=r"^$|^[a-z][a-z0-9_]*/[a-z0-9][a-z0-9-]*$|^[a-z0-9][a-z0-9_-]*\.geojson$")
    needs: Annotated[tuple[Need, ...], Listed] = ()
    services: Annotated[tuple[str, ...], Listed] = ()
    eligibility: str = ""
    hours: Annotated[str, AfterValidator(_check_hours)] = ""
    languages: Annotated[tuple[LanguageCode, ...], Listed] = ()
    phone: Annotated[str, AfterValidator(_phone)] = ""
    web: Annotated[str, AfterValidator(_web)] = ""
    accessibility: str = ""
    last_verified: date | None = None
    source: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Site:
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("longitude and latitude belong together")
        if self.is_confidential and (self.address or self.directions or self.longitude is not None or self.catchment):
            raise ValueError("a confidential site has no address, directions, coordinates or catchment: take them out")
        if self.status != "active" and not self.status_from:
            raise ValueError(f"status_from is missing: since when is it {self.status}?")
        if self.status_to and self.status != "paused":
            raise ValueError("status_to is for a paused site: the day on which it is to open again")
        if self.status_to and self.status_to < self.status_from:
            raise ValueError("status_to is before status_from")
        return self

    @property
    def spans(self) -> tuple[Span, ...]:
        """Its hours; none where they are not known."""
        return parse_hours(self.hours)

    def days_unverified(self, today: date) -> int | None:
        """Days since somebody last asked; None where nobody has."""
        return (today - self.last_verified).days if self.last_verified else None


class Activity(Declared):
    """One row of `services/activity/*.csv`: what one site did in one month, as it reports it; empty is not reported."""

    site_id: AreaSlug
    month: str = Field(pattern=r"^(19|20)\d\d-(0[1-9]|1[0-2])$")
    mediations: int | None = Field(default=None, ge=0)
    referrals: int | None = Field(default=None, ge=0)
    clients: int | None = Field(default=None, ge=0)


class Catchment(Declared):
    """A drawn catchment: the corners of one polygon, longitude and latitude, not closed."""

    name: str
    corners: tuple[tuple[float, float], ...]


class Services(Declared):
    """Everything below `services/`; `files` says which row stands where, for `harborlight services check`."""

    sites: tuple[Site, ...] = ()
    activity: tuple[Activity, ...] = ()
    catchments: dict[str, Catchment] = Field(default_factory=dict)
    places: dict[str, str] = Field(default_factory=dict)


class Finding(Declared):
    """A site that somebody has to ask: why, how long ago it was asked, and where its row stands."""

    site: Site
    reason: Literal["never_verified", "stale", "soon_stale", "pause_over"]
    days: int | None
    where: str


def find_unverified(services: Services, today: date, soon_days: int = 14) -> tuple[Finding, ...]:
    """Sites to ask, the most urgent first: never asked, longest ago, pauses that should have ended, soon too old. Closed ones are left."""
    found: list[tuple[int, int, Finding]] = []
    for site in services.sites:
        days, where = site.days_unverified(today), services.places.get(site.id, "")
        is_over = site.status == "paused" and "" < site.status_to < today.isoformat()[: len(site.status_to)]
        if site.status == "closed":
            continue
        if days is None:
            found.append((0, 0, Finding(site=site, reason="never_verified", days=None, where=where)))
        elif days > STALE_DAYS:
            found.append((1, -days, Finding(site=site, reason="stale", days=days, where=where)))
        elif is_over:
            found.append((2, -days, Finding(site=site, reason="pause_over", days=days, where=where)))
        elif days > STALE_DAYS - soon_days:
            found.append((3, -days, Finding(site=site, reason="soon_stale", days=days, where=where)))
    return tuple(finding for *_, finding in sorted(found, key=lambda item: (*item[:2], item[2].site.id)))


ASKED: dict[str, str] = {
    "never_verified": "nobody has verified it",
    "stale": "last verified {days} days ago",
    "pause_over": "its pause was to end on {end}",
    "soon_stale": "last verified {days} days ago, due soon",
}


def tell_unverified(services: Services, today: date) -> tuple[list[str], bool]:
    """What `harborlight services check` says, a line a site, and whether one is overdue."""
    findings = find_unverified(services, today)
    overdue = sum(finding.reason != "soon_stale" for finding in findings)
    total = f"{len(services.sites)} sites, {overdue} overdue, {len(findings) - overdue} due within two weeks."
    lines = [
        f"{f.where}: {f.site.name} ({f.site.id}): {ASKED[f.reason].format(days=f.days, end=f.site.status_to)}"
        + (f"; call {f.site.phone}" if f.site.phone else "")
        for f in findings
    ]
    return [*lines, total if services.sites else "No site is listed: add services/*.csv."], bool(overdue)


SITES, ACTIVITY, CATCHMENTS = Path("services"), Path("services/activity"), Path("services/catchments")
