"""What agencies have promised: `agencies.yaml`, `plans/<id>.yaml` and `goals/<id>.yaml`.

A goal says what is to be reached, by whom and until when, in the words of its source. Whether it is reached stands nowhere in
it: there is no status to write, because the status is worked out from the counts.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from harborlight.catalog.declared import Declared, Slug

DAY = timedelta(days=1)
MOST_YEARS = 20
PlaceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}/[a-z0-9][a-z0-9-]{0,62}$")]
WebAddress = Annotated[str, Field(pattern=r"^https?://[^\s\"<>]+$")]
# What of a goal may not change in silence: between two releases a difference needs an entry under `edits`.
GUARDED = ("text", "measure", "target", "direction", "baseline", "period", "owner", "plan")
Guarded = Literal["text", "measure", "target", "direction", "baseline", "period", "owner", "plan"]


class Agency(Declared):
    """One entry of `agencies.yaml`: an office that answers for public safety, whether or not it has set a goal.

    `sources` are the datasets of this site that come from it; `not_supplied` says in sentences what it has not supplied.
    """

    id: Slug
    name: str = Field(min_length=1)
    role: str = ""
    url: WebAddress | None = None
    sources: tuple[Slug, ...] = ()
    not_supplied: tuple[str, ...] = ()


class Stated(Declared):
    """Where a wording stands. `quote` is it word for word; `checked` says whether the document itself was read."""

    publisher: str = Field(min_length=1)
    title: str = ""
    page: WebAddress | None = None
    published_on: date | None = None
    quote: str = ""
    checked: bool = False
    note: str = ""


class Span(Declared):
    """Days from `from` to `to`, both included."""

    date_from: date = Field(alias="from")
    date_to: date = Field(alias="to")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if self.date_from > self.date_to:
            raise ValueError("`from` is after `to`")
        return self


class Plan(Span):
    """`plans/<id>.yaml`: a plan that goals belong to; `follows` names the plan that it takes over from.

    `next_due` is the day by which the next plan has to be there, where the law or the plan says so, and `next_text` what it says.
    """

    id: Slug
    title: str = Field(min_length=1)
    owner: Slug
    follows: Slug | None = None
    text: str = ""
    pillars: tuple[str, ...] = ()
    sources: tuple[Stated, ...] = Field(min_length=1)
    next_due: date | None = None
    next_text: str = ""
    note: str = ""


class Target(Declared):
    """What is to be reached: a change in percent each year, a change in percent at the end, or a count in the last year."""

    percent_a_year: float | None = Field(default=None, gt=0, le=100)
    percent: float | None = Field(default=None, gt=0, le=100)
    count: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one(self) -> Target:
        if sum(value is not None for value in (self.percent_a_year, self.percent, self.count)) != 1:
            raise ValueError("write one of percent_a_year, percent and count")
        return self

    @property
    def words(self) -> str:
        """The target in a few words, for the history of edits."""
        if self.count is not None:
            return f"{self.count} in the last year"
        return f"{self.percent:g} percent in the last year" if self.percent is not None else f"{self.percent_a_year:g} percent a year"


class GoalEdit(Declared):
    """A change of a goal: what stood there before, and why it was changed. What stands there now is the goal itself."""

    changed_on: date
    field: Guarded
    before: str = Field(min_length=1)
    why: str = Field(min_length=1)
    page: WebAddress | None = None


class Withdrawn(Declared):
    """A goal that its owner has given up stays on the list, with the day and the reason."""

    withdrawn_on: date
    why: str = Field(min_length=1)


class Goal(Declared):
    """`goals/<id>.yaml`: a promise with its source; `id` is the file name and the address.

    The question that counts it is `metric`, narrowed by `offense`, `unit` and `area`, in years that begin with `from` (by
    default the day after the baseline) and end with `due`. Without a metric, `needs` says what nobody has supplied. Goals that
    word one promise in different ways name the first of them in `same_promise_as`.
    """

    id: Slug
    title: str = Field(min_length=1)
    text: str = Field(min_length=1)
    sources: tuple[Stated, ...] = Field(min_length=1)
    owner: Slug
    plan: Slug | None = None
    metric: Slug | None = None
    offense: tuple[str, ...] = ()
    unit: Literal["victims", "incidents", "offenses", "arrests"] | None = None
    area: PlaceName | None = None
    direction: Literal["lower", "higher"]
    baseline: Span | None = None
    target: Target | None = None
    date_from: date | None = Field(default=None, alias="from")
    due: date
    needs: str = ""
    note: str = ""
    same_promise_as: Slug | None = None
    withdrawn: Withdrawn | None = None
    edits: tuple[GoalEdit, ...] = ()

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, str_strip_whitespace=True)

    @model_validator(mode="after")
    def _can_be_counted(self) -> Goal:
        if (self.metric is None) != bool(self.needs):
            raise ValueError("write either metric, or needs: what has not been supplied, in a sentence")
        if self.metric is None and (self.offense or self.unit or self.area):
            raise ValueError("offense, unit and area narrow a metric: write the metric")
        if self.metric and self.target is None:
            raise ValueError("a goal that is counted needs a target")
        if self.target and self.target.count is None and self.metric and self.baseline is None:
            raise ValueError("a change in percent needs a baseline")
        if self.baseline and not whole_years(self.baseline.date_from, self.baseline.date_to):
            raise ValueError("baseline: whole years are expected, for instance 2020-01-01 to 2020-12-31")
        if not self.baseline and not self.date_from:
            raise ValueError("without a baseline, write the first day as from")
        if self.baseline and self.first <= self.baseline.date_to:
            raise ValueError("from lies inside the baseline")
        if not 1 <= whole_years(self.first, self.due) <= MOST_YEARS:
            raise ValueError(f"from {self.first} to due are not 1 to {MOST_YEARS} whole years")
        if list(self.edits) != sorted(self.edits, key=lambda edit: edit.changed_on):
            raise ValueError("edits: write the oldest first")
        return self

    @property
    def first(self) -> date:
        """The first day of its first year."""
        return self.date_from or (self.baseline.date_to + DAY if self.baseline else self.due)

    @property
    def periods(self) -> tuple[tuple[date, date], ...]:
        """Its years, each as first and last day."""
        return tuple((add_years(self.first, k), add_years(self.first, k + 1) - DAY) for k in range(whole_years(self.first, self.due)))

    @property
    def measure(self) -> str:
        """The question that counts it, in the words of the grammar; empty where nothing is counted."""
        layer, _, area = (self.area or "").partition("/")
        parts = {"metric": self.metric, "offense": ",".join(self.offense), "unit": self.unit, "layer": layer, "area": area}
        return "&".join(f"{name}={value}" for name, value in parts.items() if value)

    def guarded(self) -> dict[str, str]:
        """What may not change in silence, as text."""
        base = self.baseline
        return {
            "text": " ".join(self.text.split()), "measure": self.measure,
            "target": self.target.words if self.target else "", "direction": self.direction,
            "baseline": f"{base.date_from} to {base.date_to}" if base else "", "period": f"{self.first} to {self.due}",
            "owner": self.owner, "plan": self.plan or "",
        }  # fmt: skip


def add_years(day: date, years: int) -> date:
    """The same day of another year; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def whole_years(first: date, last: date) -> int:
    """How many years the days from `first` to `last` are; 0 where they are not whole years."""
    years = (last + DAY).year - first.year
    return years if years > 0 and add_years(first, years) == last + DAY else 0
