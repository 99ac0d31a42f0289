"""Files as portals give them: delimited text with its dirt, pages of every layout, deltas over a base; duplicates; books that balance.

Every file is staged by the production step from a snapshot on disk, and the number of rows that it is said to hold is the
number that fetching counts in it: the two counts have to agree for any file.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harborlight.catalog import Catalog, Part, load_catalog
from harborlight.catalog.models import Csv
from harborlight.errors import CheckFailed
from harborlight.sources.tables import count_records
from harborlight.staging import stage
from harborlight.store import Connection, connect, read_rows
from tests.tiny import make_snapshot, put_part, stage_text, write_city

SOURCE = """\
title: Things
agency: A
connector: files
url: x.csv
format: csv
key: id
clock: utc
counting_system: nibrs
columns:
  id: {type: text, required: true}
  text: {type: text}
  n: {type: integer}
  at: {type: datetime, format: iso}
"""
SQL = """\
-- One row per thing.
select r.id as record_id, r."text" as offense_text, r.n as age_years, r."at" as occurred_at, cast(null as varchar) as offense_code
from raw.things as r
"""


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """`make(extra YAML)` is a city whose one source has a key, a text, a whole number and an instant."""

    @cache
    def catalog(extra: str = "", sql: str = SQL, source: str = SOURCE) -> Catalog:
        city = write_city(tmp_path / "city")
        (city / "sources/reports.yaml").unlink(missing_ok=True)
        (city / "sources/things.yaml").write_text(source + extra)
        (city / "staging/things.sql").write_text(sql)
        return load_catalog(city)

    return catalog


def count(text: str | bytes, dialect: Csv) -> int:
    """The number of records that fetching counts."""
    body = text.encode() if isinstance(text, str) else text
    plain = io.TextIOWrapper(io.BytesIO(body.removeprefix(b"\xef\xbb\xbf")), dialect.encoding, errors="replace", newline="")
    return count_records(plain, dialect)[1]


class Staged:
    """What staging made of a file."""

    def __init__(self, con: Connection) -> None:
        self.records = read_rows(con, "select * from staging.records order by record_id")
        self.texts = {row["record_id"]: row["offense_text"] for row in self.records}
        self.rejects = {row["reason"]: row["n"] for row in read_rows(con, "select reason, n from staging.rejects")}
        self.books = read_rows(con, "select * from staging.sources")[0]
        con.close()
        assert self.books["fetched"] == self.books["accepted"] + self.books["rejected"] + self.books["duplicate"]
        assert self.books["accepted"] == len(self.records) and self.books["rejected"] == sum(self.rejects.values())


def stage_csv(catalog: Catalog, data: Path, text: str | bytes) -> Staged:
    rows = count(text, catalog.sources["things"].csv)
    return Staged(stage_text(catalog, data, text, rows, source_id="things"))


# ------------------------------------------------------------------------------------------------ delimited text


def test_text_stays_text(make, tmp_path):
    staged = stage_csv(make(), tmp_path, "id,text,n,at\n1E05,00123,7,\n007,1e5,,\n0x1F,2024-01-01,,\n1,TRUE,,\n")
    assert staged.texts == {"1E05": "00123", "007": "1e5", "0x1F": "2024-01-01", "1": "TRUE"}


@pytest.mark.parametrize("text", ['"a,b"', '"a\nb"', '"say ""yes"""', "Ünïcödé 🚢", "=1+1", "'quoted'", '"  "', '""', "NULL", "#N/A"])
def test_a_value_comes_through_as_it_is_written(make, tmp_path, text):
    staged = stage_csv(make(), tmp_path, f"id,text,n,at\n1,{text},1,\n2,plain,2,\n")
    meant = next(csv.reader(io.StringIO(text, newline="")))[0].strip() or None
    assert staged.texts == {"1": meant, "2": "plain"}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_byte_order_marks_and_line_ends_change_nothing(make, tmp_path, start, end, last):
    lines = ["id,text,n,at", "1,José,1,", "2,b,2,"]
    body = start + (end.join(lines) + (end if last else "")).encode()
    assert stage_csv(make(), tmp_path, body).texts == {"1": "José", "2": "b"}


@pytest.mark.parametrize(("encoding", "text"), [("cp1252", "José – €5 “x”"), ("latin-1", "José ÿ")])
def test_a_declared_encoding_gives_the_letters_that_were_meant(make, tmp_path, encoding, text):
    catalog = make(f"csv: {{encoding: {encoding}}}\n")
    body = f'id,text,n,at\n1,"{text}",1,\n'.encode(encoding)
    assert stage_csv(catalog, tmp_path, body).texts == {"1": text}


def test_a_byte_that_the_encoding_does_not_know_is_never_a_wrong_letter(make, tmp_path):
    staged = stage_csv(make("csv: {encoding: cp1252}\n"), tmp_path, b"id,text,n,at\n1,a\x81b,1,\n")
    assert staged.texts == {"1": "a�b"}


def test_another_delimiter_and_quote_are_declared(make, tmp_path):
    catalog = make('csv: {delimiter: ";", quote: "\'"}\n')
    assert stage_csv(catalog, tmp_path, "id;text;n;at\n1;'a;b';1;\n2;c,d;2;\n").texts == {"1": "a;b", "2": "c,d"}


@pytest.mark.parametrize("bad", ["2,short", "2,too,3,,many,more", '2,"un"closed,2,', ","])
def test_one_spoilt_line_is_rejected_with_a_reason_and_the_rest_stay(make, tmp_path, bad):
    staged = stage_csv(make(), tmp_path, f"id,text,n,at\n1,a,1,\n{bad}\n3,c,3,\n4,d,4,\n")
    assert list(staged.texts) == ["1", "3", "4"] and staged.books["rejected"] == 1
    assert all(reason.startswith("line: ") for reason in staged.rejects)


def test_a_field_of_three_million_letters_is_rejected_and_the_rest_stay(make, tmp_path):
    staged = stage_csv(make(), tmp_path, f"id,text,n,at\n1,a,1,\n2,{'x' * 3_000_000},2,\n3,c,3,\n")
    assert list(staged.texts) == ["1", "3"] and staged.books["rejected"] == 1


def test_empty_lines_are_no_rows(make, tmp_path):
    staged = stage_csv(make(), tmp_path, "id,text,n,at\n\n1,a,1,\n\n\n2,b,2,\n\n")
    assert staged.books["fetched"] == 2 and list(staged.texts) == ["1", "2"]


def test_rejected_rows_are_kept_with_their_reason(make, tmp_path):
    staged = stage_csv(make(), tmp_path, "id,text,n,at\n1,a,x,\n2,b,2,yesterday\n,c,3,\n4,d,4,\n")
    assert staged.rejects == {"n: not a integer": 1, "at: not a datetime": 1, "id: missing": 1}
    kept = list(csv.DictReader((tmp_path / "rejects/things.csv").read_text().splitlines()))
    assert sorted(row["reason"] for row in kept) == sorted(staged.rejects)
    assert {row["text"] for row in kept} == {"a", "b", "c"}


def test_the_rejects_of_the_last_run_do_not_linger(make, tmp_path):
    catalog = make()
    stage_csv(catalog, tmp_path, "id,text,n,at\n1,a,x,\n")
    stage_csv(catalog, tmp_path, "id,text,n,at\n1,a,1,\n")
    assert not (tmp_path / "rejects/things.csv").exists()


def test_a_file_whose_rows_are_fewer_than_were_fetched_stops_everything(make, tmp_path):
    with pytest.raises(CheckFailed, match="books do not balance") as caught:
        stage_text(make(), tmp_path, "id,text,n,at\n1,a,1,\n", 2, source_id="things")
    assert "things" in str(caught.value)


cell = st.text(st.sampled_from(list('ab ,"\n;é1')), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(cell, min_size=4, max_size=4), max_size=6))
def test_any_table_that_a_csv_writer_writes_comes_back(make, tmp_path, rows):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "text", "n", "at"])
    writer.writerows([f"k{n}", row[1], n, ""] for n, row in enumerate(rows))
    staged = stage_csv(make(), tmp_path, text.getvalue())
    assert staged.texts == {f"k{n}": row[1].strip(" ") or None for n, row in enumerate(rows)}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.text(st.sampled_from(list('ab,"é1 ')), max_size=12), max_size=6))
@example([', ",ab', "1"])
def test_whatever_stands_in_a_file_every_row_is_accounted_for(make, tmp_path, lines):
    """Fetching and staging count the same rows, or the file is refused as a whole: nothing is lost without a word."""
    text = "id,text,n,at\n" + "\n".join(lines) + "\n"
    catalog = make()
    try:
        rows = count(text, catalog.sources["things"].csv)
    except Exception as error:
        assert "inside a quoted value" in str(error)
        return
    try:
        Staged(stage_text(catalog, tmp_path, text, rows, source_id="things"))
    except CheckFailed as error:
        # A misplaced quote opens a quoted value for one reader and is a character for the other.
        assert "books do not balance" in str(error) and '"' in "".join(lines)


# --------------------------------------------------------------------------------------------------- duplicates


def test_the_same_row_twice_is_one_and_no_conflict(make, tmp_path):
    staged = stage_csv(make(), tmp_path, "id,text,n,at\n1,a,1,\n1,a,1,\n2,b,2,\n1,a,1,\n")
    assert (staged.books["duplicate"], staged.books["conflicting"]) == (2, 0)
    assert staged.texts == {"1": "a", "2": "b"}


def test_two_wordings_of_one_key_are_one_conflict_and_the_last_counts(make, tmp_path):
    staged = stage_csv(make(), tmp_path, "id,text,n,at\n1,old,1,\n2,b,2,\n1,new,1,\n2,b,2,\n")
    assert (staged.books["duplicate"], staged.books["conflicting"]) == (2, 1)
    assert staged.texts == {"1": "new", "2": "b"}


def test_the_portals_own_change_stamp_decides_before_the_order(make, tmp_path):
    catalog = make("incremental: {changed_column: at}\n")
    staged = stage_csv(catalog, tmp_path, "id,text,n,at\n1,new,1,2024-02-02\n1,old,1,2024-01-01\n1,undated,1,\n")
    assert staged.texts == {"1": "new"}


def test_a_refused_row_is_never_the_one_that_counts(make, tmp_path):
    staged = stage_csv(make(), tmp_path, "id,text,n,at\n1,good,1,\n1,bad,x,\n")
    assert staged.texts == {"1": "good"} and (staged.books["rejected"], staged.books["duplicate"]) == (1, 0)


# -------------------------------------------------------------------------------------------- pages and deltas

ROWS = [
    {"id": "1E05", "text": "a,\"b\"\n'c' ü", "n": 7, "at": "2024-01-01T03:30:00"},
    {"id": "007", "text": None, "n": None, "at": None},
    {"id": "x", "text": "", "n": "8", "at": "2024-02-01"},
    {"id": "bad", "text": "late", "n": "many", "at": "2024-02-01"},
]


def wrap(layout: str, rows: list[dict[str, Any]]) -> Any:
    point = {"x": -76.5, "y": 39.25}
    match layout:
        case "arcgis":
            return {"features": [{"attributes": row, "geometry": point} for row in rows], "exceededTransferLimit": False}
        case "geojson":
            return {"type": "FeatureCollection", "features": [
                {"type": "Feature", "properties": row, "geometry": {"type": "Point", "coordinates": [-76.5, 39.25]}} for row in rows
            ]}  # fmt: skip
        case "ckan":
            return {"success": True, "result": {"records": rows, "total": len(rows)}}
        case "carto":
            return {"rows": rows, "time": 0.1}
        case _:
            return rows


def write_part(data: Path, layout: str, pages: list[list[dict[str, Any]]], name: str, *, is_delta: bool = False) -> Part:
    body = gzip.compress(b"".join(json.dumps(wrap(layout, page)).encode() + b"\n" for page in pages))
    put_part(data, "things", name, body)
    return Part(file=name, layout=layout, sha256="", bytes=len(body), rows=sum(map(len, pages)), is_delta=is_delta)


def stage_parts(catalog: Catalog, data: Path, parts: list[Part], rows: int, **more: Any) -> Staged:
    con = connect(threads=1)
    snapshot = make_snapshot("things", rows, parts, columns=tuple(catalog.sources["things"].columns), **more)
    stage(con, catalog, {"things": snapshot}, data)
    return Staged(con)


@pytest.mark.parametrize("layout", ["arcgis", "geojson", "ckan", "carto", "rows"])
def test_pages_of_every_layout_hold_the_same_rows(make, tmp_path, layout):
    parts = [write_part(tmp_path, layout, [ROWS[:2], ROWS[2:], []], "pages.ndjson.gz")]
    staged = stage_parts(make(), tmp_path, parts, 4)
    assert staged.texts == {"1E05": ROWS[0]["text"], "007": None, "x": None}
    assert {row["record_id"]: row["age_years"] for row in staged.records} == {"1E05": 7, "007": None, "x": 8}
    assert staged.rejects == {"n: not a integer": 1}


@pytest.mark.parametrize("layout", ["arcgis", "geojson"])
def test_a_point_comes_as_two_columns(make, tmp_path, layout):
    columns = "  _x: {type: number}\n  _y: {type: number}\n"
    sql = SQL.replace("from raw", ', r."_x" as longitude, r."_y" as latitude\nfrom raw').replace("varchar) as offense_code\n,", "varchar) as offense_code,")
    page = json.loads(json.dumps(wrap(layout, ROWS[:2])))
    page["features"][1]["geometry"] = None
    body = gzip.compress(json.dumps(page).encode() + b"\n")
    put_part(tmp_path, "things", "p.ndjson.gz", body)
    part = Part(file="p.ndjson.gz", layout=layout, sha256="", bytes=1, rows=2)
    staged = stage_parts(make(columns, sql=sql), tmp_path, [part], 2)
    assert {r["record_id"]: (r["longitude"], r["latitude"]) for r in staged.records} == {"1E05": (-76.5, 39.25), "007": (None, None)}


def test_parquet_keeps_its_values(make, tmp_path):
    folder = tmp_path / "snapshots/things"
    folder.mkdir(parents=True)
    con = connect()
    con.execute(
        "copy (select '007' as id, 'ü' as text, 5::bigint as n, timestamp '2024-01-01 03:30:00' as at, 'unread' as other "
        f"union all select '1E05', null, null, null, null) to '{folder}/p.parquet' (format parquet)"
    )
    con.close()
    staged = stage_parts(make(), tmp_path, [Part(file="p.parquet", layout="parquet", sha256="", bytes=1, rows=2)], 2)
    assert staged.texts == {"007": "ü", "1E05": None}
    assert str(staged.records[0]["occurred_at"]) == "2024-01-01 03:30:00"


def rows_of(*wordings: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    return [{"id": key, "text": text, "n": 1, "at": at} for key, text, at in wordings]


BASE = rows_of(("1", "one", "2024-01-01"), ("2", "two", "2024-02-01"), ("3", "three", "2024-03-01"), ("4", "undated", None))


@pytest.mark.parametrize("layout", ["arcgis", "rows", "ckan", "carto"])
def test_a_delta_of_changed_rows_replaces_by_key(make, tmp_path, layout):
    parts = [
        write_part(tmp_path, layout, [BASE], "base.ndjson.gz"),
        write_part(tmp_path, layout, [rows_of(("2", "two again", "2024-03-05"), ("5", "five", "2024-03-05"))], "d1.ndjson.gz", is_delta=True),
        write_part(tmp_path, layout, [rows_of(("5", "five again", "2024-03-06"))], "d2.ndjson.gz", is_delta=True),
    ]
    staged = stage_parts(make("incremental: {changed_column: at}\n"), tmp_path, parts, 5)
    assert staged.texts == {"1": "one", "2": "two again", "3": "three", "4": "undated", "5": "five again"}
    assert staged.books["duplicate"] == 0


def test_a_delta_of_nothing_changes_nothing(make, tmp_path):
    parts = [write_part(tmp_path, "rows", [BASE], "b.ndjson.gz"), write_part(tmp_path, "rows", [[]], "d.ndjson.gz", is_delta=True)]
    assert len(stage_parts(make("incremental: {changed_column: at}\n"), tmp_path, parts, 4).records) == 4


def test_a_base_row_without_a_key_is_still_refused_and_counted_after_a_delta(make, tmp_path):
    base = [*BASE, {"id": None, "text": "lost", "n": 1, "at": None}]
    parts = [write_part(tmp_path, "rows", [base], "b.ndjson.gz"), write_part(tmp_path, "rows", [rows_of(("1", "new", None))], "d.ndjson.gz", is_delta=True)]
    staged = stage_parts(make("incremental: {changed_column: at}\n"), tmp_path, parts, 5)
    assert staged.rejects == {"id: missing": 1} and staged.texts["1"] == "new"


@pytest.mark.parametrize(
    ("pattern", "stamps"),
    [
        ("iso", ["2024-01-01", "2024-02-01", "2024-03-01", "2024-02-28"]),
        ("iso", ["2024-01-01T00:00:00.000", "2024-02-01T00:00:00.000", "2024-03-01T00:00:00.000", "2024-02-28T10:00:00.000"]),
        ("epoch_ms", [1704067200000, 1706745600000, 1709251200000, 1709114400000]),
    ],
)
def test_a_window_replaces_every_row_from_its_first_day_and_keeps_rows_without_a_date(make, tmp_path, pattern, stamps):
    """Row 2 is on the first day of the window and gone from it; row 3 is there again; row 4 has no date."""
    layout = "arcgis" if pattern == "epoch_ms" else "rows"
    base = rows_of(("1", "one", stamps[0]), ("2", "two", stamps[1]), ("3", "three", stamps[2]), ("4", "undated", None))
    delta = rows_of(("3", "three again", stamps[2]), ("5", "five", stamps[3]))
    source = SOURCE.replace("at: {type: datetime, format: iso}", f"at: {{type: datetime, format: {pattern}}}")
    parts = [write_part(tmp_path, layout, [base], "b.ndjson.gz"), write_part(tmp_path, layout, [delta], "d.ndjson.gz", is_delta=True)]
    catalog = make("incremental: {date_column: at}\n", source=source)
    staged = stage_parts(catalog, tmp_path, parts, 4, window_from="2024-02-01 00:00:00")
    assert staged.texts == {"1": "one", "3": "three again", "4": "undated", "5": "five"}
