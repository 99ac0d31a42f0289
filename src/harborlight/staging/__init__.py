"""From snapshots to canonical records: contract, corrections, the city's SQL."""

from harborlight.staging.build import load_record_columns, stage

__all__ = ["load_record_columns", "stage"]
