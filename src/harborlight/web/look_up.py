"""`/look-up`, and the one page that every number gets which cannot be shown, whatever the cause."""

from __future__ import annotations

from harborlight.catalog.models import HelpLine
from harborlight.metrics.shapes import Facts
from harborlight.web.context_areas import HelpItem
from harborlight.web.context_records import LookUpPage, MissPage
from harborlight.web.help_lines import FOLLOWING, make_help
from harborlight.web.record_reader import CASE_KINDS
from harborlight.web.wording import Wording

# Kinds of sources on which pages of single records rest.
PAGED = ("records", *CASE_KINDS)
# Whom a person asks who follows a report or a case, in this order.
TOPICS = ("victim_services", *FOLLOWING)


def make_look_up(facts: Facts, wording: Wording, unchecked: frozenset[str] = frozenset()) -> LookUpPage:
    """The field, or that the city has not switched pages of single records on; and that some are not shown for now."""
    policy = facts.records
    is_on = policy is not None and policy.reviewed_on is not None
    state = wording.text("lookup.state_off", city=facts.city.name)
    if policy and policy.reviewed_on:
        state = wording.text("lookup.state_on", office=policy.reviewed_by_office, day=policy.reviewed_on)
    if policy and is_on and any(source.id in unchecked and source.kind in PAGED for source in facts.sources):
        state = f"{wording.text('lookup.state_unchecked', n=policy.days_without_source)} {state}"
    return LookUpPage(is_on, policy is not None and policy.show_reports, state, contacts_for(facts, wording))


def make_miss(facts: Facts, wording: Wording) -> MissPage:
    """What stands on it depends on the city and the release alone, never on what was asked."""
    return MissPage(contacts_for(facts, wording))


def contacts_for(facts: Facts, wording: Wording, topics: tuple[str, ...] = TOPICS) -> tuple[HelpItem, ...]:
    """The city's contacts for people who follow a report or a case."""
    found: list[HelpLine] = []
    for topic in topics:
        found += [line for line in facts.help if topic in line.topics and line not in found]
    return tuple(make_help(line, wording) for line in found)
