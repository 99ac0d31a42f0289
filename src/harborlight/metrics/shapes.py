"""The shapes that metrics hand to pages, API, charts and downloads: frozen, plain, no behaviour beyond naming.

Everything a reader sees is one of these; percentages and words are made from them at display, never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from harborlight.catalog.layers import Layer, Population
from harborlight.catalog.models import Agency, City, Goal, HelpLine, Metric, Notice, Plan, RecordPolicy

Verdict = Literal["higher", "lower", "no_clear_change", "not_comparable"]


@dataclass(frozen=True)
class Missing:
    """A stretch in which a source lacks a metric; None is open-ended."""

    metric: str
    source: str
    date_from: date | None
    date_to: date | None
    reason: str


@dataclass(frozen=True)
class SourceFacts:
    """One source as the release knows it. Counts of rows: fetched = accepted + rejected + duplicate; accepted to the nearest hundred.

    `full_at` is the day on which all of its rows were last fetched, be it that nothing was new (its first moment, so that a release made again on
    that day is the same); None in releases that do not say so.
    """

    id: str
    title: str
    agency: str
    page: str
    licence: str
    counting_system: str
    cadence_days: int
    settled_after_days: int
    is_closed: bool
    fetched_at: datetime
    checked_at: datetime
    snapshot_id: str
    snapshot_sha256: str
    fetched: int
    accepted: int
    rejected: int
    duplicate: int
    rejects: Mapping[str, int]
    data_from: date | None
    data_through: date | None
    held_reason: str | None
    new_columns: tuple[str, ...]
    notes: tuple[str, ...]
    kind: str = "records"
    full_at: datetime | None = None


@dataclass(frozen=True)
class Offense:
    code: str
    name: str
    group: str
    group_title: str
    crime_against: str
    tier: str
    ix: int
    group_ix: int


@dataclass(frozen=True)
class AreaFacts:
    """One area as one set of lines draws it. `ix` numbers it within them; `longitude`, `latitude` is a point inside, for labels.

    `bbox` is west, south, east, north in degrees; `land_km2` square kilometres; `population` and `housing` are None where
    no count of people is declared.
    """

    ix: int
    id: str
    name: str
    population: int | None
    housing: int | None
    land_km2: float
    longitude: float
    latitude: float
    bbox: tuple[float, float, float, float]


@dataclass(frozen=True)
class Lines:
    """One version of one layer's boundaries. `ix` is the number by which table `piece_areas` knows it.

    Both days are inclusive; None is open-ended. `gaps_m2` and `overlaps_m2` are square metres found in the file as received.
    """

    ix: int
    layer: str
    id: str
    title: str
    valid_from: date | None
    valid_to: date | None
    is_current: bool
    attribution: str
    page: str
    note: str
    areas: tuple[AreaFacts, ...]
    n_repaired: int = 0
    gaps_m2: float = 0.0
    overlaps_m2: float = 0.0


@dataclass(frozen=True)
class Facts:
    """What a release says of itself: read once when it is opened.

    `killings` counts the killings of the official sources, and how many of them have a date of death (`died`) and of ruling
    (`ruled`) of their own and were ruled `justified`.
    """

    release_id: str
    city: City
    metrics: Mapping[str, Metric]
    layers: Mapping[str, Layer]
    sources: tuple[SourceFacts, ...]
    offenses: tuple[Offense, ...]
    areas: Mapping[str, tuple[tuple[int, str, str], ...]]
    missing: tuple[Missing, ...]
    data_from: date
    data_through: date
    metric_through: Mapping[str, date]
    metric_from: Mapping[str, date]
    provisional_from: Mapping[str, date | None]
    metric_sources: Mapping[str, tuple[str, ...]]
    being_classified: int
    sensitive_through: date | None
    notices: tuple[Notice, ...] = ()
    lines: tuple[Lines, ...] = ()
    help: tuple[HelpLine, ...] = ()
    population: Population | None = None
    killings: Mapping[str, int] = field(default_factory=dict)
    agencies: tuple[Agency, ...] = ()
    plans: Mapping[str, Plan] = field(default_factory=dict)
    goals: Mapping[str, Goal] = field(default_factory=dict)
    records: RecordPolicy | None = None


RECORDED = "recorded"


@dataclass(frozen=True)
class Query:
    """One typed question; every page, chart, CSV and API call is one of these. Dates inclusive, local days.

    `whole` asks for all there is: records whose date is not known are then in the answer too, in a row of their own.
    `lines` says how a record gets its area of `layer`: by place in the version with this id, or `recorded`, the area that
    the source states; `lines_text` is what an address says for it, empty for the default. At most one of `bbox` (west,
    south, east, north), `polygon` (corners as longitude and latitude, not closed) and `near` (longitude, latitude, metres)
    keeps what is shown at a public point inside it. `rule` counts every killing by one date; None is the city's rule of the
    time. Killings ruled justified are counted where `justified` is `in`. `known` asks for the values as published on that day.
    """

    metric: str
    date_from: date
    date_to: date
    window: str | None = None
    whole: bool = False
    offenses: tuple[str, ...] = ()
    layer: str | None = None
    area: str | None = None
    by: tuple[str, ...] = ()
    unit: str = ""
    hours: Literal["day", "night"] | None = None
    system: Literal["srs", "nibrs"] | None = None
    lines: str | None = None
    lines_text: str = ""
    bbox: tuple[float, float, float, float] | None = None
    polygon: tuple[tuple[float, float], ...] | None = None
    near: tuple[float, float, float] | None = None
    rule: Literal["ruled", "died", "injured"] | None = None
    justified: Literal["in", "out"] | None = None
    known: date | None = None

    @property
    def is_located(self) -> bool:
        """Whether areas are found by place, in boundaries that the release holds."""
        return self.lines not in (None, RECORDED)

    @property
    def shape(self) -> str:
        """The name of the parameter that draws a shape on the map, or nothing."""
        return "bbox" if self.bbox else "polygon" if self.polygon else "near" if self.near else ""

    def canonical(self) -> str:
        """The query as a sorted address part: the same question always has the same text."""
        lines = self.lines_text if self.lines == RECORDED else self.lines or ""
        parts = {
            "from": self.date_from.isoformat(), "to": self.date_to.isoformat(), "offense": ",".join(self.offenses),
            "layer": self.layer or "", "area": self.area or "", "by": ",".join(self.by), "unit": self.unit,
            "hours": self.hours or "", "system": self.system or "", "lines": lines, "rule": self.rule or "",
            "justified": "in" if self.justified == "in" else "", **self.shape_text(),
            "known": self.known.isoformat() if self.known else "",
        }  # fmt: skip
        return "&".join(f"{key}={value}" for key, value in sorted(parts.items()) if value)

    def shape_text(self) -> dict[str, str]:
        """The drawn shape as the grammar writes it; empty without one."""
        if self.bbox:
            return {"bbox": ",".join(write_degrees(degrees) for degrees in self.bbox)}
        if self.polygon:
            return {"polygon": ";".join(f"{write_degrees(x)},{write_degrees(y)}" for x, y in self.polygon)}
        if self.near:
            return {"near": f"{write_degrees(self.near[0])},{write_degrees(self.near[1])},{self.near[2]:.0f}"}
        return {}


def write_degrees(degrees: float) -> str:
    """Degrees to five decimals (about a metre), without zeros that say nothing."""
    text = f"{degrees:.5f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@dataclass(frozen=True)
class Answer:
    """Rows carry the `by` keys in order, then n, low, high, suppressed and missing (a reason, with n None).

    `unmapped` are counted records in no area of the lines asked; with a drawn shape, those that no point of the map shows,
    in the whole city. Flag `boundary_version`: areas as recorded, over a day on which the lines changed.
    """

    metric: Metric
    query: Query
    rows: tuple[dict[str, Any], ...]
    data_through: Mapping[str, date]
    provisional_from: date | None
    unmapped: int | None
    notes: tuple[str, ...] = ()
    table: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Window:
    date_from: date
    date_to: date
    n: int

    @property
    def days(self) -> int:
        return (self.date_to - self.date_from).days + 1


@dataclass(frozen=True)
class Change:
    """Two windows compared by one exact method; `percent` is None under the city's percentage base.

    `fall_below` and `rise_above` say which later counts would have stood out from chance.
    """

    now: Window
    before: Window
    verdict: Verdict
    ratio: tuple[float, float, float] | None
    p_value: float | None
    percent: float | None
    fall_below: int | None
    rise_above: int | None
    flags: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Usual:
    """A short window beside the same window a year before and its usual range (None where it cannot be given)."""

    now: Window
    year_before: Window | None
    low: int | None
    high: int | None
    outside: Literal["above", "below"] | None


@dataclass(frozen=True)
class SparkMonth:
    month: str
    n: int | None
    is_provisional: bool


@dataclass(frozen=True)
class Headline:
    """One headline card: rolling 12 months with its verdict, then 28 days and year to date.

    `longer` compares 36 months with the 36 before; it is there for an area whose 12 months hold too few for a verdict.
    """

    metric: Metric
    year: Change | None
    last28: Usual | None
    ytd: Usual | None
    spark: tuple[SparkMonth, ...]
    data_through: date | None
    notes: tuple[str, ...] = field(default=())
    longer: Change | None = None

    @property
    def verdict(self) -> Change | None:
        """The comparison whose word the card shows."""
        return self.longer or self.year
