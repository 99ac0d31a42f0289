"""The address about arrests and courts."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from harborlight.web.cache import check_query
from harborlight.web.outcomes import PARAMETERS, make_outcomes
from harborlight.web.places import check_params
from harborlight.web.respond import get_turn, html

Handler = Callable[[Request], Response]


def read_outcomes(request: Request) -> Response:
    turn = get_turn(request)
    given = check_params(check_query(turn.visit.query), PARAMETERS, turn.wording)
    return html(turn, "outcomes.html", make_outcomes(turn.release.reader, given, turn.release.files, turn.wording))


PAGES: tuple[tuple[str, Handler], ...] = (("/outcomes", read_outcomes),)
