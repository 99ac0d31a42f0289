"""The static copy: every link leads somewhere, every file is reached, it says what the site says, and it holds no record."""

from __future__ import annotations

import asyncio
import filecmp
import json
import os
import posixpath
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from harborlight import cli, demo
from harborlight.errors import ConfigError, ReleaseError
from harborlight.export import addresses, run, target
from harborlight.publish.allowlist import load_public_tables
from harborlight.store import open_release
from harborlight.web.cache import Front
from tests.conftest import DEEP, SEED, DemoCity
from tests.web.client import Client

LIVE = "https://safety.port-calvert.example/record"
TAGS = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^'">])*>""")
LINKS = re.compile(r'\s(?:href|src|srcset|action)="([^"]*)"')
ELSEWHERE = ("mailto:", "tel:", "http://", "https://")
MANY_AREAS = re.compile(r"(/api/v1)?/areas/(census_tract|neighborhood)/(?!99001000101$|ashpole$)")


def is_in_test(address: str) -> bool:
    """A run of every day leaves out most of the many areas that have the same page."""
    return addresses.is_wanted(address) and (DEEP or not MANY_AREAS.match(address))


def is_few(address: str) -> bool:
    """Enough for what is the same on every page; one measure's data, because they tell how they were made."""
    return addresses.is_wanted(address) and not re.match(r"/areas|/metrics/|/data/|/api/v1/(areas|metrics/(?!killed_or_shot))", address)


@dataclass(frozen=True)
class Copied:
    folder: Path
    made: run.Made
    said: list[str]

    @cached_property
    def files(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}

    @cached_property
    def pages(self) -> list[str]:
        return sorted(name for name in self.files if name.endswith(".html"))

    def text(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()


def make(front: Front, place: Path, live: str | None, wanted: Callable[[str], bool]) -> Copied:
    """In a thread of its own: a browser test of the same run may keep an event loop running in this one."""
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as worker:
        patch.setattr(run, "is_wanted", wanted)
        return Copied(place, worker.submit(run.copy_site, front, place, live, said.append).result(), said)


@pytest.fixture(scope="module")
def copied(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """A copy that knows of no live site."""
    return make(front, tmp_path_factory.mktemp("copy") / "site", None, is_in_test)


@pytest.fixture(scope="module")
def leading(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """A small copy that leads to the live site."""
    return make(front, tmp_path_factory.mktemp("leading") / "site", LIVE, is_few)


def links_of(copied: Copied, name: str) -> Iterator[tuple[str, str]]:
    """File and fragment of every link of a file that does not lead elsewhere."""
    text = copied.text(name)
    found = re.findall(r'url\("?([^")]+)', text) if name.endswith(".css") else LINKS.findall(re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL))
    for link in map(unescape, found):
        if not link.startswith(ELSEWHERE):
            path, _, fragment = link.partition("#")
            yield posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path))) if path else name, fragment


def test_no_link_is_broken_and_every_file_is_reached(copied: Copied) -> None:
    ids = {name: set(re.findall(r'\sid="([^"]+)"', copied.text(name))) for name in copied.pages}
    broken, seen, todo = [], {"index.html"}, ["index.html"]
    while todo:
        name = todo.pop()
        for file, fragment in links_of(copied, name) if name.endswith((".html", ".css")) else ():
            if file not in copied.files or (fragment and file in ids and fragment not in ids[file]):
                broken.append(f"{name} → {file}#{fragment}")
            elif file not in seen:
                seen.add(file)
                todo.append(file)
    assert not broken
    assert copied.files - seen == {"robots.txt", target.MARKER}
    assert len(copied.pages) > 120 and len(copied.files) > 700, "too little was copied: the other tests here would prove nothing"


def visible(text: str) -> str:
    """What a reader sees of a page, without forms and what holds for the minute."""
    text = text[text.index("<body") :]
    for gone in (r"<form.*?</form>", r"<script.*?</script>", r"(?<=data-clock>).*?</p>"):
        text = re.sub(gone, "", text, flags=re.DOTALL)
    return " ".join(unescape(TAGS.sub(" ", text)).split())


def test_every_page_says_what_the_live_page_says(copied: Copied, client: Client) -> None:
    for name in copied.pages:
        address = "/" + name.removesuffix("index.html").rstrip("/")
        live = client.run(client.ask(address))
        page = copied.text(name)
        line = re.findall(r'<aside class="hl-banner" aria-label="About this copy">.*?</aside>\n', page, re.DOTALL)
        assert len(line) == 1, name
        assert f"copy of release {copied.made.release}, made on " in line[0]
        page = page.replace(line[0], "").replace('<p class="hl-quiet hl-small">This copy cannot answer questions.</p>', "")
        assert visible(page) == visible(live.text), name


def test_nothing_needs_a_script_a_server_or_a_root(copied: Copied, leading: Copied) -> None:
    for copy in (copied, leading):
        for name in copy.pages:
            page = copy.text(name)
            assert "<script" not in page and "noindex" not in page, name
            assert not re.search(r'\s(?:href|src|srcset|action)="/', page), name
            assert not re.search(r'\sdata-[a-z-]+="(?:/|[^"]*&#34;/)', page), name
        assert not re.findall(r'url\("?/', copy.text(next(name for name in copy.files if name.endswith(".css"))))
    assert "<form" not in "".join(copied.text(name) for name in copied.pages)


def test_no_record_is_in_the_copy_and_no_way_leads_to_one(copied: Copied, leading: Copied, demo_city: DemoCity) -> None:
    con = open_release(demo_city.release / "public.duckdb")
    numbers = {str(number) for (number,) in con.execute("select incident_number from incident_pages union select case_number from case_pages").fetchall()}
    con.close()
    assert len(numbers) > 1000
    for name in copied.files:
        assert not re.match(r"(api/v1/)?(cases|incidents)\b|look-up|tiles|map/points|data/records\.|healthz|status\.json", name), name
        if not name.endswith((".parquet", ".woff2")):
            assert not numbers & set(re.findall(r"[\w-]+", copied.text(name))), name
    rows = {f"{table.name}.csv" for table in load_public_tables().values() if table.download and "counts_incident" in table.columns}
    assert rows == {"records.csv"}, "another table lists single records: the copy must leave it out too"
    pages = "".join(leading.text(name) for name in leading.pages)
    assert f'href="{LIVE}/look-up"' in pages, "what the copy does not hold is asked of the live site"
    assert "/look-up" not in "".join(link for name in copied.pages for link in LINKS.findall(copied.text(name)))


def test_no_planted_text_is_in_the_copy(copied: Copied) -> None:
    canaries = [canary.encode() for canary in demo.canaries(SEED)]
    assert len(canaries) >= 200
    whole = b"\0".join((copied.folder / name).read_bytes() for name in sorted(copied.files))
    assert not [canary for canary in canaries if canary in whole]


def test_whether_a_place_is_open_is_not_told(copied: Copied, client: Client) -> None:
    live = client.run(client.ask("/community")).text
    assert re.search(r"data-clock><strong>(Open|Closed) now", live)
    page = copied.text("community/index.html")
    assert page.count("this copy cannot tell") == live.count("data-clock>") and "<strong>Open now" not in page


def test_with_the_live_site_known_the_copy_leads_there(leading: Copied) -> None:
    page = leading.text("community/index.html")
    assert f'<link rel="canonical" href="{LIVE}/community">' in page and page.count('rel="canonical"') == 1
    assert f'<a href="{LIVE}/">The live site</a>' in page
    assert f'method="get" action="{LIVE}/community"' in page
    assert f'href="{LIVE}/metrics/' in leading.text("index.html")
    places = re.findall(r"<loc>([^<]*)</loc>", leading.text("sitemap.xml"))
    assert sorted(places) == sorted({f"{LIVE}/{name.removesuffix('index.html').rstrip('/')}" for name in leading.pages})
    assert f"Sitemap: {LIVE}/sitemap.xml" in leading.text("robots.txt")


AGAIN = """
import sys
from datetime import datetime
from pathlib import Path
from harborlight.export import run
from tests.web.test_export import is_few

run.is_wanted = is_few
run.export(Path(sys.argv[1]), Path(sys.argv[2]), live=sys.argv[3], now=datetime.fromisoformat(sys.argv[4]))
"""


@pytest.mark.deep
def test_the_same_release_at_the_same_moment_gives_the_same_bytes(leading: Copied, demo_city: DemoCity, repository: Path, tmp_path: Path) -> None:
    """Two processes that order their sets differently, and have answered nothing before."""
    mark = json.loads(leading.text(target.MARKER))
    assert set(mark["files"]) | {target.MARKER} == leading.files and mark["release"] == leading.made.release
    for seed in ("1", "2"):
        command = [sys.executable, "-c", AGAIN, str(demo_city.data), str(tmp_path / seed), LIVE, mark["made_at"]]
        settings = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run(command, cwd=repository, env=settings, check=True, timeout=300)
    for one, other in ((tmp_path / "1", tmp_path / "2"), (tmp_path / "1", leading.folder)):
        assert filecmp.cmpfiles(one, other, sorted(leading.files), shallow=False)[1:] == ([], [])
    assert len(leading.files) > 100 and Copied(tmp_path / "1", leading.made, []).files == leading.files


# ------------------------------------------------------------------------------- where it may be laid down


def lay_earlier(folder: Path, *more: str) -> Path:
    folder.mkdir(parents=True)
    (folder / target.MARKER).write_text(json.dumps({"release": "x", "files": ["index.html"]}))
    for name in ("index.html", *more):
        (folder / name).write_text("earlier")
    return folder


def only_home(address: str) -> bool:
    return address == "/" or address.startswith("/static/")


def test_an_earlier_copy_is_replaced_as_a_whole(front: Front, tmp_path: Path) -> None:
    place = lay_earlier(tmp_path / "site")
    make(front, target.check_target(place, tmp_path / "data"), "", only_home)
    assert (place / "index.html").read_text() != "earlier" and [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("failing", ["ask", "read_pointer"])
def test_what_fails_leaves_the_earlier_copy_and_nothing_else(failing: str, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, ask = lay_earlier(tmp_path / "site"), run.ask

    async def fail(front: Front, address: str, release: str) -> Any:
        return await ask(front, address, "another" if address.startswith("/static/") else release)

    monkeypatch.setattr(run, failing, fail if failing == "ask" else lambda data: "another")
    with pytest.raises(ReleaseError, match="another release went up"):
        make(front, place, "", only_home)
    assert (place / "index.html").read_text() == "earlier" and [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_disk_that_takes_nothing_is_told_and_the_earlier_copy_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReleaseError, match="cannot be written: Not a directory"), target.built_beside(tmp_path / "file" / "copy"):
        pass
    place, rename = lay_earlier(tmp_path / "site"), Path.rename

    def refuse(self: Path, to: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(28, "No space left on device")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(ReleaseError, match="No space left"), target.built_beside(place):
        pass
    assert (place / "index.html").read_text() == "earlier" and sorted(path.name for path in tmp_path.iterdir()) == ["file", "site"]


@pytest.mark.parametrize(
    ("lay", "words"),
    [
        (lambda folder: (folder / "out").mkdir(), "not a copy that an export made"),
        (lambda folder: (folder / "out").write_text("x"), "not a folder"),
        (lambda folder: lay_earlier(folder / "out", "CNAME"), "no export made: CNAME"),
        (lambda folder: (folder / ".git").mkdir(), "keeps a history of its files"),
        (lambda folder: lay_earlier(folder / "out", ".git"), "keeps a history of its files"),
        (lambda folder: (folder / "out").symlink_to(folder / "data"), "inside the data folder"),
    ],
)
def test_anything_else_is_refused(lay: Callable[[Path], Any], words: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    lay(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match=words):
        target.check_target(tmp_path / "out", tmp_path / "data")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--out", "new", "--base-url", "safety.example"], 2, "this is not the address of a site"),
        (["--out", "data/copy"], 2, "inside the data folder"),
        (["--out", "new"], 1, "no release has been published yet"),
    ],
)
def test_the_command_says_why_not_in_one_sentence(
    words: list[str], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["harborlight", "export", "--data", "data", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr().err
    assert ended.value.code == code and said in told and "Traceback" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_site_that_fails_stops_the_export(front: Front) -> None:
    from harborlight.export.ask import ask

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": [(b"x-release", b"r")]})
        await send({"type": "http.response.body", "body": b""})

    with ThreadPoolExecutor(1) as worker, pytest.raises(ReleaseError, match="status 503"):
        worker.submit(lambda: asyncio.run(ask(broken, "/", "r"))).result()  # type: ignore[arg-type]
