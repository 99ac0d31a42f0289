"""What the templates of the area pages may show; see `context.py`, which these frozen dataclasses continue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harborlight.web.context_goals import GoalLink
    from harborlight.web.context_groups import GroupPart

from harborlight.web.context import Card, Choice, Figure, Link, Option, Table
from harborlight.web.context_drawings import Embed
from harborlight.web.context_drawings import Outline as Outline
from harborlight.web.context_drawings import Shape as Shape

# ---------------------------------------------------------------------------------------------- drawings


@dataclass(frozen=True)
class Dot:
    x: float  # place across
    y: float  # place down
    kind: str  # here or other


@dataclass(frozen=True)
class Funnel:
    width: int  # size of the drawing
    height: int  # size of the drawing
    dots: tuple[Dot, ...]  # one an area
    curves: tuple[tuple[str, str], ...]  # kind (inner or outer) and SVG path of each limit
    middle: float  # place down of the city's own rate
    label: str  # what a screen reader says instead
    top: str  # what stands at the upper edge
    first: str  # what stands at the left end
    last: str  # what stands at the right end
    takeaway: str  # where this area lies, in a sentence
    caution: str  # why this is not a ranking
    notes: tuple[str, ...]  # areas that are left out, and why
    table: Table  # counts of all areas
    links: tuple[Link, ...]  # the same as CSV, JSON and page
    embed: Embed  # its own address, and the counts as a picture for other pages
    origins: tuple[Link, ...] = ()  # how the counts of the areas are made


# ------------------------------------------------------------------------------------------------- parts


@dataclass(frozen=True)
class Answerer:
    title: str  # whose lines these are, with the area's name
    role: str  # what the office does
    office: str  # the office
    name: str  # who holds it, only where the lines are in force and the city names them
    phone: str  # number to call, or empty
    url: str  # the office's own page, or empty
    meeting: str  # next or regular public meeting, or empty


@dataclass(frozen=True)
class HelpItem:
    name: str  # who answers the phone
    what: str  # what they do
    phone: str  # number
    dial: str  # number for the telephone link
    hours: str  # when somebody answers
    url: str  # their own page, or empty
    verified: str  # when the city checked the number, or that it has yet to


@dataclass(frozen=True)
class Action:
    title: str  # strategy, program or site
    where: str  # where it runs
    since: str  # since when
    text: str  # what it is
    href: str = ""  # the page of the strategy, or empty


@dataclass(frozen=True)
class LinesChoice:
    link: Link  # the same page by these lines
    dates: str  # when they are or were in force


# ------------------------------------------------------------------------------------------------- pages


@dataclass(frozen=True)
class Finder:
    query: str  # what was typed
    summary: str  # how many areas answer to it; empty while nothing was asked
    found: tuple[tuple[str, tuple[Link, ...]], ...]  # title of a layer and its areas
    layers: tuple[tuple[str, str], ...]  # public boundaries for the device: address and title of each layer in force


@dataclass(frozen=True)
class LayerItem:
    link: Link  # page of the layer
    note: str  # what it is
    count: str  # how many areas
    versions: tuple[LinesChoice, ...]  # its lines, newest first


@dataclass(frozen=True)
class AreasPage:
    finder: Finder  # where do you live?
    layers: tuple[LayerItem, ...]  # every layer


@dataclass(frozen=True)
class LayerPage:
    title: str  # name of the layer
    lede: str  # how many areas, by which lines
    note: str  # what to know of this layer
    past: str  # that these lines are no longer in force, or empty
    versions: tuple[LinesChoice, ...]  # lines of this layer, newest first
    choices: tuple[Choice, ...]  # measure and period
    lines: str  # lines of the question as a parameter, or empty
    action: str  # address that the form goes to
    outline: Outline | None  # every area, shaded by rate
    caution: str  # why this is not a ranking
    table: Table  # counts by area
    links: tuple[Link, ...]  # the same as data
    source: str  # who drew the lines


@dataclass(frozen=True)
class SiteLine:
    link: Link  # name and page
    where: str  # that it serves this area, or how far it is
    state: str  # paused, closed, not verified, or its hours


@dataclass(frozen=True)
class AreaOutcomes:
    title: str  # heading
    answer: str  # how many incidents police had cleared, or that there are too few
    beside: str  # the same in all districts, or empty
    table: Table | None  # by offense, beside all districts
    notes: tuple[str, ...]  # what cleared means, what is told elsewhere
    links: tuple[Link, ...]  # the page about arrests and courts, same incidents


@dataclass(frozen=True)
class AreaPage:
    name: str  # name of the area
    layer: Link  # its layer
    lede: str  # what kind of area, how many people, how large
    past: str  # that these lines are no longer in force, or empty
    answer: str  # people killed or shot here
    answer_lines: tuple[str, ...]  # the year before, the city, the verdict, the rate
    actions: tuple[Action, ...]  # what is being done here
    no_action: str  # that the city has declared nothing, and who to ask; or empty
    answerers: tuple[Answerer, ...]  # who answers for it
    answerer_note: str  # what to know of them, or why nobody is named
    answerer_links: tuple[Link, ...]  # where to look instead
    help: tuple[HelpItem, ...]  # where is help
    no_help: str  # where to ask for help while the city has named none, or empty
    sites: tuple[SiteLine, ...]  # places of help that serve this area or lie near it
    no_sites: str  # that there are none, or empty
    more_sites: Link  # which of them are open now
    cards: tuple[Card, ...]  # headline figures
    against: Table | None  # the same beside the city, with rates
    outline: Outline | None  # this area among its neighbors
    versions: tuple[LinesChoice, ...]  # lines of this layer that have this area, newest first
    lines_text: str  # which lines these are
    redrawn: str  # that the lines changed, or empty
    neighbors: tuple[Link, ...]  # areas beside it
    others: tuple[Link, ...]  # areas of other layers around its middle
    funnel: Funnel | None  # this area among its layer
    trend: Figure | None  # the first measure over four years
    offenses: Table | None  # every kind of offense here
    offense_links: tuple[Link, ...]  # the same as data
    groups: GroupPart | None  # victims by age, sex or race; police districts only
    outcomes: AreaOutcomes | None  # what became of incidents; police districts only
    goals: tuple[GoalLink, ...]  # goals for this place and for the whole city
    sensitive: str  # why sensitive offenses are not here
    recent: Table | None  # latest incidents with a public point in this area
    recent_note: str  # what is not among them
    since: str  # day from which changes are shown
    since_least: str  # first day that can be picked
    since_most: str  # last day that can be picked
    news: tuple[str, ...]  # what is new since that day
    restated: Table | None  # counts that changed since that day
    lines: str  # lines of the question as a parameter, or empty
    path: str  # address of this area
    compare: Link  # the page that puts it beside another area
    map: Link  # the map of its layer


@dataclass(frozen=True)
class Side:
    name: str  # name of the area
    href: str  # its page
    layer: str  # what kind of area
    lede: str  # people and size
    cards: tuple[Card, ...]  # headline figures


@dataclass(frozen=True)
class ComparePage:
    title: str  # heading
    lede: str  # what the page does, or by which lines both are counted
    caution: str  # why this is not a ranking
    a: str  # first area as typed
    b: str  # second area as typed
    lines: str  # lines of the question as a parameter, or empty
    options: tuple[Option, ...]  # every area, for typing
    sides: tuple[Side, ...]  # both areas, or none yet
    table: Table | None  # counts and rates side by side
