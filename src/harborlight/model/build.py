"""Runs the model: places first, then one SELECT per table in the order that the SQL itself gives, then checks that must return no rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path

from harborlight.catalog import Catalog
from harborlight.catalog.yaml_text import read_yaml
from harborlight.errors import CheckFailed
from harborlight.log import get_logger
from harborlight.places import build_places
from harborlight.store import Connection, build_order, create_table, create_view, read_rows, read_sql

log = get_logger("build")


def model_files() -> dict[str, Path]:
    """`model.<table>` → its SQL file."""
    folder = Path(str(resources.files("harborlight"))) / "model"
    return {f"model.{path.stem}": path for path in sorted(folder.glob("*.sql"))}


def build(
    con: Connection, catalog: Catalog, data: Path, report: Callable[[str], None] = lambda _: None, *, today: date | None = None
) -> None:  # fmt: skip
    """Create schema `places` and every model table from `staging`, and run every check. `today` decides which lines are in force.

    Raises ConfigError for boundaries that cannot be read, CheckFailed with the name of a check and how many rows broke it.
    """
    report("places")
    build_places(con, catalog, data, today=today)
    files = model_files()
    for name in build_order(con, files):
        report(name)
        if read_yaml(files[name].with_suffix(".yaml").read_text(encoding="utf-8")).get("kind") == "view":
            create_view(con, name, files[name])
        else:
            log.info("%s: %d rows", name, create_table(con, name, files[name], {}))
    for path in sorted((next(iter(files.values())).parent / "checks").glob("*.sql")):
        sql = read_sql(path)
        broken = read_rows(con, f"select count(*) as n from ({sql})")[0]["n"]
        if broken:
            meaning = sql.splitlines()[0].removeprefix("-- ")
            raise CheckFailed(f"{broken} rows break the rule: {meaning}", where=f"model/checks/{path.name}")
