"""What the law of a place lets a site show of single cases: `records.yaml`, the city's own or none.

Without a review by the city's counsel (`reviewed_by_office` and `reviewed_on`) nothing of single records is shown. Every setting rests
on a rule with its statute and the day from which it is in force; the methods page shows all of it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from harborlight.catalog.declared import Declared, Slug

# Outcomes that a policy may show. Acquitted, dismissed and dropped charges, and people found not criminally responsible, are never shown.
ShownOutcome = Literal["pending", "convicted", "probation_before_judgment", "stet"]
Setting = Literal["show_outcomes", "adult_age", "months_until_purge", "warrant_days"]
SETTINGS: tuple[str, ...] = get_args(Setting)
Link = Annotated[str, Field(pattern=r"^$|^https://[^\s\"<>]+$")]


class RecordRule(Declared):
    """One rule of the law, in plain words, and what it decides (`sets`). `in_force_from` may be missing only before the review."""

    id: Slug
    title: str = Field(min_length=1)
    text: str = Field(min_length=1)
    statute: str = Field(min_length=1)
    in_force_from: date | None = None
    url: Link = ""
    sets: tuple[Setting, ...] = ()


class RecordPolicy(Declared):
    """`records.yaml`: which outcomes of charges a page may show, who is an adult, when records leave by themselves.

    `show_reports`: whether single reports have a page. Where police number reports without gaps, a number without a page tells that the
    report is sensitive or unfounded; false leaves pages of cases alone. `months_until_purge`: months after which a case that ended without
    a conviction leaves the city's own tables. `warrant_days`: days after which an unserved warrant may be spoken of; the site shows counts
    of warrants only. `days_without_source`: days after the last whole fetch of a source from which no page of a single record rests on it,
    whether or not anybody refreshes.
    """

    reviewed_by_office: str = ""
    reviewed_on: date | None = None
    show_reports: bool = True
    show_outcomes: tuple[ShownOutcome, ...] = ("pending", "convicted")
    adult_age: int = Field(default=18, ge=18, le=25)
    months_until_purge: int = Field(default=36, ge=0, le=120)
    warrant_days: int = Field(default=90, ge=90, le=3650)
    days_without_source: int = Field(default=14, ge=1, le=31)
    rules: tuple[RecordRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> RecordPolicy:
        if bool(self.reviewed_by_office) != (self.reviewed_on is not None):
            raise ValueError("reviewed_by_office and reviewed_on belong together: who reviewed these rules, and on which day?")
        if len(set(self.show_outcomes)) < len(self.show_outcomes):
            raise ValueError("show_outcomes names an outcome twice")
        ids = [rule.id for rule in self.rules]
        if len(set(ids)) < len(ids):
            raise ValueError("two rules have one id")
        bare = [name for name in SETTINGS if not any(name in rule.sets for rule in self.rules)]
        if bare:
            raise ValueError(f"no rule says why: {', '.join(bare)}. Name each setting under `sets` of the rule that it rests on")
        if self.reviewed_on:
            undated = [rule.id for rule in self.rules if rule.in_force_from is None]
            if undated:
                raise ValueError(f"a reviewed rule says from which day it is in force: {', '.join(undated)} lack in_force_from")
            late = [rule.id for rule in self.rules if rule.in_force_from and rule.in_force_from > self.reviewed_on]
            if late:
                raise ValueError(f"these rules come into force after the review: {', '.join(late)}. Have them reviewed anew, or take them out")
        return self
