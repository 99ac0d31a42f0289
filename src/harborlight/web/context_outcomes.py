"""What the page about arrests and courts shows: a cohort in sentences and bars, four clearances, cases, times, links."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import ChartImage, Choice, Link, Table
from harborlight.web.context_drawings import Embed


@dataclass(frozen=True)
class StateLine:
    text: str  # how many are in this state, in a sentence
    term: str  # the state's name
    meaning: str  # what it means, in plain words


@dataclass(frozen=True)
class StateGroup:
    title: str  # stage on the way
    lines: tuple[StateLine, ...]  # states of that stage that anybody is in


@dataclass(frozen=True)
class Band:
    x: float  # left edge, 0 to 100
    width: float  # length
    kind: int  # number of its color and pattern


@dataclass(frozen=True)
class StackRow:
    label: str  # day or offense
    bands: tuple[Band, ...]  # parts of the whole, in the order of the keys
    whole: str  # how many the bar stands for
    said: str  # what a screen reader says instead of the bar


@dataclass(frozen=True)
class Stack:
    keys: tuple[tuple[int, str], ...]  # number of the color and what it stands for
    rows: tuple[StackRow, ...]  # one bar each, all of one length


@dataclass(frozen=True)
class WidePicture:
    address: str  # drawn for this question
    alt: str  # what it shows, in a sentence


@dataclass(frozen=True)
class OutcomeFigure:
    id: str  # its place on the page
    heading: str  # what it is about
    title: str  # what is counted, with unit and period
    takeaway: str  # one sentence
    stack: Stack | None  # bars drawn with the page
    image: ChartImage | None  # picture made at publish
    table: Table | None  # the same numbers
    is_folded: bool  # the table opens on demand
    notes: tuple[str, ...]  # breaks, what to know
    source: str  # whose records, through which day
    links: tuple[Link, ...]  # CSV, JSON, this figure alone
    wide: WidePicture | None = None  # picture for screens that are wide enough
    embed: Embed | None = None  # the lines to put it on another page


@dataclass(frozen=True)
class ClearanceMeasure:
    title: str  # its name
    value: str  # percent, or that there is none
    interval: str  # where chance leaves it
    counts: str  # the two counts that it is made of
    meaning: str  # what it says and what it does not


@dataclass(frozen=True)
class OutcomesPage:
    lede: str  # what the page is about
    caution: str  # an arrest is not proof of guilt
    missing: str  # that the city has not supplied the records, or empty
    choices: tuple[Choice, ...]  # cohort and offense
    answer: str  # the cohort in a sentence
    groups: tuple[StateGroup, ...]  # the cohort as a list of sentences
    flows: tuple[OutcomeFigure, ...]  # the cohort as bars, and its whole way
    clearance_title: str  # four measures, of what and when
    clearance: tuple[ClearanceMeasure, ...]  # four measures side by side
    years: OutcomeFigure | None  # the same by year
    figures: tuple[OutcomeFigure, ...]  # arrests, cases, times, links
    glossary: tuple[tuple[str, str], ...]  # words of courts, in plain words
    left_out: tuple[str, ...]  # what is in none of these figures
    links: tuple[Link, ...]  # arrests by area and group, look-up, warrants, tables
