"""Reads what a city lists below `services/`: CSV files of sites and of their monthly outputs, and drawn catchments.

Every mistake is reported at once with file and line, like those of YAML files; a row with a mistake is left out, never half read.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harborlight.catalog.services import (
    ACTIVITY,
    CATCHMENTS,
    MOST_CORNERS,
    SITES,
    Activity,
    Catchment,
    Services,
    Site,
)

Add = Callable[[Path, int | None, str], None]
Row = TypeVar("Row", bound=BaseModel)
Box = tuple[float, float, float, float]
REQUIRED = {Site: ("id", "name", "kind"), Activity: ("site_id", "month")}
YES, NO = ("yes", "true", "1"), ("no", "false", "0", "")


def read_services(folder: Path, add: Add) -> Services:
    """Everything below `services/` of a city's folder; empty where the city has no such folder. Mistakes go to `add`."""
    sites: dict[str, Site] = {}
    places: dict[str, str] = {}
    for path, line, site in _read_tables(folder / SITES, Site, add):
        if site.id in sites:
            add(path, line, f"id: {site.id!r} stands here a second time: each site has an id of its own")
            continue
        sites[site.id], places[site.id] = site, f"{path.relative_to(folder)}:{line}"
    activity: dict[tuple[str, str], Activity] = {}
    for path, line, row in _read_tables(folder / ACTIVITY, Activity, add):
        key = (row.site_id, row.month)
        if row.site_id not in sites:
            add(path, line, f"site_id: there is no site {row.site_id!r} in services/*.csv")
        elif key in activity:
            add(path, line, f"month: {row.month} of {row.site_id} stands here a second time")
        else:
            activity[key] = row
    drawn = {path.name: found for path in sorted((folder / CATCHMENTS).glob("*.geojson")) if (found := _read_catchment(path, add))}
    return Services(sites=tuple(sites.values()), activity=tuple(activity.values()), catchments=drawn, places=places)


def check_services(services: Services, folder: Path, layers: set[str], box: Box, add: Add, has_portal: bool = False) -> None:
    """Catchments name a layer of the city or a file that is there; points lie in the city's frame.

    With a portal, a drawn catchment may belong to a site that is not listed in the files.
    """
    west, south, east, north = box
    for site in services.sites:
        file, _, line = services.places[site.id].rpartition(":")
        layer, _, area = site.catchment.partition("/")
        if area and layer not in layers:
            add(folder / file, int(line), f"catchment: there is no layer {layer!r}")
        elif site.catchment and not area and not (folder / CATCHMENTS / site.catchment).is_file():
            add(folder / file, int(line), f"catchment: there is no file services/catchments/{site.catchment}")
        x, y = site.longitude, site.latitude
        if x is not None and y is not None and not (west <= x <= east and south <= y <= north):
            add(folder / file, int(line), "longitude, latitude: this place lies outside the city's bbox")
    used = {site.catchment for site in services.sites}
    for name, drawn in services.catchments.items():
        if not any(west <= x <= east and south <= y <= north for x, y in drawn.corners):
            add(folder / CATCHMENTS / name, None, "no corner lies in the city's bbox: coordinates are longitude, latitude in degrees")
        if name not in used and not has_portal:
            add(folder / CATCHMENTS / name, None, "no site has this catchment: name it in services/*.csv or take the file out")


# -------------------------------------------------------------------------------------------------- rows


def _read_tables(folder: Path, model: type[Row], add: Add) -> Iterator[tuple[Path, int, Row]]:
    for path in sorted(folder.glob("*.csv")):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            add(path, None, "not UTF-8 text: save it as UTF-8")
            continue
        for line, cells in _read_rows(path, text, model, add):
            try:
                yield path, line, model.model_validate(cells)
            except ValidationError as error:
                for problem in error.errors():
                    name = ".".join(str(part) for part in problem["loc"][:1])
                    message = problem["msg"].removeprefix("Value error, ")
                    add(path, line, f"{name}: {message}" if name else message)


def _read_rows(path: Path, text: str, model: type[BaseModel], add: Add) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and filled cells of each row; rows that are empty or begin with # are notes of people."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    header: list[str] | None = None
    line = 0
    try:
        for cells in reader:
            first, line = line + 1, reader.line_num
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                if not _check_header(path, first, header, model, add):
                    return
            elif len(cells) != len(header):
                add(path, first, f"{len(cells)} cells under {len(header)} columns: put quotes around text with commas")
            else:
                yield first, _filled(header, cells)
    except csv.Error as error:
        add(path, reader.line_num, f"not a CSV file: {error}")
    if header is None:
        add(path, None, "the file is empty")


def _check_header(path: Path, line: int, header: list[str], model: type[BaseModel], add: Add) -> bool:
    before = [name for i, name in enumerate(header) if name in header[:i]]
    unknown = [name for name in header if name not in model.model_fields]
    missing = [name for name in REQUIRED[model] if name not in header]
    for name in before:
        add(path, line, f"column {name!r} stands here twice")
    for name in unknown:
        add(path, line, f"there is no column {name!r}; columns are {', '.join(model.model_fields)}")
    for name in missing:
        add(path, line, f"column {name!r} is missing")
    return not (before or unknown or missing)


def _filled(header: list[str], cells: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    if "is_confidential" in found:
        text = found["is_confidential"].lower()
        found["is_confidential"] = True if text in YES else False if text in NO else text
    return found


# --------------------------------------------------------------------------------------------- catchments


def _read_catchment(path: Path, add: Add) -> Catchment | None:
    """One polygon without holes, of at most 50 corners, so that the same question can be asked by anybody on the map."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        features = content["features"] if content["type"] == "FeatureCollection" else [content]
        shapes = [feature["geometry"] if feature["type"] == "Feature" else feature for feature in features]
        if len(shapes) != 1 or shapes[0]["type"] != "Polygon" or len(shapes[0]["coordinates"]) != 1:
            add(path, None, "a catchment is one polygon without holes")
            return None
        ring = [(round(float(x), 5), round(float(y), 5)) for x, y, *_ in shapes[0]["coordinates"][0]]
    except (ValueError, LookupError, TypeError):
        add(path, None, "this is not a GeoJSON file with a polygon (longitude, latitude in degrees)")
        return None
    corners = tuple(ring[:-1] if ring[0] == ring[-1] else ring)
    if not 3 <= len(corners) <= MOST_CORNERS:
        add(path, None, f"a catchment has 3 to {MOST_CORNERS} corners, not {len(corners)}: draw it simpler")
        return None
    if not _is_simple(corners):
        add(path, None, "the sides of this catchment cross or touch each other")
        return None
    return Catchment(name=path.stem, corners=corners)


def _is_simple(corners: tuple[tuple[float, float], ...]) -> bool:
    import shapely  # read by a refresh and by checks only, never by a page

    return bool(shapely.Polygon(corners).is_valid)
