"""`/api/v1/outcomes`: the rows behind each figure of the page about arrests and courts, for the same cohort and offense, and the way drawn."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import Request, Response
from pydantic import Field

from harborlight.errors import QueryError
from harborlight.metrics.flows import read_part_rows
from harborlight.web.api_models import Shape
from harborlight.web.cache import check_query
from harborlight.web.group_reader import NOT_HERE
from harborlight.web.outcome_flows import read_states
from harborlight.web.outcome_way import draw_way
from harborlight.web.outcome_words import FIGURES, Asked, parts_of
from harborlight.web.outcomes import read_asked
from harborlight.web.places import check_params
from harborlight.web.respond import Turn, get_turn, to_csv, to_json

PARAMETERS = ("figure", "cohort", "offense")
# What the columns of the published tables are called in every row of the answer.
NAMES = {
    "cohort_quarter": "period", "month": "period", "cohort_month": "period", "filed_month": "period", "disposed_month": "period",
    "state_code": "code", "how": "code", "decision_code": "code", "outcome_code": "code", "link_code": "code", "court_code": "court",
}  # fmt: skip


class OutcomeRow(Shape):
    """One count of one figure; what a figure does not tell apart is null."""

    figure: str = Field(description="states, clearance, cohorts, decisions, dispositions, ended, times or links.")
    period: str = Field(description="Quarter (2024-Q1) or month (2024-03) of the incidents, arrests, filings or endings.")
    as_of: date | None = Field(description="Day on which incidents are in that state; of states only.")
    offense_group: str | None
    court: str | None = Field(description="district or circuit; of dispositions only.")
    code: str = Field(description="State, kind of clearance, decision, outcome or kind of link.")
    months: int | None = Field(description="Calendar months until then; of those still waiting, months followed.")
    is_linked: bool | None = Field(description="Of links only.")
    n: int


class OutcomeAnswer(Shape):
    release: str
    as_of: date | None = Field(description="Last day of the last full month that reports, arrests and courts have reached; null without records.")
    cohort: str = Field(description="Year or quarter of the incidents; empty without court records.")
    offense: str | None = Field(description="Offense group; null for all open offenses.")
    rows: list[OutcomeRow]


def read_outcomes_json(request: Request) -> Response:
    """All figures, or one of them; with `.svg` the states of the incidents on the last day, drawn."""
    turn = get_turn(request)
    given = check_params(check_query(turn.visit.query), PARAMETERS, turn.wording)
    figure, reader = given.pop("figure", ""), turn.release.reader
    if figure and figure not in FIGURES:
        raise QueryError(turn.wording.text("outcomes.bad_figure"), parameter="figure", allowed=list(FIGURES))
    asked = read_asked(reader, given, turn.wording)
    if turn.visit.path.endswith(".svg"):
        return _picture(turn, asked, figure)
    rows: list[OutcomeRow] = []
    if asked:
        for name, part in parts_of(asked).items():
            if figure in ("", name) and (figure or name != "ended"):
                rows += [_row(name, row) for row in reader.using(lambda con, part=part: read_part_rows(con, part))]  # type: ignore[misc]
    if turn.visit.path.endswith(".csv"):
        return to_csv("outcomes", list(OutcomeRow.model_fields), [row.model_dump(mode="json") for row in rows])
    answer = OutcomeAnswer(
        release=turn.release.id, as_of=asked.span.as_of if asked else None, cohort=asked.cohort.id if asked else "",
        offense=(asked.group or None) if asked else None, rows=rows,
    )  # fmt: skip
    return to_json(answer)


def _picture(turn: Turn, asked: Asked | None, figure: str) -> Response:
    """Raises QueryError: 400 for a figure that is not drawn, 404 where there is no incident to draw."""
    if figure not in ("", "states"):
        raise QueryError(turn.wording.text("way.only_states"), parameter="figure", allowed=["states"])
    drawn = draw_way(read_states(turn.release.reader, asked), asked, turn.wording) if asked else ""
    if not drawn:
        raise QueryError(turn.wording.text("way.not_drawn"), code="not_found", status=NOT_HERE)
    return Response(drawn, media_type="image/svg+xml")


def _row(figure: str, row: dict[str, Any]) -> OutcomeRow:
    told: dict[str, Any] = dict.fromkeys(("as_of", "offense_group", "court", "months", "is_linked"))
    told |= {NAMES.get(name, name): value for name, value in row.items()}
    if told["is_linked"] is not None:
        told["is_linked"] = told["is_linked"] == "yes"
    return OutcomeRow(figure=figure, **told)
