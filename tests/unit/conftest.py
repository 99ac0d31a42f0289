"""Fixtures of the unit tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def maker() -> ModuleType:
    """Makes small releases; see release_maker.py."""
    spec = importlib.util.spec_from_file_location(
        "release_maker", Path(__file__).with_name("release_maker.py")
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
