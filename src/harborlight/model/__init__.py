"""City-neutral tables in SQL: one file, one SELECT, one table."""

from harborlight.model.build import build, model_files

__all__ = ["build", "model_files"]
