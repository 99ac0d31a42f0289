"""Addresses of strategies: the list and one page each."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from harborlight.web.respond import check_no_params, get_turn, html
from harborlight.web.strategies_page import make_strategies, make_strategy

Handler = Callable[[Request], Response]


def read_strategies(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    return html(turn, "strategies.html", make_strategies(turn.release.reader, turn.wording))


def read_strategy(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    return html(turn, "strategy.html", make_strategy(turn.release.reader, request.path_params["strategy_id"], turn.wording))


PAGES: tuple[tuple[str, Handler], ...] = (
    ("/strategies", read_strategies),
    ("/strategies/{strategy_id}", read_strategy),
)
