"""What pages may ask of an open release: typed questions through `metrics`, and the small tables by plain selects.

Two lanes: short questions on single-thread cursors, and one scan at a time with two threads, so that a heavy question
never holds up a light one. Everything returned is a frozen shape; no page sees a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from threading import Lock
from typing import Any, TypeVar

from harborlight.catalog.yaml_text import read_yaml
from harborlight.errors import QueryError
from harborlight.metrics import answer as answers
from harborlight.metrics.compare import CompareResult, compare
from harborlight.metrics.compile import compile_query
from harborlight.metrics.headline import Shared, make_headline, make_table_change
from harborlight.metrics.how import How, read_how
from harborlight.metrics.known import known_sql
from harborlight.metrics.query import make_query, parse_query
from harborlight.metrics.shapes import Answer, Change, Facts, Headline, Query
from harborlight.statistics.windows import Window as Days
from harborlight.store import Connection, quote_name, read_rows
from harborlight.web.limits import Limit, query_seconds

Row = dict[str, Any]
PUBLIC_LISTS = (
    "public.yaml", "public_groups.yaml", "public_places.yaml", "public_accounts.yaml", "public_goals.yaml", "public_community.yaml",
    "public_strategies.yaml", "public_outcomes.yaml", "public_history.yaml",
)  # fmt: skip
T = TypeVar("T")


@dataclass(frozen=True)
class PublicTable:
    """One table of the release as the data dictionary describes it; columns are (name, type, what it says)."""

    name: str
    about: str
    tier: str
    rows: int
    columns: tuple[tuple[str, str, str], ...]


class Reader:
    """Answers from one open release. Safe to use from several threads."""

    def __init__(self, facts: Facts, short: Connection, scan: Connection) -> None:
        self.facts, self._short, self._scan, self._lock = facts, short, scan, Lock()
        self._limit = Limit(query_seconds())
        self._headlines: dict[str, Headline] = {}
        self._tables: tuple[PublicTable, ...] = ()
        self._geometries: dict[int, dict[int, str]] = {}
        self._shared: Shared = {}

    def parse(self, params: Sequence[tuple[str, str]], metric_id: str) -> Query:
        """Read request parameters. Raises QueryError: 404 for a metric that is not there, 400 for the rest."""
        metric = self.facts.metrics.get(metric_id)
        if metric is None or not self.facts.metric_sources[metric_id]:
            raise QueryError("There is no such measure.", code="not_found", status=404, allowed=list(self.metric_ids()))
        return parse_query(params, metric, self.facts)

    def ask(self, metric_id: str, **params: str) -> Query:
        """A question asked by a page itself, in the words of the grammar (`from_`, `to`, `window`, `by`, ...)."""
        return make_query(self.facts.metrics[metric_id], self.facts, **params)

    def metric_ids(self) -> tuple[str, ...]:
        """Metrics that this release can answer: headline ones first, in the city's order."""
        known = [m for m in self.facts.metrics if self.facts.metric_sources[m]]
        first = [m for m in self.facts.city.headline_metrics if m in known]
        return (*first, *(m for m in known if m not in first))

    def answer(self, query: Query) -> Answer:
        with self._lane(query) as con:
            return answers.answer(con, self.facts, query)

    def headline(self, metric_id: str) -> Headline:
        """The figures of one card; worked out once, because a release does not change."""
        if metric_id not in self._headlines:
            self._headlines[metric_id] = self._make_headline(metric_id)
        return self._headlines[metric_id]

    def _make_headline(self, metric_id: str) -> Headline:
        with self._lane(replace(self.ask(metric_id), by=("day",), whole=False)) as con:
            return make_headline(con, self.facts, metric_id)

    def warm(self) -> None:
        """Work out what every reader asks for first, before the release is shown."""
        self.tables()
        for metric_id in self.metric_ids():
            self.headline(metric_id)

    def change(self, metric_id: str, **params: str) -> Change | None:
        """The twelve-month comparison of one metric, narrowed by `params`."""
        with self._lane(replace(self.ask(metric_id, **params), by=("day",), whole=False)) as con:
            return make_table_change(con, self.facts, self.facts.metrics[metric_id], **params)

    def compare(self, query: Query, a: Days, b: Days) -> CompareResult:
        """Two windows of a question compared. Raises CompareError for a pair that may not be."""
        with self._lane(replace(query, by=("day",), whole=False)) as con:
            return compare(con, self.facts, query, a, b, self._shared)

    def area_headline(self, metric_id: str, **params: str) -> Headline:
        """The figures of one card for one area (`layer`, `area`, `lines`)."""
        with self._lane(replace(self.ask(metric_id, **params), by=("day",), whole=False)) as con:
            return make_headline(con, self.facts, metric_id, shared=self._shared, **params)

    def how(self, query: Query) -> How:
        """How the answer to a question is made; its rows are taken one by one, so it waits for the scan lane."""
        with self._scanning() as con:
            return read_how(con, self.facts, query)

    def sql(self, query: Query) -> str:
        """The statement that answers a question, with its bound values listed below it."""
        if query.known is not None:
            sql, params = known_sql(query)
        else:
            compiled = compile_query(self.facts, query)
            sql, params = compiled.sql, compiled.params
        values = "\n".join(f"-- ${name} = {value}" for name, value in sorted(params.items()))
        return (
            sql.replace(" from ", "\nfrom ")
            .replace(" where ", "\nwhere ")
            .replace(" group by ", "\ngroup by ")
            + f"\n{values}"
        )

    def sensitive(self) -> list[Row]:
        return self._read("select * from sensitive order by offense_group, period")

    def last_revised(self) -> tuple[date | None, int]:
        """The day of the newest revisions and how many city-wide counts changed on it."""
        row = self._read(
            "select known_on, count(*) as n from revisions where area_id = 'city' and why <> 'new_days' "
            "and known_on = (select max(known_on) from revisions where area_id = 'city' and why <> 'new_days') group by 1"
        )
        return (row[0]["known_on"], int(row[0]["n"])) if row else (None, 0)

    def reconciliation(self) -> list[Row]:
        return self._read('select * from reconciliation order by source_id, "year" desc nulls first')

    def totals(self) -> list[Row]:
        """Totals of others beside ours: by measure and year, the editions of one publisher in the order of their days."""
        return self._read(
            'select * from totals order by metric, "year", source_id, published_on nulls first, vintage'
        )

    def geometries(self, lines_ix: int) -> dict[int, str]:
        """Number of each area of one set of lines → its published lines as GeoJSON; read once."""
        if lines_ix not in self._geometries:
            rows = self._read("select ix, geometry from areas where lines_ix = ? and geometry is not null", [lines_ix])
            self._geometries[lines_ix] = {int(row["ix"]): str(row["geometry"]) for row in rows}
        return self._geometries[lines_ix]

    def neighbours(self, lines_ix: int, ix: int) -> list[int]:
        """Numbers of the areas beside an area."""
        rows = self._read("select neighbour_ix from neighbours where lines_ix = ? and ix = ? order by 1", [lines_ix, ix])
        return [int(row["neighbour_ix"]) for row in rows]

    def recent(self, lines_ix: int, ix: int, limit: int) -> list[Row]:
        """The latest incidents of the map whose public point lies in an area: day, hour, offense; newest first."""
        return self._read(
            "select date '1900-01-01' + cast(t.\"day\" as integer) as \"day\", t.\"hour\", o.group_title from tiles as t "
            "join snap_points as s on t.snap = s.snap join piece_areas as p on p.lines_ix = ? and p.area = ? and p.piece = s.piece "
            "join offenses as o on o.ix = t.offense where t.is_counted and t.counts_incident_group and t.\"day\" is not null "
            "order by t.\"day\" desc, t.\"hour\" desc nulls last, o.group_title, t.snap limit ?",
            [lines_ix, ix, limit],
        )

    def displacement(self) -> Row | None:
        """How far places lie from the public points that stand for them; None where there are none."""
        rows = self._read("select * from displacement")
        return rows[0] if rows and rows[0]["n_points"] else None

    def agreement(self) -> list[Row]:
        """How often the stated district is the one that the place lies in, by source and version."""
        return self._read("select * from district_agreement where n_compared > 0 order by \"of\", source_id, version_id")

    def lines_quality(self) -> list[Row]:
        """Every set of lines with its gaps, overlaps and mended areas."""
        return self._read("select * from area_versions order by layer, valid_from nulls first")

    def tables(self) -> tuple[PublicTable, ...]:
        """Downloadable tables in the order of the dictionary."""
        if self._tables:
            return self._tables
        found = []
        for name, entry in load_dictionary().items():
            if entry.get("download"):
                types = {r["column_name"]: r["column_type"].lower() for r in self._read(f"describe {quote_name(name)}")}
                rows = int(self._read(f"select count(*) as n from {quote_name(name)}")[0]["n"])
                columns = tuple((column, kind, str(entry["columns"][column])) for column, kind in types.items())
                found.append(PublicTable(name, entry["about"], entry["tier"], rows, columns))
        self._tables = tuple(found)
        return self._tables

    def using(self, work: Callable[[Connection], T], *, is_scan: bool = False) -> T:
        """What `work` makes with a connection of the short lane, or alone with that of the scan lane."""
        if is_scan:
            with self._scanning() as con:
                return work(con)
        with self._cursor() as con:
            return work(con)

    def close(self) -> None:
        self._limit.close()
        self._short.close()
        self._scan.close()

    @contextmanager
    def _lane(self, query: Query) -> Iterator[Connection]:
        """The scan lane for questions that need a table of single records, otherwise a cursor of the short lane."""
        if query.known is None and compile_query(self.facts, query).table in ("packed", "tiles"):
            with self._scanning() as con:
                yield con
        else:
            with self._cursor() as con:
                yield con

    @contextmanager
    def _cursor(self) -> Iterator[Connection]:
        con = self._short.cursor()
        con.execute("use release.main")
        try:
            with self._limit.watching(con):
                yield con
        finally:
            con.close()

    @contextmanager
    def _scanning(self) -> Iterator[Connection]:
        """The scan lane, one at a time."""
        with self._lock, self._limit.watching(self._scan):
            yield self._scan

    def rows(self, sql: str, params: dict[str, Any]) -> list[Row]:
        """Rows of the small tables of the release, by a statement of the code's own and bound values."""
        with self._cursor() as con:
            return read_rows(con, sql, params)

    def _read(self, sql: str, params: list[Any] | None = None) -> list[Row]:
        with self._cursor() as con:
            return read_rows(con, sql, params)


def load_dictionary() -> dict[str, dict[str, Any]]:
    """The data dictionary: table → about, tier, columns. It is the publisher's allow-list, shipped in the package."""
    tables: dict[str, dict[str, Any]] = {}
    for name in PUBLIC_LISTS:
        tables |= read_yaml(resources.files("harborlight").joinpath("publish", name).read_text(encoding="utf-8"))
    return tables
