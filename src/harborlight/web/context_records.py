"""What the pages of single reports and cases may show; see `context.py` for the manner. Nothing here is about a person."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Link
from harborlight.web.context_areas import HelpItem


@dataclass(frozen=True)
class LookUpPage:
    is_on: bool  # the city has switched pages of single records on
    shows_reports: bool  # pages of single reports too, not of cases alone
    state: str  # that it has, under which review; or that it has not
    contacts: tuple[HelpItem, ...]  # whom to ask


@dataclass(frozen=True)
class MissPage:
    contacts: tuple[HelpItem, ...]  # whom to ask


@dataclass(frozen=True)
class ReportPage:
    number: str  # number as police write it
    lede: str  # what, when and where, in a sentence
    facts: tuple[tuple[str, str], ...]  # label and text: what, month, area
    area: Link | None  # page of the area
    status: str  # what police say of it, in a sentence
    meaning: str  # what that means
    cases: tuple[Link, ...]  # its cases that may be shown
    contacts: tuple[HelpItem, ...]  # whom to ask
    through: str  # last day of the records that this rests on


@dataclass(frozen=True)
class StepItem:
    when: str  # day or month
    title: str  # what happened
    about: str  # what that means


@dataclass(frozen=True)
class ChargeItem:
    number: str  # from 1, without gaps
    title: str  # offense in words
    facts: tuple[tuple[str, str], ...]  # label and text: law, level, outcome, day, sentence
    about: str  # what the outcome means
    caution: str  # that a charge is no proof


@dataclass(frozen=True)
class CasePage:
    number: str  # number as the court writes it
    lede: str  # court, and how the case stands
    later: str  # number in the court that took it over, or empty
    steps: tuple[StepItem, ...]  # time line
    charges: tuple[ChargeItem, ...]  # charges that may be shown
    report: Link | None  # the report that it belongs to
    official: tuple[HelpItem, ...]  # the courts' own site
    contacts: tuple[HelpItem, ...]  # whom else to ask
    through: str  # last day of the records that this rests on
