"""From the release that is up to a folder of files: read the site from its first page on, then make every page one of the copy.

In go a data folder, a target and the live site's address; out comes what was made. The same release at the same moment gives
the same bytes.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from harborlight.charts import formats
from harborlight.errors import ConfigError, ReleaseError
from harborlight.export.addresses import file_of, is_wanted, resolve, tell_apart
from harborlight.export.ask import Answer, ask
from harborlight.export.rewrite import Copy, rewrite
from harborlight.export.tags import Tag, find_addresses, may_be_kept, read_tags
from harborlight.export.target import MARKER, built_beside, check_target
from harborlight.web.app import make_app
from harborlight.web.cache import Front
from harborlight.web.releases import Release, read_pointer
from harborlight.web.wording import get_wording

Report = Callable[[str], None]
REPORT_EVERY = 200
IN_STYLES = re.compile(r"url\(\s*[\"']?([^\"')]+)")


@dataclass(frozen=True)
class Made:
    """What an export made."""

    release: str
    pages: int
    files: int
    bytes: int


@dataclass(frozen=True)
class Kept:
    """What was read of the site: address → file, and the pages among them with their tags."""

    files: dict[str, str]
    pages: dict[str, list[Tag]]


def export(data: Path, out: Path, *, live: str | None = None, now: datetime | None = None, report: Report = lambda line: None) -> Made:
    """Copy the release that is up into `out`. `live` is the live site's address: the city's own where None, not known where empty.

    Raises ConfigError where `out` or `live` cannot be used, ReleaseError where there is no release or it changes meanwhile.
    """
    place, moment = check_target(out, data), now or datetime.now(UTC)
    asked = None if live is None else check_live(live)
    front = make_app(data, clock=lambda: moment)
    try:
        return copy_site(front, place, asked, report)
    finally:
        front.releases.current.close()


def copy_site(front: Front, place: Path, live: str | None, report: Report) -> Made:
    """Copy what a site answers now, into a place that may be taken."""
    release, moment = front.releases.current, front.clock()
    base = release.facts.city.site_url.rstrip("/") if live is None else live
    report(f"Copying release {release.id} into {place}")
    with built_beside(place) as folder:
        kept = asyncio.run(read_site(front, folder, report))
        copy = make_copy(kept.files, base, release, moment)
        report(f"Writing {len(kept.pages)} pages")
        for address, tags in kept.pages.items():
            path = folder / kept.files[address]
            path.write_bytes(rewrite(path.read_bytes().decode(), tags, address, copy).encode())
        write_around(folder, kept, base, release.id, moment)
        if read_pointer(front.releases.data) != release.id:
            raise ReleaseError("another release went up while this copy was made", hint="Run the export again.")
    sizes = [path.stat().st_size for path in place.rglob("*") if path.is_file()]
    return Made(release.id, len(kept.pages), len(sizes), sum(sizes))


def check_live(url: str) -> str:
    """The live site's address without a slash at its end. Raises ConfigError for what cannot be one."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise ConfigError("this is not the address of a site", where=url[:80], hint="Write it like https://safety.example.org.")
    return url.rstrip("/")


# ------------------------------------------------------------------------------------------- reading it


async def read_site(front: Front, folder: Path, report: Report) -> Kept:
    """Ask for everything that can be reached without a question, and lay it down as it came."""
    release = front.releases.current
    todo = deque(["/", *await _read_sitemap(front, release)])
    seen, names = set(todo), set[str]()
    files: dict[str, str] = {}
    pages: dict[str, list[Tag]] = {}
    while todo:
        address = todo.popleft()
        answer = await ask(front, address, release.id)
        if len(files) % REPORT_EVERY == REPORT_EVERY - 1:
            report(f"{len(files) + 1} files, {len(todo)} addresses to go")
        text = answer.body.decode() if answer.kind in ("text/html", "text/css") else ""
        tags = read_tags(text) if answer.kind == "text/html" else []
        if answer.status != 200 or not answer.is_for_robots or not may_be_kept(tags):
            if answer.status != 200:
                report(f"{address} is left out: the site answers {answer.status}")
            continue
        files[address] = _lay_down(address, answer, folder, names)
        if answer.kind == "text/html":
            pages[address] = tags
        named = find_addresses(tags) if tags else IN_STYLES.findall(text)
        for target in (resolve(href, address)[0] for href in named):
            if target and target not in seen and is_wanted(target):
                seen.add(target)
                todo.append(target)
    return Kept(files, pages)


async def _read_sitemap(front: Front, release: Release) -> list[str]:
    """The addresses that the site itself lists, without the city's host."""
    text = (await ask(front, "/sitemap.xml", release.id)).body.decode()
    host = release.facts.city.site_url.rstrip("/")
    found = [unescape(place).removeprefix(host) for place in re.findall(r"<loc>([^<]*)</loc>", text)]
    return [address for address in found if address != "/" and is_wanted(address)]


def _lay_down(address: str, answer: Answer, folder: Path, names: set[str]) -> str:
    """Write an answer. Names that differ in capitals only are told apart: not every disk does."""
    file = file_of(address, answer.kind)
    if file.lower() in names:
        file = tell_apart(file, address)
    names.add(file.lower())
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(answer.body)
    return file


# -------------------------------------------------------------------------------------------- around it


def make_copy(files: dict[str, str], live: str, release: Release, moment: datetime) -> Copy:
    """What every page of the copy says of itself."""
    wording = get_wording()
    day = formats.date_words(moment.astimezone(ZoneInfo(release.facts.city.timezone)).date(), wording.language, "long")
    words = wording.t("export.copy", release=release.id, day=day)
    link = f' <a href="{escape(live)}/">{wording.t("export.live")}</a>' if live else ""
    line = (
        f'<aside class="hl-banner" aria-label="{wording.t("export.label")}">\n  <div class="hl-wrap"><p>{words}{link}</p></div>\n</aside>\n'
    )
    return Copy(files, live, line, str(wording.t("export.no_questions")), f"<strong>{wording.t('export.no_clock')}</strong>")


def write_around(folder: Path, kept: Kept, live: str, release: str, moment: datetime) -> None:
    """What no page links to: the rules and list for search engines, and the mark by which a later export knows this folder as its own."""
    (folder / "robots.txt").write_text("User-agent: *\nAllow: /\n" + (f"Sitemap: {live}/sitemap.xml\n" if live else ""), encoding="utf-8")
    around = ["robots.txt"]
    if live:
        places = "".join(f"<url><loc>{escape(live + address)}</loc></url>" for address in sorted(kept.pages))
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>\n'
        (folder / "sitemap.xml").write_text(text, encoding="utf-8")
        around.append("sitemap.xml")
    mark = {"release": release, "made_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "live": live, "files": sorted([*kept.files.values(), *around])}
    (folder / MARKER).write_text(json.dumps(mark, indent=1) + "\n", encoding="utf-8")
