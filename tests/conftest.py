"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The project's own folder."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data, oracles and the portal emulator that lies beside the checkout."""
    folder = REPOSITORY.parent / "shared"
    assert folder.is_dir(), "the folder `shared` with real data must lie beside the checkout"
    return folder
