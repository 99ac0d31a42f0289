"""Entries of the corrections page, written by people: `notices/<id>.yaml`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from harborlight.catalog.declared import Declared, Slug

Page = Annotated[str, Field(pattern=r"^/[^\s?#]*$")]


class Notice(Declared):
    """`notices/<id>.yaml`: an entry of the human corrections page.

    `pages` are addresses; one that ends in `/*` means everything below it. They carry the notice for 28 days. Rows of the
    measures among them carry its id for good: those of the days `from` to `to`, or all where no days are named.
    """

    id: Slug
    kind: Literal["we_were_wrong", "source_revised", "definition_changed"]
    title: str
    published_on: date
    wrong_since: date | None = None
    date_from: date | None = Field(default=None, alias="from")
    date_to: date | None = Field(default=None, alias="to")
    before: str = ""
    after: str = ""
    pages: tuple[Page, ...] = ()
    cause: str = ""
    fix: str = ""
    prevention: str = ""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, str_strip_whitespace=True)

    @model_validator(mode="after")
    def _days_in_order(self) -> Notice:
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise ValueError("`from` is after `to`")
        return self

    @property
    def metrics(self) -> tuple[str, ...]:
        """Ids of the measures that it names by their pages."""
        parts = [page.split("/") for page in self.pages]
        return tuple(dict.fromkeys(p[2] for p in parts if len(p) == 3 and p[1] == "metrics" and p[2] not in ("", "*")))

    def covers(self, path: str) -> bool:
        """Whether the page at this address carries the notice."""
        return any(path.startswith(page[:-1]) if page.endswith("/*") else path == page for page in self.pages)
