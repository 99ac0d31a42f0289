"""Single steps of the static copy: which addresses it holds, how their files are called, and what becomes of a page's tags."""

from __future__ import annotations

import pytest

from harborlight.errors import ReleaseError
from harborlight.export.addresses import file_of, is_wanted, point, resolve, tell_apart
from harborlight.export.rewrite import Copy, rewrite
from harborlight.export.tags import find_addresses, may_be_kept, read_tags

FILES = {"/": "index.html", "/a": "a/index.html", "/a/b": "a/b/index.html", "/p.svg": "p.svg", "/t.csv?by=month": "t_by-month.csv"}


def remake(text: str, live: str = "", address: str = "/a/b") -> str:
    return rewrite(text, read_tags(text), address, Copy(FILES, live, "<aside>copy</aside>", "No questions.", "Ask."))


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("/a", ("/a", "")), ("/a?y=2&x=1#part", ("/a?x=1&y=2", "part")), ("#top", ("/a/b", "top")), ("c", ("/a/c", "")), ("../p.svg", ("/p.svg", "")),
        ("mailto:a@b.example", ("", "")), ("https://elsewhere.example/a", ("", "")), ("//elsewhere.example/a", ("", "")), ("/a?x=1&x=2", ("", "")),
    ],
)  # fmt: skip
def test_links_are_resolved(href: str, found: tuple[str, str]) -> None:
    assert resolve(href, "/a/b") == found


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("/", True), ("/metrics/incidents", True), ("/metrics/incidents.csv?by=month", True), ("/api/v1/metrics/incidents?by=month", True),
        ("/metrics/incidents?by=month", False), ("/metrics/incidents/how?by=month", False), ("/map?mode=cells", False),
        ("/incidents/24A1", False), ("/%69ncidents/24A1", False), ("/cases/1", False), ("/look-up", False), ("/look-up?q=1", False),
        ("/api/v1/incidents.csv", False), ("/api/v1/incidents?limit=5", False), ("/api/v1/cases/1", False), ("/map/points/7", False),
        ("/tiles/incidents/1/0/0.mvt", False), ("/data/records.csv", False), ("/data/records", True), ("/healthz", False), ("/api/v1/services", False),
    ],
)  # fmt: skip
def test_a_copy_holds_no_records_and_no_questions(address: str, wanted: bool) -> None:
    assert is_wanted(address) == wanted


@pytest.mark.parametrize(
    ("address", "kind", "file"),
    [
        ("/", "text/html", "index.html"), ("/areas/zip/00101", "text/html", "areas/zip/00101/index.html"), ("/a%20b", "text/html", "a b/index.html"),
        ("/api/v1/metrics", "application/json", "api/v1/metrics.json"), ("/data/counts.csv", "text/csv", "data/counts.csv"),
        ("/api/v1/areas/x/1.5", "application/geo+json", "api/v1/areas/x/1.5.geojson"),
        ("/m.csv?by=month&to=2026-10-31&window=year:2025", "text/csv", "m_by-month_to-2026-10-31_window-year-2025.csv"),
        ("/api/v1/m?by=month", "application/json", "api/v1/m_by-month.json"),
    ],
)  # fmt: skip
def test_files_are_named_after_their_questions(address: str, kind: str, file: str) -> None:
    assert file_of(address, kind) == file


@pytest.mark.parametrize("address", ["/a/../b", "/a/%2e%2e/b", "/a%5Cb", "/a:b", "/a%00"])
def test_an_address_that_is_no_file_name_is_refused(address: str) -> None:
    with pytest.raises(ReleaseError):
        file_of(address, "text/html")


def test_long_questions_and_equal_names_are_told_apart() -> None:
    long = {file_of(f"/m.csv?x={'a' * 200}{i}", "text/csv") for i in range(3)}
    assert len(long) == 3 and all(len(name) < 60 for name in long)
    assert tell_apart("m_x-1.csv", "/m.csv?x=1") != tell_apart("m_x-1.csv", "/m.csv?x:1")
    assert tell_apart("m_x-1.csv", "/m.csv?x=1").endswith(".csv")


def test_files_point_to_each_other_from_where_they_lie() -> None:
    assert point("index.html", "a/b c.csv") == "a/b%20c.csv"
    assert point("a/b/index.html", "static/x.css") == "../../static/x.css"
    assert point("a/index.html", "a/index.html", "top") == "index.html#top"


@pytest.mark.parametrize(
    ("before", "alone", "live"),
    [
        ('<a class="x" href="/a#top">A</a>', '<a class="x" href="../index.html#top">A</a>', '<a class="x" href="../index.html#top">A</a>'),
        ('<a href="/a?x=1&amp;y=2">A</a>', "<span>A</span>", '<a href="https://s.example/a?x=1&amp;y=2">A</a>'),
        ('<a class="x" href="/a?x=1" aria-current="true">A</a>', '<span aria-current="true">A</span>',
         '<a class="x" href="https://s.example/a?x=1" aria-current="true">A</a>'),
        ('<a id="i" href="/look-up"><img src="/p.svg" alt=""></a>', '<span id="i"><img src="../../p.svg" alt=""></span>',
         '<a id="i" href="https://s.example/look-up"><img src="../../p.svg" alt=""></a>'),
        ('<a href="/t.csv?by=month" download>T</a>', '<a href="../../t_by-month.csv" download>T</a>', '<a href="../../t_by-month.csv" download>T</a>'),
        ('<a href="tel:1">1</a><a href="#here">2</a>', '<a href="tel:1">1</a><a href="#here">2</a>', '<a href="tel:1">1</a><a href="#here">2</a>'),
        ('<form class="f" action="/a#x"><a href="/a">A</a></form>', '<p class="hl-quiet hl-small">No questions.</p>',
         '<form class="f" action="https://s.example/a#x"><a href="../index.html">A</a></form>'),
        ('<script src="/s.js"></script><script type="x">a < b; "<a href=/a>"</script>B', "B", "B"),
        ('<source srcset="/p.svg 1x, /p.svg 2x">', '<source srcset="../../p.svg 1x, ../../p.svg 2x">', '<source srcset="../../p.svg 1x, ../../p.svg 2x">'),
        ('<p class="c" data-clock><strong>Open</strong></p>', '<p class="c" data-clock>Ask.</p>', '<p class="c" data-clock>Ask.</p>'),
        ('<div class="m" data-map="{&#34;a&#34;:&#34;/x&#34;}" data-n="5">M</div>', '<div class="m" data-n="5">M</div>', '<div class="m" data-n="5">M</div>'),
        ('<link rel="preload" href="/p.svg"><link rel="icon" href="/p.svg">', '<link rel="icon" href="../../p.svg">', '<link rel="icon" href="../../p.svg">'),
        ('<header class="hl-header">H</header>', '<aside>copy</aside><header class="hl-header">H</header>', '<aside>copy</aside><header class="hl-header">H</header>'),
        ('<svg viewBox="0 0 1 1"><linearGradient/></svg>\n<!-- <a href="/a"> -->&amp;&nbsp;', '<svg viewBox="0 0 1 1"><linearGradient/></svg>\n<!-- <a href="/a"> -->&amp;&nbsp;',
         '<svg viewBox="0 0 1 1"><linearGradient/></svg>\n<!-- <a href="/a"> -->&amp;&nbsp;'),
    ],
)  # fmt: skip
def test_tags_change_and_nothing_else_does(before: str, alone: str, live: str) -> None:
    assert remake(before) == alone
    assert remake(before, "https://s.example") == live


def test_the_live_page_is_the_one_to_cite() -> None:
    text = '<head><link rel="canonical" href="https://old.example/a/b"></head>'
    assert remake(text, "https://s.example") == '<head>\n  <link rel="canonical" href="https://s.example/a/b"></head>'
    assert remake(text) == "<head></head>"


def test_addresses_and_refusals_are_read() -> None:
    tags = read_tags('<a href="/a">A</a><source srcset="/p.svg, /q.svg 2x"><img src="/r.png"><a name="x">X</a>')
    assert list(find_addresses(tags)) == ["/a", "/p.svg", "/q.svg", "/r.png"]
    assert may_be_kept(tags) and not may_be_kept(read_tags('<meta name="robots" content="noindex, noarchive">'))
