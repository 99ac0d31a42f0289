"""Socrata datasets (SODA 2.1).

In goes a site and a dataset's four-by-four id, out come its JSON pages. Pages start after the last key where
the dataset has a row identifier and the source's key is it, else at offsets in `:id` order with every page's
edge checked. Numbers arrive as text, empty columns are left out, and without a token the site may answer 429
at any time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harborlight.catalog.models import Source
from harborlight.catalog.snapshot import Layout
from harborlight.errors import SourceError
from harborlight.sources.contract import Kind, check_columns
from harborlight.sources.http import Answer, TryAgain, portal_words
from harborlight.sources.landing import WINDOW, Job, Landed, Record
from harborlight.sources.paging import Key, check_shape, fetch_pages

KINDS: dict[str, Kind] = {
    "text": "text", "number": "number", "double": "number", "money": "number", "percent": "number",
    "checkbox": "boolean", "calendar_date": "date", "floating_timestamp": "date", "fixed_timestamp": "date",
    "date": "date", "point": "place", "location": "place", "line": "place", "polygon": "place",
    "multipoint": "place", "multiline": "place", "multipolygon": "place",
}  # fmt: skip
FOUR_BY_FOUR = re.compile(r"[a-z0-9]{4}-[a-z0-9]{4}")


def fetch(job: Job) -> Landed:
    """Fetch a dataset, or the rows of it that changed. Raises SourceError."""
    site, dataset = find_dataset(job.source)
    headers = {"X-App-Token": job.token()} if job.token() else {}
    facts = job.client.read_json(f"{site}/api/views/{dataset}.json", headers=headers, check=_check_facts).data
    columns = [column for column in facts["columns"] if not column["fieldName"].startswith(":")]
    offered = {column["fieldName"]: KINDS.get(column["dataTypeName"], "unknown") for column in columns}
    table = Dataset(job, f"{site}/resource/{dataset}.json", headers, facts, offered)
    updated = facts.get("rowsUpdatedAt")
    landed = Landed(
        file=job.part_file(),
        layout="rows",
        columns=tuple(offered),
        new_columns=check_columns(job.source, offered),
        query=table.plan(),
        source_updated_at=datetime.fromtimestamp(updated, UTC) if isinstance(updated, int | float) else None,
        is_delta=job.delta is not None,
        window_from=f"{job.delta.since:{WINDOW}}" if job.delta and job.delta.is_window else None,
    )
    return fetch_pages(job, table, landed)


def find_dataset(source: Source) -> tuple[str, str]:
    """The site and the dataset's id, from `resource` or from the address itself. Raises SourceError."""
    site = source.url.split("/resource/")[0].split("/api/")[0].rstrip("/")
    found = FOUR_BY_FOUR.fullmatch(source.resource) if source.resource else FOUR_BY_FOUR.search(source.url)
    if not found:
        raise SourceError(
            "it is not stated which dataset this is",
            where=source.id,
            hint="Write its id, abcd-1234, as `resource`.",
        )
    return site, found[0]


def _check_facts(data: Any) -> None:
    columns = data.get("columns") if isinstance(data, dict) else None
    if not isinstance(columns, list) or not all({"fieldName", "dataTypeName"} <= set(each) for each in columns):
        raise TryAgain(f"the dataset's description is not one{portal_words(data)}")


@dataclass
class Dataset:
    """One dataset, as `fetch_pages` sees it."""

    job: Job
    url: str
    headers: Mapping[str, str]
    facts: Mapping[str, Any]
    offered: Mapping[str, Kind]
    layout: Layout = "rows"

    def __post_init__(self) -> None:
        number = self.facts.get("rowIdentifierColumnId")
        named = {column.get("id"): column["fieldName"] for column in self.facts["columns"]}
        key = self.job.source.key
        self.is_keyset = number is not None and named.get(number) == key and self.offered[key] in ("text", "number")
        self.order = key if self.is_keyset else ":id"

    def plan(self) -> dict[str, str]:
        """The query of every page, without its start."""
        fields = list(dict.fromkeys([self.order, *self.job.wanted()]))
        query = {"$select": ",".join(fields), "$order": self.order, "$limit": str(self.job.source.page_rows)}
        return query | ({"$where": self._filter()} if self._filter() else {})

    def _filter(self) -> str:
        """The rows of the delta, or all."""
        delta = self.job.delta
        if delta is None:
            return ""
        if delta.is_window:
            return f"{delta.column} >= '{delta.since:%Y-%m-%dT00:00:00}'"
        zone = "Z" if delta.column.startswith(":") else ""
        return f"{delta.column} > '{delta.since.replace(tzinfo=None).isoformat(timespec='milliseconds')}{zone}'"

    def _ask(self, query: Mapping[str, str]) -> Answer:
        def check(data: Any) -> None:
            if isinstance(data, dict):
                raise TryAgain(f"the portal answers with an error{portal_words(data)}")
            check_shape("rows", data)

        return self.job.client.read_json(self.url, query, headers=self.headers, check=check)

    def count(self, *, everything: bool = False) -> int:
        """The number comes as text, under a name that differs between servers."""
        where = "" if everything else self._filter()
        rows = self._ask({"$select": "count(*)"} | ({"$where": where} if where else {})).data
        try:
            return int(next(iter(rows[0].values())))
        except (LookupError, StopIteration, ValueError, TypeError):
            raise SourceError("the portal does not count its rows", where=self.job.source.id) from None

    def page(self, after: Key | None, offset: int) -> Answer:
        """The rows after a key, or from an offset."""
        plan = self.plan()
        if not self.is_keyset:
            return self._ask(plan | {"$offset": str(offset)})
        bounds = [plan["$where"]] if "$where" in plan else []
        if after is not None:
            quoted = "'" + str(after).replace("'", "''") + "'"
            bounds.append(f"{self.order} > {quoted if self.offered[self.order] == 'text' else after}")
        return self._ask(plan | ({"$where": " AND ".join(bounds)} if bounds else {}))

    def key(self, values: Record) -> Key:
        """The row identifier, a whole number where it is one."""
        found = str(values[self.order])
        return int(found) if self.offered.get(self.order) == "number" and found.isdigit() else found

    def key_at(self, offset: int) -> Key | None:
        """The key of one row in the order of the pages."""
        query = {"$select": self.order, "$order": self.order, "$limit": "1", "$offset": str(offset)}
        rows = self._ask(query | ({"$where": self._filter()} if self._filter() else {})).data
        return self.key(rows[0]) if rows else None
