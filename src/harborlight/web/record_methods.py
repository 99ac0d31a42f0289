"""The rules for single cases as the methods page shows them: each with its statute and the day from which it is in force."""

from __future__ import annotations

from harborlight.metrics.shapes import Facts
from harborlight.web.context_rules import RecordRules, RuleItem
from harborlight.web.wording import Wording


def make_rules_part(facts: Facts, wording: Wording) -> RecordRules:
    policy = facts.records
    if policy is None:
        return RecordRules(wording.text("rules_of_records.none", city=facts.city.name), (), ())
    state = wording.text("rules_of_records.state_off", city=facts.city.name)
    if policy.reviewed_on:
        state = wording.text("rules_of_records.state_on", office=policy.reviewed_by_office, day=policy.reviewed_on)
    shown = ", ".join(wording.text(f"rules_of_records.outcome_{outcome}") for outcome in policy.show_outcomes)
    settings = (
        wording.text("rules_of_records.show", outcomes=shown or wording.text("rules_of_records.nothing")),
        wording.text("rules_of_records.adult", n=policy.adult_age),
        wording.text("rules_of_records.purge", n=policy.months_until_purge),
        wording.text("rules_of_records.warrants", n=policy.warrant_days),
        wording.text("rules_of_records.reports" if policy.show_reports else "rules_of_records.no_reports"),
        wording.text("rules_of_records.unchecked", n=policy.days_without_source),
    )  # fmt: skip
    rules = tuple(
        RuleItem(
            rule.title, rule.text, rule.statute, rule.url,
            wording.text("rules_of_records.since", day=rule.in_force_from) if rule.in_force_from else wording.text("rules_of_records.undated"),
        )
        for rule in policy.rules
    )  # fmt: skip
    return RecordRules(state, settings, rules)
