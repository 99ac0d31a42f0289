"""CARTO tables (SQL API, version 2).

In goes the address of the SQL API and a table's name, out come pages of a SELECT over the declared columns,
each after the last id. The statement is made of configured names only, quoted. A statement that takes the
server too long comes back as 429 and is tried again; a smaller `page_rows` helps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harborlight.catalog.snapshot import Layout
from harborlight.errors import SourceError
from harborlight.sources.contract import Kind, check_columns
from harborlight.sources.http import Answer, TryAgain, portal_words
from harborlight.sources.landing import WINDOW, Job, Landed, Record
from harborlight.sources.paging import Key, check_shape, fetch_pages

KINDS: dict[str, Kind] = {
    "string": "text", "number": "number", "date": "date", "boolean": "boolean", "geometry": "place",
}  # fmt: skip
OURS = ("cartodb_id", "the_geom", "the_geom_webmercator")


def fetch(job: Job) -> Landed:
    """Fetch a table, or the rows of it that changed. Raises SourceError."""
    table = Table(job)
    described = table.ask("*", "LIMIT 0")
    fields = described.data.get("fields")
    if not isinstance(fields, dict):
        raise SourceError("the portal does not describe the table's columns", where=job.source.id)
    offered = {name: find_kind(facts) for name, facts in fields.items()}
    table.order = "cartodb_id" if "cartodb_id" in offered else job.source.key
    landed = Landed(
        file=job.part_file(),
        layout="carto",
        columns=tuple(offered),
        new_columns=check_columns(job.source, offered, ours=OURS),
        query={"select": table.select(), "where": table.filter(), "order by": table.order},
        source_updated_at=described.modified,
        is_delta=job.delta is not None,
        window_from=f"{job.delta.since:{WINDOW}}" if job.delta and job.delta.is_window else None,
    )
    return fetch_pages(job, table, landed)


def find_kind(facts: dict[str, Any]) -> Kind:
    """The kind of a column; whole numbers show in the PostgreSQL type only."""
    if str(facts.get("pgtype", "")).startswith("int"):
        return "integer"
    return KINDS.get(str(facts.get("type")), "unknown")


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass
class Table:
    """One table, as `fetch_pages` sees it."""

    job: Job
    order: str = "cartodb_id"
    layout: Layout = "carto"
    is_keyset: bool = True

    def __post_init__(self) -> None:
        source = self.job.source
        if not source.table:
            raise SourceError(
                "it is not stated which table this is", where=source.id, hint="Write its name as `table`."
            )
        self.name = ".".join(map(quote, source.table.split(".")))
        self.url = source.url.rstrip("/")
        self.url += "" if self.url.endswith("/sql") else "/api/v2/sql"

    def select(self) -> str:
        """The columns of every page."""
        return ", ".join(map(quote, dict.fromkeys([self.order, *self.job.wanted()])))

    def filter(self) -> str:
        """The rows of the delta, or all."""
        delta = self.job.delta
        if delta is None:
            return "true"
        column = quote(delta.column)
        if delta.is_window:
            return f"{column} >= '{delta.since:%Y-%m-%d}'"
        return f"{column} > '{delta.since:%Y-%m-%dT%H:%M:%S}'"

    def ask(self, what: str, rest: str) -> Answer:
        """Run one SELECT over the table."""

        def check(data: Any) -> None:
            if not isinstance(data, dict) or "error" in data:
                raise TryAgain(f"the portal answers with an error{portal_words(data)}")
            check_shape("carto", data)

        key = {"api_key": self.job.token()} if self.job.token() else {}
        query = {"q": f"SELECT {what} FROM {self.name} {rest}".strip(), "format": "json"}
        return self.job.client.read_json(self.url, query | key, check=check)

    def count(self, *, everything: bool = False) -> int:
        """Rows that match."""
        where = "" if everything else f"WHERE {self.filter()}"
        rows = self.ask("count(*) AS n", where).data["rows"]
        if not rows or not isinstance(rows[0].get("n"), int):
            raise SourceError("the portal does not count its rows", where=self.job.source.id)
        return int(rows[0]["n"])

    def page(self, after: Key | None, offset: int) -> Answer:
        """The rows after an id."""
        order, bound = quote(self.order), ""
        if after is not None:
            value = str(after) if isinstance(after, int) else "'" + after.replace("'", "''") + "'"
            bound = f" AND {order} > {value}"
        where = f"WHERE {self.filter()}{bound} ORDER BY {order} LIMIT {self.job.source.page_rows}"
        return self.ask(self.select(), where)

    def key(self, values: Record) -> Key:
        """The table's row id."""
        found = values[self.order]
        return found if isinstance(found, int) else str(found)

    def key_at(self, offset: int) -> Key | None:
        """Never asked: pages start after an id."""
        return None
