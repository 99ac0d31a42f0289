"""`/api/v1/goals`: goals with where they stand, and one goal with its years and every change of it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from fastapi import Request, Response
from pydantic import Field

from harborlight.web.api_models import Shape
from harborlight.web.goal_reader import find_goal
from harborlight.web.reader import Reader, Row
from harborlight.web.respond import check_no_params, get_turn, to_csv, to_json

Status = Literal["met", "missed", "met_in_some", "on_track", "too_close", "off_track", "not_begun", "cannot_say", "not_supplied", "withdrawn"]
ReadingName = Literal["year_on_year", "compound", "at_the_end", "count"]


class GoalDeclared(Shape):
    """A goal in the words of its source."""

    id: str
    title: str
    text: str
    source: str = Field(description="Where the words stand.")
    owner: str = Field(description="Agency that answers for it.")
    plan: str | None
    measure: str = Field(description="The question that counts it; empty where nothing is counted.")
    target: str
    direction: Literal["lower", "higher"]
    baseline: str
    period: str
    same_promise_as: str | None = Field(description="Goal that words the same promise in another way.")
    needs: str = Field(description="What nobody has supplied, where it cannot be counted.")
    withdrawn_on: date | None
    withdrawn_why: str | None


class GoalOut(GoalDeclared):
    """A goal under one reading, with the year that decides."""

    reading: ReadingName | None = Field(description="null where it cannot be counted.")
    status: Status = Field(description="Worked out from the counts; it cannot be set.")
    is_final: bool
    met: int = Field(description="Finished years in which the target was met.")
    known: int = Field(description="Finished years that could be compared.")
    date_from: date | None = Field(description="First day of the year that decides.")
    date_to: date | None
    through: date | None = Field(description="Last settled day that is counted.")
    n: int | None
    limit: int | None = Field(description="The whole number that the count is held against.")
    expected: float | None = Field(description="What a year that ends on its target usually has by then.")
    probability: float | None = Field(description="Chance of meeting it, while the year runs.")


class GoalList(Shape):
    release: str
    goals: list[GoalOut]


class GoalYearOut(Shape):
    """One year of a goal under one reading."""

    goal: str
    reading: ReadingName
    step: int
    date_from: date
    date_to: date
    status: Status
    through: date | None
    n: int | None
    base_from: date | None
    base_to: date | None
    base_n: int | None
    base_years: int | None
    percent: float | None
    times: int | None
    target: float | None
    limit: int | None
    share: float | None = Field(description="Share of a usual year that has passed.")
    share_years: str = Field(description="Earlier years that say so; empty where the share of days stands in.")
    expected: float | None
    dispersion: float | None
    probability: float | None
    reason: str | None


class GoalEditOut(Shape):
    """One change of a goal."""

    goal: str
    changed_on: date
    field: str
    before: str
    after: str
    why: str | None
    page: str | None
    kind: Literal["declared", "undeclared", "dropped"]


class PlanOut(Shape):
    """The plan that a goal belongs to."""

    id: str
    title: str
    owner: str
    date_from: date
    date_to: date
    state: Literal["not_begun", "running", "ended"] = Field(description="On the day of this release.")
    follows: str | None
    text: str
    next_due: date | None
    next_text: str
    source: str


class GoalAnswer(Shape):
    release: str
    goal: GoalDeclared
    plan: PlanOut | None
    statuses: list[GoalOut]
    years: list[GoalYearOut]
    edits: list[GoalEditOut]


LISTED = (
    "select g.*, s.reading, s.status, s.is_final, s.met, s.known, y.date_from, y.date_to, y.through, y.n, y.\"limit\", y.expected, y.probability "
    "from goals as g join goal_status as s on s.goal = g.id "
    "left join goal_years as y on y.goal = s.goal and y.reading = s.reading and y.step = s.step"
)


def read_goals(request: Request) -> Response:
    """Every goal, a row for each reading."""
    check_no_params(request)
    turn = get_turn(request)
    goals = _listed(turn.release.reader)
    if turn.visit.path.endswith(".csv"):
        return to_csv("goals", list(GoalOut.model_fields), [goal.model_dump(mode="json") for goal in goals])
    return to_json(GoalList(release=turn.release.id, goals=goals))


def read_goal(request: Request) -> Response:
    """One goal; as CSV its years."""
    check_no_params(request)
    turn = get_turn(request)
    reader = turn.release.reader
    measured = find_goal(reader, request.path_params["goal_id"], turn.wording)
    goal_id = measured.goal.id
    years = [GoalYearOut(**row) for row in measured.years]
    if turn.visit.path.endswith(".csv"):
        return to_csv(goal_id, list(GoalYearOut.model_fields), [year.model_dump(mode="json") for year in years])
    plans: list[Row] = reader.rows("select * from plans where id = $id", {"id": measured.goal.plan or ""})
    statuses = _listed(reader, goal_id)
    declared: dict[str, Any] = {name: getattr(statuses[0], name) for name in GoalDeclared.model_fields}
    return to_json(
        GoalAnswer(
            release=turn.release.id, goal=GoalDeclared(**declared), plan=PlanOut(**plans[0]) if plans else None, statuses=statuses, years=years,
            edits=[GoalEditOut(**row) for row in measured.edits],
        )
    )  # fmt: skip


def _listed(reader: Reader, goal_id: str | None = None) -> list[GoalOut]:
    where = " where g.id = $id" if goal_id else ""
    rows = reader.rows(f"{LISTED}{where} order by g.id, s.reading desc nulls last", {"id": goal_id} if goal_id else {})
    return [GoalOut(**(row | {"plan": row["plan"] or None})) for row in rows]
