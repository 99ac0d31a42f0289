"""Totals that others have published about the same city: `totals/<id>.yaml`, one file a publisher and dataset.

They are shown beside the site's own counts, never mixed into them, and never hold a release.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from harborlight.catalog.declared import Declared, Slug

Reason = Literal[
    "year_rule",
    "revised_later",
    "justified_removed",
    "wider_definition",
    "narrower_definition",
    "part_of_year",
    "rows_lost",
    "counting_system",
]
CountsBy = Literal["ruled", "died", "injured", "not_stated"]


class Total(Declared):
    """One total of one year. What is left out here holds as the file says for all of its years.

    `vintage` names the edition that the figure stands in, for instance "annual report" or "as restated". `reason` says
    why the figure differs from the site's own; without one a difference is shown as not yet explained. `explains` is the
    difference (the site's count less this one) that the reason was written for: another difference needs another reason.
    """

    year: int = Field(ge=1900, le=2069)
    value: int = Field(ge=0)
    metric: Slug | None = None
    vintage: str = ""
    published_on: date | None = None
    rule: CountsBy | None = None
    reason: Reason | None = None
    explains: int | None = None
    note: str = ""

    @model_validator(mode="after")
    def _explains_with_a_reason(self) -> Total:
        if self.explains is not None and self.reason is None:
            raise ValueError("explains is the difference that a reason is given for: write the reason too")
        return self


class TotalSource(Declared):
    """Independent totals of one publisher (`totals/<id>.yaml`); `id` is the file name.

    `rule` is the date that decides the year of a case at this publisher; `counts` says in a sentence what it counts.
    `read_on` is the day on which somebody read these figures there.
    """

    id: Slug
    title: str
    publisher: str
    page: str = ""
    counts: str = ""
    metric: Slug
    rule: CountsBy = "not_stated"
    vintage: str
    published_on: date | None = None
    read_on: date
    totals: tuple[Total, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_figure_an_edition(self) -> TotalSource:
        keys = [(t.metric or self.metric, t.year, t.vintage or self.vintage) for t in self.totals]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"{key[1]} stands twice in the edition {key[2]!r}: give each its own vintage")
        return self
