"""Counts of what became of incidents, arrests and cases, from which everything that is published about outcomes is worked out.

Each file in `outcomes/` is one SELECT over the model, its dimensions first and `n` last: counts that add up, so that what a removed
record had added can be kept as a count (`sealed.<cube>`) and put to the count of what is left. No rate then drifts because
non-convictions leave the source.
"""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path

from harborlight.errors import CheckFailed
from harborlight.log import get_logger
from harborlight.store import Connection, create_table, quote_name, quote_text, read_rows

log = get_logger("measure")
FOLDER = "sealed"


def cube_files() -> dict[str, Path]:
    """Cube → its SQL file."""
    folder = Path(str(resources.files("harborlight"))) / "metrics" / "outcomes"
    return {path.stem: path for path in sorted(folder.glob("*.sql"))}


def count_outcomes(con: Connection) -> None:
    """Create `outcome.<cube>` for every cube from the rows of the model."""
    for name, path in cube_files().items():
        log.info("outcome.%s: %d rows", name, create_table(con, f"outcome.{name}", path, {}))


def load_sealed(con: Connection, data: Path | None) -> None:
    """Create `sealed.<cube>` beside every cube, with the same columns, from `DATA/sealed/<cube>.csv`; empty where there is none.

    Raises CheckFailed for a file with other columns, or a count that is no whole number: a wrong total is never published.
    """
    con.execute("create schema if not exists sealed")
    for name in cube_files():
        target = f"sealed.{quote_name(name)}"
        con.execute(f"create or replace table {target} as select * from outcome.{quote_name(name)} limit 0")
        path = data / FOLDER / f"{name}.csv" if data else None
        if path and path.is_file():
            _read_sealed(con, name, path)


def _read_sealed(con: Connection, name: str, path: Path) -> None:
    columns = {row["column_name"]: row["column_type"] for row in read_rows(con, f"describe outcome.{quote_name(name)}")}
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file), [])
    if header != list(columns):
        raise CheckFailed(f"the sealed counts have the columns {', '.join(header)}", where=path.name, hint=f"They must be {', '.join(columns)}.")
    shape = ", ".join(f"{quote_text(column)}: 'VARCHAR'" for column in columns)
    picked = ", ".join(f"try_cast({quote_name(c)} as {kind})" for c, kind in columns.items())
    source = f"read_csv({quote_text(str(path))}, header = true, auto_detect = false, delim = ',', quote = '\"', columns = {{{shape}}})"
    con.execute(f"insert into sealed.{quote_name(name)} select {picked} from {source}")
    if con.execute(f"select count(*) from sealed.{quote_name(name)} where n is null").fetchone() != (0,):
        raise CheckFailed("a sealed count is no whole number", where=path.name, hint="Restore the file from its backup.")
