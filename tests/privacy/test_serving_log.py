"""What a visitor writes into an address is in no line of the server's log, whatever the log's level."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from harborlight import demo
from harborlight.web.app import make_router
from tests.conftest import SEED, DemoCity

NAME = demo.canaries(SEED)[0]


@pytest.fixture
def logged(demo_city: DemoCity, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A server of its own that writes everything it has to say into a file; its port, and the file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "harborlight.cli", "serve", "--data", str(demo_city.data), "--port", str(port)]
    path = tmp_path / "log"
    with path.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | {"HARBORLIGHT_LOG": "DEBUG"})
        try:
            for _ in range(600):
                try:
                    ask(port, "/healthz")
                    break
                except OSError:
                    assert server.poll() is None, path.read_text()
                    time.sleep(0.1)
            yield port, path
        finally:
            server.terminate()
            server.wait(timeout=30)


def ask(port: int, address: str, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_no_name_in_an_address_or_a_header_reaches_the_log(logged):
    port, path = logged
    name = urllib.parse.quote(NAME)
    addresses = [f"/{name}", f"/metrics/{name}", f"/metrics/{name}.csv", f"/api/v1/metrics/{name}", f"/data/{name}", f"/metrics/incidents?{name}=1",
                 f"/metrics/incidents?offense={name}", f"/api/v1/metrics/incidents?from={name}", f"/static/{name}", f"/charts/x/{name}", f"/?q={name}",
                 f"/incidents/{name}", f"/cases/{name}", f"/look-up?number={name}", f"/api/v1/cases/{name}", f"/{name}%0aforged", f"//{name}", f"/{name}" * 60]  # fmt: skip
    answers = {address: ask(port, address) for address in addresses}
    assert set(answers.values()) <= {400, 404, 414}, answers
    assert ask(port, "/", **{"User-Agent": NAME, "Referer": f"http://example.org/{name}", "Cookie": NAME}) == 200
    written = path.read_bytes()
    assert NAME.encode() not in written and name.encode() not in written and b"forged" not in written


def test_no_request_is_traced_whatever_the_environment_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    ways = ("tracing", "metrics", "logs", "operation_spans", "auto_configure")
    assert all(FastAPI()._telemetry[way] for way in ways), "the library would, by itself"
    assert not any(make_router()._telemetry[way] for way in ways)
