"""Reads the declared counts of residents by age band, sex and race: what tables of groups are divided by."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from harborlight.catalog import Catalog, PeopleByGroup
from harborlight.catalog.groups import ALL, CATEGORIES, CHILD_BANDS, GROUP_COLUMNS
from harborlight.errors import ConfigError
from harborlight.places.files import find_file
from harborlight.store import Connection, write_rows

COLUMNS = tuple(column for column in GROUP_COLUMNS if column != "relationship")
TYPES = {
    "id": "VARCHAR", "title": "VARCHAR", "sort": "INTEGER", "year": "INTEGER", "vintage": "VARCHAR", **dict.fromkeys(COLUMNS, "VARCHAR"),
    "n": "BIGINT", "note": "VARCHAR", "attribution": "VARCHAR", "page": "VARCHAR",
}  # fmt: skip


def write_people(con: Connection, catalog: Catalog, data: Path) -> None:
    """Create `places.people_by_group`, empty for a city that declares none. Raises ConfigError."""
    rows: list[tuple[object, ...]] = []
    for sort, count in enumerate(catalog.population.groups if catalog.population else ()):
        for groups, n in read_people(find_file(catalog, data, count.file), count):
            rows.append((count.id, count.title, sort, count.year, count.vintage, *groups, n, count.note, count.attribution, count.page))
    write_rows(con, "places.people_by_group", TYPES, rows)


def read_people(path: Path, count: PeopleByGroup) -> list[tuple[tuple[str, ...], int]]:
    """(group for each of COLUMNS, people) for each row. Raises ConfigError that names the file, the line and the column."""
    reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    if unknown := set(reader.fieldnames or ()) - {*COLUMNS, "n"} or {"n"} - set(reader.fieldnames or ()):
        raise ConfigError(
            f"columns are {', '.join(COLUMNS)} and n, not {', '.join(sorted(unknown))}", where=path.name, hint=f"See population.yaml, {count.id}."
        )
    found: dict[tuple[str, ...], int] = {}
    for row in reader:
        where = f"{path.name}:{reader.line_num}"
        groups = tuple((row.get(column) or ALL).strip() for column in COLUMNS)
        for column, group in zip(COLUMNS, groups, strict=True):
            allowed = {ALL, *CATEGORIES[column], *(CHILD_BANDS if column == "age_band" else ())}
            if group not in allowed:
                raise ConfigError(f"{column} is none of the groups", where=where, hint=f"They are {', '.join(sorted(allowed))}.")
        text = (row["n"] or "").strip()
        if not text.isdigit():
            raise ConfigError("n is not a whole number", where=where, hint="Correct the file.")
        if groups in found:
            raise ConfigError("a group stands there twice", where=where, hint="Correct the file.")
        found[groups] = int(text)
    return list(found.items())
