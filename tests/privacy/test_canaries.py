"""The planted names, addresses and phone numbers of the raw feeds are in no byte of anything that is served, kept or logged."""

from __future__ import annotations

import gzip
import html
import http.client
import json
import re
import subprocess
import sys
import urllib.parse
from collections import deque
from pathlib import Path

import pytest

from harborlight import demo
from harborlight.store import connect, open_release, quote_name, quote_text
from tests.conftest import SEED, DemoCity

MOST_PAGES = 300


@pytest.fixture(scope="module")
def canaries() -> list[bytes]:
    return [canary.encode() for canary in demo.canaries(SEED)]


def find(canaries: list[bytes], body: bytes) -> list[bytes]:
    return [canary for canary in canaries if canary in body]


def test_the_canaries_are_in_the_raw_feeds(demo_city: DemoCity, canaries: list[bytes]) -> None:
    raw = b"".join(path.read_bytes() for path in (demo_city.data / "feeds").iterdir())
    found = find(canaries, raw)
    assert len(found) >= 200, "too little was planted: the other tests here would prove nothing"
    for kind in (b"Testperson", b"Zzqstreet", b"zzq-555", b"Zzqdistrict", b"Zzqoffense"):
        assert any(kind in canary for canary in found), kind


def test_no_file_of_the_release_holds_one(demo_city: DemoCity, canaries: list[bytes]) -> None:
    files = [path for path in demo_city.release.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert not find(canaries, path.read_bytes()), path.name


def test_no_text_of_any_public_table_or_download_holds_one(demo_city: DemoCity, canaries: list[bytes]) -> None:
    con = open_release(demo_city.release / "public.duckdb")
    for (table,) in con.execute("select distinct table_name from duckdb_columns() where database_name = 'release'").fetchall():
        body = repr(con.execute(f"select * from {quote_name(table)}").fetchall()).encode()
        assert not find(canaries, body), table
    con.close()
    scratch = connect()
    for path in (demo_city.release / "downloads").glob("*.parquet"):
        assert not find(canaries, repr(scratch.execute(f"select * from {quote_text(str(path))}").fetchall()).encode()), path.name
    scratch.close()


def test_no_run_report_holds_one(demo_city: DemoCity, canaries: list[bytes]) -> None:
    reports = list((demo_city.data / "runs").iterdir())
    assert reports
    for path in reports:
        assert not find(canaries, path.read_bytes()), path.name


def test_the_log_of_a_whole_refresh_holds_none(tmp_path: Path, canaries: list[bytes]) -> None:
    demo.write_demo(tmp_path, seed=SEED, scale=0.01)
    command = [sys.executable, "-m", "harborlight.cli", "refresh", "--city", str(demo.city_folder()), "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, timeout=300, env={**__import__("os").environ, "HARBORLIGHT_LOG": "DEBUG"})
    assert done.returncode == 0, done.stderr[-2000:]
    assert b"accepted" in done.stderr, "the log says what was done"
    assert not find(canaries, done.stdout + done.stderr)


def read(site: str, path: str) -> tuple[int, bytes]:
    place = urllib.parse.urlsplit(site)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    connection.request("GET", path, headers={"accept-encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, gzip.decompress(body) if answer.getheader("content-encoding") == "gzip" else body


def groups_of(site: str) -> list[dict[str, str]]:
    """Tables of groups that the release offers."""
    return [table for table in json.loads(read(site, "/api/v1/groups")[1])["groups"] if table["grain"]]


def test_no_page_file_or_answer_holds_one(site: str, canaries: list[bytes]) -> None:
    """Follow every link of the site, files and API included, from its front page, its map and its API's own description."""
    queue = deque(["/", "/sitemap.xml", "/robots.txt", "/status.json", "/healthz", "/.well-known/security.txt", "/api/v1/openapi.json"])
    queue.extend(("/demographics", "/intimate-partner-violence", "/api/v1/groups", "/api/v1/groups.csv", "/data/groups.csv", "/data/groups.parquet"))
    queue.extend(f"/api/v1/groups/{table['id']}{end}" for table in groups_of(site) for end in ("", ".csv"))
    queue.extend(f"/api/v1/metrics/{m}?by={by}" for m in ("incidents", "homicide_victims") for by in ("day", "hour", "area,offense"))
    seen = set(queue)
    while queue and len(seen) < MOST_PAGES:
        path = queue.popleft()
        status, body = read(site, path)
        assert status == 200, path
        assert not find(canaries, body), path
        for link in re.findall(rb'(?:href|src|srcset|<loc)[=>]"?([^"<> ]+)', body):
            target = urllib.parse.urlsplit(html.unescape(link.decode("utf-8", "replace")))
            address = target.path + (f"?{target.query}" if target.query else "")
            if target.scheme in ("", "http") and address.startswith("/") and address not in seen:
                seen.add(address)
                queue.append(address)
    assert len(seen) > 60


def test_a_name_in_an_address_is_not_given_back(site: str, canaries: list[bytes]) -> None:
    name = urllib.parse.quote(canaries[0].decode())
    for path in (f"/{name}", f"/metrics/{name}", f"/api/v1/metrics/{name}", f"/metrics/incidents?offense={name}"):
        status, body = read(site, path)
        assert status in (400, 404)
        assert not find(canaries, body), path
