"""The shapes of a comparison in the API: an answer, and a refusal that is never a dead end."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from harborlight.web.api_models import Shape

Verdict = Literal["higher", "lower", "no_clear_change"]


class CountedWindow(Shape):
    """A window with its count."""

    date_from: date = Field(serialization_alias="from", description="First day, included.")
    date_to: date = Field(serialization_alias="to", description="Last day, included.")
    days: int
    n: int
    per_day: float = Field(description="Events a day.")


class RatioOut(Shape):
    """Daily rate of a over that of b with its 95 % interval."""

    value: float
    low: float
    high: float | None = Field(description="null: without an upper end.")


class DetectableOut(Shape):
    """Counts in a that would have stood out from chance."""

    fall_below: int | None = Field(description="Any count below would be called lower; null: none would be.")
    rise_above: int | None = Field(description="Any count above would be called higher.")


class BaselineOut(Shape):
    """Window a against the mean of the same days in earlier years."""

    years: int
    windows: list[CountedWindow]
    mean: float | None = Field(description="Events in as many days as a has.")
    ratio: RatioOut | None
    p_value: float | None
    verdict: str
    flags: list[str]
    reason: str | None = Field(description="Why there is no such baseline.")


class ClaimOut(Shape):
    """A published change in percent beside what the counts give."""

    claimed: float
    as_asked: float | None = Field(description="What follows from the two counts as asked; null under the percentage base.")
    like_for_like: float | None = Field(description="The change between windows that may be compared.")
    low: float | None
    high: float | None
    sentence: str


class CompareOut(Shape):
    """Window a compared with window b. `difference` is a less b."""

    metric: str
    title: str
    unit: str
    release: str
    definition_version: int
    query: dict[str, str] = Field(description="What narrows both windows, in the words of the grammar.")
    a: CountedWindow
    b: CountedWindow
    difference: int
    percent: float | None = Field(description="From b to a; null where either count is under the city's base.")
    ratio: RatioOut | None = Field(description="null with flag small_count where either count is under the city's base.")
    p_value: float
    verdict: Verdict
    detectable: DetectableOut
    dispersion: float = Field(description="How much more months vary than chance; 1 is pure chance.")
    flags: list[str]
    sentence: str
    notes: list[str]
    baselines: list[BaselineOut]
    claim: ClaimOut | None = None


class AskedWindow(Shape):
    """One window of a refused pair as it was asked."""

    n: int
    days: int
    per_day: float


class NearestOut(Shape):
    """The nearest pair that may be compared."""

    a: str = Field(description="FROM/TO.")
    b: str = Field(description="FROM/TO.")
    result: CompareOut


class RefusalBody(Shape):
    code: Literal["overlap", "unequal_length", "incomplete", "series_break", "boundary_version"]
    message: str
    parameter: str | None
    allowed: list[str]
    a: AskedWindow
    b: AskedWindow
    nearest: NearestOut | None
    claim: ClaimOut | None = None


class RefusalOut(Shape):
    """A pair that may not be compared: both counts, the reason, and the nearest pair worked out."""

    error: RefusalBody
