"""What can be asked of the list of sites, on the page and in the API alike: kind, need, language, open now, near a place.

`open` is `now`, which the server answers by the city's own clock, or a local minute, so that an address can say for good which
moment it means. `near` is the name of an area, `layer/area`, or longitude and latitude.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from harborlight.catalog.services import KINDS, NEEDS
from harborlight.errors import QueryError
from harborlight.metrics.shapes import Facts
from harborlight.web.places import Place, find_by_name, find_place, holds
from harborlight.web.reader import Reader
from harborlight.web.service_reader import Listed, Standing, read_sites, stand
from harborlight.web.site import Visit
from harborlight.web.wording import Wording

PARAMETERS = ("kind", "need", "language", "open", "near", "within")
MILES = ("1", "2", "5", "10")
MILE_KM = 1.609344
NOW = "now"


@dataclass(frozen=True)
class Spot:
    """A chosen place: its name, a point inside it, and other places that answer to the same words."""

    name: str
    longitude: float
    latitude: float
    value: str
    others: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Asked:
    """One typed question about sites. `moment` is local; `is_open` keeps what is open at it."""

    moment: datetime
    kind: str = ""
    need: str = ""
    language: str = ""
    open: str = ""
    spot: Spot | None = None
    near: str = ""
    miles: float | None = None

    @property
    def is_narrow(self) -> bool:
        return bool(self.kind or self.need or self.language or self.open or self.miles)


@dataclass(frozen=True)
class Found:
    """One site of an answer. `km` is None where its place or the chosen one is not known."""

    listed: Listed
    standing: Standing
    km: float | None
    serves: bool


def read_asked(given: Mapping[str, str], visit: Visit, languages: list[str], wording: Wording) -> Asked:
    """Parameters of an address as a question. Raises QueryError (400) with what is allowed; a place that is not found is no error."""
    for name, allowed in (("kind", list(KINDS)), ("need", list(NEEDS)), ("language", languages), ("within", list(MILES))):
        if given.get(name) and given[name] not in allowed:
            raise QueryError(wording.text("community.bad_value"), parameter=name, allowed=allowed)
    moment = visit.now.astimezone(ZoneInfo(visit.facts.city.timezone)).replace(tzinfo=None)
    spot = find_spot(visit.facts, given.get("near", ""))
    return Asked(
        moment=_read_moment(given.get("open", ""), moment, wording), kind=given.get("kind", ""), need=given.get("need", ""),
        language=given.get("language", ""), open=given.get("open", ""), spot=spot, near=given.get("near", ""),
        miles=float(given["within"]) if given.get("within") and spot else None,
    )  # fmt: skip


def _read_moment(text: str, now: datetime, wording: Wording) -> datetime:
    if text in ("", NOW):
        return now
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", text, re.ASCII):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise QueryError(wording.text("community.bad_open"), parameter="open", allowed=[NOW, "2026-11-10T18:30"])


def find_spot(facts: Facts, text: str) -> Spot | None:
    """The place that words, `layer/area` or a coordinate name; None where nothing answers to them."""
    if found := re.fullmatch(r"\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*,\s*(-?\d{1,2}(?:\.\d{1,15})?)\s*", text, re.ASCII):
        x, y = float(found[1]), float(found[2])
        return Spot(f"{x:.4f}, {y:.4f}", x, y, f"{x:g},{y:g}") if abs(x) <= 180 and abs(y) <= 85 else None
    layer, _, area = text.strip().partition("/")
    places: list[Place] = []
    if area:
        try:
            places = [find_place(facts, layer, area)]
        except QueryError:
            return None
    else:
        places = [place for place in find_by_name(facts, text) if place.area]
    if not places or places[0].area is None:
        return None
    first, middle = places[0], places[0].area
    return Spot(f"{first.name} ({first.layer.title_one})", middle.longitude, middle.latitude, f"{first.layer.id}/{first.id}", tuple(places[1:6]))


def find_sites(reader: Reader, asked: Asked) -> list[Found]:
    """Sites that answer a question: the nearest first where a place is chosen, those without a published place last."""
    found = [_find(listed, asked) for listed in read_sites(reader).values()]
    kept = [one for one in found if _fits(one, asked)]
    if asked.spot:
        kept.sort(key=lambda one: (not one.serves and one.km is None, one.km if one.km is not None else 0.0))
    return kept


def _find(listed: Listed, asked: Asked) -> Found:
    site, spot = listed.site, asked.spot
    km = None
    if spot and site.longitude is not None and site.latitude is not None:
        km = distance_km(site.longitude, site.latitude, spot.longitude, spot.latitude)
    serves = bool(spot and listed.geometry and holds(listed.geometry, spot.longitude, spot.latitude))
    return Found(listed, stand(site, asked.moment), km, serves)


def _fits(found: Found, asked: Asked) -> bool:
    site = found.listed.site
    if asked.miles is not None and not found.serves and found.km is not None and found.km > asked.miles * MILE_KM:
        return False
    return (
        (not asked.kind or site.kind == asked.kind)
        and (not asked.need or asked.need in site.needs)
        and (not asked.language or asked.language in site.languages)
        and (not asked.open or found.standing.is_available)
    )


def distance_km(x1: float, y1: float, x2: float, y2: float) -> float:
    """Kilometres on a sphere between two points in degrees (haversine)."""
    a = math.sin(math.radians(y2 - y1) / 2) ** 2
    a += math.cos(math.radians(y1)) * math.cos(math.radians(y2)) * math.sin(math.radians(x2 - x1) / 2) ** 2
    return 12742.0176 * math.asin(math.sqrt(a))
