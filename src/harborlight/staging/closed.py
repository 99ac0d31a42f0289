"""Court cases that stay closed although what closed them is gone: a sensitive report or a child's arrest that was removed, or that its
source no longer lists.

In: the private store of the last run. Out: `staging.closed_cases`. A case is forgotten here once its report and its arrest are back.
"""

from __future__ import annotations

from pathlib import Path

from harborlight.log import get_logger
from harborlight.store import Connection, StoreError, quote_text

log = get_logger("stage")
NEEDED = {("model", "court_cases"), ("model", "records"), ("model", "arrests"), ("staging", "closed_cases")}


def remember_closed(con: Connection, data: Path) -> None:
    """Fill `staging.closed_cases` from what the last run knew of cases whose report or arrest is not here now."""
    path = data / "private.duckdb"
    if not path.is_file():
        return
    try:
        con.execute(f"attach {quote_text(str(path))} as last (read_only)")
    except StoreError:
        log.warning("the private store of the run before cannot be opened; which cases were closed is not known")
        return
    found = con.execute("select schema_name, table_name from duckdb_tables() where database_name = 'last'").fetchall()
    if set(found) >= NEEDED:
        con.execute(
            "insert into staging.closed_cases select distinct c.case_id from last.model.court_cases as c "
            "left join (select distinct incident_id from last.model.records) as r on c.incident_id = r.incident_id "
            "left join (select distinct arrest_id from last.model.arrests) as a on c.arrest_id = a.arrest_id "
            "left join last.staging.closed_cases as k on c.case_id = k.case_id "
            "left join (select distinct incident_id from staging.records) as now_r on c.incident_id = now_r.incident_id "
            "left join (select distinct arrest_id from staging.arrests) as now_a on c.arrest_id = now_a.arrest_id "
            "where not c.is_open and ("
            "(c.incident_id is not null and now_r.incident_id is null and (r.incident_id is not null or k.case_id is not null)) or "
            "(c.arrest_id is not null and now_a.arrest_id is null and (a.arrest_id is not null or k.case_id is not null)))"
        )
    con.execute("detach last")
