"""The shapes that metrics hand to pages, API, charts and downloads: frozen, plain, no behaviour beyond naming.

Everything a reader sees is one of these; percentages and words are made from them at display, never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from harborlight.catalog.models import City, Layer, Metric, Notice

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
    """One source as the release knows it. Counts of rows: fetched = accepted + rejected + duplicate."""

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
class Facts:
    """What a release says of itself: read once when it is opened."""

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


@dataclass(frozen=True)
class Query:
    """One typed question; every page, chart, CSV and API call is one of these. Dates inclusive, local days.

    `whole` asks for all there is: records whose date is not known are then in the answer too, in a row of their own.
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

    def canonical(self) -> str:
        """The query as a sorted address part: the same question always has the same text."""
        parts = {
            "from": self.date_from.isoformat(), "to": self.date_to.isoformat(), "offense": ",".join(self.offenses),
            "layer": self.layer or "", "area": self.area or "", "by": ",".join(self.by), "unit": self.unit,
            "hours": self.hours or "", "system": self.system or "",
        }  # fmt: skip
        return "&".join(f"{key}={value}" for key, value in sorted(parts.items()) if value)


@dataclass(frozen=True)
class Answer:
    """Rows carry the `by` keys in order, then n, low, high, suppressed and missing (a reason, with n None)."""

    metric: Metric
    query: Query
    rows: tuple[dict[str, Any], ...]
    data_through: Mapping[str, date]
    provisional_from: date | None
    unmapped: int | None
    notes: tuple[str, ...] = ()
    table: str = ""


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
    """One headline card: rolling 12 months with its verdict, then 28 days and year to date."""

    metric: Metric
    year: Change | None
    last28: Usual | None
    ytd: Usual | None
    spark: tuple[SparkMonth, ...]
    data_through: date | None
    notes: tuple[str, ...] = field(default=())
