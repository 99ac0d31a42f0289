"""What a city declared: `load_catalog` reads its folder into frozen models."""

from harborlight.catalog.layers import Layer, PeopleByGroup, Population, Version
from harborlight.catalog.load import load_catalog, load_offense_groups
from harborlight.catalog.models import Catalog, City, Metric, Source
from harborlight.catalog.snapshot import Part, Snapshot

__all__ = [
    "Catalog",
    "City",
    "Layer",
    "Metric",
    "Part",
    "PeopleByGroup",
    "Population",
    "Snapshot",
    "Source",
    "Version",
    "load_catalog",
    "load_offense_groups",
]
