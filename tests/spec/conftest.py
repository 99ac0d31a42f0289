"""How the examples of what metrics count are read: records on the left of the story, expected numbers at its end.

A column that an example does not need is left out and means "not known". `yes` and `no` are flags. Every example runs
through the model and the measured tables; the ones that begin with rows of a feed run through staging too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from harborlight.catalog import Catalog
from harborlight.metrics.compile import compile_query
from harborlight.metrics.shapes import Query
from harborlight.store import Connection
from tests.drawn import read_record, read_table
from tests.tiny import load_tiny, make_store, make_store_facts, refill

Check = Callable[..., None]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[Catalog, Connection]]]:
    """The city and a store under a rule of which year a homicide counts in; made once for each, filled by each example."""
    made: dict[str, tuple[Catalog, Connection]] = {}

    def get(rule: str) -> tuple[Catalog, Connection]:
        if rule not in made:
            supplies = {"reports": "[{offense_groups: [all]}]", "ledger": "[]"}
            catalog = load_tiny(tmp_path_factory.mktemp("city"), supplies=supplies, homicide_year_rule=rule)
            made[rule] = catalog, make_store(catalog, ())
        return made[rule]

    yield get
    for _, con in made.values():
        con.close()


@pytest.fixture
def counts(stores: Callable[[str], tuple[Catalog, Connection]]) -> Check:
    """`counts(records, expected, year_rule)` checks every line of the expected table."""

    def check(records: str, expected: str, year_rule: str = "[{rule: injured}]") -> None:
        catalog, con = stores(year_rule)
        refill(con, [read_record(row) for row in read_table(records)])
        check_counts(con, catalog, expected)

    return check


def check_counts(con: Connection, catalog: Catalog, expected: str) -> None:
    """Each line names a metric and may name a unit, a year, a district, an offence or a rule; `n` is what must be counted."""
    facts = make_store_facts(con, catalog)
    for row in read_table(expected):
        metric = facts.metrics[row["metric"]]
        span = (date(1950, 1, 1), date(2075, 12, 31))
        if row.get("year"):
            span = (date(int(row["year"]), 1, 1), date(int(row["year"]), 12, 31))
        query = Query(
            metric.id, *span, whole=not row.get("year"), unit=row.get("unit") or metric.unit, area=row.get("district") or None,
            layer="police_district" if row.get("district") else None, offenses=tuple(filter(None, [row.get("offense")])),
            rule=row.get("rule") or None, justified=row.get("justified") or None,  # type: ignore[arg-type]
        )  # fmt: skip
        compiled = compile_query(facts, query)
        assert con.execute(compiled.sql, compiled.params).fetchall() == [(int(row["n"]),)], row
