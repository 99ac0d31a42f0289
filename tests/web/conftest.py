"""The site over the small fictional city, in-process, at a fixed moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harborlight.web.app import make_app
from harborlight.web.cache import Front
from tests.web.client import Client


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 10, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def front(demo_city: Any, clock: Clock) -> Iterator[Front]:
    front = make_app(demo_city.data, clock=clock)
    clock.now = datetime.combine(front.releases.current.facts.data_through, datetime.min.time(), UTC) + timedelta(
        days=2
    )
    yield front
    front.releases.current.reader.close()


@pytest.fixture(scope="session")
def client(front: Front) -> Client:
    return Client(front)
