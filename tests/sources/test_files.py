"""Plain files, local and packed: whole or refused, and never from outside the two folders."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import zipfile
from datetime import UTC, datetime

import pytest
import xlsxwriter

from harborlight.catalog.models import Csv, Source
from harborlight.errors import SourceError
from harborlight.sources.landing import read_pages
from harborlight.store import connect

HEADER = "id,when,what,note\n"
GOOD = HEADER + '1,2024-01-01,ARSON,"two\nlines"\n2,2024-01-02,"ROBBERY, ""ARMED""",José\n'


def make_source(url, **more):
    columns = {"id": {"type": "integer"}, "when": {"type": "date", "format": "iso"}, "what": {"type": "text"}}
    return Source.model_validate(
        {"id": "local", "title": "t", "agency": "a", "connector": "files", "url": url, "key": "id", "clock": "utc",
         "counting_system": "srs", "columns": columns, "known_extra_columns": ["note"]} | more
    )  # fmt: skip


def write(desk, name, content):
    """A file in the city's folder."""
    path = desk.folder / "city" / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def landed(desk, snapshot):
    """The snapshot's only file."""
    (part,) = snapshot.parts
    return desk.data / "snapshots" / snapshot.source_id / part.file


# ----------------------------------------------------------------------------------------------------- places


def test_local_file_is_kept_byte_for_byte(desk):
    path = write(desk, "crimes.csv", GOOD)
    snapshot = desk(make_source("crimes.csv"), allow_private_hosts=False)
    assert (snapshot.rows, snapshot.columns) == (2, ("id", "when", "what", "note"))
    assert landed(desk, snapshot).read_bytes() == path.read_bytes()
    assert snapshot.parts[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert snapshot.source_updated_at is None


def test_local_file_below_the_data_folder(desk):
    (desk.data / "inbox").mkdir(parents=True)
    (desk.data / "inbox" / "crimes.csv").write_text(GOOD)
    assert desk(make_source("inbox/crimes.csv")).rows == 2


@pytest.mark.parametrize("url", ["../secret.csv", "/etc/passwd", "link.csv", "data/../../secret.csv"])
def test_local_file_outside_the_folders_is_refused(desk, url):
    (desk.folder / "secret.csv").write_text(GOOD)
    (desk.folder / "city" / "link.csv").symlink_to(desk.folder / "secret.csv")
    with pytest.raises(SourceError, match="outside the city's folder"):
        desk(make_source(url, format="csv"), allow_private_hosts=False)


def test_absolute_path_only_where_private_hosts_are_allowed(desk, tmp_path_factory):
    path = tmp_path_factory.mktemp("elsewhere") / "crimes.csv"
    path.write_text(GOOD)
    assert desk(make_source(str(path)), allow_private_hosts=True).rows == 2
    with pytest.raises(SourceError, match="outside"):
        desk(make_source(str(path)), allow_private_hosts=False)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/crimes.csv", "data:text/csv,a"])
def test_other_kinds_of_address_are_refused(desk, url):
    with pytest.raises(SourceError):
        desk(make_source(url, format="csv"))


def test_missing_file_is_one_sentence(desk):
    with pytest.raises(SourceError, match=r"local: there is no file crimes\.csv"):
        desk(make_source("crimes.csv"))


def test_unknown_ending_asks_for_the_format(desk):
    write(desk, "crimes.dat", GOOD)
    with pytest.raises(SourceError, match="what kind of file"):
        desk(make_source("crimes.dat"))
    assert desk(make_source("crimes.dat", format="csv")).rows == 2


# -------------------------------------------------------------------------------------------------------- CSV


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("crlf", GOOD.replace("\n", "\r\n"), 2),
        ("byte_order_mark", "\ufeff" + GOOD, 2),
        ("no_last_newline", GOOD.rstrip("\n"), 2),
        ("empty_lines", GOOD + "\n\r\n", 2),
        ("header_only", HEADER, 0),
        ("nul", HEADER + "1,2024-01-01,A\0B,\n", 1),
        ("ragged_rows_are_stagings_business", HEADER + "1,2024-01-01\n2,2024-01-01,a,b,c,d\n", 2),
        ("leading_zeros", HEADER + "001,1E05,00123,\n", 1),
        ("three_megabytes", HEADER + "1,2024-01-01," + "A" * 3_000_000 + ",\n2,2024-01-01,b,\n", 2),
        ("quote_inside_a_value", HEADER + '1,2024-01-01,5" PIPE,\n2,2024-01-01,b,\n', 2),
        ("misplaced_quote_spoils_its_row", HEADER + '1,2024-01-01,"a"b,\n2,2024-01-01,b,\n', 2),
    ],
)
def test_csv_dirt(desk, name, content, rows):
    write(desk, "crimes.csv", content)
    snapshot = desk(make_source("crimes.csv"))
    assert (snapshot.rows, snapshot.columns[0]) == (rows, "id")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "file is empty"),
        ("\n\n", "file is empty"),
        ("<!DOCTYPE html><title>Log in</title>", "something else"),
        ('{"error": {"code": 400}}', "something else"),
        ('[{"id": 1}]', "something else"),
        (HEADER.replace("note", "id") + "1,2024-01-01,a,b\n", "column 'id' twice"),
        (HEADER.replace("what", "What") + "1,2024-01-01,a,b\n", r"column what is missing \(there is What\)"),
        (GOOD + '3,2024-01-03,"cut', "inside a quoted value"),
        (GOOD.encode("latin-1"), "not utf-8 text"),
        (GOOD.replace(",", ";"), "column id is missing"),
    ],
)
def test_csv_that_is_none_is_refused(desk, content, sentence):
    write(desk, "crimes.csv", content)
    with pytest.raises(SourceError, match=sentence):
        desk(make_source("crimes.csv"))
    assert desk.files(make_source("crimes.csv")) == []


def test_csv_dialect_as_declared(desk):
    text = GOOD.replace(",", ";").replace('"', "'").encode("latin-1")
    write(desk, "crimes.csv", text)
    dialect = Csv(delimiter=";", quote="'", encoding="latin-1").model_dump()
    assert desk(make_source("crimes.csv", csv=dialect)).rows == 2


def test_packed_csv_stays_packed(desk):
    packed = gzip.compress(GOOD.encode(), mtime=0)
    write(desk, "crimes.csv.gz", packed)
    snapshot = desk(make_source("crimes.csv.gz"))
    assert (snapshot.rows, landed(desk, snapshot).read_bytes()) == (2, packed)
    assert snapshot.parts[0].file.endswith(".csv.gz")


@pytest.mark.parametrize("cut", [slice(0, -9), slice(0, 30)])
def test_packed_csv_that_was_cut(desk, cut):
    write(desk, "crimes.csv.gz", gzip.compress(GOOD.encode() * 50)[cut])
    with pytest.raises(SourceError, match="damaged or cut short"):
        desk(make_source("crimes.csv.gz"))


def test_packed_bomb(desk):
    write(desk, "crimes.csv.gz", gzip.compress(HEADER.encode() + b"0" * 20_000_000))
    with pytest.raises(SourceError, match="unpacks to more than 100 times"):
        desk(make_source("crimes.csv.gz"))


# ---------------------------------------------------------------------------------------------------- GeoJSON


def feature(number, place):
    return {"type": "Feature", "geometry": place, "properties": {"id": number, "when": None, "what": "A\nB"}}


POINTS = {
    "type": "FeatureCollection",
    "features": [feature(1, {"type": "Point", "coordinates": [-76.6, 39.3]}), feature(2, None)],
}


def test_geojson_becomes_one_line(desk):
    write(desk, "crimes.geojson", "\ufeff" + json.dumps(POINTS, indent=2))
    snapshot = desk(make_source("crimes.geojson"))
    assert (snapshot.rows, snapshot.columns) == (2, ("id", "when", "what"))
    assert list(read_pages(landed(desk, snapshot))) == [POINTS]
    write(desk, "crimes.geojson", json.dumps(POINTS))
    assert desk(make_source("crimes.geojson")) == snapshot


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (json.dumps(POINTS)[:-20], "not whole, valid GeoJSON"),
        (json.dumps(POINTS).replace("39.3", "NaN"), "not whole, valid GeoJSON"),
        ('{"type": "Topology"}', "not whole, valid GeoJSON"),
        (json.dumps(POINTS | {"exceededTransferLimit": True}), "only a part of the rows"),
        (json.dumps(POINTS | {"properties": {"exceededTransferLimit": True}}), "only a part of the rows"),
    ],
)
def test_geojson_that_is_none_is_refused(desk, content, sentence):
    write(desk, "crimes.geojson", content)
    with pytest.raises(SourceError, match=sentence):
        desk(make_source("crimes.geojson"))


# ------------------------------------------------------------------------------------------- Parquet and XLSX


def write_parquet(desk, select):
    path = desk.folder / "city" / "crimes.parquet"
    with connect() as con:
        con.execute(f"copy ({select}) to '{path}' (format parquet)")
    return path


SELECT = "select range as id, date '2024-01-01' as 'when', 'ARSON' as what from range(7)"


def test_parquet_is_kept_byte_for_byte(desk):
    path = write_parquet(desk, SELECT)
    snapshot = desk(make_source("crimes.parquet"))
    assert (snapshot.rows, snapshot.columns) == (7, ("id", "when", "what"))
    assert landed(desk, snapshot).read_bytes() == path.read_bytes()


def test_parquet_column_of_another_type(desk):
    write_parquet(desk, SELECT.replace("'ARSON'", "7"))
    with pytest.raises(SourceError, match="column what is declared as text but the portal now has it as integer"):
        desk(make_source("crimes.parquet"))


@pytest.mark.parametrize("damage", ["cut", "middle", "other"])
def test_parquet_that_is_damaged(desk, damage):
    path = write_parquet(desk, SELECT)
    whole = path.read_bytes()
    broken = {
        "cut": whole[:-9],
        "middle": whole[:4] + b"\xff" * (len(whole) - 8) + b"PAR1",
        "other": GOOD.encode(),
    }
    path.write_bytes(broken[damage])
    with pytest.raises(SourceError, match="not a whole Parquet file|could not be read"):
        desk(make_source("crimes.parquet"))


def write_workbook(path):
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        book.add_worksheet("Notes").write(0, 0, "read me")
        sheet = book.add_worksheet("Crimes")
        for column, name in enumerate(["id", "when", "what", "note"]):
            sheet.write(0, column, name)
        sheet.write_row(1, 0, [1])
        sheet.write_datetime(1, 1, datetime(2024, 1, 1))
        sheet.write_row(1, 2, ["LARCENY\nFROM AUTO", 2.5])
        sheet.write_row(3, 0, [20240101123, "2024-01-02", 'José, "J"', True])


def test_workbook_becomes_csv_text(desk):
    path = desk.folder / "city" / "crimes.xlsx"
    write_workbook(path)
    snapshot = desk(make_source("crimes.xlsx", sheet="Crimes"))
    assert snapshot.rows == 2
    assert snapshot.query["workbook_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    with landed(desk, snapshot).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows[1] == ["1", "2024-01-01", "LARCENY\nFROM AUTO", "2.5"]
    assert rows[2] == ["20240101123", "2024-01-02", 'José, "J"', "true"]


def test_workbook_without_the_sheet(desk):
    write_workbook(desk.folder / "city" / "crimes.xlsx")
    with pytest.raises(SourceError, match="no sheet 'crimes'; it has Notes, Crimes"):
        desk(make_source("crimes.xlsx", sheet="crimes"))


@pytest.mark.parametrize("kind", ["text", "members", "bomb", "outside"])
def test_workbook_that_is_none(desk, kind):
    path = desk.folder / "city" / "crimes.xlsx"
    path.write_text(GOOD)
    if kind != "text":
        members = {"members": [(f"{n}.xml", b"x") for n in range(51)], "bomb": [("a.xml", b"\0" * 9_000_000)],
                   "outside": [("../../a.xml", b"x")]}[kind]  # fmt: skip
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content)
    with pytest.raises(SourceError, match="not a workbook|could not be read"):
        desk(make_source("crimes.xlsx"))


# --------------------------------------------------------------------------------------------------- over http


def test_csv_from_the_portal_after_a_change(portal, desk):
    source = portal.source("files")
    first = desk(source)
    portal.mutate("crimes", update=[{"key": {"rowid": 5}, "set": {"description": "CORRECTED"}}])
    second = desk(source)
    assert second.id > first.id
    assert desk.rows(second) == portal.truth()
    assert second.source_updated_at is not None and second.source_updated_at > datetime(2024, 12, 30, tzinfo=UTC)
