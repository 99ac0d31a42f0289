"""A file holds what the page shows: CSV, JSON, picture and table of one question; CSV, Parquet and store of one table."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harborlight.catalog.groups import HIDDEN_WORDS
from harborlight.metrics.shapes import Facts
from harborlight.publish.allowlist import load_public_tables
from harborlight.publish.downloads import write_downloads
from harborlight.store import Connection, connect, quote_name, quote_text, read_rows
from harborlight.web.cache import Front
from harborlight.web.respond import csv_value, to_csv
from tests.web.client import Client

RISKY = ("=", "+", "-", "@", "\t", "\r", "\0")


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# --------------------------------------------------------------------------------------------- questions


def questions(facts: Facts) -> list[tuple[str, dict[str, str]]]:
    """Every measure by each of its breakdowns, and a few pairs and filters drawn from a seed."""
    rng = random.Random(4)
    found = []
    for metric in (m for m in facts.metrics.values() if facts.metric_sources[m.id]):
        found += [(metric.id, {"by": name, "window": "12m"} if name == "day" else {"by": name}) for name in metric.breakdowns]
        for _ in range(3):
            pair = rng.sample(metric.breakdowns, 2)
            filters = {"window": rng.choice(["12m", "ytd", "year:2024"])} | ({"system": "nibrs"} if rng.random() < 0.3 else {})
            found.append((metric.id, {"by": ",".join(pair), **filters}))
    return found


def test_csv_rows_are_json_rows_for_every_measure_and_breakdown(client: Client, front: Front) -> None:
    asked = questions(front.releases.current.facts)
    assert len(asked) > 80
    for metric, params in asked:
        address = f"metrics/{metric}?{urlencode(params)}"
        rows = client.get(f"/api/v1/{address}").json["rows"]
        expected = [{name: csv_value(value) for name, value in row.items()} for row in rows]
        for twin in (f"/api/v1/{address.replace('?', '.csv?')}", f"/{address.replace('?', '.csv?')}", f"/api/v1/{address}&format=csv"):
            assert read_csv(client.get(twin).text) == expected, twin


@pytest.mark.parametrize("by", ["year", "weekday", "area", "offense", "weapon"])
def test_the_table_of_a_page_has_the_rows_of_its_csv(client: Client, by: str) -> None:
    rows = read_csv(client.get(f"/metrics/incidents.csv?by={by}&window=12m").text)
    tables = client.get(f"/metrics/incidents?by={by}&window=12m").page.findall(".//table")
    shown = [["".join(cell.itertext()).strip() for cell in row] for row in tables[0].findall("tbody/tr")]
    assert len(shown) == len(rows)
    for line, row in zip(shown, rows, strict=True):
        n = f"{int(row['n']):,}" if row["n"] else "missing"
        assert line[-1].startswith(n), (by, line, row)


# ------------------------------------------------------------------------------------------------ tables


def test_every_downloadable_table_is_the_same_as_csv_and_parquet(demo_city: Any) -> None:
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(demo_city.release / 'public.duckdb'))} as public (read_only)")
    tables = [t.name for t in load_public_tables().values() if t.download]
    assert len(tables) > 12
    for name in tables:
        rows = read_rows(con, f"select * from public.main.{quote_name(name)}")
        parquet = demo_city.release / "downloads" / f"{name}.parquet"
        assert read_rows(con, f"select * from read_parquet({quote_text(str(parquet))})") == rows, name
        assert_csv(demo_city.release / "downloads" / f"{name}.csv", rows)
    con.close()


def assert_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == len(rows), path.name
    for line, row in zip(found, rows, strict=True):
        assert list(line) == list(row)
        for name, value in row.items():
            text = line[name]
            if name == "n" and row.get("is_hidden"):
                assert text == HIDDEN_WORDS
                continue
            assert (float(text) == value) if isinstance(value, float) else (text == csv_value(value)), (path.name, name, text, value)


# ------------------------------------------------------------------------------------------ spreadsheets


VALUES = st.one_of(
    st.text(max_size=12), st.builds(lambda start, rest: start + rest, st.sampled_from(RISKY), st.text(max_size=8)), st.none(), st.booleans(), st.integers(),
)  # fmt: skip


def assert_safe(text: str, value: Any) -> None:
    """What a spreadsheet reads from the field: the value, and never a formula; numbers in numeric columns are left alone."""
    if isinstance(value, str):
        assert not text.startswith(RISKY)
        assert text == (f"'{value}" if value.startswith(RISKY) else value)
    else:
        assert text == ("" if value is None else str(value).lower() if isinstance(value, bool) else str(value))


@given(rows=st.lists(st.tuples(VALUES, VALUES), max_size=8))
@settings(max_examples=300, deadline=None)
def test_no_answer_runs_in_a_spreadsheet(rows: list[tuple[Any, Any]]) -> None:
    body = bytes(to_csv("x", ["a", "b"], [{"a": a, "b": b} for a, b in rows]).body).decode("utf-8", "surrogatepass")
    read = list(csv.reader(io.StringIO(body, newline="")))[1:]
    assert len(read) == len(rows)
    for line, row in zip(read, rows, strict=True):
        for text, value in zip(line, row, strict=True):
            assert_safe(text, value)


def test_no_download_runs_in_a_spreadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of a release are written by the engine: the same rule holds there."""
    texts = [f"{start}1+1" for start in RISKY if start != "\0"] + ["plain", "a,b", 'say "no"', "two\nlines", "  =1", None, "", "'=1", "é"]
    path = tmp_path / "public.duckdb"
    con: Connection = connect(threads=1)
    con.execute(f"attach {quote_text(str(path))} as public")
    con.execute("create table public.main.notices (id varchar, n bigint)")
    for i, text in enumerate(texts):
        con.execute("insert into public.main.notices values (?, ?)", [text, -i])
    con.close()
    listed = load_public_tables()
    monkeypatch.setattr("harborlight.publish.downloads.load_public_tables", lambda: {"notices": listed["notices"]})
    assert write_downloads(path, tmp_path / "downloads") == ["notices.csv", "notices.parquet"]
    with (tmp_path / "downloads" / "notices.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.reader(file))[1:]
    assert [line[1] for line in read] == [str(-i) for i in range(len(texts))], "numbers stay numbers"
    for line, text in zip(read, texts, strict=True):
        assert_safe(line[0], text)
