"""Every protocol gives every row exactly once, asks for nothing else, and is polite."""

from __future__ import annotations

import re

import pytest

PROTOCOLS = ("arcgis", "files")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_all_rows_come_once(portal, desk, protocol):
    snapshot = desk(portal.source(protocol))
    assert snapshot.rows == 260
    assert desk.rows(snapshot) == portal.truth()
