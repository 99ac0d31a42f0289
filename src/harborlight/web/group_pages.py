"""Pages about groups of people: who is harmed, and intimate-partner violence."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from harborlight.web.cache import check_query
from harborlight.web.demographics import make_demographics
from harborlight.web.partner_violence import make_partner_violence
from harborlight.web.places import check_params
from harborlight.web.respond import check_no_params, get_turn, html

Handler = Callable[[Request], Response]
PARAMETERS = ("subject", "period")


def read_demographics(request: Request) -> Response:
    turn = get_turn(request)
    given = check_params(check_query(turn.visit.query), PARAMETERS, turn.wording)
    page = make_demographics(turn.release.reader, given.get("subject", ""), given.get("period", ""), turn.wording, turn.release.files)
    return html(turn, "demographics.html", page)


def read_partner_violence(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    return html(turn, "partner_violence.html", make_partner_violence(turn.release.reader, turn.wording))


PAGES: tuple[tuple[str, Handler], ...] = (
    ("/demographics", read_demographics),
    ("/intimate-partner-violence", read_partner_violence),
)
