"""The layer in front: whole answers kept, one computation per question, no page that mixes two releases."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harborlight.web import cache
from harborlight.web.app import make_app
from harborlight.web.cache import Front, Memory, Stored
from tests.web.client import Client


def test_an_answer_is_computed_once_for_many(front: Front, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    compute = front._compute

    async def counting(*args: Any) -> Stored:
        runs.append(args)
        await asyncio.sleep(0.05)
        return await compute(*args)

    monkeypatch.setattr(front, "_compute", counting)

    async def crowd() -> list[Any]:
        return await asyncio.gather(*(client.ask("/metrics/burglaries?by=year&window=ytd") for _ in range(200)))

    answers = client.run(crowd())
    assert len(runs) == 1 and len({a.body for a in answers}) == 1 and {a.status for a in answers} == {200}
    client.get("/metrics/burglaries?window=ytd&by=year")
    assert len(runs) == 1, "the same parameters in another order are the same question"


def test_what_a_client_has_is_not_sent_again(client: Client) -> None:
    first = client.get("/methods")
    etag = first.headers["etag"]
    assert etag.startswith(f'"{first.headers["x-release"]}-')
    assert first.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.get("/methods", headers={"If-None-Match": given})
        assert (again.status, again.body) == (304, b"")
    assert client.get("/methods", headers={"If-None-Match": '"other"'}).status == 200


def test_gzip_has_a_tag_of_its_own_and_the_same_text(client: Client) -> None:
    plain, zipped = client.get("/methods"), client.get("/methods", headers={"Accept-Encoding": "gzip, br"})
    assert zipped.headers["content-encoding"] == "gzip" and zipped.body == plain.body
    assert zipped.headers["etag"] != plain.headers["etag"] and zipped.headers["vary"] == "accept-encoding"
    assert client.get("/methods", headers={"If-None-Match": zipped.headers["etag"]}).status == 304


def test_head_is_get_without_the_body(client: Client) -> None:
    for address in ("/", "/data/counts.csv", "/nothing", "/api/v1/metrics"):
        get, head = client.get(address), client.get(address, method="HEAD")
        assert head.body == b"" and head.status == get.status
        assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"])
def test_the_site_can_only_be_read(client: Client, method: str) -> None:
    for address in ("/", "/api/v1/metrics", "/report", "/data/counts.csv"):
        answer = client.get(address, method=method)
        assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_options_offers_reading_without_credentials(client: Client) -> None:
    answer = client.get("/api/v1/metrics", method="OPTIONS", headers={"Origin": "https://other.example"})
    assert answer.status == 204 and "access-control-allow-credentials" not in answer.headers


def test_a_long_address_is_refused(client: Client) -> None:
    assert client.get("/metrics/robberies?offense=" + "x" * 3000).status == 414
    assert client.get("/" + "x" * 3000).status == 414


def test_only_named_hosts_are_answered_where_hosts_are_named(demo_city: Any) -> None:
    front = make_app(demo_city.data, hosts=("city.example",))
    client = Client(front)
    assert client.get("/about").status == 200
    front.hosts = ("other.example",)
    assert client.get("/about").status == 400
    front.releases.current.reader.close()


def test_forged_headers_change_nothing(client: Client) -> None:
    plain = client.get("/corrections").body
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Original-URL": "/admin",
        "X-Forwarded-For": "1.2.3.4",
        "Accept-Language": "x" * 9000,
    }
    assert client.get("/corrections", headers=forged).body == plain


def test_assets_are_kept_forever_under_their_hash(client: Client, front: Front) -> None:
    for name, hashed in front.assets.names.items():
        answer = client.get(f"/static/{hashed}")
        assert answer.status == 200 and "immutable" in answer.headers["cache-control"], name
    assert sum(len(a.zipped or a.body) for n, a in front.assets.files.items() if n.endswith(".css")) < 20_000
    assert sum(len(a.body) for n, a in front.assets.files.items() if n.endswith(".js")) < 30_000


def test_a_download_is_whole_and_named(client: Client, demo_city: Any) -> None:
    for kind in ("csv", "parquet"):
        answer = client.get(f"/data/counts.{kind}", headers={"Range": "bytes=0-1,3-4"})
        assert answer.status == 200 and answer.headers["content-disposition"] == f'attachment; filename="counts.{kind}"'
        assert answer.body == (demo_city.release / "downloads" / f"counts.{kind}").read_bytes()
        assert client.get(f"/data/counts.{kind}", headers={"If-None-Match": answer.headers["etag"]}).status == 304
    assert client.get("/data/counts.csv?x=1").status == 400


def test_the_memory_is_bounded() -> None:
    memory = Memory(most=100_000)
    for i in range(200):
        memory.put(("r", "", "/", str(i)), Stored(200, [], b"x" * 5000))
    assert memory.size <= 100_000 and len(memory.items) < 20
    memory.put(("r", "", "/", "large"), Stored(200, [], b"x" * 50_000))
    assert memory.get(("r", "", "/", "large")) is None
    assert memory.get(("r", "", "/", "199")) is not None


def test_a_crash_shows_a_number_and_nothing_else(front: Front, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("secret /etc/passwd")

    monkeypatch.setattr(front.releases.current.reader, "reconciliation", fail)
    monkeypatch.setattr(front, "memory", Memory())
    page = client.get("/status")
    assert page.status == 500 and "Reference for a report" in page.text and "secret" not in page.text
    assert client.get("/status").status == 500, "a crash is not kept"


def test_too_many_at_once_are_asked_to_come_back(front: Front, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/privacy")
    monkeypatch.setattr(cache, "MOST_AT_ONCE", 0)
    busy = client.get("/metrics/robberies?by=day&window=year:2023")
    assert busy.status == 503 and busy.headers["retry-after"] == "5"
    assert client.get("/privacy").status == 200, "kept answers stay available"


def test_a_worker_never_loads_the_chart_library() -> None:
    code = "import sys, harborlight.web.app; sys.exit(bool({'altair', 'vl_convert', 'statsmodels', 'httpx'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------------------------------------ switching


@pytest.fixture
def two_releases(demo_city: Any, tmp_path: Path) -> Path:
    """The same release twice under two ids, with the pointer on the first."""
    for name in ("20300101T000000Z", "20300102T000000Z"):
        shutil.copytree(demo_city.release, tmp_path / "releases" / name)
    (tmp_path / "current").write_text("20300101T000000Z\n")
    return tmp_path


def wait_for(client: Client, release: str) -> None:
    end = time.monotonic() + 20
    while client.get("/healthz").json["release"] != release:
        assert time.monotonic() < end, "the site did not switch"
        time.sleep(0.1)


def test_the_site_follows_the_pointer_and_never_mixes(two_releases: Path) -> None:
    front = make_app(two_releases)
    client, old = Client(front), front.releases.current
    before = client.get("/about")
    held = front.releases.acquire()
    (two_releases / "current").write_text("20300102T000000Z\n")
    wait_for(client, "20300102T000000Z")
    after = client.get("/about", headers={"If-None-Match": before.headers["etag"]})
    assert after.status == 200 and after.headers["x-release"] == "20300102T000000Z"
    assert "20300101T000000Z" not in after.text and "20300102T000000Z" in after.text
    assert held is old and held.reader.answer(held.reader.ask("robberies", by="year")).rows, (
        "a held release still answers"
    )
    name = sorted(old.charts)[0]
    assert client.get(f"/charts/20300101T000000Z/{name}").status == 200, "a page from before the switch keeps its chart"
    front.releases.give_back(held)
    assert old.users == 0 and old.is_retired
    with pytest.raises(Exception, match="closed"):
        old.reader.reconciliation()
    front.releases.current.reader.close()


def test_a_damaged_release_leaves_the_old_one_up(two_releases: Path) -> None:
    front = make_app(two_releases)
    client = Client(front)
    (two_releases / "releases" / "20300102T000000Z" / "public.duckdb").write_bytes(b"not a database")
    (two_releases / "current").write_text("20300102T000000Z\n")
    client.get("/healthz")
    time.sleep(1.5)
    client.get("/healthz")
    time.sleep(0.5)
    assert client.get("/healthz").json["release"] == "20300101T000000Z"
    (two_releases / "current").write_text("../../etc\n")
    time.sleep(1.1)
    assert client.get("/healthz").json["release"] == "20300101T000000Z"
    front.releases.current.reader.close()
