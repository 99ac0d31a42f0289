"""What the pages about help, prevention and firearms may show; see `context.py` for the manner."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Choice, Figure, Link, Table
from harborlight.web.context_areas import HelpItem
from harborlight.web.context_map import LegendItem, Picture


@dataclass(frozen=True)
class SiteItem:
    id: str  # site
    name: str  # its name
    href: str  # its page
    number: str  # number on the map, or empty
    state: str  # how it stands at this moment, in words
    state_kind: str  # open, shut, hours_unknown, unverified, paused, pause_over, closed
    facts: tuple[tuple[str, str], ...]  # label and text: kind, place, hours, languages, needs
    phone: str  # number to call, or empty
    dial: str  # the same for the telephone
    verified: str  # when somebody last asked


@dataclass(frozen=True)
class SiteGroup:
    title: str  # kind, or that they are in the order of distance
    items: tuple[SiteItem, ...]  # its sites
    empty: str  # what to say where there is none


@dataclass(frozen=True)
class CommunityPage:
    answer: str  # how many sites answer the question, and at which moment
    place: str  # which place was understood, or that none was
    others: tuple[Link, ...]  # other places of that name
    help: tuple[HelpItem, ...]  # numbers to call
    no_help: str  # what to say where there are none
    choices: tuple[Choice, ...]  # kind, need, language, distance
    near: str  # what was typed as the place
    is_open: bool  # only what is open now
    open_at: str  # a chosen moment, or empty
    groups: tuple[SiteGroup, ...]  # the list
    picture: Picture | None  # the same as a still map
    legend: tuple[LegendItem, ...]  # what its colors mean
    state: str  # what the live map draws, as JSON
    off_map: str  # how many of the list are not on the map
    is_narrow: bool  # something was asked for
    links: tuple[Link, ...]  # the same as data, and pages beside this one
    notes: tuple[str, ...]  # about these entries


@dataclass(frozen=True)
class SitePage:
    item: SiteItem  # how it stands, where, when, for whom
    kind: str  # what kind of site
    history: tuple[str, ...]  # opened, operators, pauses, closed
    directions: str  # how to get there, or empty
    services: tuple[str, ...]  # what it offers
    eligibility: str  # who can come, or empty
    accessibility: str  # steps, lifts, sign language, or empty
    web: str  # its web page, or empty
    hours: tuple[tuple[str, str], ...]  # weekday and hours
    no_hours: str  # that hours are not known, or empty
    note: str  # what else to know, or empty
    source: str  # where the entry comes from
    catchment: Link | None  # area that it serves
    picture: Picture | None  # the same as a still map
    outputs: Table | None  # what it reports by month
    no_outputs: str  # that nothing is reported, or empty
    quiet: str  # days since the last homicide in the catchment, or empty
    chance: tuple[str, ...]  # how often chance alone makes a quiet as long
    links: tuple[Link, ...]  # data, and back to the list


@dataclass(frozen=True)
class FirearmsPart:
    heading: str  # what the figure tells apart
    figure: Figure  # the figure, its title with unit and days


@dataclass(frozen=True)
class FirearmsPage:
    answer: str  # the last twelve months in a sentence
    badge: str  # that the number depends on police activity
    caveats: tuple[str, ...]  # about these numbers
    parts: tuple[FirearmsPart, ...]  # by month, kind, way of making, reason, area
    missing: str  # that the city has not supplied the data, or empty
    links: tuple[Link, ...]  # the measure's page and the data
