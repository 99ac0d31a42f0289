"""Goals of a release as pages and API read them: declared ones from its facts, numbers from its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harborlight.catalog.goals import Goal
from harborlight.errors import QueryError
from harborlight.web.reader import Reader, Row
from harborlight.web.wording import Wording

RUNNING = ("on_track", "too_close", "off_track")


@dataclass(frozen=True)
class Measured:
    """A goal with its lines: `statuses` one a reading, `years` of all readings, `edits` oldest first."""

    goal: Goal
    statuses: tuple[Row, ...]
    years: tuple[Row, ...]
    edits: tuple[Row, ...]

    @property
    def readings(self) -> tuple[str, ...]:
        return tuple(status["reading"] for status in self.statuses if status["reading"])

    def year(self, reading: str, step: int) -> Row | None:
        return next((y for y in self.years if y["reading"] == reading and y["step"] == step), None)


def read_goals(reader: Reader) -> dict[str, Measured]:
    """Every goal in the order of its id."""
    tables = {name: reader.rows(f"select * from {name} order by all", {}) for name in ("goal_status", "goal_years", "goal_edits")}
    return {
        goal.id: Measured(goal, *(_own(tables[name], goal) for name in ("goal_status", "goal_years", "goal_edits")))
        for goal in reader.facts.goals.values()
    }


def _own(rows: Sequence[Row], goal: Goal) -> tuple[Row, ...]:
    """A goal's rows; readings and years in the order in which they were worked out."""
    order = ("year_on_year", "compound", "at_the_end", "count", None)
    own = [row for row in rows if row["goal"] == goal.id]
    return tuple(sorted(own, key=lambda row: (order.index(row["reading"]), row["step"] or 0)) if own and "reading" in own[0] else own)


def find_goal(reader: Reader, goal_id: str, wording: Wording) -> Measured:
    """One goal. Raises QueryError 404 for anything else."""
    goals = read_goals(reader)
    if goal_id not in goals:
        raise QueryError(wording.text("goals.not_found"), code="not_found", status=404, allowed=list(goals)[:50])
    return goals[goal_id]


def read_plan_states(reader: Reader) -> Mapping[str, Any]:
    """Plan id → not_begun, running or ended."""
    return {row["id"]: row["state"] for row in reader.rows("select id, state from plans order by id", {})}


def is_settled(found: Sequence[Measured]) -> bool:
    """Whether every counted goal among these has its final result."""
    counted = [status for m in found for status in m.statuses if status["reading"]]
    return bool(counted) and all(status["is_final"] for status in counted)
