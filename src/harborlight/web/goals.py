"""`/goals` and `/goals/{id}`: what each agency has promised, where it stands, what it has not supplied, and every change of a goal.

In go the tables of the release, out come contexts; nothing is worked out here that the release does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from harborlight.catalog.goals import Agency, Goal, Plan, Stated
from harborlight.metrics.shapes import Facts
from harborlight.web.context import Link
from harborlight.web.context_goals import AgencyPart, EditItem, GoalItem, GoalPage, GoalReading, GoalsPage, PlanItem
from harborlight.web.goal_figures import baseline_words, data_links, make_goal_figure, years_words
from harborlight.web.goal_path import make_path_figure
from harborlight.web.goal_reader import RUNNING, Measured, find_goal, is_settled, read_goals, read_plan_states
from harborlight.web.goal_words import noun_of, sentence_of, share_words
from harborlight.web.origins import how_href, questions_in
from harborlight.web.places import areas_of
from harborlight.web.reader import Reader, Row
from harborlight.web.wording import Wording

PAGE = "/goals"
ABOUT = range(1, 6)


def make_goals(reader: Reader, wording: Wording) -> GoalsPage:
    """The list by agency, plans first."""
    facts, goals = reader.facts, read_goals(reader)
    plans = sorted(facts.plans.values(), key=lambda plan: plan.date_from, reverse=True)
    return GoalsPage(
        lede=wording.text("goals.lede", city=facts.city.name),
        nothing="" if goals or facts.agencies or plans else wording.text("goals.nothing"),
        plans=tuple(_plan(reader, plan, list(goals.values()), wording) for plan in plans),
        agencies=tuple(_agency(facts, agency, list(goals.values()), wording) for agency in facts.agencies),
        about=tuple(wording.text(f"goals.about_{number}") for number in ABOUT),
        links=(
            Link(wording.text("goals.csv_all"), "/api/v1/goals.csv"), Link(wording.text("goals.json_all"), "/api/v1/goals"),
            Link(wording.text("goals.dictionary"), "/data/goals"), Link(wording.text("goals.strategies"), "/strategies"),
        ),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ plans


def _plan(reader: Reader, plan: Plan, goals: Sequence[Measured], wording: Wording) -> PlanItem:
    facts, state = reader.facts, read_plan_states(reader).get(plan.id, "running")
    own = [m for m in goals if m.goal.plan == plan.id]
    key = "final" if state == "ended" and is_settled(own) else state
    return PlanItem(
        id=f"plan-{plan.id}", title=plan.title, owner=wording.text("goals.by", name=agency_name(facts, plan.owner)),
        dates=wording.text("goals.dates", first=plan.date_from, last=plan.date_to), state=wording.text(f"goals.plan_is_{key}"), text=plan.text,
        pillars=plan.pillars, succession=tuple(_succession(facts, plan, wording)), sources=_stated(plan.sources, wording),
        goals=tuple(Link(m.goal.title, f"{PAGE}/{m.goal.id}") for m in own), note=plan.note,
    )  # fmt: skip


def _succession(facts: Facts, plan: Plan, wording: Wording) -> list[str]:
    """The plan before, the plan after, and when the next is due."""
    before = facts.plans.get(plan.follows or "")
    after = [other for other in facts.plans.values() if other.follows == plan.id]
    lines = [wording.text("goals.plan_follows", title=before.title)] if before else []
    lines += [wording.text("goals.plan_followed", title=other.title, day=other.date_from) for other in after]
    if plan.next_due and not after:
        lines += [wording.text("goals.plan_next", day=plan.next_due), plan.next_text, wording.text("goals.plan_no_next")]
    return [line for line in lines if line]


def agency_name(facts: Facts, agency_id: str) -> str:
    return next((agency.name for agency in facts.agencies if agency.id == agency_id), agency_id)


def _stated(sources: Sequence[Stated], wording: Wording) -> tuple[tuple[str, str], ...]:
    """Where words stand, each with its address; what was only quoted says so."""
    found = []
    for source in sources:
        day = str(wording.write(source.published_on)) if source.published_on else ""
        quote = wording.text("goals.quote", text=source.quote) if source.quote else ""
        checked = "" if source.checked else wording.text("goals.source_unchecked")
        parts = (source.publisher, source.title, day, quote, source.note, checked)
        found.append((", ".join(part for part in parts if part), str(source.page or "")))
    return tuple(found)


# ------------------------------------------------------------------------------------------------ agencies


def _agency(facts: Facts, agency: Agency, goals: Sequence[Measured], wording: Wording) -> AgencyPart:
    own = [m for m in goals if m.goal.owner == agency.id]
    sources = [s for s in facts.sources if s.id in agency.sources]
    fresh = [
        wording.text("goals.fresh", title=s.title, day=s.data_through) if s.data_through else wording.text("goals.fresh_none", title=s.title)
        for s in sources
    ]
    return AgencyPart(
        id=f"agency-{agency.id}", name=agency.name, role=agency.role, url=str(agency.url or ""), fresh=tuple(fresh), missing=agency.not_supplied,
        goals=tuple(_item(facts, m, wording) for m in own), no_goal="" if own else wording.text("goals.no_goal"),
    )  # fmt: skip


def _item(facts: Facts, measured: Measured, wording: Wording) -> GoalItem:
    goal = measured.goal
    plan = facts.plans.get(goal.plan or "")
    return GoalItem(
        id=f"goal-{goal.id}", title=goal.title, href=f"{PAGE}/{goal.id}", text=goal.text,
        plan=Link(plan.title, f"{PAGE}#plan-{plan.id}") if plan else None,
        readings=make_readings(facts, measured, wording), figure=make_goal_figure(measured, facts, wording),
        edits=wording.text("goals.edited", n=len(measured.edits)) if measured.edits else "",
    )  # fmt: skip


def make_readings(facts: Facts, measured: Measured, wording: Wording) -> tuple[GoalReading, ...]:
    """Where a goal stands under each of its readings, with how each number is made."""
    return tuple(_reading(facts, measured, status, wording) for status in measured.statuses)


def _reading(facts: Facts, measured: Measured, status: Row, wording: Wording) -> GoalReading:
    goal, reading = measured.goal, status["reading"]
    word = wording.text(f"goals.status_{status['status']}")
    if reading is None:
        given = wording.text("goals.say_withdrawn", day=goal.withdrawn.withdrawn_on, why=goal.withdrawn.why) if goal.withdrawn else goal.needs
        return GoalReading("", word, status["status"], given or wording.text("goals.no_record"), "", ())
    year = measured.year(reading, int(status["step"]))
    assert year is not None  # every status names a year of the same table  # noqa: S101
    sentence = sentence_of(facts, goal, year, status, wording)
    note = share_words(facts, goal, year, wording) if year["status"] in RUNNING else ""
    name = wording.text(f"goals.reading_{reading}") if len(measured.readings) > 1 else ""
    origins = tuple(Link(wording.text("how.link"), how_href(asked)) for asked in dict.fromkeys(questions_in(sentence)))
    return GoalReading(name, word, status["status"], sentence, note, origins[:1])


# ------------------------------------------------------------------------------------------------ one goal


def make_goal_page(reader: Reader, files: frozenset[str], goal_id: str, wording: Wording) -> GoalPage:
    """Everything about one goal. Raises QueryError 404 for one that is not there."""
    facts, measured = reader.facts, find_goal(reader, goal_id, wording)
    goal, gone = measured.goal, measured.goal.withdrawn
    metric = facts.metrics.get(goal.metric or "")
    return GoalPage(
        title=goal.title, text=goal.text, needs=goal.needs,
        withdrawn=wording.text("goals.say_withdrawn", day=gone.withdrawn_on, why=gone.why) if gone else "",
        readings=make_readings(facts, measured, wording), two_ways=wording.text("goals.two_ways") if len(measured.readings) > 1 else "",
        figure=make_goal_figure(measured, facts, wording), path=make_path_figure(reader, measured, files, wording),
        facts=tuple(_facts(facts, measured, wording)),
        measure=Link(metric.title, f"/metrics/{metric.id}") if metric else None, sources=_stated(goal.sources, wording), note=goal.note,
        same=_same(facts, goal), edits=make_edits(measured, wording), no_edits="" if measured.edits else wording.text("goals.no_edits"),
        about=tuple(wording.text(f"goals.about_{number}") for number in ABOUT),
        links=(*data_links(goal.id, wording), Link(wording.text("goals.dictionary"), "/data/goal_years")),
    )  # fmt: skip


def _facts(facts: Facts, measured: Measured, wording: Wording) -> list[tuple[str, str]]:
    goal = measured.goal
    plan, metric = facts.plans.get(goal.plan or ""), facts.metrics.get(goal.metric or "")
    pairs = (
        ("owner", agency_name(facts, goal.owner)),
        ("plan", plan.title if plan else wording.text("goals.no_plan")),
        ("target", goal.target.words if goal.target else ""),
        ("baseline", baseline_words(measured, wording)),
        ("years", years_words(measured, wording)),
        ("measure", noun_of(facts, goal, wording) if metric else ""),
        ("area", where_words(facts, goal, wording)),
        ("depends", wording.text(f"goals.depends_{metric.depends_on}") if metric else ""),
    )
    return [(wording.text(f"goals.facts_{name}"), text) for name, text in pairs if text]


def where_words(facts: Facts, goal: Goal, wording: Wording) -> str:
    """The area that a goal is about, or the whole city."""
    layer, _, area = (goal.area or "").partition("/")
    if not area:
        return wording.text("goals.facts_city")
    return next((place.name for place in areas_of(facts, facts.layers[layer]) if place.id == area), area)


def _same(facts: Facts, goal: Goal) -> tuple[Link, ...]:
    """Goals that word the same promise in other ways."""
    first = goal.same_promise_as or goal.id
    others = [g for g in facts.goals.values() if g.id != goal.id and first in (g.id, g.same_promise_as)]
    return tuple(Link(other.title, f"{PAGE}/{other.id}") for other in others)


def make_edits(measured: Measured, wording: Wording) -> tuple[EditItem, ...]:
    """Every change, oldest first, those that nobody declared among them."""
    return tuple(
        EditItem(
            day=str(wording.write(edit["changed_on"])), field=wording.text(f"goals.field_{edit['field']}"), before=edit["before"] or "",
            after=edit["after"] or "", why=_why(edit, wording),
        )
        for edit in measured.edits
    )  # fmt: skip


def _why(edit: Row, wording: Wording) -> str:
    if edit["kind"] == "declared":
        return str(edit["why"])
    text = wording.text(f"goals.edit_{edit['kind']}")
    return f"{edit['why']} {text}" if edit["why"] else text
