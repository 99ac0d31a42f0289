"""What is wrong with a declared strategy in its city: names that lead nowhere, and spans over a day that stops comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from harborlight.catalog.models import Catalog, Strategy


def wrong_in(strategy: Strategy, catalog: Catalog) -> Iterator[str]:
    """Each mistake as a sentence."""
    if strategy.metric not in catalog.metrics:
        yield f"metric: there is no metric {strategy.metric!r}"
        return
    for name, part in (("place", strategy.place), ("comparison", strategy.comparison)):
        if part is None:
            continue
        layer = catalog.layers.get(part.layer)
        if layer is None:
            yield f"{name}.layer: there is no layer {part.layer!r}"
        elif part.lines is not None and part.lines not in [version.id for version in layer.versions]:
            yield f"{name}.lines: {part.layer} has no version {part.lines!r}"
    if strategy.comparison and "area" not in catalog.metrics[strategy.metric].breakdowns:
        yield f"metric: {strategy.metric} is not counted by area"
    elif catalog.metrics[strategy.metric].table == "firearms" and (strategy.comparison or strategy.place):
        yield f"metric: {strategy.metric} is counted by month and police district only, so no strategy can be followed with it"
    for day, title in stops(strategy.metric, catalog):
        first, last = strategy.spans.before_from, strategy.spans.after_to
        if first and first < day <= strategy.starts_on:
            yield f"spans.before_from: no comparison crosses {day.isoformat()} ({title}); begin on that day or later"
        if last and strategy.starts_on < day <= last:
            yield f"spans.after_to: no comparison crosses {day.isoformat()} ({title}); end before it"


def stops(metric: str, catalog: Catalog) -> Iterator[tuple[date, str]]:
    """Days that stop comparisons of a measure, with their titles."""
    for found in catalog.city.breaks:
        if found.effect == "stops" and {metric, "all"} & set(found.metrics):
            yield found.date, found.title
