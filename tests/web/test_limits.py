"""A question that takes too long is stopped, and one that never ends cannot keep the server up."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harborlight.errors import ConfigError, QueryError
from harborlight.store import connect, quote_text
from harborlight.web.limits import VARIABLE, Limit, query_seconds

ENDLESS = "select sum(a.range * b.range + c.range) from range(1000000) as a, range(1000000) as b, range(1000000) as c"
# A table of the release that takes forever to read: a view over as many rows as would take years to add up.
SLOW = (
    "create or replace view revisions as select * from ledger_view where (select sum((a.range * b.range + c.range) % 7) "
    "from range(1000000) as a, range(1000000) as b, range(1000000) as c) > -1"
)


def test_work_is_stopped_and_the_connection_goes_on() -> None:
    con, limit = connect(threads=1), Limit(0.2)
    began = time.monotonic()
    with pytest.raises(QueryError) as stopped, limit.watching(con):
        con.execute(ENDLESS)
    assert time.monotonic() - began < 10
    assert stopped.value.status == 503 and stopped.value.code == "too_slow" and stopped.value.allowed
    for _ in range(3):
        with limit.watching(con):
            assert con.execute("select 41 + 1").fetchone() == (42,)
    limit.close()
    con.close()


def test_only_what_is_late_is_stopped() -> None:
    """A short question beside a long one, on connections of their own."""
    con, limit = connect(threads=1), Limit(0.4)
    beside, answers = con.cursor(), []

    def ask() -> None:
        for _ in range(20):
            with limit.watching(beside):
                answers.append(beside.execute("select count(*) from range(1000)").fetchone())
            time.sleep(0.05)

    thread = threading.Thread(target=ask)
    thread.start()
    with pytest.raises(QueryError), limit.watching(con):
        con.execute(ENDLESS)
    thread.join()
    assert answers == [(1000,)] * 20
    limit.close()


def test_an_interrupt_of_others_is_not_taken_for_slowness() -> None:
    con, limit = connect(threads=1), Limit(60)
    timer = threading.Timer(0.3, con.interrupt)
    timer.start()
    with pytest.raises(Exception, match="(?i)interrupt") as stopped, limit.watching(con):
        con.execute(ENDLESS)
    assert not isinstance(stopped.value, QueryError)
    limit.close()


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf"])
def test_a_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ConfigError, match="seconds"):
        query_seconds()


# ---------------------------------------------------------------------------------------------- the real server


@pytest.fixture(scope="module")
def slow_data(demo_city: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's release with one table that takes forever to read."""
    data = tmp_path_factory.mktemp("slow")
    folder = data / "releases" / demo_city.release.name
    shutil.copytree(demo_city.release, folder)
    shutil.copyfile(demo_city.data / "current", data / "current")
    con = connect()
    con.execute(f"attach {quote_text(str(folder / 'public.duckdb'))} as public")
    con.execute("use public.main")
    sql = str(con.execute("select sql from duckdb_views() where database_name = 'public' and view_name = 'revisions'").fetchone()[0])  # type: ignore[index]
    con.execute(sql.replace("revisions", "ledger_view", 1))
    con.execute(SLOW)
    con.execute("use memory")
    con.execute("detach public")
    con.close()
    return data


class Served:
    def __init__(self, data: Path, seconds: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "harborlight.cli", "serve", "--data", str(data), "--port", str(port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {VARIABLE: seconds}, start_new_session=True
        )
        for _ in range(1200):
            try:
                self.get("/healthz", 2)
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert self.process.poll() is None, "the server ended at once"
                time.sleep(0.1)
        raise AssertionError("the server did not answer within two minutes")

    def get(self, path: str, timeout: float = 60) -> tuple[int, dict[str, str], bytes]:
        try:
            with urllib.request.urlopen(self.base + path, timeout=timeout) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()

    def end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=20)


@pytest.fixture
def serve(slow_data: Path) -> Iterator[Any]:
    made: list[Served] = []

    def start(seconds: str) -> Served:
        made.append(Served(slow_data, seconds))
        return made[-1]

    yield start
    for served in made:
        served.end()


def test_a_slow_question_answers_503_and_the_site_goes_on(serve: Any) -> None:
    served = serve("1")
    status, headers, body = served.get("/changes")
    assert status == 503 and headers["retry-after"] == "5" and headers["cache-control"] == "no-store"
    assert b"took longer" in body and b'href="/data"' in body
    status, headers, body = served.get("/api/v1/changes")
    problem = json.loads(body)["error"]
    assert status == 503 and problem["code"] == "too_slow" and problem["allowed"]
    assert served.get("/metrics")[0] == 200 and served.get("/api/v1/metrics/robberies?by=year")[0] == 200


def test_a_handler_that_never_returns_cannot_keep_the_server_up(serve: Any) -> None:
    served = serve("80000")
    asking = threading.Thread(target=lambda: _asked(served), daemon=True)
    asking.start()
    time.sleep(2)
    assert asking.is_alive(), "the question is still running"
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(timeout=40)
    assert time.monotonic() - began < 30
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        served.get("/healthz", 2)


def _asked(served: Served) -> None:
    try:
        served.get("/changes", 120)
    except (OSError, TimeoutError):
        return
