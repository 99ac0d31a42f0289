"""CKAN datastores (action API, version 3).

In goes a site and a resource's id, out come its `datastore_search` pages in `_id` order. The action knows no
"greater than", so pages start at offsets and every page's edge is checked; it can neither filter by date, so
all rows are fetched each time. A limit above the site's own is cut silently, which the offsets (counted, not
computed) do not mind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harborlight.catalog.models import Source
from harborlight.catalog.snapshot import Layout
from harborlight.errors import SourceError
from harborlight.sources.contract import Kind, check_columns
from harborlight.sources.http import Answer, TryAgain, portal_words
from harborlight.sources.landing import Job, Landed, Record
from harborlight.sources.paging import Key, check_shape, fetch_pages

STARTS: dict[str, Kind] = {
    "int": "integer", "bigint": "integer", "smallint": "integer", "serial": "integer", "numeric": "number",
    "float": "number", "double": "number", "text": "text", "varchar": "text", "name": "text",
    "bool": "boolean", "timestamp": "date", "date": "date", "time": "time",
}  # fmt: skip
ID = "_id"


def fetch(job: Job) -> Landed:
    """Fetch a resource. Raises SourceError."""
    table = Resource(job, find_site(job.source))
    fields = table.ask("datastore_search", {"resource_id": table.resource, "limit": "0"}).data["result"]["fields"]
    offered = {field["id"]: find_kind(field.get("type", "")) for field in fields}
    if ID not in offered:
        raise SourceError("the resource has no row ids, so it cannot be fetched whole", where=job.source.id)
    landed = Landed(
        file=job.part_file(),
        layout="ckan",
        columns=tuple(offered),
        new_columns=check_columns(job.source, offered, ours=[ID]),
        query=table.plan(),
        source_updated_at=table.updated_at(),
    )
    return fetch_pages(job, table, landed)


def find_site(source: Source) -> str:
    """The address of the action API."""
    return source.url.split("/api/")[0].split("/dataset")[0].rstrip("/") + "/api/3/action"


def find_kind(store_type: str) -> Kind:
    """The kind of a PostgreSQL type, longest name first (timestamp before time)."""
    for start in sorted(STARTS, key=len, reverse=True):
        if store_type.startswith(start):
            return STARTS[start]
    return "unknown"


@dataclass
class Resource:
    """One resource, as `fetch_pages` sees it."""

    job: Job
    site: str
    layout: Layout = "ckan"
    is_keyset: bool = False

    def __post_init__(self) -> None:
        if not self.job.source.resource:
            raise SourceError(
                "it is not stated which resource this is",
                where=self.job.source.id,
                hint="Write its id as `resource`.",
            )
        self.resource = self.job.source.resource

    def plan(self) -> dict[str, str]:
        """The query of every page, without its start."""
        fields = ",".join(dict.fromkeys([ID, *self.job.source.columns]))
        limit = str(self.job.source.page_rows)
        return {"resource_id": self.resource, "fields": fields, "sort": f"{ID} asc", "limit": limit}

    def ask(self, action: str, query: Mapping[str, str], *, is_page: bool = False) -> Answer:
        """Call an action; the answer says itself whether it is good."""

        def check(data: Any) -> None:
            if not isinstance(data, dict) or not data.get("success") or not isinstance(data.get("result"), dict):
                raise TryAgain(f"the portal answers with an error{portal_words(data)}")
            if is_page:
                check_shape("ckan", data)

        headers = {"Authorization": self.job.token()} if self.job.token() else {}
        return self.job.client.read_json(f"{self.site}/{action}", query, headers=headers, check=check)

    def updated_at(self) -> datetime | None:
        """When the resource last changed, if it says so; times come without a zone and are UTC."""
        facts = self.ask("resource_show", {"id": self.resource}).data["result"]
        stamp = facts.get("last_modified") or facts.get("metadata_modified")
        try:
            found = datetime.fromisoformat(str(stamp))
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def count(self, *, everything: bool = False) -> int:
        """The total of a search that wants no rows."""
        query = {"resource_id": self.resource, "limit": "0", "include_total": "true"}
        total = self.ask("datastore_search", query).data["result"].get("total")
        if not isinstance(total, int):
            raise SourceError("the portal does not count its rows", where=self.job.source.id)
        return total

    def page(self, after: Key | None, offset: int) -> Answer:
        """The rows from an offset."""
        return self.ask("datastore_search", self.plan() | {"offset": str(offset)}, is_page=True)

    def key(self, values: Record) -> Key:
        """The datastore's own row id."""
        return int(values[ID])

    def key_at(self, offset: int) -> Key | None:
        """The id of the row at an offset."""
        query = self.plan() | {"fields": ID, "limit": "1", "offset": str(offset)}
        rows = self.ask("datastore_search", query, is_page=True).data["result"]["records"]
        return self.key(rows[0]) if rows else None
