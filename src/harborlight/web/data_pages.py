"""The data page and the dictionary: every table of the release, what one row is, its columns and its files."""

from __future__ import annotations

from collections.abc import Mapping

from harborlight.charts import formats
from harborlight.errors import QueryError
from harborlight.web.catalogue import make_catalog_markup, make_table_markup
from harborlight.web.context import Cell, Column, DataItem, DataPage, Link, RowGroup, Table, TablePage
from harborlight.web.reader import PublicTable, Reader
from harborlight.web.wording import Wording


def make_data(reader: Reader, sizes: Mapping[str, int], wording: Wording) -> DataPage:
    """All tables that can be downloaded. `sizes` maps file name to bytes."""
    items = tuple(_item(table, sizes, wording) for table in reader.tables())
    return DataPage(items, make_catalog_markup(reader, sizes, wording))


def make_table_page(reader: Reader, name: str, sizes: Mapping[str, int], wording: Wording) -> TablePage:
    """The dictionary of one table. Raises QueryError 404 for a table that is not in the release."""
    tables = reader.tables()
    table = next((t for t in tables if t.name == name), None)
    if table is None:
        raise QueryError("There is no such table.", code="not_found", status=404, allowed=[t.name for t in tables])
    heads = (
        Column(wording.text("data.column")),
        Column(wording.text("data.type")),
        Column(wording.text("data.meaning")),
    )
    rows = tuple(
        (Cell(c, kind="head"), Cell(_kind(kind, wording), kind="quiet"), Cell(about))
        for c, kind, about in table.columns
    )
    caption = wording.text("data.columns_of", table=name)
    return TablePage(
        _item(table, sizes, wording),
        Table(caption, heads, (RowGroup("", rows),)),
        make_table_markup(table, reader.facts, sizes, wording),
    )


def _item(table: PublicTable, sizes: Mapping[str, int], wording: Wording) -> DataItem:
    files = tuple(
        Link(
            wording.text(
                "data.file",
                kind=kind.upper() if kind == "csv" else kind.capitalize(),
                size=size_words(sizes[name], wording),
            ),
            f"/data/{name}",
        )
        for kind in ("csv", "parquet")
        if (name := f"{table.name}.{kind}") in sizes
    )
    return DataItem(
        name=table.name,
        about=table.about,
        rows=wording.text("data.rows", n=table.rows),
        href=f"/data/{table.name}",
        files=files,
        is_sensitive=table.tier == "T1",
    )


def _kind(kind: str, wording: Wording) -> str:
    """DuckDB's type in a word that a spreadsheet user knows."""
    if "int" in kind:
        return wording.text("data.type_whole")
    names = {
        "varchar": "text",
        "date": "date",
        "boolean": "yes_no",
        "double": "number",
        "timestamp": "moment",
    }
    return wording.text(f"data.type_{names.get(kind, 'text')}")


def size_words(size: int, wording: Wording) -> str:
    """Bytes in words: 340 KB, 2.1 MB."""
    if size < 1000:
        return wording.text("data.bytes", n=size)
    if size < 1_000_000:
        return wording.text("data.kilobytes", size=formats.number(size / 1000, wording.language))
    return wording.text("data.megabytes", size=formats.decimal(size / 1_000_000, 1, wording.language))
