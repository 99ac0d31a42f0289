"""Reads a city's folder into one frozen `Catalog`, or raises one ConfigError that lists every mistake with file and line.

YAML is composed as well as loaded, so that each mistake of a model can be traced to the line that it stands on.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterable, Mapping
from datetime import date
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from harborlight.catalog.goal_checks import find_mistakes, line_of
from harborlight.catalog.layers import Basemap, Layer, Population
from harborlight.catalog.models import (
    COURTS,
    Agency,
    Catalog,
    City,
    Correction,
    Goal,
    HelpLine,
    Metric,
    Notice,
    Plan,
    RecordPolicy,
    Source,
    Strategy,
    TotalSource,
)
from harborlight.catalog.service_files import check_services, read_services
from harborlight.catalog.strategy_checks import wrong_in
from harborlight.catalog.yaml_text import SafeLoader, read_yaml
from harborlight.errors import ConfigError

HASHED = (".yaml", ".sql", ".csv", ".md", ".py", ".geojson")
Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]


class Mistakes:
    """Collects what is wrong, in the order in which it is found."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.found = folder, list[str]()

    def add(self, path: Path, line: int | None, message: str) -> None:
        place = path.relative_to(self.folder) if path.is_relative_to(self.folder) else path.name
        self.found.append(f"{place}:{line}: {message}" if line else f"{place}: {message}")

    def check(self) -> None:
        if self.found:
            count = "1 mistake" if len(self.found) == 1 else f"{len(self.found)} mistakes"
            raise ConfigError(
                f"{count} in the city's configuration:\n  " + "\n  ".join(self.found), where=str(self.folder)
            )


def load_catalog(folder: Path, overrides: Mapping[str, str] = types.MappingProxyType({})) -> Catalog:
    """Read the city in `folder`. `overrides` maps dotted names (`sources.incidents.url`) to values.

    Raises ConfigError with all mistakes at once.
    """
    folder = folder.resolve()
    if not (folder / "city.yaml").is_file():
        raise ConfigError(
            "there is no city.yaml here", where=str(folder), hint="Make a city with `harborlight init DIR`."
        )
    mistakes = Mistakes(folder)
    changes = _nested(overrides)
    city = _load(folder / "city.yaml", City, mistakes, changes.pop("city", {}))
    sources = _load_folder(folder / "sources", Source, mistakes, changes.pop("sources", {}))
    layers = _load_folder(folder / "places", Layer, mistakes, {})
    population = _load_one(folder / "population.yaml", Population, mistakes)
    basemap = _load_one(folder / "basemap.yaml", Basemap, mistakes)
    help_lines = _load_list_if(folder / "help.yaml", HelpLine, mistakes)
    records = _load_one(folder / "records.yaml", RecordPolicy, mistakes)
    agencies = _load_list_if(folder / "agencies.yaml", Agency, mistakes)
    metrics = {m.id: m for m in _shipped_metrics(mistakes)} | _load_folder(folder / "metrics", Metric, mistakes, {})
    corrections = {
        p.stem: tuple(_load_list(p, Correction, mistakes)) for p in sorted(folder.glob("corrections/*.yaml"))
    }
    notices = tuple(_load_folder(folder / "notices", Notice, mistakes, {}).values())
    totals = tuple(_load_folder(folder / "totals", TotalSource, mistakes, {}).values())
    plans = _load_folder(folder / "plans", Plan, mistakes, {})
    goals = _load_folder(folder / "goals", Goal, mistakes, {})
    services = read_services(folder, mistakes.add)
    strategies = tuple(_load_folder(folder / "strategies", Strategy, mistakes, {}).values())
    for unknown in changes:
        mistakes.add(folder / "--set", None, f"{unknown!r} is not a part of the configuration (city or sources)")
    mistakes.check()
    assert city is not None  # a missing city is a mistake, and mistakes raise  # noqa: S101
    catalog = Catalog(
        folder=folder, city=city, sources=sources, metrics=metrics, layers=layers, population=population, basemap=basemap, help=tuple(help_lines),
        records=records, corrections=corrections, notices=notices, totals=totals, agencies=tuple(agencies), plans=plans, goals=goals,
        services=services, strategies=strategies,
        staging_sql={i: folder / "staging" / f"{i}.sql" for i, source in sources.items() if source.kind != "areas"},
        maps={p.stem: p for p in sorted(folder.glob("staging/*.csv"))},
        config_sha256=_hash(folder, overrides),
    )  # fmt: skip
    _check_references(catalog, mistakes)
    mistakes.check()
    return catalog


# ------------------------------------------------------------------------------------------------ reading


def _nested(overrides: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for dotted, text in overrides.items():
        *path, last = dotted.split(".")
        if not path:
            raise ConfigError(
                f"{dotted!r} names no file", where="--set", hint="Write for instance sources.incidents.url=..."
            )
        node = tree
        for name in path:
            node = node.setdefault(name, {}) if isinstance(node, dict) else node
        if not isinstance(node, dict) or isinstance(node.get(last), dict):
            raise ConfigError(f"{dotted!r} contradicts another override", where="--set", hint="Set one of the two.")
        try:
            node[last] = read_yaml(text)
        except yaml.YAMLError as error:
            raise ConfigError(f"the value of {dotted!r} is not valid YAML", where="--set", hint="Put quotes around it.") from error
    return tree


def _merge(base: Any, changes: Any) -> Any:
    if isinstance(base, dict) and isinstance(changes, dict):
        return base | {key: _merge(base.get(key), value) for key, value in changes.items()}
    return changes


def _parse(path: Path, mistakes: Mistakes) -> tuple[Any, dict[Location, int]]:
    """The file's content and the line of each part of it; None, with the mistake noted, where there is none."""
    try:
        text, node = path.read_text(encoding="utf-8"), None
        node = yaml.compose(text, Loader=SafeLoader)
        data = read_yaml(text)
    except UnicodeDecodeError:
        mistakes.add(path, None, "not UTF-8 text: save it as UTF-8")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        mistakes.add(path, line, f"not valid YAML: {error.problem}")
    except yaml.YAMLError:
        mistakes.add(path, None, "not valid YAML: it holds a control character")
    except ValueError as error:
        mistakes.add(path, _line_of_no_day(node), f"there is no such day or time: {error}")
    else:
        if data is None:
            mistakes.add(path, None, "the file is empty")
        for key, line in _repeated(node):
            mistakes.add(path, line, f"{key!r} stands here a second time: keep one of the two")
        return data, dict(_lines(node, ()))
    return None, {}


def _line_of_no_day(node: yaml.Node | None) -> int | None:
    """The line of the first date that is written as one and is none (2024-02-30)."""
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":timestamp"):
        try:
            date.fromisoformat(node.value[:10])
        except ValueError:
            return node.start_mark.line + 1
    parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else []
    parts += node.value if isinstance(node, yaml.SequenceNode) else []
    return next((line for line in map(_line_of_no_day, parts) if line), None)


def _repeated(node: yaml.Node | None) -> Iterable[tuple[str, int]]:
    """Keys that a mapping holds twice, which YAML lets pass: the first would be lost in silence."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key.value, str) and key.value in seen:
                yield key.value, key.start_mark.line + 1
            if isinstance(key.value, str):
                seen.add(key.value)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)


def _lines(node: yaml.Node | None, at: Location) -> Iterable[tuple[Location, int]]:
    if node is None:
        return
    yield at, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*at, key.value)
            yield from _lines(value, here)
            yield here, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*at, index))


def _validate(
    path: Path, data: Any, lines: dict[Location, int], model: type[Model], mistakes: Mistakes
) -> Model | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for problem in error.errors():
            where = tuple(problem["loc"])
            near = next((lines[where[:n]] for n in range(len(where), -1, -1) if where[:n] in lines), None)
            name = ".".join(map(str, where)) or path.stem
            message = problem["msg"].removeprefix("Value error, ")
            mistakes.add(path, near, f"{name}: {message}")
        return None


def _load(path: Path, model: type[Model], mistakes: Mistakes, changes: Any = None) -> Model | None:
    data, lines = _parse(path, mistakes)
    if data is None:
        return None
    if "id" in model.model_fields and isinstance(data, dict):
        data = {"id": path.stem} | data
    return _validate(path, _merge(data, changes) if changes else data, lines, model, mistakes)


def _load_one(path: Path, model: type[Model], mistakes: Mistakes) -> Model | None:
    """A file that a city may leave out."""
    return _load(path, model, mistakes) if path.is_file() else None


def _load_folder(folder: Path, model: type[Model], mistakes: Mistakes, changes: dict[str, Any]) -> dict[str, Model]:
    found = {
        path.stem: _load(path, model, mistakes, changes.pop(path.stem, None)) for path in sorted(folder.glob("*.yaml"))
    }
    for unknown in changes:
        mistakes.add(folder / f"{unknown}.yaml", None, "named by --set, but there is no such file")
    return {stem: item for stem, item in found.items() if item is not None}


def _load_list_if(path: Path, model: type[Model], mistakes: Mistakes) -> list[Model]:
    """A list that a city may leave out."""
    return _load_list(path, model, mistakes) if path.is_file() else []


def _load_list(path: Path, model: type[Model], mistakes: Mistakes) -> list[Model]:
    data, lines = _parse(path, mistakes)
    if data is None:
        return []
    if not isinstance(data, list):
        mistakes.add(path, 1, "a list of entries is expected (each begins with `- `)")
        return []
    moved = [{at[1:]: line for at, line in lines.items() if at[:1] == (index,)} for index in range(len(data))]
    items = (_validate(path, item, moved[index], model, mistakes) for index, item in enumerate(data))
    return [item for item in items if item is not None]


def _shipped_metrics(mistakes: Mistakes) -> Iterable[Metric]:
    for path in sorted(_package_folder("metrics").joinpath("library").glob("*.yaml")):
        metric = _load(path, Metric, mistakes)
        if metric:
            yield metric


def _package_folder(name: str) -> Path:
    return Path(str(resources.files("harborlight"))) / name


def load_offense_groups() -> dict[str, str]:
    """Offense group slug → title, from the shipped NIBRS table."""
    return {row["offense_group"]: row["group_title"] for row in _offense_rows()}


def _offense_rows() -> list[dict[str, str]]:
    import csv

    with (_package_folder("model") / "offense_codes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ----------------------------------------------------------------------------------------------- checking


def _check_references(catalog: Catalog, mistakes: Mistakes) -> None:
    groups = {"all", *load_offense_groups()}
    known = set(catalog.metrics)
    city_file = catalog.folder / "city.yaml"
    for metric in catalog.city.headline_metrics:
        if metric not in known:
            mistakes.add(city_file, None, f"headline_metrics: there is no metric {metric!r}")
    for series_break in (*catalog.city.breaks, *catalog.city.interventions):
        for metric in set(series_break.metrics) - known - {"all", COURTS}:
            mistakes.add(city_file, None, f"break {series_break.id}: there is no metric {metric!r}")
        for place in series_break.areas:
            if place.partition("/")[0] not in catalog.layers or not place.partition("/")[2]:
                mistakes.add(city_file, None, f"break {series_break.id}: {place!r} is not layer/area of a declared layer")
    for source in catalog.sources.values():
        _check_source(catalog, source, groups, known, mistakes)
    for name in catalog.corrections.keys() - catalog.sources.keys():
        mistakes.add(catalog.folder / "corrections" / f"{name}.yaml", None, "there is no source of this name")
    for owner in catalog.metrics.values():
        for source_id in set(owner.sources) - catalog.sources.keys():
            mistakes.add(catalog.folder / "metrics" / f"{owner.id}.yaml", None, f"there is no source {source_id!r}")
    for total in catalog.totals:
        for metric in {total.metric, *(t.metric or total.metric for t in total.totals)} - known:
            mistakes.add(catalog.folder / "totals" / f"{total.id}.yaml", None, f"there is no metric {metric!r}")
    for strategy in catalog.strategies:
        for sentence in wrong_in(strategy, catalog):
            mistakes.add(catalog.folder / "strategies" / f"{strategy.id}.yaml", None, sentence)
    _check_overlaps(catalog, mistakes)
    _check_layers(catalog, mistakes)
    for path, key, text in find_mistakes(catalog, {row["offense_group"] for row in _offense_rows() if row["tier"] == "T0"}):
        mistakes.add(path, line_of(path, key), text)
    has_portal = any(source.kind == "services" for source in catalog.sources.values())
    check_services(catalog.services, catalog.folder, set(catalog.layers), catalog.city.bbox, mistakes.add, has_portal)
    if not catalog.sources:
        mistakes.add(catalog.folder / "sources", None, "no source is declared: add one file per dataset")


def _check_overlaps(catalog: Catalog, mistakes: Mistakes) -> None:
    """Two sources that give the official count of one group on one day would be added together; arrests are a group of their own."""
    groups = load_offense_groups()
    spans = [
        (group, supply.date_from or date.min, supply.date_to or date.max, source.id)
        for source in catalog.sources.values()
        for supply in source.supplies
        for group in ([source.kind] if source.kind != "records" else groups if "all" in supply.offense_groups else supply.offense_groups)
    ]
    for one, other in pairwise(sorted(spans)):
        if one[0] == other[0] and other[1] <= one[2]:
            path = catalog.folder / "sources" / f"{other[3]}.yaml"
            mistakes.add(
                path,
                None,
                f"supplies: {other[3]} and {one[3]} both give {one[0]} on {other[1]}; end one of them before",
            )


def _check_layers(catalog: Catalog, mistakes: Mistakes) -> None:
    """Lines come from sources of kind areas that exist; such a source is there for lines."""
    named = set()
    for layer in catalog.layers.values():
        path = catalog.folder / "places" / f"{layer.id}.yaml"
        for version in layer.versions:
            source = catalog.sources.get(version.source or "")
            named.add(version.source)
            if version.source and (source is None or source.kind != "areas"):
                mistakes.add(path, None, f"version {version.id}: there is no source {version.source!r} of kind areas")
            for column in (version.name_field, version.id_field):
                if source and column and column not in source.columns:
                    mistakes.add(path, None, f"version {version.id}: {source.id} declares no column {column!r}")
    for source in catalog.sources.values():
        if source.kind == "areas" and source.id not in named:
            path = catalog.folder / "sources" / f"{source.id}.yaml"
            mistakes.add(path, None, "kind: no version of a layer takes its lines from this source")


def _check_source(catalog: Catalog, source: Source, groups: set[str], known: set[str], mistakes: Mistakes) -> None:
    path = catalog.folder / "sources" / f"{source.id}.yaml"
    if source.kind != "areas" and not catalog.staging_sql[source.id].is_file():
        mistakes.add(path, None, f"staging/{source.id}.sql is missing: write the SELECT that maps its columns")
    for span in source.coverage:
        for metric in set(span.metrics) - known:
            mistakes.add(path, None, f"coverage: there is no metric {metric!r}")
    for supply in source.supplies:
        for group in set(supply.offense_groups) - groups:
            mistakes.add(path, None, f"supplies: there is no offense group {group!r}")
    stated = [group for supply in source.supplies for group in supply.offense_groups]
    if len(set(stated)) < len(stated) or ("all" in stated and len(stated) > 1):
        mistakes.add(path, None, "supplies: name each offense group once (`all` stands alone)")
    for name, column in source.columns.items():
        if column.type == "datetime" and not column.format:
            mistakes.add(path, None, f"columns.{name}: a datetime needs `format` (epoch_ms, epoch_s, iso or a pattern)")


def _hash(folder: Path, overrides: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    roots = [folder, *(_package_folder(name) for name in ("model", "metrics", "staging", "publish", "places", "records"))]
    for root in roots:
        for path in sorted(p for p in root.rglob("*") if p.suffix in HASHED and p.is_file()):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(repr(sorted(overrides.items())).encode())
    return digest.hexdigest()
