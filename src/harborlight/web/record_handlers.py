"""Addresses of the look-up. Whatever cannot be shown gets one answer, byte for byte, by the same way through the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fastapi import Request, Response

from harborlight.errors import QueryError
from harborlight.records.numbers import LONGEST
from harborlight.web.cache import check_query
from harborlight.web.case_page import make_case_page
from harborlight.web.headers import RECORD_PATHS, ROBOTS
from harborlight.web.look_up import make_look_up, make_miss
from harborlight.web.places import check_params
from harborlight.web.record_reader import find_number, read_case, read_report
from harborlight.web.report_page import make_report_page
from harborlight.web.respond import Turn, check_no_params, get_turn, html, render_page

Handler = Callable[[Request], Response]
HOME = "/look-up"


def read_look_up(request: Request) -> Response:
    """The field, or the page that a number leads to."""
    turn = get_turn(request)
    # Longer than any number is as good as none, and never a refusal of its own.
    asked = [(name, value[: LONGEST + 1] if name == "number" else value) for name, value in check_query(turn.visit.query)]
    number = check_params(asked, ("number",), turn.wording).get("number", "").strip()
    if not number:
        return html(turn, "look_up.html", make_look_up(turn.release.facts, turn.wording, turn.visit.unchecked))
    return go_to(turn, number) or miss(turn)


def read_case_page(request: Request) -> Response:
    check_no_params(request)
    turn, key = get_turn(request), request.path_params["case_id"]
    facts, reader = turn.release.facts, turn.release.reader
    found = read_case(reader, key, turn.visit.unchecked)
    if found is None:
        return go_to(turn, key, "cases") or miss(turn)
    report = read_report(reader, found.case["incident_key"] or "", turn.visit.unchecked)
    return html(turn, "case.html", make_case_page(facts, found, report[0] if report else None, turn.wording))


def read_report_page(request: Request) -> Response:
    check_no_params(request)
    turn, key = get_turn(request), request.path_params["incident_id"]
    found = read_report(turn.release.reader, key, turn.visit.unchecked)
    if found is None:
        return go_to(turn, key, "incidents") or miss(turn)
    return html(turn, "report.html", make_report_page(turn.release.facts, *found, turn.wording))


def go_to(turn: Turn, typed: str, kind: str = "") -> Response | None:
    """A way to the page of a number that was typed with spaces, dashes or small letters, or is an earlier one; None where there is none.

    Only where nothing but these tells the two apart: an ending (`.css`, `;x`) is part of no number, so that no cache takes a page for a file.
    """
    found = find_number(turn.release.reader, typed, turn.visit.unchecked)
    if found is None or (kind and (found[0] != kind or not all(c.isalnum() or c in " -" for c in typed))):
        return None
    return Response(status_code=302, headers={"location": f"/{found[0]}/{found[1]}"})


def miss(turn: Turn) -> Response:
    """The page of every number that cannot be shown: its bytes hang on the release alone."""
    blank = replace(turn, visit=replace(turn.visit, path=HOME, query=""))
    text = render_page(blank, "miss.html", make_miss(turn.release.facts, turn.wording), is_error=True)
    response = Response(text, status_code=404, media_type="text/html; charset=utf-8")
    if not turn.visit.path.startswith(RECORD_PATHS):
        response.headers["x-robots-tag"] = ROBOTS
    return response


def refuse_record(turn: Turn) -> QueryError:
    """The same for programs."""
    return QueryError(turn.wording.text("lookup.miss_json"), code="not_found", status=404)


PAGES: tuple[tuple[str, Handler], ...] = (
    (HOME, read_look_up),
    ("/cases/{case_id}", read_case_page),
    ("/incidents/{incident_id}", read_report_page),
)
