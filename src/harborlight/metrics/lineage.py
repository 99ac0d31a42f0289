"""The SQL files that a table of a release comes from, in the order in which they run: what an analyst reads to check a number.

The files are those of the installed version. Names of tables are found by their schema, which every file writes out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256
from importlib import resources

FOLDERS = {"model": ("model",), "metric": ("metrics", "tables")}
NAMED = re.compile(r"\b((?:model|metric)\.\w+)")
COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True)
class TableFile:
    """One SQL file: `name` is `schema.table`, `path` its place in the package, `about` what one row is."""

    name: str
    path: str
    about: str
    sql: str
    sha256: str
    reads: tuple[str, ...]


@cache
def read_files() -> dict[str, TableFile]:
    """Every SQL file of the model and of the served tables, by the table that it makes."""
    found = {}
    for schema, folder in FOLDERS.items():
        place = resources.files("harborlight").joinpath(*folder)
        for file in sorted(place.iterdir(), key=lambda item: item.name):
            if file.name.endswith(".sql"):
                sql = file.read_text(encoding="utf-8").strip()
                name = f"{schema}.{file.name.removesuffix('.sql')}"
                reads = sorted({*NAMED.findall(COMMENT.sub("", sql))} - {name})
                about = sql.splitlines()[0].removeprefix("--").strip()
                found[name] = TableFile(name, "/".join((*folder, file.name)), about, sql, sha256(sql.encode()).hexdigest(), tuple(reads))
    return found


def lineage_of(table: str) -> tuple[TableFile, ...]:
    """The files behind a served table, each after the ones that it reads; empty for a table that no file makes."""
    files = read_files()
    graph: dict[str, list[str]] = {}
    waiting = [f"metric.{table}"]
    while waiting:
        name = waiting.pop()
        if name in files and name not in graph:
            graph[name] = [other for other in files[name].reads if other in files]
            waiting += graph[name]
    return tuple(files[name] for name in TopologicalSorter(graph).static_order())
