"""Pages about goals: the list by agency, and one goal."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from harborlight.web.goals import make_goal_page, make_goals
from harborlight.web.respond import check_no_params, get_turn, html

Handler = Callable[[Request], Response]


def read_goals(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    return html(turn, "goals.html", make_goals(turn.release.reader, turn.wording))


def read_goal(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    page = make_goal_page(turn.release.reader, turn.release.files, request.path_params["goal_id"], turn.wording)
    return html(turn, "goal.html", page)


PAGES: tuple[tuple[str, Handler], ...] = (
    ("/goals", read_goals),
    ("/goals/{goal_id}", read_goal),
)
