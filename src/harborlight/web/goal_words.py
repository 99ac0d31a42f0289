"""Words and marked numbers of goals: what a page says of one year of a goal, each number with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from harborlight.catalog.goals import Goal
from harborlight.charts import formats
from harborlight.metrics.goal_path import PathMonth
from harborlight.metrics.goals import goal_query
from harborlight.metrics.questions import counted
from harborlight.metrics.shapes import Facts
from harborlight.provenance import Count, say
from harborlight.statistics.windows import Window as Days
from harborlight.web.wording import Wording

Year = Mapping[str, Any]
RUNNING = ("on_track", "too_close", "off_track")


def period_words(first: date, last: date, wording: Wording) -> str:
    """A calendar year by its number, other years by their days."""
    if (first.month, first.day) == (1, 1) and last + timedelta(days=1) == date(first.year + 1, 1, 1):
        return str(first.year)
    return formats.date_range_words(first, last, wording.language)


def count_of(facts: Facts, goal: Goal, n: int, first: date, last: date) -> Count:
    """A count of the goal's own question that knows it."""
    query = goal_query(facts, goal, Days(first, last))
    return counted(n, query, facts.metrics[goal.metric or ""])


def year_count(facts: Facts, goal: Goal, year: Year) -> Count:
    return count_of(facts, goal, int(year["n"]), year["date_from"], year["through"])


def limit_words(facts: Facts, goal: Goal, year: Year, wording: Wording) -> str:
    """The whole number that a count is held against, with what it is worked out from."""
    text = formats.number(int(year["limit"]), wording.language)
    if year["base_n"] is None:
        return say(text, year["limit"], "declared")
    return say(text, year["limit"], "target", **_made_from(facts, goal, year))


def expected_words(facts: Facts, goal: Goal, year: Year, wording: Wording) -> str:
    """What a year that ends on its target usually has by the last settled day."""
    text = formats.number(year["expected"], wording.language)
    given = {"share": f"{year['share']:.12g}"}
    if year["base_n"] is None:
        return say(text, year["expected"], "path", target=f"{year['target']:.12g}", **given)
    return say(text, year["expected"], "path", **_made_from(facts, goal, year), **given)


def chance_words(facts: Facts, goal: Goal, year: Year, wording: Wording) -> str:
    """The chance in percent, never as certain while the year runs."""
    chance = float(year["probability"])
    key = "goals.chance_high" if chance > 0.99 else "goals.chance_low" if chance < 0.01 else ""
    text = wording.text(key) if key else formats.percent(chance, 0, wording.language)
    return say(
        text, chance, "goal_chance", query=year_count(facts, goal, year).question.asked, limit=str(year["limit"]), direction=goal.direction,
        share=f"{year['share']:.12g}", dispersion=f"{year['dispersion']:.12g}",
    )  # fmt: skip


def share_words(facts: Facts, goal: Goal, year: Year, wording: Wording) -> str:
    """Which share of a usual year has passed, and what says so."""
    days = {"from": year["date_from"].isoformat(), "to": year["through"].isoformat()}
    asked = year_count(facts, goal, year).question.asked
    share = say(formats.percent(year["share"], 0, wording.language), year["share"], "season", query=asked, years=year["share_years"], **days)
    if not year["share_years"]:
        return wording.text("goals.share_days", share=share, day=year["through"])
    years = year["share_years"].split()
    return wording.text("goals.share", share=share, day=year["through"], first=years[0], last=years[-1], number=len(years))


def _made_from(facts: Facts, goal: Goal, year: Year) -> dict[str, str]:
    base = count_of(facts, goal, int(year["base_n"]), year["base_from"], year["base_to"])
    return {
        "query": base.question.asked, "years": str(year["base_years"]), "percent": f"{year['percent']:g}", "times": str(year["times"]),
        "direction": goal.direction,
    }  # fmt: skip


def noun_of(facts: Facts, goal: Goal, wording: Wording) -> str:
    """What is counted, as a sentence names it."""
    if goal.offense:
        groups = {o.group: o.group_title for o in facts.offenses}
        return wording.text("goals.noun_offenses", names=", ".join(groups[name].lower() for name in goal.offense))
    return facts.metrics[goal.metric or ""].sentence_noun


def sentence_of(facts: Facts, goal: Goal, year: Year, status: Year, wording: Wording) -> str:
    """Count, target and chance of the year that decides."""
    period = period_words(year["date_from"], year["date_to"], wording)
    state = status["status"]
    if state == "cannot_say":
        return wording.text("goals.say_cannot", period=period, reason=year["reason"])
    if year["limit"] is None or year["n"] is None:
        target = f"{goal.target.words}" if goal.target else ""
        return wording.text("goals.say_not_begun", period=period, target=target)
    values: dict[str, Any] = {
        "number": year_count(facts, goal, year), "noun": noun_of(facts, goal, wording), "period": period,
        "limit": limit_words(facts, goal, year, wording),
    }  # fmt: skip
    if state in RUNNING:
        values |= {"day": year["through"], "expected": expected_words(facts, goal, year, wording), "chance": chance_words(facts, goal, year, wording)}
        return wording.text(f"goals.say_running_{goal.direction}", **values)
    if state == "met_in_some":
        values |= {"met": status["met"], "known": status["known"]}
        return wording.text(f"goals.say_some_{goal.direction}", **values)
    return wording.text(f"goals.say_over_{goal.direction}", **values)


def path_words(year: Year, month: PathMonth, wording: Wording) -> str:
    """What a year that ends on its whole-number target usually has by the end of a month."""
    return say(formats.number(month.expected, wording.language), month.expected, "path", target=str(year["limit"]), share=f"{month.share:.12g}")
