"""From snapshots to canonical records and arrests: contract, corrections, the city's SQL."""

from harborlight.staging.build import stage
from harborlight.staging.canonical import load_arrest_columns, load_record_columns

__all__ = ["load_arrest_columns", "load_record_columns", "stage"]
