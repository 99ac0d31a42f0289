"""The package's own names: complete, lazy, and light enough for a page."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import harborlight.statistics as statistics


def test_every_name_of_the_interface_is_there_and_documented() -> None:
    names = [name for group in statistics.INTERFACE.values() for name in group]
    assert len(names) == len(set(names)) > 50
    for module, group in statistics.INTERFACE.items():
        for name in group:
            found = getattr(statistics, name)
            assert found.__module__ == f"harborlight.statistics.{module}", name
            assert found.__doc__, name
    assert set(names) | set(statistics.ALSO_KNOWN_AS) <= set(dir(statistics))


def test_other_names_lead_to_the_same_functions() -> None:
    for other, own in statistics.ALSO_KNOWN_AS.items():
        assert getattr(statistics, other) is getattr(statistics, own)
    with pytest.raises(AttributeError, match="mean_of_means"):
        statistics.mean_of_means  # noqa: B018


def test_a_page_never_loads_what_only_a_refresh_needs() -> None:
    """All modules are loaded and functions for pages called."""
    code = """
import sys
from importlib import import_module
import harborlight.statistics as s
for name in s.INTERFACE:
    import_module(f"harborlight.statistics.{name}")
s.rate_ratio(3, 1, 5, 1), s.cohort_clearance(9, {"arrest": 3}), s.smooth_rates([3, 4], [100, 200])
s.control_limits([3] * 9), s.scan_probability(4, 1, 50), s.level_shifts([3] * 20)
s.rate_ratio_by_group({"a": 1, "b": 2}, {"x": {"a": 3, "b": 4}, "y": {"a": 5, "b": 6}}, "b")
heavy = {"statsmodels", "pandas", "patsy", "altair"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def refresh_only(code: str) -> list[str]:
    """What a piece of code imports from the statistics that only a refresh may call."""
    heavy = {*statistics.AT_REFRESH_ONLY, "forecast", "seasonal_models"}
    imports = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    return [
        alias.name
        for node in imports
        for alias in node.names
        if (node.module or "").startswith("harborlight.statistics")
        and (alias.name in heavy or (node.module or "").endswith((".forecast", ".seasonal_models")))
    ]


def test_no_page_calls_what_only_a_refresh_may(repository: Path) -> None:
    served = [path for room in ("web", "metrics") for path in (repository / "src/harborlight" / room).rglob("*.py")]
    assert len(served) > 20
    assert {str(path): names for path in served if (names := refresh_only(path.read_text(encoding="utf-8")))} == {}


def test_a_heavy_import_is_recognized() -> None:
    assert refresh_only("def f():\n from harborlight.statistics.forecast import interval_score") == ["interval_score"]
    assert refresh_only("from harborlight.statistics import rate_ratio, seasonal_decompose") == ["seasonal_decompose"]
    assert refresh_only("from harborlight.statistics.anomaly import control_limits") == []
