"""Fixtures that every test may use: the real data beside the checkout, and one small fictional city, published once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harborlight import demo
from harborlight.metrics.facts import load_facts
from harborlight.metrics.shapes import Facts
from harborlight.publish.release import current_release
from harborlight.publish.signing import VARIABLE, make_key
from harborlight.refresh import refresh_demo
from harborlight.store import Connection, open_release

REPOSITORY = Path(__file__).resolve().parents[1]
# A machine that is busy with tests is slow; what is slow by nature has tests of its own.
os.environ.setdefault("HARBORLIGHT_QUERY_SECONDS", "300")
DEEP = bool(os.environ.get("HARBORLIGHT_DEEP"))
SCALE = 1.0 if DEEP else 0.05
SEED = 20260101


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


@pytest.fixture(scope="session", autouse=True)
def _signing_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every test signs with a key of the test run's own."""
    path = tmp_path_factory.mktemp("key") / "signing.key"
    make_key(path)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(path)
    yield
    if before is None:
        del os.environ[VARIABLE]
    else:
        os.environ[VARIABLE] = before


@dataclass(frozen=True)
class DemoCity:
    """A published fictional city: where it lies, and what its generator says is true."""

    folder: Path
    data: Path
    truth: demo.DemoTruth

    @property
    def release(self) -> Path:
        return self.data / "releases" / (current_release(self.data) or "")


@pytest.fixture(scope="session")
def demo_city(tmp_path_factory: pytest.TempPathFactory) -> DemoCity:
    """Port Calvert, small, published four times: now, and before that in three earlier editions. Tests must not change it; those that do make their own."""
    data = tmp_path_factory.mktemp("demo")
    _, truth = refresh_demo(data, seed=SEED, scale=SCALE)
    return DemoCity(demo.city_folder(), data, truth)


@pytest.fixture
def demo_store(demo_city: DemoCity) -> Iterator[tuple[Connection, Facts]]:
    """The open release of the fictional city with its facts, as the site opens it."""
    con = open_release(demo_city.release / "public.duckdb")
    yield con, load_facts(con, demo_city.release.name)
    con.close()


@pytest.fixture(scope="session")
def site(demo_city: DemoCity) -> Iterator[str]:
    """The address of the served fictional city."""
    with served(demo_city.data) as base:
        yield base


@contextmanager
def served(data: Path) -> Iterator[str]:
    """The address of a served city, a real server in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "harborlight.cli", "serve", "--data", str(data), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            try:
                with urllib.request.urlopen(f"{base}/healthz", timeout=2):
                    break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert server.poll() is None, "the server ended at once"
                time.sleep(0.1)
        else:
            raise AssertionError("the server did not answer within two minutes")
        yield base
    finally:
        server.terminate()
        server.wait(timeout=20)
