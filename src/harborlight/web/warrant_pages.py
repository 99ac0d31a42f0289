"""The address about warrants."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from harborlight.web.respond import check_no_params, get_turn, html
from harborlight.web.warrants import make_warrants_page

Handler = Callable[[Request], Response]


def read_warrants(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    return html(turn, "warrants.html", make_warrants_page(turn.release.reader, turn.wording))


PAGES: tuple[tuple[str, Handler], ...] = (("/warrants", read_warrants),)
