"""Tables `totals` and `notices`: what others count for the same year beside our own count, and what people have corrected.

Our side is table `counts`, which is asked as a page would ask. A difference without a reason is published with the day
since which it stands; it is reported after ten days and never holds a release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from harborlight.catalog import Catalog
from harborlight.catalog.models import City, Notice, TotalSource
from harborlight.publish.gates import GateResult
from harborlight.store import Connection, quote_text, read_rows, read_sql, read_value

ALERT_AFTER = timedelta(days=10)
HOMICIDES = "homicide_victims"
OVERDUE = (
    "select source_id, count(*) as n, min(differs_since) as since from fresh.main.totals "
    "where state = 'unexplained' and differs_since < ? group by 1 order by 1"
)
TOTAL = {
    "source_id": "VARCHAR", "source": "VARCHAR", "publisher": "VARCHAR", "page": "VARCHAR", "metric": "VARCHAR", "year": "INTEGER",
    "vintage": "VARCHAR", "rule": "VARCHAR", "counts": "VARCHAR", "published_on": "DATE", "read_on": "DATE", "theirs": "BIGINT",
    "ours_rule": "VARCHAR", "reason": "VARCHAR", "explains": "BIGINT", "note": "VARCHAR",
}  # fmt: skip
NOTICE = {
    "id": "VARCHAR", "kind": "VARCHAR", "title": "VARCHAR", "published_on": "DATE", "wrong_since": "DATE", "date_from": "DATE",
    "date_to": "DATE", "before": "VARCHAR", "after": "VARCHAR", "cause": "VARCHAR", "fix": "VARCHAR", "prevention": "VARCHAR", "pages": "VARCHAR",
}  # fmt: skip
KEY = "source_id, metric, \"year\", vintage"


def make_accounts(con: Connection, catalog: Catalog, previous: Path | None, today: date) -> None:
    """Write both tables into the database in use, which holds `counts`. `previous` is the store of the release before."""
    rows = [row for source in catalog.totals for row in _totals(source, catalog.city)]
    con.execute(f"create temp table stated as {_rows(TOTAL)}", {"rows": json.dumps(rows), "shape": json.dumps([TOTAL])})
    if previous is not None:
        con.execute(f"attach {quote_text(str(previous))} as before (read_only)")
    con.execute(f"create temp table earlier as {_earlier(con)}")
    con.execute(f"create table totals as {read_sql(Path(__file__).parent / 'totals.sql')}", {"today": today})
    con.execute("drop table stated")
    con.execute("drop table earlier")
    if previous is not None:
        con.execute("detach before")
    notices = [_notice(notice) for notice in sorted(catalog.notices, key=lambda n: (n.published_on, n.id))]
    con.execute(f"create table notices as {_rows(NOTICE)}", {"rows": json.dumps(notices), "shape": json.dumps([NOTICE])})


def _rows(shape: dict[str, str]) -> str:
    """A SELECT over rows given as one JSON text."""
    return f"select {', '.join(f'{chr(34)}{name}{chr(34)}' for name in shape)} from (select unnest(from_json($rows, $shape), recursive := true))"


def _totals(source: TotalSource, city: City) -> Iterator[dict[str, Any]]:
    for total in source.totals:
        metric = total.metric or source.metric
        yield {
            "source_id": source.id, "source": source.title, "publisher": source.publisher, "page": source.page, "metric": metric,
            "year": total.year, "vintage": total.vintage or source.vintage, "rule": total.rule or source.rule, "counts": source.counts,
            "published_on": _day(total.published_on or source.published_on), "read_on": _day(source.read_on), "theirs": total.value,
            "ours_rule": year_rule(city, total.year) if metric == HOMICIDES else None, "reason": total.reason,
            "explains": total.explains, "note": total.note,
        }  # fmt: skip


def _notice(notice: Notice) -> dict[str, Any]:
    content = notice.model_dump(mode="json", include=set(NOTICE) - {"pages"})
    return content | {"pages": " ".join(notice.pages)}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def year_rule(city: City, year: int) -> str:
    """The date that decides which year a homicide of this year counts in at this site."""
    last = date(year, 12, 31)
    return next((r.rule for r in city.homicide_year_rule if r.until is None or last <= r.until), "not_stated")


def _earlier(con: Connection) -> str:
    """The totals of the release before, or no rows where there is none or it had none."""
    columns = f"{KEY}, state, difference, differs_since"
    if read_value(con, "select count(*) from duckdb_tables() where database_name = 'before' and table_name = 'totals'"):
        return f"select {columns} from before.main.totals"
    return f"select {KEY}, '' as state, 0::bigint as difference, null::date as differs_since from stated where false"


def check_totals(con: Connection, public: Path, today: date) -> list[GateResult]:
    """A warning for each publisher whose totals differ without a reason for more than ten days; it never holds a release."""
    con.execute(f"attach {quote_text(str(public))} as fresh (read_only)")
    try:
        rows = read_rows(con, OVERDUE, [today - ALERT_AFTER])
    finally:
        con.execute("detach fresh")
    return [GateResult(name="independent_totals", level="warn", source=row["source_id"], sentence=_alert(row)) for row in rows]


def _alert(row: dict[str, Any]) -> str:
    what = "1 yearly total differs" if row["n"] == 1 else f"{row['n']} yearly totals differ"
    return (
        f"{what} from ours without a reason, the oldest since {row['since'].isoformat()}. "
        f"Find out why and write `reason` in totals/{row['source_id']}.yaml."
    )
