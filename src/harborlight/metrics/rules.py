"""The city's rules of the year that a killing counts in, over time, and whether a question keeps to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harborlight.catalog.models import YearRule
from harborlight.metrics.shapes import Facts, Query

DAYS = {"ruled": "the ruling", "died": "death", "injured": "injury"}


@dataclass(frozen=True)
class Stretch:
    """Days over which one rule of the city holds, both included."""

    rule: YearRule
    date_from: date
    date_to: date


def stretches(facts: Facts) -> list[Stretch]:
    """The city's rules in the order of time, without gaps."""
    found, since = [], date.min
    for rule in facts.city.homicide_year_rule:
        until = rule.until or date.max
        found.append(Stretch(rule, since, until))
        since = date.fromordinal(until.toordinal() + 1) if rule.until else until
    return found


def rule_on(facts: Facts, day: date) -> YearRule:
    """The city's rule on a day; the last one where the list has ended."""
    return next((s.rule for s in stretches(facts) if s.date_from <= day <= s.date_to), facts.city.homicide_year_rule[-1])


def keeps_to_city(facts: Facts, query: Query) -> bool:
    """Whether the rule that is asked for is the only one that the city has, and is confirmed."""
    return query.rule is None or all(r.rule == query.rule and r.confirmed for r in facts.city.homicide_year_rule)


def rule_notes(facts: Facts, query: Query) -> list[str]:
    """Sentences on a count that is not the city's own."""
    said = []
    if query.rule and not keeps_to_city(facts, query):
        said.append(f"Every killing counts on the day of {DAYS[query.rule]}, in every year: this is not the official count.")
    if query.justified == "in":
        said.append("Killings ruled justified are counted, which the official count leaves out.")
    return said
