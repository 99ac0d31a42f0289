"""What pages about groups of people may show: figures of published tables, the age pyramid, the note on hidden counts."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import ChartImage, Choice, Link, Table
from harborlight.web.context_areas import HelpItem
from harborlight.web.context_drawings import Embed


@dataclass(frozen=True)
class DataNote:
    lines: tuple[str, ...]  # tier, smallest count, how much is hidden, last audit: one sentence each
    links: tuple[Link, ...]  # how it is done, and the list of tables


@dataclass(frozen=True)
class PyramidSide:
    text: str  # the count, or that it is hidden
    bar: float | None  # 0 to 100: length of its bar; None where there is none to draw


@dataclass(frozen=True)
class PyramidRow:
    band: str  # ages
    left: PyramidSide  # one sex
    right: PyramidSide  # the other
    unknown: str  # how many whose sex is not known


@dataclass(frozen=True)
class Pyramid:
    caption: str  # what is counted, with unit and period
    heads: tuple[str, str, str, str]  # over the left side, the ages, the right side, those not known
    rows: tuple[PyramidRow, ...]  # oldest first, not known last


@dataclass(frozen=True)
class GroupFigure:
    id: str  # its place on the page
    heading: str  # what it is by
    title: str  # what is counted, with unit and period
    takeaway: str  # one sentence
    table: Table | None  # the counts, with rates where they may be given
    pyramid: Pyramid | None  # counts by age and sex instead
    notes: tuple[str, ...]  # why there is no rate, what it is divided by, what to know
    source: str  # whose records, through which day
    links: tuple[Link, ...]  # CSV, JSON, this figure alone, the dictionary
    image: ChartImage | None = None  # picture made at publish; the table is its twin
    embed: Embed | None = None  # the picture for other pages


@dataclass(frozen=True)
class GroupPart:
    title: str  # what the tables on this page are about
    intro: str  # of which period and place
    tables: tuple[Table, ...]  # counts by one group each
    links: tuple[Link, ...]  # the page about groups, files
    note: DataNote | None  # what is hidden, where a table is sensitive


@dataclass(frozen=True)
class DemographicsPage:
    lede: str  # what the page is about
    subjects: tuple[Link, ...]  # who is counted, one link each
    periods: Choice | None  # which period
    subject: str  # parameter of the subject that is open
    heading: str  # who is counted
    answer: str  # how many, in which period
    caution: str  # what the counts do not say, or empty
    figures: tuple[GroupFigure, ...]  # by age, sex, race, two of them, and over time
    missing: tuple[tuple[str, str], ...]  # tables that are not offered, each with the reason
    note: DataNote  # what is hidden
    partner: Link  # the page about intimate-partner violence


@dataclass(frozen=True)
class PartnerViolencePage:
    leave_to: str  # neutral site that the button leads to
    help: tuple[HelpItem, ...]  # numbers to call, those for this first
    no_help: str  # where to find help if the city has given no number
    is_on: bool  # figures are shown: the review by advocates is recorded
    review: str  # that it is, since when, or what is missing
    figures: tuple[GroupFigure, ...]  # counts by relationship, sex, age
    missing: tuple[tuple[str, str], ...]  # tables that are not offered, each with the reason
    note: DataNote | None  # what is hidden
