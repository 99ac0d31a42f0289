"""The shell around every page: name, menu, data line, banners, footer. In go a release and the clock, out comes `Site`.

Banners are worked out at serve time, so that a page which nobody rebuilt still says that its data are late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from harborlight.catalog.models import Notice
from harborlight.charts import formats
from harborlight.metrics.shapes import Facts, SourceFacts
from harborlight.web.context import Banner, Link, Site
from harborlight.web.headers import RECORD_PATHS
from harborlight.web.wording import Wording

MENU = (
    ("overview", "/"),
    ("map", "/map"),
    ("my_area", "/areas"),
    ("harmed", "/demographics"),
    ("courts", "/outcomes"),
    ("help", "/community"),
    ("goals", "/goals"),
    ("measures", "/metrics"),
)
FOOTER = (
    ("areas", "/areas"),
    ("compare", "/compare"),
    ("strategies", "/strategies"),
    ("firearms", "/firearms"),
    ("look_up", "/look-up"),
    ("warrants", "/warrants"),
    ("about", "/about"),
    ("methods", "/methods"),
    ("data", "/data"),
    ("api", "/api"),
    ("changes", "/changes"),
    ("corrections", "/corrections"),
    ("status", "/status"),
    ("accessibility", "/accessibility"),
    ("privacy", "/privacy"),
    ("report", "/report"),
)


@dataclass(frozen=True)
class Visit:
    """One request's view of the world: a release that cannot change under it, and what is late at this moment.

    `unchecked` are the sources on which no page of a single record may rest now.
    """

    facts: Facts
    late: tuple[SourceFacts, ...]
    notices: tuple[Notice, ...]
    now: datetime
    path: str
    query: str
    is_preview: bool
    unchecked: frozenset[str] = frozenset()

    @property
    def today(self) -> date:
        """The day in the city."""
        return self.now.astimezone(ZoneInfo(self.facts.city.timezone)).date()


def make_site(visit: Visit, wording: Wording, *, is_error: bool = False) -> Site:
    """The shell of one page."""
    facts, city = visit.facts, visit.facts.city
    address = visit.path + (f"?{visit.query}" if visit.query else "")
    return Site(
        lang=wording.language,
        name=city.site_title,
        city=city.name,
        place=f"{city.name}, {city.state}",
        tagline=city.tagline,
        menu=tuple(Link(wording.text(f"menu.{key}"), href, _is_open(href, visit.path)) for key, href in MENU),
        footer=tuple(Link(wording.text(f"menu.{key}"), href) for key, href in FOOTER),
        banners=tuple(_banners(visit, wording)),
        data_line=_data_line(facts, wording),
        next_update=city.next_update,
        release=facts.release_id,
        office=city.contact.office,
        email=city.contact.email,
        phone=city.contact.phone,
        address=city.contact.address,
        path="" if is_error else address,
        canonical="" if is_error else full_address(facts, address),
        is_indexed=not (is_error or visit.is_preview or visit.path.startswith(RECORD_PATHS)),
    )


def full_address(facts: Facts, path: str) -> str:
    """The page's address with the city's own host, or empty where the city has not named one."""
    return facts.city.site_url.rstrip("/") + path if facts.city.site_url else ""


def _is_open(href: str, path: str) -> bool:
    return path == href if href == "/" else path == href or path.startswith(f"{href}/")


def _data_line(facts: Facts, wording: Wording) -> str:
    """The least fresh headline figure decides."""
    days = [facts.metric_through[m] for m in facts.city.headline_metrics if facts.metric_sources.get(m)]
    day = formats.date_words(min(days, default=facts.data_through), wording.language, "long")
    return wording.text("shell.through", day=day)


# More late sources than these are counted in the banner and named on the page of the status.
MOST_NAMED = 2


def _banners(visit: Visit, wording: Wording) -> Sequence[Banner]:
    banners = []
    if visit.is_preview:
        banners.append(Banner("preview", wording.text("shell.preview")))
    if visit.facts.city.fictional:
        banners.append(Banner("fictional", wording.text("shell.fictional", city=visit.facts.city.name)))
    for notice in visit.notices:
        if notice.covers(visit.path):
            link = Link(wording.text("shell.notice_link"), f"/corrections#{notice.id}")
            banners.append(Banner("notice", wording.text("shell.notice", title=notice.title), link))
    held = [s for s in visit.facts.sources if s.held_reason and s not in visit.late]
    for few, many, sources in (("shell.late", "shell.late_many", visit.late), ("shell.held", "shell.held_many", held)):
        if len(sources) > MOST_NAMED:
            oldest = min(sources, key=lambda s: s.data_through or date.min)
            text = wording.text(many, n=len(sources), oldest=_source_words(oldest, wording))
        elif sources:
            text = wording.text(few, n=len(sources), sources="; ".join(_source_words(s, wording) for s in sources))
        if sources:
            banners.append(Banner("stale", text, Link(wording.text("shell.late_link"), "/status")))
    return banners


def _source_words(source: SourceFacts, wording: Wording) -> str:
    if source.data_through is None:
        return source.title
    return wording.text("shell.late_source", source=source.title, day=source.data_through)
