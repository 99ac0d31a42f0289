"""Locating points in five layers, against shapely's own STRtree: one run, same machine, medians of several.

    python benchmarks/locate.py PLACES [--points 1000000] [--runs 3]

PLACES is a folder of GeoJSON files; the five with the most corners are taken. Half of the points lie anywhere in the city, half
within some 15 m of a line, as addresses on border streets do. Making the rasters and the tree counts. The tree holds the points and
is asked with prepared polygons, the fastest way that shapely has; the way of its manual, a tree of polygons asked with points, tests
every corner for every point and is timed on a sample. Prints the ratio (goal: not slower, 1 or less) and whether all areas agree.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import shapely

from harborlight.places import Locator

Layers = list[np.ndarray]
SAMPLE = 2000


def read_layers(folder: Path) -> dict[str, np.ndarray]:
    """The five largest layers of polygons, made valid."""
    layers = {}
    for path in sorted(folder.glob("*.geojson")):
        shapes = shapely.get_parts(shapely.from_geojson(path.read_text(encoding="utf-8")))
        if (shapely.get_dimensions(shapes) == 2).all() and len(shapes) > 1:
            layers[path.stem] = shapely.make_valid(shapes)
    largest = sorted(layers, key=lambda name: -shapely.get_num_coordinates(layers[name]).sum())[:5]
    return {name: layers[name] for name in largest}


def make_points(layers: dict[str, np.ndarray], n: int) -> np.ndarray:
    random = np.random.default_rng(1)
    west, south, east, north = shapely.total_bounds(np.concatenate(list(layers.values())))
    free = np.column_stack([random.uniform(west, east, n - n // 2), random.uniform(south, north, n - n // 2)])
    lines = shapely.union_all(shapely.boundary(np.concatenate(list(layers.values()))))
    parts = shapely.get_parts(lines)
    length = shapely.length(parts)
    chosen = random.choice(len(parts), n // 2, p=length / length.sum())
    on_line = shapely.line_interpolate_point(parts[chosen], random.uniform(0, 1, n // 2), normalized=True)
    near = shapely.get_coordinates(on_line) + random.normal(0, 0.00015, (n // 2, 2))
    return np.vstack([free, near])


def with_locator(layers: Layers, points: np.ndarray) -> list[np.ndarray]:
    x, y = points[:, 0].copy(), points[:, 1].copy()
    return [Locator(shapes).locate(x, y) for shapes in layers]


def with_points_tree(layers: Layers, points: np.ndarray) -> list[np.ndarray]:
    tree, found = shapely.STRtree(shapely.points(points)), []
    for shapes in layers:
        shapely.prepare(shapes)
        area, point = tree.query(shapes, predicate="intersects")
        found.append(lowest(len(points), point, area))
    return found


def with_polygons_tree(layers: Layers, points: np.ndarray) -> list[np.ndarray]:
    made, found = shapely.points(points), []
    for shapes in layers:
        point, area = shapely.STRtree(shapes).query(made, predicate="intersects")
        found.append(lowest(len(points), point, area))
    return found


def lowest(n: int, point: np.ndarray, area: np.ndarray) -> np.ndarray:
    """The lowest area of each point, -1 where it has none."""
    none = np.iinfo(np.int64).max
    found = np.full(n, none)
    np.minimum.at(found, point, area)
    return np.where(found == none, -1, found)


def timed(
    way: Callable[[Layers, np.ndarray], list], layers: Iterable[np.ndarray], points: np.ndarray
) -> tuple[float, list]:
    fresh = [shapely.from_wkb(shapely.to_wkb(shapes)) for shapes in layers]  # nothing prepared by a run before
    started = time.perf_counter()
    found = way(fresh, points)
    return time.perf_counter() - started, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", type=Path)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    wish = parser.parse_args()
    layers = read_layers(wish.places)
    points = make_points(layers, wish.points)
    sample = points[:: max(1, len(points) // SAMPLE)]
    print(
        f"{len(points):,} points, layers: {', '.join(f'{n} ({len(s)} areas)' for n, s in layers.items())}", flush=True
    )
    ratios, agree = [], True
    for run in range(wish.runs):
        ours, found = timed(with_locator, layers.values(), points)
        theirs, expected = timed(with_points_tree, layers.values(), points)
        ratios.append(ours / theirs)
        agree &= all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
        print(f"  run {run + 1}: locator {ours:6.2f} s, tree of points {theirs:6.2f} s", flush=True)
    slow, expected = timed(with_polygons_tree, layers.values(), sample)
    agree &= all(np.array_equal(a[:: max(1, len(points) // SAMPLE)], b) for a, b in zip(found, expected, strict=True))
    print(
        f"  tree of polygons: {slow:.2f} s for {len(sample):,} points, which is {slow / len(sample) * len(points):,.0f} s for all"
    )
    print(
        f"locator / tree of points: {statistics.median(ratios):.3f} (goal: 1 or less); same areas: {'yes' if agree else 'NO'}"
    )


if __name__ == "__main__":
    main()
