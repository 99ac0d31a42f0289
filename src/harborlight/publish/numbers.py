"""The few numbers per source that the gates look at, read from the private store; nothing here names a person or a place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from harborlight.catalog import Catalog
from harborlight.publish.facts import DATED_ROWS
from harborlight.publish.gates import SourceNumbers, YearTotal, is_sensitive_text
from harborlight.publish.manifest import Manifest
from harborlight.store import Connection, quote_text, read_rows, read_value, write_synced

RECENT_DAYS = 28
KEPT = "numbers"  # folder of the data folder


def read_source_numbers(con: Connection, catalog: Catalog) -> list[SourceNumbers]:
    """One entry per staged source, in order of its id."""
    numbers = []
    for row in read_rows(con, "select * from staging.sources order by source_id"):
        source_id = row["source_id"]
        reasons = read_rows(
            con,
            "select reason, sum(n) as n from staging.rejects where source_id = ? group by 1 order by 1",
            [source_id],
        )
        table, day = _dated_rows(catalog, source_id)
        years = read_rows(
            con, f"select y, sum(n)::bigint as n from (select extract(year from {day}) as y, count(*) as n from {table} "
            f"where source_id = $id and {day} is not null group by 1 union all select year, n from sealed.books "
            "where source_id = $id and part = 'accepted' and year is not null) group by 1 order by 1", {"id": source_id},
        )  # fmt: skip
        codes = read_rows(
            con,
            "select distinct offense_code from model.records where source_id = $id and offense_code is not null and tier = 'T0' "
            "union select b.reason from sealed.books as b inner join staging.offense_codes as c on c.code = b.reason and c.tier = 'T0' "
            "where b.source_id = $id and b.part = 'code' order by 1",
            {"id": source_id},
        )
        recent, unmapped = _read_recent(con, source_id)
        numbers.append(
            SourceNumbers(
                source_id=source_id, fetched=row["fetched"], accepted=row["accepted"], rejected=row["rejected"], duplicate=row["duplicate"],
                reject_reasons={r["reason"]: int(r["n"]) for r in reasons}, rows_by_year={int(r["y"]): int(r["n"]) for r in years},
                recent_rows=recent, recent_unmapped=unmapped, offense_codes=tuple(r["offense_code"] for r in codes),
                has_sensitive_unmapped=_has_sensitive(con, source_id, catalog.city.sensitive_words),
                has_volume_gates=catalog.sources[source_id].gates,
            )
        )  # fmt: skip
    return numbers


def keep_numbers(data: Path, release_id: str, numbers: Iterable[SourceNumbers]) -> None:
    """Keep the exact numbers of a release for the checks of later ones. Private: the manifest has them rounded."""
    folder = data / KEPT
    folder.mkdir(mode=0o700, exist_ok=True)
    text = json.dumps([n.model_dump(mode="json") for n in numbers], indent=1)
    write_synced(folder / f"{release_id}.json", f"{text}\n".encode())


def read_kept_numbers(data: Path, manifest: Manifest | None) -> Mapping[str, SourceNumbers]:
    """The exact numbers of a release; those of its manifest where they are lost."""
    if manifest is None:
        return {}
    path = data / KEPT / f"{manifest.id}.json"
    if not path.is_file():
        return manifest.sources
    listed = [SourceNumbers.model_validate(given) for given in json.loads(path.read_text(encoding="utf-8"))]
    return {numbers.source_id: numbers for numbers in listed}


def _dated_rows(catalog: Catalog, source_id: str) -> tuple[str, str]:
    """The table that holds a source's rows, and their day."""
    return DATED_ROWS.get(catalog.sources[source_id].kind, ("model.records", "counted_date"))


def _read_recent(con: Connection, source_id: str) -> tuple[int, int]:
    row = con.execute(
        "select count(*), count(*) filter (where offense_code is null) from model.records where source_id = $id and counted_date > "
        f"(select max(counted_date) from model.records where source_id = $id) - interval {RECENT_DAYS} day",
        {"id": source_id},
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _has_sensitive(con: Connection, source_id: str, words: Iterable[str]) -> bool:
    if not read_value(
        con, "select count(*) from model.records where source_id = ? and offense_code is null", [source_id]
    ):
        return False
    texts = read_rows(
        con, "select distinct s.offense_text from staging.records as s join model.records as m using (source_id, record_id) "
        "where s.source_id = ? and m.offense_code is null and s.offense_text is not null", [source_id],
    )  # fmt: skip
    return any(is_sensitive_text(row["offense_text"], tuple(words)) for row in texts)


def read_closed_years(
    con: Connection, catalog: Catalog, public: Path, previous: Path | None, today: date
) -> list[YearTotal]:
    """Totals of closed years as published before and as they would be published now."""
    if previous is None:
        return []
    con.execute(f"attach {quote_text(str(public))} as fresh (read_only)")
    con.execute(f"attach {quote_text(str(previous))} as earlier (read_only)")
    rows = read_rows(
        con, "select f.metric, cast(f.period as integer) as y, e.n as before, f.n as after from fresh.main.counts as f "
        "join earlier.main.counts as e using (metric, grain, period, area_id) where f.grain = 'year' and f.area_id = 'city' "
        "and f.period <> 'undated' and cast(f.period as integer) < $year and f.n is not null and e.n is not null order by all",
        {"year": today.year},
    )  # fmt: skip
    con.execute("detach fresh")
    con.execute("detach earlier")
    noted = _noted_metrics(catalog)
    return [
        YearTotal(metric=r["metric"], year=r["y"], before=r["before"], now=r["after"], is_noted=r["metric"] in noted)
        for r in rows
    ]


def _noted_metrics(catalog: Catalog) -> set[str]:
    """Metrics whose page a notice names: their closed years may change."""
    pages: Mapping[str, str] = {f"/metrics/{metric}": metric for metric in catalog.metrics}
    return {pages[page] for notice in catalog.notices for page in notice.pages if page in pages}
