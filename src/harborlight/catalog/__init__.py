"""What a city declared: `load_catalog` reads its folder into frozen models."""

from harborlight.catalog.load import load_catalog, load_offense_groups
from harborlight.catalog.models import Catalog, City, Metric, Source
from harborlight.catalog.snapshot import Part, Snapshot

__all__ = ["Catalog", "City", "Metric", "Part", "Snapshot", "Source", "load_catalog", "load_offense_groups"]
