"""What pages about strategies may show: the raw change and the estimates, kept apart; checks, plan and published studies."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Figure, Link, Table


@dataclass(frozen=True)
class StrategyItem:
    title: str  # what it is called
    href: str  # its page
    what: str  # what it is, in a sentence
    place: str  # where and since when
    verdict: str  # what came out, in a sentence
    label: str  # trend, comparison or evaluation, or that there is no estimate


@dataclass(frozen=True)
class StrategiesPage:
    items: tuple[StrategyItem, ...]  # every strategy that the city declares
    labels: tuple[tuple[str, str], ...]  # the three words and what each means
    links: tuple[Link, ...]  # the same as data


@dataclass(frozen=True)
class Range:
    low: float  # left end of the range, in the drawing
    middle: float  # the estimate
    high: float  # right end of it
    none: float  # where "no effect" stands


@dataclass(frozen=True)
class EstimateItem:
    id: str  # its place on the page
    title: str  # what it is called
    label: str  # trend, comparison or evaluation
    words: str  # the estimate with its range, in words
    events: str  # the same in reports, or empty
    drawn: Range | None  # the same as a line; None where there is none to draw
    design: str  # how it works
    cannot_say: str  # what it cannot say


@dataclass(frozen=True)
class StudyItem:
    who: str  # who found it: this site, or the citation
    kind: str  # a raw change, or an estimate of the effect
    finding: str  # what was found
    range: str  # its range, or empty
    what: str  # what was counted, and how


@dataclass(frozen=True)
class StrategyPage:
    title: str  # what it is called
    what: str  # what it is, in a sentence
    story: tuple[str, ...]  # more about it
    facts: tuple[tuple[str, str], ...]  # where, since when, by whom, meant to change what
    label: str  # the word that its estimates may carry, or empty
    label_words: str  # what the word means
    lacks: tuple[str, ...]  # what keeps it from being an evaluation
    answer: str  # what came out, in a sentence
    qualifier: str  # how far the estimates lie apart, or why there are none
    raw_words: str  # the raw change, in a sentence
    raw: Table | None  # counts before and after, in the place and elsewhere
    months: Figure | None  # the place by month, and what the other areas lead one to expect
    estimates: tuple[EstimateItem, ...]  # what the strategy itself may have changed, every one
    around: tuple[EstimateItem, ...]  # the areas around the place, and all together
    checks: tuple[str, ...]  # drift before the start, placebos, power: one sentence each
    studies: tuple[StudyItem, ...]  # ours beside what others have published
    study_links: tuple[Link, ...]  # where those can be read
    plan: tuple[tuple[str, str], ...]  # what was written down, and when
    cannot_say: tuple[str, ...]  # what the city says that these numbers cannot tell
    links: tuple[Link, ...]  # the same as data
