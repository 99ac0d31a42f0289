"""`/api/v1/changes`: published counts that later changed, as JSON and CSV; the rows of the page with the same question."""

from __future__ import annotations

from datetime import date

from fastapi import Request, Response
from pydantic import Field

from harborlight.web.api_models import Shape
from harborlight.web.cache import check_query
from harborlight.web.changes_query import COLUMNS, PARAMETERS, read_asked, read_changes, read_span
from harborlight.web.places import check_params
from harborlight.web.respond import get_turn, to_csv, to_json


class ChangeOut(Shape):
    """One published count that changed. The five last numbers add up to `after` less `before`; null where not told apart."""

    metric: str
    grain: str = Field(description="month or year.")
    period: str = Field(description="2024-03, 2024, or undated.")
    area_id: str = Field(description="An area of the first layer, city, or unlocated.")
    before: int | None = Field(description="As published before; null where it was missing.")
    after: int | None
    known_on: date = Field(description="Day of the release that changed it.")
    why: str = Field(description="The cause that weighs most.")
    new_days: int | None = Field(description="Records of days after the data before.")
    late: int | None = Field(description="Records that were entered late.")
    reclassified: int | None
    unfounded: int | None
    restated: int | None = Field(description="Other changes at the source, and what could not be traced.")


class ChangeList(Shape):
    release: str
    kept_since: date | None = Field(description="First day from which published values are kept.")
    changes: list[ChangeOut]


def read_changes_json(request: Request) -> Response:
    """Changes of published counts; `.csv` after the address gives the same rows as CSV."""
    turn = get_turn(request)
    reader = turn.release.reader
    asked = read_asked(check_params(check_query(turn.visit.query), PARAMETERS, turn.wording), reader)
    rows = read_changes(reader, asked)
    if turn.visit.path.endswith(".csv"):
        return to_csv("changes", list(COLUMNS), rows)
    return to_json(ChangeList(release=turn.release.id, kept_since=read_span(reader)[0], changes=[ChangeOut(**row) for row in rows]))
