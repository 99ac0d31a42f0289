"""What templates may show: one frozen dataclass a page, each field with its meaning beside it.

Pages fill these from the reader, templates only print them; a name that is not here fails the render. Text is ready to print.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harborlight.web.context_compare import CompareTool, GoldenCase
    from harborlight.web.context_goals import GoalLink
    from harborlight.web.context_groups import DataNote, GroupPart
    from harborlight.web.context_history import MetricHistory
    from harborlight.web.context_trend import RulesPart, Views

from harborlight.web.context_drawings import Embed, Outline
from harborlight.web.context_rules import RecordRules


@dataclass(frozen=True)
class Link:
    text: str  # what the reader clicks
    href: str  # address on this site, or a portal's page
    is_current: bool = False  # the page or choice that is open


@dataclass(frozen=True)
class Cell:
    text: str  # what stands in the cell
    href: str = ""  # where the text leads, if anywhere
    kind: str = "text"  # text, number, words (a verdict), provisional, quiet (missing), code, head (names the row)
    bar: float | None = None  # 0 to 100: length of the bar drawn beside a number
    note: str = ""  # small text under it


@dataclass(frozen=True)
class Column:
    label: str  # what stands over the column
    is_number: bool = False  # aligned right


@dataclass(frozen=True)
class RowGroup:
    title: str  # heading inside the table, or empty
    rows: tuple[tuple[Cell, ...], ...]  # cells in the order of the columns


@dataclass(frozen=True)
class Table:
    caption: str  # what the table shows, with unit and period
    columns: tuple[Column, ...]  # heads
    groups: tuple[RowGroup, ...]  # rows, in groups where that helps
    note: str = ""  # one sentence below
    show_caption: bool = False  # seen by everybody, otherwise by screen readers only
    is_wide: bool = False  # may scroll sideways on a phone
    has_bars: bool = False  # a bar stands beside the numbers of one column


@dataclass(frozen=True)
class Bar:
    x: float  # left edge in the drawing
    y: float  # top edge
    width: float  # width
    height: float  # height
    kind: str  # now, before, pale (provisional), gap (missing)
    limit: float | None = None  # height of a line across the bar: what it is held against


@dataclass(frozen=True)
class Bars:
    width: int  # size of the drawing
    height: int  # size of the drawing
    bars: tuple[Bar, ...]  # one a period, oldest first
    label: str  # what a screen reader says instead
    first: str  # period under the left end
    last: str  # period under the right end
    top: str  # largest count, written at the top line
    under: tuple[tuple[str, str], ...] = ()  # period and count under each bar, where there are few


@dataclass(frozen=True)
class ChartImage:
    wide: str  # address of the picture for 600 px and up
    narrow: str  # address of the picture for phones
    alt: str  # what it shows, in a sentence


@dataclass(frozen=True)
class Banner:
    kind: str  # fictional, stale, preview, notice
    text: str  # one or two sentences
    link: Link | None = None  # where to read more


# ------------------------------------------------------------------------------------------------ shell


@dataclass(frozen=True)
class Site:
    lang: str  # language of the page
    name: str  # name of the site
    city: str  # name of the city
    place: str  # city and state
    tagline: str  # one line under the name
    menu: tuple[Link, ...]  # main menu, only pages that exist
    footer: tuple[Link, ...]  # footer links
    banners: tuple[Banner, ...]  # notices above everything
    data_line: str  # through which day the records go
    next_update: str  # when the next update comes, or empty
    release: str  # release id
    office: str  # who answers for the site
    email: str  # address to write to, or empty
    phone: str  # number to call, or empty
    address: str  # where to go or write to, or empty
    path: str  # address of this page with its query; empty on errors, which repeat nothing that was asked
    canonical: str  # full address of this page, or empty where the city has not named one
    is_indexed: bool  # False for previews and errors


# ------------------------------------------------------------------------------------------------ pages


@dataclass(frozen=True)
class Card:
    id: str  # metric id
    title: str  # what is counted
    href: str  # its page
    verdict: str  # Lower, Higher, No clear change, Cannot be compared
    verdict_kind: str  # lower, higher, no_clear_change, not_comparable
    number: str  # count of the last twelve months
    period: str  # those months
    before: str  # sentence with the twelve months before
    chance: str  # what would have stood out, or how sure the verdict is
    spark: Bars | None  # 36 months
    short: tuple[tuple[str, str], ...]  # label and text: 28 days, and from April on the year to date
    year_to_date: tuple[str, str] | None  # the same, folded away before April
    sentence: str  # the figure as a sentence to copy
    permalink: str  # address that shows the same figure
    caveat: str  # at most one sentence that changes the reading
    is_first: bool  # the leading card
    origins: tuple[Link, ...] = ()  # how each of its counts is made


@dataclass(frozen=True)
class HeatRow:
    label: str  # hour
    cells: tuple[tuple[str, int], ...]  # count and shade 0 to 6, Monday first


@dataclass(frozen=True)
class Heat:
    caption: str  # what is counted, with unit and period
    days: tuple[tuple[str, str], ...]  # short and long name of each weekday
    rows: tuple[HeatRow, ...]  # 24 hours
    takeaway: str  # one sentence
    unknown: str  # how many have no hour, or empty
    href: str  # the metric page with the same question
    csv: str  # the same rows as CSV
    how: str = ""  # how these numbers are made


@dataclass(frozen=True)
class Figure:
    title: str  # what is shown, with unit and period
    takeaway: str  # one sentence
    image: ChartImage | None  # picture made at publish
    bars: Bars | None  # picture made with the page, where there is no other
    notes: tuple[str, ...]  # breaks, interventions, gaps, provisional part
    table: Table | None  # the same numbers
    links: tuple[Link, ...]  # CSV, JSON, page, definition
    source: str  # source and date
    embed: Embed | None = None  # the chart's own address, and the chart for other pages


@dataclass(frozen=True)
class OverviewPage:
    question: str  # heading
    answer: str  # one sentence
    qualifier: str  # how sure it is and what may still change
    cards: tuple[Card, ...]  # headline figures
    trend: Figure | None  # the first metric over time
    views: Views | None  # the first metric against three bases, and in other ways over time
    offenses: Table | None  # every offense group
    offense_links: tuple[Link, ...]  # the same as data
    note: DataNote | None  # what is hidden in that table
    heat: Heat | None  # when
    areas: Table | None  # where
    outline: Outline | None  # the same as a small map
    area_links: tuple[Link, ...]  # the same as data
    changes: tuple[str, ...]  # what changed with this release
    onward: tuple[tuple[Link, str], ...]  # where to go next, with a line on each


@dataclass(frozen=True)
class MeasureItem:
    title: str  # what is counted
    href: str  # its page
    question: str  # the question that it answers
    number: str  # twelve months
    period: str  # those months
    verdict: str  # in words


@dataclass(frozen=True)
class MeasuresPage:
    items: tuple[MeasureItem, ...]  # every metric that the release can answer


@dataclass(frozen=True)
class Option:
    value: str  # value of the parameter
    text: str  # what the reader sees
    is_chosen: bool  # set in this question


@dataclass(frozen=True)
class Choice:
    name: str  # parameter
    label: str  # what it chooses
    options: tuple[Option, ...]  # including the one that stands for "not narrowed"


@dataclass(frozen=True)
class SourceLine:
    title: str  # name of the dataset
    agency: str  # who publishes it
    page: str  # its page at the portal, or empty
    licence: str  # as the portal states it
    through: str  # date of the latest record
    fetched: str  # when it was fetched
    snapshot: str  # snapshot id
    sha256: str  # hash of the snapshot
    rows: str  # rows accepted


@dataclass(frozen=True)
class MetricPage:
    id: str  # metric id
    title: str  # what is counted
    question: str  # the question
    answer: str  # number and verdict in a sentence
    qualifier: str  # how sure, or empty
    why: str  # why this is worth counting
    caveat: str  # one sentence, or empty
    badge: tuple[str, ...]  # unit, what it depends on, who owns it
    figure: Figure  # chart and table
    windows: tuple[Link, ...]  # ready-made spans
    choices: tuple[Choice, ...]  # breakdowns and filters
    layer: str  # layer that the places belong to, or empty
    lines: str  # lines of the question as a parameter, or empty
    layers: tuple[Link, ...]  # the same question by area, one link a layer
    date_from: str  # first day of the question
    date_to: str  # last day of the question
    date_least: str  # first day that can be asked for
    date_most: str  # last day that can be asked for
    is_default: bool  # nothing was asked for in particular
    note: str  # which spans can be chosen, or empty where any can
    reset: str  # the page without a question
    definition: str  # how it is counted
    version: str  # version of the definition and when it was reviewed
    caveats: tuple[str, ...]  # about these numbers
    gaps: tuple[str, ...]  # stretches that the sources lack, with reasons
    breaks: tuple[tuple[str, str], ...]  # series breaks: title with date, text
    sql: str  # the statement behind the table
    compare: CompareTool  # any two periods side by side
    rules: RulesPart | None  # which year a killing counts in, under every rule
    views: Views | None  # other ways to look at it over time; only without a question of its own
    sources: tuple[SourceLine, ...]  # where the records come from
    rows_used: str  # how many records and rows stand behind it
    downloads: tuple[Link, ...]  # CSV, JSON, whole tables
    permalink: str  # address of this question
    markup: dict[str, Any] | None = None  # the same as schema.org data, for harvesters
    groups: GroupPart | None = None  # who is counted, by age, sex or race
    history: MetricHistory | None = None  # what was published before, and what changed
    goals: tuple[GoalLink, ...] = ()  # goals that it counts


@dataclass(frozen=True)
class DataItem:
    name: str  # table
    about: str  # what one row is
    rows: str  # number of rows
    href: str  # dictionary page
    files: tuple[Link, ...]  # downloads with their sizes
    is_sensitive: bool  # sensitive offenses: fixed, city-wide, small counts hidden


@dataclass(frozen=True)
class DataPage:
    items: tuple[DataItem, ...]  # every table of the release
    markup: dict[str, Any]  # the same as schema.org data, for harvesters


@dataclass(frozen=True)
class TablePage:
    item: DataItem  # the table
    columns: Table  # the dictionary
    markup: dict[str, Any]  # the same as schema.org data, for harvesters


@dataclass(frozen=True)
class MethodsPage:
    measures: tuple[tuple[Link, str, str], ...]  # page, definition, version
    sources: tuple[SourceLine, ...]  # where the records come from
    breaks: tuple[tuple[str, str], ...]  # title with date, text
    rules: tuple[str, ...]  # which date decides the year of a homicide
    being_classified: str  # how many records wait for a code
    lines: Table | None  # every set of lines with its gaps and overlaps
    displacement: str  # how far places lie from the points that stand for them, or empty
    agreement: Table | None  # stated police district against the place, by source and version
    population: tuple[str, ...]  # how residents are counted, or that they are not
    smallest: str  # smallest count shown of sensitive offenses
    base: str  # smallest count that gets a percentage
    golden: tuple[GoldenCase, ...]  # published comparisons, worked through
    records: RecordRules  # rules for single reports and cases


@dataclass(frozen=True)
class SourceStatus:
    title: str  # name of the dataset
    agency: str  # who publishes it
    page: str  # its page at the portal, or empty
    state: str  # up to date, late, closed, held
    state_kind: str  # fresh, late, closed, held
    through: str  # date of the latest record
    fetched: str  # when it was fetched
    rhythm: str  # how often it should be updated
    counts: tuple[tuple[str, str], ...]  # fetched, accepted, refused, duplicate
    rejects: Table | None  # refused rows by reason
    years: Table | None  # accepted and counted by year
    notes: tuple[str, ...]  # held reason, new columns, notes of the source


@dataclass(frozen=True)
class TotalsPart:
    summary: str  # how many there are, how many equal ours, how many differ for a known reason
    open_summary: str  # how many differ without a reason
    unexplained: Table | None  # those, with their age
    grids: tuple[Table, ...]  # one a measure: year by publisher, ours first
    editions: tuple[Table, ...]  # one a measure: year, publisher, edition, rule, difference, reason
    sources: tuple[tuple[Link, str], ...]  # title with its page (or none), and what is counted there
    links: tuple[Link, ...]  # the same rows as files


@dataclass(frozen=True)
class StatusPage:
    summary: str  # one sentence
    sources: tuple[SourceStatus, ...]  # one a source
    unlocated: Table | None  # records in no area, by measure
    missing: tuple[str, ...]  # what the site lacks, and why
    being_classified: str  # how many records wait for a code
    totals: TotalsPart | None  # totals of others beside ours


@dataclass(frozen=True)
class NoticeItem:
    id: str  # its place on the page
    title: str  # what it is about
    kind: str  # we were wrong, the source revised, the definition changed
    published: str  # when
    lines: tuple[tuple[str, str], ...]  # before, after, cause, fix, prevention


@dataclass(frozen=True)
class CorrectionsPage:
    items: tuple[NoticeItem, ...]  # newest first
    feed: str  # address of the same as a feed


@dataclass(frozen=True)
class TextPage:
    title: str  # heading
    lede: str  # first paragraph
    sections: tuple[tuple[str, tuple[str, ...]], ...]  # heading and paragraphs
    facts: tuple[tuple[str, str], ...]  # short facts in a list


@dataclass(frozen=True)
class ApiEntry:
    path: str  # address
    summary: str  # what it answers
    example: str  # an address to try


@dataclass(frozen=True)
class ApiPage:
    entries: tuple[ApiEntry, ...]  # every address
    parameters: Table  # the query grammar
    statuses: Table  # what the status codes mean


@dataclass(frozen=True)
class ErrorPage:
    status: int  # HTTP status
    title: str  # what happened
    message: str  # in a sentence
    allowed: tuple[str, ...]  # what can be asked instead
    reference: str  # number of the error, for a report, or empty
