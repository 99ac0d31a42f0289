"""What goals, plans and agencies name must exist: other declarations, measures, offenses, places. Mistakes carry their file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harborlight.catalog.goals import Goal, Plan
from harborlight.catalog.models import Catalog

Mistake = tuple[Path, str, str]


def find_mistakes(catalog: Catalog, offenses: set[str]) -> Iterator[Mistake]:
    """Every mistake as file, the key that it is about, and a sentence. `offenses` are groups that may be asked for."""
    names = [agency.id for agency in catalog.agencies]
    own = catalog.folder / "agencies.yaml"
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield own, "", f"the agency {name!r} stands twice"
    for agency in catalog.agencies:
        for source in set(agency.sources) - catalog.sources.keys():
            yield own, "", f"{agency.id}: there is no source {source!r}"
    for plan in catalog.plans.values():
        yield from _check_plan(catalog, plan)
    for goal in catalog.goals.values():
        path = catalog.folder / "goals" / f"{goal.id}.yaml"
        yield from ((path, key, text) for key, text in _check_goal(catalog, goal, offenses))


def _check_plan(catalog: Catalog, plan: Plan) -> Iterator[Mistake]:
    path = catalog.folder / "plans" / f"{plan.id}.yaml"
    if plan.owner not in {agency.id for agency in catalog.agencies}:
        yield path, "owner", f"owner: there is no agency {plan.owner!r} in agencies.yaml"
    before = catalog.plans.get(plan.follows or "")
    if plan.follows and before is None:
        yield path, "follows", f"follows: there is no plan {plan.follows!r}"
    if before and before.date_to >= plan.date_from:
        yield path, "follows", f"follows: {before.id} ends on {before.date_to}, after this plan begins"


def _check_goal(catalog: Catalog, goal: Goal, offenses: set[str]) -> Iterator[tuple[str, str]]:
    if goal.owner not in {agency.id for agency in catalog.agencies}:
        yield "owner", f"owner: there is no agency {goal.owner!r} in agencies.yaml"
    if goal.plan and goal.plan not in catalog.plans:
        yield "plan", f"plan: there is no plan {goal.plan!r}"
    if goal.same_promise_as and (goal.same_promise_as == goal.id or goal.same_promise_as not in catalog.goals):
        yield "same_promise_as", f"same_promise_as: there is no other goal {goal.same_promise_as!r}"
    metric = catalog.metrics.get(goal.metric or "")
    if goal.metric and metric is None:
        yield "metric", f"metric: there is no metric {goal.metric!r}"
    for offense in sorted(set(goal.offense) - offenses):
        yield "offense", f"offense: there is no offense group {offense!r} that is published day by day"
    if metric and goal.offense and metric.table != "events":
        yield "offense", f"offense: {metric.table} cannot be asked for by offense"
    if metric and goal.unit and goal.unit not in (metric.units or (metric.unit,)):
        yield "unit", f"unit: {metric.id} does not count {goal.unit}"
    layer = (goal.area or "").partition("/")[0]
    if layer and layer not in catalog.layers:
        yield "area", f"area: there is no layer {layer!r}"
    elif layer and layer != "police_district" and metric and metric.table == "firearms":
        yield "area", f"area: {metric.id} is counted by police district and by no smaller area"


def line_of(path: Path, key: str) -> int | None:
    """The line on which a key of the file's top level stands."""
    lines = path.read_text(encoding="utf-8").splitlines() if key and path.is_file() else []
    return next((number for number, text in enumerate(lines, 1) if text.startswith(f"{key}:")), None)
