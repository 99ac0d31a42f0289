"""The page about warrants: every number counted again, the same rows as data, nothing but counts, and honest without a source."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from harborlight.store import connect, read_rows
from harborlight.web.cache import Front
from harborlight.web.warrants import VALUES, make_warrants_page
from harborlight.web.wording import get_wording
from tests.recount_warrants import count, once
from tests.web.client import Client
from tests.web.test_provenance import bare_numbers, marks_of, shown_number, text_of


@pytest.fixture(scope="module")
def warrants(demo_city: Any) -> list[Any]:
    con = connect(demo_city.data / "private.duckdb")
    rows = read_rows(con, "select source_id, warrant_id, kind_code, holder_code, severity_code, issued_date, served_date, recalled_date from staging.warrants")
    con.close()
    return once(rows)


def test_every_number_of_the_page_is_counted_again(client: Client, warrants: list[Any]) -> None:
    page = client.get("/warrants").page
    marks = [m for m in marks_of(page) if m.get("data-kind") == "warrant"]
    assert len(marks) > 180 and not bare_numbers(page)
    for mark in marks:
        asked = [mark.get(f"data-{name}", "") for name in ("measure", "by", "of", "first", "last")]
        assert shown_number(text_of(mark)) == float(mark.get("value", "nan")) == count(warrants, *asked), asked


def test_the_rows_as_data(client: Client, warrants: list[Any]) -> None:
    answer = client.get("/api/v1/warrants").json
    rows = answer["rows"]
    assert answer["through"] == rows[-1]["month"] and len(rows) > 1000
    lines = list(csv.DictReader(io.StringIO(client.get("/api/v1/warrants.csv").text)))
    assert [{**line, "n": int(line["n"])} for line in lines] == rows
    for row in rows[:: len(rows) // 60]:
        assert row["n"] == count(warrants, row["measure"], row["by"], row["value"], row["month"], row["month"]), row
    values = {(row["by"], row["value"]) for row in rows}
    assert values <= {("all", "all"), *((by, value) for by, names in VALUES.items() for value in names)}


def test_nothing_but_counts_of_the_city_leaves(client: Client, front: Front, demo_city: Any, demo_store: Any) -> None:
    """No number of a warrant, place or offense; no address takes a filter; search warrants and the law are named."""
    con, _ = demo_store
    columns = con.execute("select table_name, column_name from duckdb_columns() where table_name like '%warrant%'").fetchall()
    assert {name for _, name in columns} == {"month", "measure", "by", "value", "n"} and {table for table, _ in columns} == {"warrant_counts"}
    assert not re.search(rb"WR0\d{5}", (demo_city.release / "public.duckdb").read_bytes())
    for question in ("area=quayside", "offense=robbery", "by=holder,kind", "layer=police_district", "from=2026-01-01"):
        assert client.get(f"/api/v1/warrants?{question}").status == client.get(f"/warrants?{question}").status == 400
    text = text_of(client.get("/warrants").page)
    assert "No search warrants" in text and "section 4-316" in text and "presumed innocent" in text and "Depends on courts" in text
    assert client.get("/warrants/WR000001").status == client.get("/api/v1/warrants/WR000001").status == 404


def test_a_city_without_warrants_says_so(front: Front) -> None:
    reader = front.releases.current.reader

    class Empty:
        facts = replace(reader.facts, sources=())

        def rows(self, sql: str, params: dict[str, Any]) -> list[Any]:
            return []

    page = make_warrants_page(Empty(), get_wording())  # type: ignore[arg-type]
    assert page.missing.startswith("The city has not supplied this yet") and not page.parts and not page.answer
    assert "0" not in json.dumps([page.answer, page.missing]) and page.meaning and page.left_out


def test_the_page_can_be_found(client: Client) -> None:
    assert "/warrants" in {a.get("href") for a in client.get("/").page.iter("a")} and "<loc>" in client.get("/sitemap.xml").text
    assert "/warrants<" in client.get("/sitemap.xml").text
