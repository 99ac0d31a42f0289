"""What pages about goals may show: see `context.py`."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Figure, Link


@dataclass(frozen=True)
class GoalReading:
    name: str  # how the goal is read, where there are two ways; otherwise empty
    word: str  # where it stands: Met, Missed, On track, Too close to call, Off track
    kind: str  # the same as a code, for its shape
    sentence: str  # count, target and chance
    note: str  # which share of a usual year has passed, by which years; or empty
    origins: tuple[Link, ...]  # how each of its counts is made


@dataclass(frozen=True)
class GoalItem:
    id: str  # its place on the page
    title: str  # title
    href: str  # its own page
    text: str  # the goal in its own words
    plan: Link | None  # the plan that it belongs to
    readings: tuple[GoalReading, ...]  # where it stands
    figure: Figure | None  # its years as bars and as a table
    edits: str  # that it was changed, how often; or empty


@dataclass(frozen=True)
class AgencyPart:
    id: str  # its place on the page
    name: str  # the agency
    role: str  # what it does
    url: str  # its page, or empty
    fresh: tuple[str, ...]  # how far each of its datasets reaches
    missing: tuple[str, ...]  # what it has not supplied
    goals: tuple[GoalItem, ...]  # what it has promised
    no_goal: str  # that it has set no goal, or empty


@dataclass(frozen=True)
class PlanItem:
    id: str  # its place on the page
    title: str  # title
    owner: str  # who made it
    dates: str  # first and last day
    state: str  # running, ended and final, ended and not final, not begun
    text: str  # what it is
    pillars: tuple[str, ...]  # what it rests on
    succession: tuple[str, ...]  # the plan before, the plan after, when the next is due
    sources: tuple[tuple[str, str], ...]  # where it stands: words and address
    goals: tuple[Link, ...]  # its goals
    note: str  # what else to know, or empty


@dataclass(frozen=True)
class GoalsPage:
    lede: str  # what the page is about
    nothing: str  # that nobody has declared anything, or empty
    plans: tuple[PlanItem, ...]  # plans, the running one first
    agencies: tuple[AgencyPart, ...]  # agencies with their goals
    about: tuple[str, ...]  # how a status is worked out
    links: tuple[Link, ...]  # the same as data


@dataclass(frozen=True)
class EditItem:
    day: str  # when it was changed, or noticed
    field: str  # what was changed
    before: str  # what stood there before
    after: str  # what stood there next
    why: str  # the reason that was given, or that there is none


@dataclass(frozen=True)
class GoalPage:
    title: str  # title
    text: str  # the goal in its own words
    needs: str  # what nobody has supplied, or empty
    withdrawn: str  # that its owner gave it up, or empty
    readings: tuple[GoalReading, ...]  # where it stands
    two_ways: str  # why there are two readings, or empty
    figure: Figure | None  # its years
    path: Figure | None  # the running year against its path
    facts: tuple[tuple[str, str], ...]  # owner, plan, baseline, years, what is counted
    measure: Link | None  # the measure that counts it
    sources: tuple[tuple[str, str], ...]  # where its words stand: words and address
    note: str  # what else to know, or empty
    same: tuple[Link, ...]  # goals that word the same promise in other ways
    edits: tuple[EditItem, ...]  # what was changed, when and why
    no_edits: str  # that nothing was changed, or empty
    about: tuple[str, ...]  # how a status is worked out
    links: tuple[Link, ...]  # the same as data


@dataclass(frozen=True)
class GoalLink:
    title: Link  # the goal
    word: str  # where it stands
    where: str  # the whole city, or an area
