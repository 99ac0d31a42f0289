"""Figures of one area: cards, rates, the funnel, the trend, offenses, latest incidents, what was restated.

In go the reader and a `Place`, out come the parts of its page. Every count is an answer to a question of the grammar, so
that the same address gives the same number as CSV and JSON.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from harborlight.charts import formats
from harborlight.metrics.query import canonical_params
from harborlight.metrics.query_monthly import is_by_layer, is_monthly, since_day
from harborlight.metrics.questions import counted
from harborlight.metrics.rates import Rate, rate_of
from harborlight.metrics.shapes import Answer, Headline, Window
from harborlight.provenance import join_said, say_bound, say_rate
from harborlight.web import verdicts
from harborlight.web.cards import make_card
from harborlight.web.changes_page import parts_words, say_published
from harborlight.web.changes_query import Asked, read_changes
from harborlight.web.context import Card, Cell, Column, Figure, Link, RowGroup, Table
from harborlight.web.context_areas import Dot, Funnel
from harborlight.web.embed import make_embed, picture_address, source_line
from harborlight.web.funnel import HEIGHT, WIDTH, Member, draw_funnel, place_of
from harborlight.web.origins import origins_of_windows
from harborlight.web.places import Place
from harborlight.web.reader import Reader, Row
from harborlight.web.site import full_address
from harborlight.web.tables import make_rows_table, make_year_grid
from harborlight.web.trend import period_bars, trend_notes
from harborlight.web.wording import Wording

TREND_MONTHS = 48
MOST_RECENT = 12
MOST_RESTATED = 60


# ------------------------------------------------------------------------------------------------ cards


def read_headlines(reader: Reader, place: Place) -> list[Headline]:
    """The city's headline measures for one area, those that have twelve months."""
    known = [m for m in reader.facts.city.headline_metrics if m in reader.metric_ids()]
    asked = [m for m in known if is_by_layer(reader.facts.metrics[m], place.layer.id, reader.facts)]
    if place.lines_text:
        asked = [m for m in asked if not is_monthly(reader.facts.metrics[m])]
    return [h for h in (reader.area_headline(m, **place.params) for m in asked) if h.year]


def make_area_card(reader: Reader, headline: Headline, place: Place, wording: Wording, *, is_first: bool) -> Card:
    """A headline card of an area: the same rules as the city's, with the city's count beside it."""
    card, shown, year = make_card(reader, headline, wording, is_first=is_first), headline.verdict, headline.year
    if year is None or shown is None:
        return card
    path = place.metric_href(headline.metric.id, **{"from": str(year.now.date_from), "to": str(year.now.date_to)})
    permalink = full_address(reader.facts, path) or path
    chance = verdicts.chance_sentence(shown, wording)
    if headline.longer and shown.verdict != "not_comparable":
        chance = join_said((wording.text("area.longer", now=shown.now.n, before=shown.before.n), chance))
    city = reader.headline(headline.metric.id).year
    beside = ((wording.text("area.card_city"), city_words(city.now, city.before, wording)),) if city else ()
    return replace(
        card,
        href=place.metric_href(headline.metric.id, by="month"),
        verdict=verdicts.verdict_words(shown, wording),
        verdict_kind=shown.verdict,
        chance=chance,
        short=(*beside, *card.short),
        sentence=verdicts.copy_sentence(reader.facts, headline, permalink, wording, area=place.name),
        permalink=path,
        origins=(*card.origins, *(_city_origins(city.now, city.before, wording) if city else ())),
    )


def _city_origins(now: Window, before: Window, wording: Wording) -> tuple[Link, ...]:
    """How the city's counts beside an area's are made."""
    name = wording.text("area.card_city")
    return origins_of_windows((f"{name}: {verdicts.period_words(window, wording)}", window) for window in (now, before))


def city_words(now: Window, before: Window, wording: Wording) -> str:
    return wording.text("area.city_counts", now=now.n, before=before.n)


# ------------------------------------------------------------------------------------------------ rates


def area_rate(place: Place, window: Window) -> Rate | None:
    return rate_of(window.n, place.area.population if place.area else None, window.days)


def city_people(place: Place) -> int | None:
    """Residents of every area of these lines; None where any has no count."""
    counts = [area.population for area in place.lines.areas] if place.lines else []
    return sum(n or 0 for n in counts) if counts and None not in counts else None


def rate_sentence(rate: Rate | None, wording: Wording) -> str:
    """The rate with its exact interval in words, or why there is none."""
    if rate is None:
        return wording.text("area.rate_none")
    if not rate.is_stable:
        return wording.text("area.rate_few")
    low, high = rate_ends(rate, wording)
    return wording.text("area.rate", rate=rate_words(rate, wording), low=low, high=high)


def rate_words(rate: Rate, wording: Wording) -> str:
    return say_rate(_per(rate.per_100k, wording.language), rate)


def rate_ends(rate: Rate, wording: Wording) -> tuple[str, str]:
    low, high = (say_bound(_per(end, wording.language), end, rate.n) for end in (rate.low, rate.high))
    return low, high


def _per(value: float, language: str = "en") -> str:
    """Rates under a hundred keep one decimal."""
    return formats.decimal(value, 1 if value < 100 else 0, language)


def rate_cell(rate: Rate | None, wording: Wording) -> Cell:
    """A rate with its interval as a cell."""
    if rate is None:
        return Cell(wording.text("area.cell_none"), kind="quiet")
    if not rate.is_stable:
        return Cell(wording.text("area.cell_few"), kind="quiet")
    low, high = rate_ends(rate, wording)
    return Cell(rate_words(rate, wording), kind="number", note=wording.text("area.cell_range", low=low, high=high))


def make_against(reader: Reader, place: Place, headlines: list[Headline], wording: Wording) -> Table | None:
    """Counts and rates of the area beside the city's."""
    people, rows = city_people(place), []
    for headline in headlines:
        city = reader.headline(headline.metric.id).year
        if headline.year is None or city is None:
            continue
        now, before = headline.year.now, headline.year.before
        rows.append(
            (
                Cell(headline.metric.title, place.metric_href(headline.metric.id, by="month"), "head"),
                _count_cell(now, before, wording),
                rate_cell(area_rate(place, now), wording),
                _city_cell(city.now, people, wording),
            )
        )
    if not rows or headlines[0].year is None:
        return None
    heads = [Column(wording.text("area.measure"))]
    keys = ("area.here", "area.rate_here", "area.city")
    heads += [Column(wording.text(key), True) for key in keys]
    period = verdicts.period_words(headlines[0].year.now, wording)
    return Table(
        wording.text("area.against_caption", name=place.name, period=period),
        tuple(heads),
        (RowGroup("", tuple(rows)),),
        wording.text("area.against_note"),
        show_caption=True,
    )


def _count_cell(now: Window, before: Window, wording: Wording) -> Cell:
    note = wording.text("area.cell_before", n=before.n)
    return Cell(formats.number(now.n, wording.language), kind="number", note=note)


def _city_cell(now: Window, people: int | None, wording: Wording) -> Cell:
    rate = rate_of(now.n, people, now.days)
    note = wording.text("area.cell_city", rate=rate_words(rate, wording)) if rate and rate.is_stable else ""
    return Cell(formats.number(now.n, wording.language), kind="number", note=note)


# ----------------------------------------------------------------------------------------------- funnel


def make_funnel(reader: Reader, place: Place, headline: Headline, wording: Wording) -> Funnel | None:
    """The area among its layer; None where people are not counted or there is too little to lie among."""
    if place.lines is None or place.area is None or headline.year is None:
        return None
    span = headline.year.now
    params = {"layer": place.layer.id} | ({"lines": place.lines_text} if place.lines_text else {})
    query = reader.ask(headline.metric.id, from_=str(span.date_from), to=str(span.date_to), by="area", **params)
    answer = reader.answer(query)
    counts = {row["area_id"]: row["n"] for row in answer.rows if row["n"] is not None}
    settled = [area for area in place.lines.areas if area.population]
    events, people = sum(counts.get(a.id, 0) for a in settled), sum(a.population or 0 for a in settled)
    members = [Member(a.id, counts.get(a.id, 0), (a.population or 0) * events / people) for a in settled] if events else []
    drawn = draw_funnel(members)
    own = next((m for m in members if m.id == place.id), None)
    if drawn is None or own is None:
        return None
    empty = len(place.lines.areas) - len(settled)
    dots = [Dot(x, y, "here" if name == place.id else "other") for name, x, y in drawn.dots]
    lang = wording.language
    return Funnel(
        WIDTH, HEIGHT, tuple(sorted(dots, key=lambda dot: dot.kind == "here")), drawn.curves, drawn.middle,
        label=wording.text("area.funnel_label", layer=place.layer.title.lower(), n=len(members)),
        top=wording.text("area.funnel_top", times=formats.decimal(drawn.top, 1, lang)),
        first=wording.text("area.funnel_first"), last=wording.text("area.funnel_last", n=round(drawn.most)),
        takeaway=wording.text(
            f"area.funnel_{place_of(own)}", name=place.name, n=own.n, expected=say_bound(_per(own.expected), own.expected, own.n)
        ),
        caution=wording.text("areas.caution"),
        notes=(wording.text("area.funnel_empty", n=empty),) if empty else (), **_twins(reader, place, answer, wording),
        origins=origins_of_windows([(place.layer.title, replace(span, n=own.n))]),
    )  # fmt: skip


def _twins(reader: Reader, place: Place, answer: Answer, wording: Wording) -> dict[str, Any]:
    """The numbers of a drawing as a table, as files, and under an address of their own."""
    facts, metric, query = reader.facts, answer.metric, answer.query
    days = formats.date_range_words(query.date_from, query.date_to, wording.language)
    title = wording.text("area.funnel_table", title=metric.title, layer=place.layer.title.lower(), days=days)
    asked = urlencode(canonical_params(query), safe=",:")
    page = f"/metrics/{metric.id}?{asked}"
    return {
        "table": make_rows_table(answer, title, facts, wording),
        "links": (
            Link(wording.text("figures.csv"), page.replace("?", ".csv?")), Link(wording.text("figures.json"), f"/api/v1{page}"),
            Link(wording.text("figures.more"), page),
        ),
        "embed": make_embed(page, picture_address(metric.id, asked), title, facts, wording, "embed-areas"),
    }  # fmt: skip


# ----------------------------------------------------------------------------------- trend and offenses


def make_area_trend(reader: Reader, place: Place, headline: Headline, wording: Wording) -> Figure | None:
    """The last 48 months of the first measure."""
    metric, through = headline.metric, reader.facts.metric_through[headline.metric.id]
    back = through.year * 12 + through.month - TREND_MONTHS
    first = max(reader.facts.metric_from[metric.id], date(back // 12, back % 12 + 1, 1))
    answer = reader.answer(reader.ask(metric.id, from_=str(first), to=str(through), by="month", **place.params))
    title = wording.text("area.trend_title", title=metric.title, name=place.name)
    more = {"from": str(first), "to": str(through), "by": "month"}
    page = place.metric_href(metric.id, **more)
    return Figure(
        title=title,
        takeaway="",
        image=None,
        bars=period_bars(answer, reader.facts, title, wording),
        notes=tuple(n for n in trend_notes(reader.facts, metric.id, wording) if _belongs(n, reader, place, metric.id, first)),
        table=make_year_grid(answer, title, wording),
        links=data_links(place, metric.id, more, wording),
        source=source_line(reader.facts, metric.id, wording),
        embed=make_embed(page, picture_address(metric.id, page.partition("?")[2]), title, reader.facts, wording, "embed-trend"),
    )


def _belongs(note: str, reader: Reader, place: Place, metric_id: str, first: date) -> bool:
    """Left out: what lies before the first month of the picture, and redrawn lines where all months are counted by one set."""
    city = reader.facts.city
    touching = [item for item in (*city.breaks, *city.interventions) if {metric_id, "all"} & set(item.metrics)]
    out = [item for item in touching if item.date < first or (place.lines is not None and item.effect == "recomputes")]
    return not any(item.title in note for item in out)


def data_links(place: Place, metric_id: str, more: dict[str, str], wording: Wording) -> tuple[Link, ...]:
    """The same question as CSV, JSON and page."""
    page = place.metric_href(metric_id, **more)
    return (
        Link(wording.text("figures.csv"), page.replace(metric_id, f"{metric_id}.csv", 1)),
        Link(wording.text("figures.json"), f"/api/v1{page}"),
        Link(wording.text("figures.more"), page),
    )


def make_area_offenses(reader: Reader, place: Place, wording: Wording) -> tuple[Table | None, tuple[Link, ...]]:
    """Incidents by kind of offense, twelve months and the twelve before. No verdicts: among twenty, one would stand out by chance."""
    city = reader.headline("incidents").year if "incidents" in reader.metric_ids() else None
    if city is None:
        return None, ()
    here = [_by_offense(reader, window, **place.params) for window in (city.now, city.before)]
    whole = _by_offense(reader, city.now)
    names = {row["offense"]: row["offense_name"] for answer in (*here, whole) for row in answer.rows if row["offense"]}
    counts = [{row["offense"]: row["n"] for row in answer.rows if row["n"] is not None} for answer in (*here, whole)]
    none = [partial(_no_row, answer) for answer in (*here, whole)]
    rows = tuple(
        (
            Cell(name, place.metric_href("incidents", by="month", offense=group), "head"),
            *(
                Cell(formats.number(column.get(group, zero(group)), wording.language), kind="number")
                for column, zero in zip(counts, none, strict=True)
            ),
        )
        for group, name in sorted(names.items(), key=lambda item: (-counts[0].get(item[0], 0), item[1]))
        if counts[0].get(group) or counts[1].get(group)
    )
    if not rows:
        return None, ()
    heads = (
        Column(wording.text("offenses.offense")),
        Column(verdicts.period_words(city.now, wording), True),
        Column(verdicts.period_words(city.before, wording), True),
        Column(wording.text("area.city"), True),
    )
    caption = wording.text("area.offenses_caption", name=place.name)
    span = {"from": str(city.now.date_from), "to": str(city.now.date_to), "by": "offense"}
    table = Table(caption, heads, (RowGroup("", rows),), wording.text("area.offenses_note"))
    return table, data_links(place, "incidents", span, wording)


def _no_row(answer: Answer, group: str) -> int:
    """None of an offense group that the answer has no row for."""
    return counted(0, replace(answer.query, by=(), offenses=(group,)), answer.metric)


def _by_offense(reader: Reader, window: Window, **params: str) -> Answer:
    query = reader.ask("incidents", from_=str(window.date_from), to=str(window.date_to), by="offense", **params)
    return reader.answer(query)


# ------------------------------------------------------------------------------------- recent and restated


def make_recent(reader: Reader, place: Place, wording: Wording) -> Table | None:
    """The latest incidents of the map with a public point here: day, hour and kind, nothing nearer than the area."""
    if place.lines is None or place.area is None:
        return None
    lang = wording.language
    rows = tuple(
        (
            Cell(formats.date_words(row["day"], lang), kind="head"),
            Cell(formats.hour_words(row["hour"], lang) if row["hour"] is not None else wording.text("unknown.hour")),
            Cell(str(row["group_title"])),
        )
        for row in reader.recent(place.lines.ix, place.area.ix, MOST_RECENT)
    )
    heads = tuple(Column(wording.text(f"area.recent_{key}")) for key in ("day", "hour", "offense"))
    return Table(wording.text("area.recent_caption", name=place.name), heads, (RowGroup("", rows),)) if rows else None


def make_news(reader: Reader, place: Place, since: date, headlines: list[Headline], wording: Wording) -> tuple[str, ...]:
    """What was recorded here on or after a day, by headline measure."""
    lines = []
    for headline in headlines[:1]:
        metric, through = headline.metric, reader.facts.metric_through[headline.metric.id]
        if since <= through:
            lines.append(_news_line(reader, place, metric.id, since, through, wording))
    metric_id = "incidents"
    if metric_id in reader.metric_ids() and since <= reader.facts.metric_through[metric_id]:
        lines.append(_news_line(reader, place, metric_id, since, reader.facts.metric_through[metric_id], wording))
    return tuple(lines)


def _news_line(reader: Reader, place: Place, metric_id: str, since: date, through: date, wording: Wording) -> str:
    since = since_day(since, reader.facts.metrics[metric_id])
    query = reader.ask(metric_id, from_=str(since), to=str(through), **place.params)
    row: dict[str, Any] = reader.answer(query).rows[0]
    if row["n"] is None:
        return str(row["missing"])
    noun = reader.facts.metrics[metric_id].sentence_noun
    days = formats.date_range_words(since, through, wording.language)
    return wording.text("area.news", number=row["n"], noun=noun, days=days)


def make_restated(reader: Reader, place: Place, since: date, wording: Wording) -> Table | None:
    """Published counts of this area that changed since a day; kept for the primary layer by its lines in force."""
    if not has_revisions(reader, place):
        return None
    rows = tuple(_restated(row, reader, wording) for row in read_changes(reader, Asked(area=place.id, since=since), MOST_RESTATED))
    heads = (
        Column(wording.text("area.measure")), Column(wording.text("area.restated_period")),
        Column(wording.text("area.restated_before"), True), Column(wording.text("area.restated_after"), True),
        Column(wording.text("changes.head_why")), Column(wording.text("area.restated_known")),
    )  # fmt: skip
    caption = wording.text("area.restated_caption", name=place.name)
    return Table(caption, heads, (RowGroup("", rows),), is_wide=True) if rows else None


def has_revisions(reader: Reader, place: Place) -> bool:
    """Whether the release keeps what was published of this area before."""
    return place.layer.id == reader.facts.city.primary_layer and not place.lines_text


def _restated(row: Row, reader: Reader, wording: Wording) -> tuple[Cell, ...]:
    lang, metric = wording.language, reader.facts.metrics.get(row["metric"])
    period = formats.month_words(row["period"], lang) if row["grain"] == "month" and row["period"] != "undated" else str(row["period"])
    counts = [
        Cell(wording.text("tables.missing"), kind="quiet") if n is None else Cell(say_published(n, row, lang), kind="number")
        for n in (row["before"], row["after"])
    ]
    known = Cell(formats.date_words(row["known_on"], lang))
    why = Cell(wording.text(f"changes.why_{row['why']}"), note=parts_words(row, wording))
    return (Cell(metric.title if metric else row["metric"], kind="head"), Cell(period), *counts, why, known)
