"""The tables of groups of a release as pages read them: once a release, because a release does not change."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from harborlight.catalog.yaml_text import read_yaml
from harborlight.errors import QueryError
from harborlight.metrics import groups
from harborlight.metrics.groups import GroupTable, People, PeriodCounts, Refused
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

NOT_HERE = 404


def read_tables(reader: Reader) -> dict[str, GroupTable]:
    return reader.using(groups.read_tables)


def read_people(reader: Reader) -> tuple[People, ...]:
    return reader.using(groups.read_people)


def read_periods(reader: Reader, table: GroupTable) -> tuple[str, ...]:
    """Periods of a table, oldest first; rolling twelve months last."""
    return tuple(period for _, period in reader.using(lambda con: groups.read_periods(con, table)))


def read_counts(reader: Reader, table: GroupTable, period: str) -> PeriodCounts | Refused:
    return reader.using(lambda con: groups.read_counts(con, table, period))


def find_table(reader: Reader, table_id: str, wording: Wording) -> GroupTable:
    """One table that the release offers. Raises QueryError 404 for anything else, with the tables that there are."""
    tables = read_tables(reader)
    table = tables.get(table_id)
    if table is None or table.grain is None:
        offered = [name for name, other in tables.items() if other.grain]
        raise QueryError(wording.text("groups.no_table"), code="not_found", status=NOT_HERE, allowed=offered)
    return table


@cache
def load_subjects() -> Mapping[str, Mapping[str, Any]]:
    """Subject → its title and the measure that counts the same, as they are declared beside the tables."""
    folder = resources.files("harborlight").joinpath("publish", "groups")
    found = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".yaml"):
            found[file.name.removesuffix(".yaml")] = read_yaml(file.read_text(encoding="utf-8"))
    return found


def subject_of_metric(metric_id: str) -> str:
    """The subject that counts what a measure counts, or empty."""
    return next((name for name, subject in load_subjects().items() if subject.get("metric") == metric_id), "")
