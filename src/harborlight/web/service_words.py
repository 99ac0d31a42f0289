"""A site in words: how it stands, where it is, when it is open, in which languages, and when somebody last asked."""

from __future__ import annotations

import re
from datetime import date, datetime

from babel import Locale

from harborlight.catalog.hours import DAY, Span, is_always
from harborlight.catalog.services import STALE_DAYS, Operator, Site
from harborlight.charts import formats
from harborlight.metrics.facts import lines_of
from harborlight.metrics.shapes import Facts
from harborlight.provenance import say
from harborlight.web.context_community import SiteItem
from harborlight.web.service_query import MILE_KM, Asked, Found
from harborlight.web.service_reader import Listed, Standing
from harborlight.web.wording import Wording


def clock_words(minutes: int) -> str:
    """A time of day as people say it: 9:00 am, noon as 12:00 pm."""
    hour, minute = divmod(minutes % DAY, 60)
    return f"{(hour - 1) % 12 + 1}:{minute:02} {'am' if hour < 12 else 'pm'}"


def moment_words(moment: datetime, wording: Wording) -> str:
    """Weekday, day and time."""
    return f"{formats.weekday_words(moment.isoweekday(), wording.language)}, {formats.date_words(moment.date(), wording.language)}, {_time(moment)}"


def _time(moment: datetime) -> str:
    return clock_words(moment.hour * 60 + moment.minute)


def partial_words(text: str, wording: Wording) -> str:
    """A year, a month or a day as far as it is known."""
    if len(text) == 10:
        return formats.date_words(date.fromisoformat(text), wording.language)
    return formats.month_words(text, wording.language) if len(text) == 7 else text


def state_words(site: Site, standing: Standing, wording: Wording) -> str:
    """How a site stands, in a sentence; never that it is open where nobody has asked for long."""
    day, end = partial_words(site.status_from, wording), partial_words(site.status_to, wording)
    match standing.state:
        case "open" if standing.until and not standing.is_always:
            return wording.text("services.open_until", time=_time(standing.until))
        case "open":
            return wording.text("services.open_always")
        case "shut" if standing.opens:
            weekday = formats.weekday_words(standing.opens.isoweekday(), wording.language)
            return wording.text("services.shut", day=weekday, time=_time(standing.opens))
        case "paused":
            return wording.text("services.paused_until", day=day, end=end) if end else wording.text("services.paused", day=day)
        case "pause_over":
            return wording.text("services.pause_over", day=day, end=end)
        case "closed":
            return wording.text("services.closed", day=day)
        case "unverified":
            return wording.text("services.unverified", day=site.last_verified) if site.last_verified else wording.text("services.unverified_never")
        case _:
            return wording.text("services.hours_unknown")


def verified_words(site: Site, today: date, wording: Wording) -> str:
    """When somebody last asked, whatever the state."""
    days = site.days_unverified(today)
    if days is None or site.last_verified is None:
        return wording.text("services.verified_never")
    key = "services.verified_old" if days > STALE_DAYS else "services.verified"
    return wording.text(key, day=site.last_verified, days=STALE_DAYS)


def language_words(codes: tuple[str, ...], wording: Wording) -> str:
    """Languages by their names."""
    return ", ".join(language_name(code, wording) for code in codes)


def language_name(code: str, wording: Wording) -> str:
    return str(Locale.parse(wording.language).languages.get(code, code))


def hours_words(spans: tuple[Span, ...], wording: Wording) -> tuple[tuple[str, str], ...]:
    """A line for each weekday; none where hours are not known."""
    if not spans:
        return ()
    if is_always(spans):
        return ((wording.text("services.hours"), wording.text("services.day_always")),)
    lines = []
    for day in range(7):
        parts = [_span(span, wording) for span in spans if span.weekday == day]
        lines.append((formats.weekday_words(day + 1, wording.language), ", ".join(parts) or wording.text("services.day_closed")))
    return tuple(lines)


def _span(span: Span, wording: Wording) -> str:
    key = "services.until_next_day" if span.closes > DAY else "services.span"
    return wording.text(key, opens=clock_words(span.opens), closes=clock_words(span.closes))


def short_hours(spans: tuple[Span, ...], wording: Wording) -> str:
    """The same on one line, weekdays with the same hours together."""
    lines = hours_words(spans, wording)
    if len(lines) <= 1:
        return lines[0][1] if lines else wording.text("services.hours_none")
    parts: list[list[str]] = []
    for i, (_, text) in enumerate(lines):
        short = formats.weekday_words(i + 1, wording.language, "short")
        if parts and parts[-1][2] == text:
            parts[-1][1] = short
        else:
            parts.append([short, short, text])
    closed = wording.text("services.day_closed")
    return "; ".join(f"{a if a == b else f'{a} to {b}'} {text}" for a, b, text in parts if text != closed)


def operator_words(operator: Operator, wording: Wording) -> str:
    """Who ran it, from when to when."""
    ends = {name: partial_words(end, wording) for name, end in (("since", operator.since), ("until", operator.until)) if end}
    key = "between" if len(ends) == 2 else next(iter(ends), "always")
    return wording.text(f"services.run_by_{key}", name=operator.name, **ends)


def catchment_words(listed: Listed, facts: Facts, wording: Wording) -> str:
    """The area that a site serves, by its name; empty where it is not known."""
    layer, area = listed.question.get("layer", ""), listed.question.get("area", "")
    if not area:
        return wording.text("community.site_area_drawn") if listed.question else ""
    lines = lines_of(facts, layer)
    names = {found.id: found.name for found in lines.areas} if lines else {}
    return f"{names.get(area, area)} ({facts.layers[layer].title_one})"


def make_item(found: Found, asked: Asked, number: str, facts: Facts, wording: Wording) -> SiteItem:
    """One entry of the list: everything that the map says of it, and more."""
    site = found.listed.site
    parts = (
        (wording.text("services.kind"), wording.text(f"services.kind_{site.kind}")),
        (wording.text("services.place"), place_words(site, wording)),
        (wording.text("services.distance"), distance_words(found, asked, wording)),
        (wording.text("services.catchment"), catchment_words(found.listed, facts, wording)),
        (wording.text("services.hours"), short_hours(site.spans, wording) if site.status != "closed" else ""),
        (wording.text("services.languages"), language_words(site.languages, wording)),
        (wording.text("services.needs"), ", ".join(wording.text(f"services.need_{need}") for need in site.needs)),
    )
    return SiteItem(
        id=site.id, name=site.name, href=f"/community/{site.id}", number=number, state=state_words(site, found.standing, wording),
        state_kind=found.standing.state, facts=tuple((label, text) for label, text in parts if text),
        phone=site.phone, dial=re.sub(r"[^0-9+]", "", site.phone), verified=verified_words(site, asked.moment.date(), wording),
    )  # fmt: skip


def place_words(site: Site, wording: Wording) -> str:
    if site.is_confidential:
        return wording.text("services.secret")
    if site.longitude is None:
        return ". ".join(part for part in (site.address, wording.text("services.no_place")) if part)
    return site.address


def distance_words(found: Found, asked: Asked, wording: Wording) -> str:
    """How far in miles, and whether the site serves the chosen place."""
    if asked.spot is None:
        return ""
    parts = [wording.text("services.serves", place=asked.spot.name)] if found.serves else []
    if found.km is not None:
        miles = formats.decimal(found.km / MILE_KM, 1, wording.language)
        marked = say(miles, round(found.km / MILE_KM, 6), "distance", site=found.listed.site.id, near=asked.spot.value)
        parts.insert(0, wording.text("services.near", miles=marked, place=asked.spot.name))
    return wording.text("community.both", one=parts[0], other=parts[1]) if len(parts) == 2 else parts[0] if parts else ""
