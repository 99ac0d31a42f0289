"""What the map's templates may show; see `context.py` for the manner."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Choice, Link, Table
from harborlight.web.context_drawings import Label


@dataclass(frozen=True)
class Mark:
    path: str  # SVG path in pixels of the picture
    kind: str  # 0 (least) to 4 (most), few (no rate), none (missing), picked, water, street, line


@dataclass(frozen=True)
class Picture:
    width: int  # size of the drawing
    height: int  # size of the drawing
    marks: tuple[Mark, ...]  # from the lowest to the topmost
    labels: tuple[Label, ...]  # names that have room
    alt: str  # what it shows, in a sentence


@dataclass(frozen=True)
class LegendItem:
    kind: str  # as in Mark
    label: str  # what the color or pattern means
    shape: str  # square or dot


@dataclass(frozen=True)
class MapCard:
    title: str  # the picked area
    lines: tuple[str, ...]  # its numbers in sentences
    links: tuple[Link, ...]  # its page, its months, no area


@dataclass(frozen=True)
class Slider:
    before: str  # address of the step before, or empty
    after: str  # address of the step after, or empty
    least: int  # first position
    most: int  # last position
    value: int  # position of this page
    unit: str  # months or days that one position moves
    size: int  # how many of them
    first: str  # first day at position 0
    length: int  # how many months or days are shown
    words: str  # what is shown now


@dataclass(frozen=True)
class MapPage:
    answer: str  # how many, of what, when, in a sentence
    qualifier: str  # one sentence that changes the reading, or empty
    modes: tuple[Link, ...]  # areas, cells, points, unusual
    windows: tuple[Link, ...]  # ready-made spans
    lines: tuple[Link, ...]  # sets of lines that the layer can be counted by; empty for a single one
    choices: tuple[Choice, ...]  # measure, layer and filters
    area: Choice | None  # areas to pick from
    hidden: tuple[tuple[str, str], ...]  # what the form of filters carries along
    carried: tuple[tuple[str, str], ...]  # what the form of the area carries along
    date_from: str  # first day of the question
    date_to: str  # last day of the question
    date_least: str  # first day that can be asked for
    date_most: str  # last day that can be asked for
    polygon: str  # drawn area as the grammar writes it
    near: str  # drawn circle as the grammar writes it
    can_draw: bool  # the measure has public points
    without_shape: str  # address without the drawn shape, or empty
    slider: Slider  # a step before and after in time
    picture: Picture | None  # static drawing; None where the lines have no shape
    legend: tuple[LegendItem, ...]  # what colors and patterns mean
    legend_title: str  # unit of the legend
    card: MapCard | None  # the picked area
    table: Table  # areas, or unusual cells
    points: Table | None  # public points of a small question
    not_shown: str  # how many the map cannot show
    notes: tuple[str, ...]  # about these numbers
    downloads: tuple[Link, ...]  # CSV, JSON, the measure
    address: str  # address of this view on this site
    permalink: str  # the same with the city's own host, where it has named one
    source: str  # where the records come from
    state: str  # JSON for the script: what to draw
    reset: str  # the map without a question
    credit: tuple[Link, ...] = ()  # whom the live map's ground is from; without an address where it is plain words


@dataclass(frozen=True)
class PointPage:
    title: str  # the public point
    answer: str  # how many records, when
    about: str  # what a public point is
    table: Table  # the records
    back: str  # the map with the same question
