"""Strategies that a city declares, to be told and evaluated: `strategies/<id>.yaml`, one file each.

Where a strategy runs, when it began, and what it was meant to change are written down before anybody looks at the outcome: an
evaluation that was planned afterwards is shown as exploratory.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from harborlight.catalog.declared import AreaSlug, Declared, Slug


class StrategyPlace(Declared):
    """Where a strategy runs: areas of one set of lines. `lines` is the id of a version; without it, the lines in force."""

    layer: Slug
    lines: str | None = None
    areas: tuple[AreaSlug, ...] = Field(min_length=1)


class Comparison(Declared):
    """What it is compared with: the areas of a finer layer, counted one by one.

    `areas` names them; without it, all areas outside that are not in a ring around the place and not in the place of another
    strategy. `rings`: how many steps from neighbour to neighbour are watched for displacement and kept out of the comparison.
    """

    layer: Slug
    lines: str | None = None
    areas: tuple[AreaSlug, ...] = ()
    rings: int = Field(default=2, ge=0, le=3)


class Spans(Declared):
    """Days that are compared: whole months from `before_from` up to the start, and from the start up to `after_to`.

    What is left out is the first month, or the last settled month, for which the measure can be compared.
    """

    before_from: date | None = None
    after_to: date | None = None


class Study(Declared):
    """A published study of the same strategy. `finding` says in a sentence what it found, and for what.

    `kind`: `raw_change` is one period against another; `causal_estimate` is against what was to be expected. `change`, `low` and `high`
    are percent, below 0 for fewer; left out where the study gives none.
    """

    kind: Literal["raw_change", "causal_estimate"]
    title: str
    publisher: str
    year: int = Field(ge=1900, le=2069)
    page: str = ""
    design: str = ""
    outcome: str
    finding: str
    change: float | None = Field(default=None, ge=-100)
    low: float | None = Field(default=None, ge=-100)
    high: float | None = Field(default=None, ge=-100)

    @model_validator(mode="after")
    def _range_in_order(self) -> Study:
        if (self.low is None) != (self.high is None) or (self.low is not None and self.high is not None and self.low > self.high):
            raise ValueError("write both low and high, low first")
        return self


class Strategy(Declared):
    """`strategies/<id>.yaml`: one strategy; `id` is the file name and the address.

    `registered_on` is the day on which place, start, outcome, comparison and spans were written down for good; without it the evaluation
    is exploratory. `not_evaluated` is a reason, in a sentence, why this site makes no estimate of its own: studies are shown all the same.
    """

    id: Slug
    title: str
    agency: str
    what: str
    story: tuple[str, ...] = ()
    metric: Slug
    place: StrategyPlace
    starts_on: date
    ends_on: date | None = None
    comparison: Comparison | None = None
    spans: Spans = Spans()
    registered_on: date | None = None
    not_evaluated: str = ""
    cannot_say: tuple[str, ...] = ()
    studies: tuple[Study, ...] = ()

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="after")
    def _days_in_order(self) -> Strategy:
        if self.spans.before_from and self.spans.before_from >= self.starts_on:
            raise ValueError("spans.before_from must lie before starts_on")
        if self.spans.after_to and self.spans.after_to <= self.starts_on:
            raise ValueError("spans.after_to must lie after starts_on")
        if self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("ends_on lies before starts_on")
        if (self.comparison is None) != bool(self.not_evaluated):
            raise ValueError("write what it is compared with, or under not_evaluated why it is not")
        return self
