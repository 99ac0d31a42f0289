"""Addresses about help, prevention and firearms."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from harborlight.web.cache import check_query
from harborlight.web.community import make_community, site_languages
from harborlight.web.community_site import make_site_page
from harborlight.web.firearms import make_firearms_page
from harborlight.web.places import check_params
from harborlight.web.reader import Reader
from harborlight.web.respond import check_no_params, get_turn, html
from harborlight.web.service_query import PARAMETERS, read_asked
from harborlight.web.service_reader import read_sites

Handler = Callable[[Request], Response]


def read_community(request: Request) -> Response:
    turn = get_turn(request)
    given = check_params(check_query(turn.visit.query), PARAMETERS, turn.wording)
    asked = read_asked(given, turn.visit, site_languages(turn.release.reader), turn.wording)
    return html(turn, "community.html", make_community(turn.release.reader, asked, turn.release.base, turn.wording))


def read_site(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    asked = read_asked({}, turn.visit, [], turn.wording)
    return html(turn, "community_site.html", make_site_page(turn.release.reader, request.path_params["site_id"], asked, turn.wording))


def read_firearms(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    return html(turn, "firearms.html", make_firearms_page(turn.release.reader, turn.wording))


def site_addresses(reader: Reader) -> list[str]:
    """The page of every site, for the sitemap."""
    return [f"/community/{site_id}" for site_id in read_sites(reader)]


PAGES: tuple[tuple[str, Handler], ...] = (
    ("/community", read_community),
    ("/community/{site_id}", read_site),
    ("/firearms", read_firearms),
)
