"""Places of help on an area's page: those that serve it, then the nearest, at most five. Whether one is open now is asked on `/community`.

An area's page may be kept for a day, so it says what holds all day: hours, and whether a site is paused, closed or not verified.
"""

from __future__ import annotations

from datetime import datetime, time

from harborlight.web.community import PAGE
from harborlight.web.context import Link
from harborlight.web.context_areas import SiteLine
from harborlight.web.places import Place
from harborlight.web.reader import Reader
from harborlight.web.service_query import Asked, Found, Spot, find_sites
from harborlight.web.service_words import distance_words, place_words, short_hours, state_words
from harborlight.web.site import Visit
from harborlight.web.wording import Wording

MOST_LISTED = 5
LASTING = ("paused", "pause_over", "closed", "unverified")


def make_area_sites(reader: Reader, place: Place, visit: Visit, wording: Wording) -> tuple[SiteLine, ...]:
    """Sites in or near an area; none for one that is known only as sources state it. Closed ones are left to the list."""
    if place.area is None:
        return ()
    spot = Spot(place.name, place.area.longitude, place.area.latitude, f"{place.layer.id}/{place.id}")
    asked = Asked(datetime.combine(visit.today, time(12)), spot=spot)
    found = [one for one in find_sites(reader, asked) if one.standing.state != "closed"]
    mine = f"{place.layer.id}/{place.id}"
    found.sort(key=lambda one: not (one.serves or one.listed.site.catchment == mine))
    return tuple(_line(one, asked, wording) for one in found[:MOST_LISTED])


def _line(found: Found, asked: Asked, wording: Wording) -> SiteLine:
    site = found.listed.site
    where = distance_words(found, asked, wording) or place_words(site, wording).removesuffix(".")
    state = state_words(site, found.standing, wording) if found.standing.state in LASTING else short_hours(site.spans, wording)
    return SiteLine(Link(site.name, f"{PAGE}/{site.id}"), where, state)


def more_sites(place: Place, wording: Wording) -> Link:
    """The list with this area as the place, narrowed to what is open now."""
    return Link(wording.text("community.area_more"), f"{PAGE}?near={place.layer.id}/{place.id}&open=now" if place.area else f"{PAGE}?open=now")
