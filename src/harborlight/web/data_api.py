"""The API about the release's own tables: totals of others beside ours, corrections, the data dictionary."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response

from harborlight.web.data_models import (
    ColumnOut,
    DownloadOut,
    NoticeList,
    NoticeOut,
    TableList,
    TableOut,
    TotalList,
    TotalOut,
)
from harborlight.web.freshness import published_notices
from harborlight.web.reader import PublicTable
from harborlight.web.respond import Turn, check_no_params, get_turn, to_csv, to_json

MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


def read_totals(request: Request) -> Response:
    turn = _start(request)
    totals = [TotalOut(**row) for row in turn.release.reader.totals()]
    if _wants_csv(turn):
        return to_csv("totals", list(TotalOut.model_fields), [t.model_dump(mode="json") for t in totals])
    return to_json(TotalList(release=turn.release.id, totals=totals))


def read_corrections(request: Request) -> Response:
    turn = _start(request)
    found = published_notices(turn.release.facts, turn.visit.now)
    notices = [NoticeOut(**n.model_dump(exclude={"pages"}), pages=list(n.pages), metrics=list(n.metrics)) for n in found]
    if _wants_csv(turn):
        rows = [{k: " ".join(v) if isinstance(v, list) else v for k, v in n.model_dump(mode="json").items()} for n in notices]
        return to_csv("corrections", list(NoticeOut.model_fields), rows)
    return to_json(NoticeList(release=turn.release.id, corrections=notices))


def read_tables(request: Request) -> Response:
    """The data dictionary; as CSV a row for each column of each table."""
    turn = _start(request)
    tables = [make_table(table, turn.release.sizes) for table in turn.release.reader.tables()]
    if _wants_csv(turn):
        rows = [
            {"table": t.name, "column": c.name, "type": c.type, "about": c.about, "tier": t.tier}
            for t in tables
            for c in t.columns
        ]
        return to_csv("tables", ["table", "column", "type", "about", "tier"], rows)
    return to_json(TableList(release=turn.release.id, tables=tables))


def make_table(table: PublicTable, sizes: Mapping[str, int]) -> TableOut:
    files = [
        DownloadOut(address=f"/data/{name}", type=MEDIA[kind], bytes=sizes[name])
        for kind in MEDIA
        if (name := f"{table.name}.{kind}") in sizes
    ]
    columns = [ColumnOut(name=name, type=kind, about=about) for name, kind, about in table.columns]
    return TableOut(name=table.name, about=table.about, tier=table.tier, rows=table.rows, columns=columns, files=files)


def _wants_csv(turn: Turn) -> bool:
    return turn.visit.path.endswith(".csv")


def _start(request: Request) -> Turn:
    check_no_params(request)
    return get_turn(request)
