"""Every model table is described column by column, and every one has a check; definitions are reviewed."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from pathlib import Path

from docs import build_reference as reference
from harborlight.model.build import model_files
from harborlight.store import connect, inputs_of, read_sql

CHECKED_ELSEWHERE = {"offense_codes", "disposition_codes"}  # CSV files, see tests/unit/test_offense_codes.py and test_disposition_codes.py


def test_every_table_has_a_page_with_exactly_its_columns() -> None:
    con, described = reference.empty_store(), reference.load_model_pages()
    tables = {name.removeprefix("model.") for name in model_files()}
    assert tables == described.keys() - CHECKED_ELSEWHERE
    for name in sorted(tables):
        assert list(described[name]["columns"]) == list(reference.read_columns(con, f"model.{name}")), name


def test_every_page_says_what_a_row_is() -> None:
    for name, page in reference.load_model_pages().items():
        assert page["about"] and page["grain"] and page["tier"] in ("T0", "T1"), name
        assert all(page["columns"].values()), name


def test_every_model_select_begins_by_saying_what_a_row_is() -> None:
    for name, path in model_files().items():
        assert path.read_text(encoding="utf-8").startswith("-- One row per "), name


def test_every_table_has_a_check() -> None:
    con = connect()
    checks = sorted((reference.PACKAGE / "model" / "checks").glob("*.sql"))
    read = {table for path in checks for table in inputs_of(con, read_sql(path))}
    assert model_files().keys() - read == set()


def test_every_check_says_what_must_hold() -> None:
    for path in sorted((reference.PACKAGE / "model" / "checks").glob("*.sql")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("-- ") and first.endswith("."), path.name


def test_definitions_are_reviewed_each_year() -> None:
    """Late reviews warn: a build must not fail because a day has passed."""
    metrics = reference.load_shipped_metrics()
    assert metrics
    late = [m.id for m in metrics if date.today() - m.reviewed_on > timedelta(days=365)]
    if late:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.warn(f"the definition of {', '.join(late)} was last read a year ago", stacklevel=1)


def test_every_metric_file_has_a_name_that_is_its_address(repository: Path) -> None:
    for metric in reference.load_shipped_metrics():
        assert metric.id.replace("_", "").isalnum() and metric.id == metric.id.lower()
        assert set(metric.units or (metric.unit,)) >= {metric.unit}
