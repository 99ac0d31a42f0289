"""From snapshots to canonical records, arrests, court records, firearms and sites of help: contract, corrections, the city's SQL."""

from harborlight.staging.build import stage
from harborlight.staging.canonical import (
    load_arrest_columns,
    load_columns,
    load_court_columns,
    load_firearm_columns,
    load_record_columns,
    load_service_columns,
)

__all__ = [
    "load_arrest_columns", "load_columns", "load_court_columns", "load_firearm_columns", "load_record_columns",
    "load_service_columns", "stage",
]  # fmt: skip
