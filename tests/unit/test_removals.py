"""Ledger, orders and scrubbing, each by itself."""

from __future__ import annotations

import csv
import gzip
import hashlib
import hmac
import io
import json
from pathlib import Path

import pytest

from harborlight.catalog.models import Source
from harborlight.errors import CheckFailed, ConfigError, ReleaseError
from harborlight.publish.release import next_epoch
from harborlight.records.ledger import Ledger, check_epoch, load_ledger, open_ledger, raise_floor, save_ledger
from harborlight.records.orders import read_orders
from harborlight.removal.differences import keep_places
from harborlight.sources.scrub import scrub_file
from harborlight.staging.removed import BOOKS
from harborlight.store import connect, read_sql, read_value

LEDGER = Ledger(b"k" * 32)
IDS = ("0D24000001", "Ab-1 é", "7", "row 12")


def test_an_entry_is_the_keyed_hash_of_kind_and_id_in_python_and_in_sql() -> None:
    con = connect()
    for text in IDS:
        expected = hmac.new(b"k" * 32, f"case:{text}".encode(), hashlib.sha256).hexdigest()
        assert LEDGER.hash_id("case", f"  {text} ") == expected
        assert read_value(con, f"select {LEDGER.sql_hash('case', '$text')}", {"text": f" {text}  "}) == expected
        assert LEDGER.hash_id("incident", text) != expected
    holding = LEDGER.only([LEDGER.hash_id("case", "7")])
    holding.register(con)
    held = holding.sql_holds({"case": ("a", "b")})
    found = con.execute(f"select {held} from (values (7, 'x'), (8, '7 '), (8, null), (null, '')) as t(a, b)").fetchall()
    assert [row[0] for row in found] == [True, True, False, False]


def test_the_ledger_lies_sorted_and_only_its_own_key_opens_it(tmp_path: Path) -> None:
    assert load_ledger(tmp_path) == Ledger() and not (tmp_path / "removals").exists()
    ledger = open_ledger(tmp_path)
    save_ledger(tmp_path, ledger.only(ledger.hash_id("case", text) for text in IDS))
    text = (tmp_path / "removals/ledger").read_text()
    assert text.splitlines()[1:] == sorted(text.splitlines()[1:]) and not any(i in text for i in IDS[:2])
    assert load_ledger(tmp_path).holds("case", "7") and not load_ledger(tmp_path).holds("case", "8")
    key = tmp_path / "removals/key"
    key.chmod(0o644)
    with pytest.raises(CheckFailed, match="other users"):
        load_ledger(tmp_path)
    key.chmod(0o600)
    key.write_text("x" * 64)
    with pytest.raises(CheckFailed, match="does not belong to this key"):
        load_ledger(tmp_path)
    key.unlink()
    with pytest.raises(CheckFailed, match="cannot be read"):
        load_ledger(tmp_path)


def test_the_floor_of_epochs_only_rises_and_new_releases_stand_on_it(tmp_path: Path) -> None:
    check_epoch(tmp_path, "r", 0)
    assert next_epoch(tmp_path) == 0
    raise_floor(tmp_path, 4)
    raise_floor(tmp_path, 2)
    assert next_epoch(tmp_path) == 4
    check_epoch(tmp_path, "r", 4)
    with pytest.raises(ReleaseError, match="older than the last re-issue"):
        check_epoch(tmp_path, "r", 3)


def test_bad_orders_are_told_all_at_once_by_line_and_never_by_id(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("kind,id\ncase,0D24000001\npage,SECRET-1\nincident,\ncase,SECRET-2,more\n\nARREST, 77 \n")
    with pytest.raises(ConfigError) as told:
        read_orders(path)
    for part in ("line 3", "line 4", "line 5", "nothing was removed"):
        assert part in str(told.value)
    assert "SECRET" not in str(told.value) and "line 2:" not in str(told.value)
    path.write_text("id,kind\n")
    with pytest.raises(ConfigError, match="first line"):
        read_orders(path)
    path.write_text("kind,id\nARREST, 77 \n")
    assert [(order.kind, order.id) for order in read_orders(path)] == [("arrest", "77")]


def make_source(**given: object) -> Source:
    facts = {
        "id": "cases", "kind": "cases", "title": "Cases", "agency": "A", "connector": "files", "url": "f", "key": "id", "clock": "local",
        "counting_system": "nibrs", "columns": {"id": {"type": "text"}, "text": {"type": "text"}}, "removal_ids": {"case": ["id"]},
    }  # fmt: skip
    return Source.model_validate(facts | given)


def holding(*ids: str) -> Ledger:
    return LEDGER.only(LEDGER.hash_id("case", text) for text in ids)


def test_every_other_byte_of_a_delimited_file_stays_as_it_came(tmp_path: Path) -> None:
    lines = [
        b'id,text\r\n', b'1,plain\r\n', b'2,"two\nlines, and ""quotes"""\r\n', b'3,caf\xe9 \x81\n', b' 4 ,gone\n', b'5\n', b'broken,line,4\n', b'6,last',
    ]  # fmt: skip
    path, target = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_bytes(b"".join(lines))
    source = make_source(csv={"encoding": "cp1252"})
    assert scrub_file(source, "csv", path, target, holding("2", "4")) == 3
    assert target.read_bytes() == b"".join(lines[i] for i in (0, 1, 3, 5, 7))
    assert scrub_file(source, "csv", path, target, holding("99")) == 0 and not target.exists()


@pytest.mark.parametrize("quotes", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_packed_and_marked_files_stay_what_they_are(tmp_path: Path, quotes: int) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=quotes)  # type: ignore[arg-type]
    writer.writerows([["id", "text"], *([str(n), f"a\r\nb {n}"] for n in range(50))])
    path, target = tmp_path / "in.csv.gz", tmp_path / ".in.csv.gz.part"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + text.getvalue().encode()))
    assert scrub_file(make_source(), "csv", path, target, holding("7", "8")) == 2
    assert gzip.decompress(target.read_bytes()).startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(gzip.decompress(target.read_bytes()).decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(50) if n not in (7, 8)] and rows[1][1] == "a\r\nb 0"


def test_pages_and_parquet_lose_only_the_rows(tmp_path: Path) -> None:
    pages = [{"features": [{"attributes": {"id": n, "text": f"t{n}"}, "geometry": {"x": 1.5, "y": 2}} for n in span]} for span in (range(3), range(3, 6))]
    path, target = tmp_path / "in.ndjson.gz", tmp_path / "out.part"
    path.write_bytes(gzip.compress("".join(json.dumps(page) + "\n" for page in pages).encode()))
    assert scrub_file(make_source(), "arcgis", path, target, holding("4")) == 1
    kept = gzip.decompress(target.read_bytes()).decode().splitlines()
    assert kept[0] == json.dumps(pages[0]) and [r["attributes"]["id"] for r in json.loads(kept[1])["features"]] == [3, 5]
    con, table = connect(), tmp_path / "in.parquet"
    con.execute(f"copy (select cast(range as varchar) as id, 'x' as text from range(9)) to '{table}' (format parquet)")
    assert scrub_file(make_source(), "parquet", table, target, holding("3", "5")) == 2
    assert con.execute(f"select string_agg(id, '' order by id) from read_parquet('{target}')").fetchone() == ("0124678",)


def test_places_that_only_removed_rows_had_are_counted_as_before() -> None:
    con, columns = connect(), ", ".join(f'"{name}" {kind}' for name, kind in BOOKS.items())
    con.execute("attach ':memory:' as b")
    for schema, figures in (("b.metric", "12, 9, 3"), ("metric", "10, 7, 3"), ("sealed", "")):
        con.execute(f"create schema {schema}")
        if figures:
            con.execute(f"create table {schema}.displacement as select * from (values ({figures}, 7.5, 8.5, 9.5)) as t(n_points, n_shown, n_not_shown, median_m, p90_m, max_m)")
    for name in ("book", "sealed.books"):
        con.execute(f"create table {name} ({columns})")
    keep_places(con)
    con.execute("insert into sealed.books select * from book")
    sql = read_sql(Path(__file__).parents[2] / "src/harborlight/publish/tables/displacement.sql")
    assert con.execute(sql).fetchall() == [(12, 9, 3, 7.5, 8.5, 9.5)]
