"""Other ways to look at one measure of the whole city: against three bases, twelve months at a time, this year, week by week.

In go the reader and a metric, out comes `Views`. The pictures are made at publish; each has the same numbers as a table
and a link to the rows. A view that the data are too short for is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from harborlight.charts import formats
from harborlight.metrics import trends
from harborlight.metrics.compare import Baseline, make_baselines
from harborlight.metrics.series import Series
from harborlight.metrics.shapes import Answer, Headline
from harborlight.provenance import join_said, say_bound
from harborlight.statistics.windows import Window as Days
from harborlight.web import verdicts
from harborlight.web.compare_words import baseline_name
from harborlight.web.context import Cell, Column, Figure, Link, RowGroup, Table
from harborlight.web.context_drawings import Embed
from harborlight.web.context_trend import Base, Strip, Views
from harborlight.web.embed import make_embed, picture_address, source_line
from harborlight.web.origins import origins_of_windows
from harborlight.web.reader import Reader
from harborlight.web.trend import chart_image
from harborlight.web.wording import Wording

Named = tuple[str, str, Figure]


def make_views(reader: Reader, metric_id: str, charts: frozenset[str], wording: Wording) -> Views | None:
    """Every view of a metric that its data reach far enough for; None where there is none."""
    months = reader.answer(reader.ask(metric_id, by="month"))
    found = [
        _season(reader, months, charts, wording),
        _rolling(reader, months, charts, wording),
        _weeks(reader, metric_id, charts, wording),
    ]
    figures = tuple(item for item in found if item is not None)
    strip = _strip(reader, reader.headline(metric_id), wording)
    return Views(strip, figures) if strip or figures else None


# ----------------------------------------------------------------------------------------------- three bases


def _strip(reader: Reader, headline: Headline, wording: Wording) -> Strip | None:
    if headline.year is None:
        return None
    metric, now = headline.metric, headline.year.now
    query = reader.ask(metric.id)
    days = Days(now.date_from, now.date_to)
    bases = reader.using(lambda con: make_baselines(Series(con, reader.facts, query), days))
    if all(base.reason for base in bases):
        return None
    period = verdicts.period_words(now, wording)
    windows = [(verdicts.period_words(w, wording), w) for w in (now, *max((b.before for b in bases), key=len))]
    return Strip(
        title=wording.text("views.strip", noun=metric.title, period=period), number=str(wording.write(now.n)),
        bases=tuple(_base(base, before, now.n, wording) for base, before in zip(bases, (None, *bases), strict=False)),
        note=wording.text("views.strip_note"),
        origins=origins_of_windows(windows),
    )  # fmt: skip


def _base(base: Baseline, before: Baseline | None, now: int, wording: Wording) -> Base:
    name, word = baseline_name(base, wording), wording.text(f"verdicts.word_{base.verdict}")
    if base.mean is None:
        is_same = before is not None and before.reason == base.reason
        return Base(name, "", word, base.verdict, wording.text("views.strip_same") if is_same else base.reason)
    if base.years == 1:
        return Base(name, str(wording.write(base.before[0].n)), word, base.verdict, verdicts.period_words(base.before[0], wording))
    mean = say_bound(formats.decimal(base.mean, 1, wording.language), base.mean, now)
    first, last = base.before[-1].date_from, base.before[0].date_to
    words = formats.month_range_words(first, last, wording.language)
    return Base(name, wording.text("views.strip_mean", mean=mean), word, base.verdict, words)


# ------------------------------------------------------------------------------------------ twelve at a time


def _rolling(reader: Reader, months: Answer, charts: frozenset[str], wording: Wording) -> Named | None:
    metric, facts = months.metric, reader.facts
    points = trends.make_rolling(facts, months)
    known = [(point.month, point.n) for point in points if point.n is not None]
    if not known:
        return None
    top, low = max(known, key=lambda point: point[1]), min(known, key=lambda point: point[1])
    takeaway = wording.text(
        "views.rolling_takeaway", month=_month(known[-1][0], wording), n=known[-1][1], first_month=_month(known[0][0], wording),
        top=top[1], top_month=_month(top[0], wording), low=low[1], low_month=_month(low[0], wording),
    )  # fmt: skip
    title = wording.text("views.rolling_title", title=metric.title, unit=wording.text(f"units.{metric.unit}").lower())
    rows = tuple(
        (Cell(_month(point.month, wording), kind="head"), _cell(point.n, wording)) for point in reversed(points)
    )
    columns = (Column(wording.text("views.rolling_month")), Column(wording.text(f"units.{metric.unit}"), True))
    figure = Figure(
        title=title, takeaway=takeaway, image=chart_image(facts.release_id, f"{metric.id}-rolling", charts, takeaway), bars=None,
        notes=(wording.text("views.rolling_note"),), table=Table(title, columns, (RowGroup("", rows),)),
        links=_links(metric.id, "by=month", wording), source=source_line(facts, metric.id, wording),
        embed=_embed(reader, charts, metric.id, "rolling", title, wording),
    )  # fmt: skip
    return "rolling", wording.text("views.rolling"), figure


# --------------------------------------------------------------------------------------------------- this year


def _season(reader: Reader, months: Answer, charts: frozenset[str], wording: Wording) -> Named | None:
    metric, facts = months.metric, reader.facts
    season = trends.make_season(facts, months)
    if season is None:
        return None
    last = [month for month in season.months if month.total is not None][-1]
    n, first, final = last.total or 0, str(season.earlier[0]), str(season.earlier[-1])
    place = "below" if n < last.low else "above" if n > last.high else "within"
    takeaway = wording.text(
        f"views.season_{place}", n=last.total, month=formats.month_words(f"{season.year}-{last.number:02}", wording.language, "long"),
        first=first, last=final, low=last.low, high=last.high,
    )  # fmt: skip
    title = wording.text(
        "views.season_title", title=metric.title, year=str(season.year), first=first, last=final,
        unit=wording.text(f"units.{metric.unit}").lower(),
    )  # fmt: skip
    figure = Figure(
        title=title, takeaway=takeaway, image=chart_image(facts.release_id, f"{metric.id}-season", charts, takeaway), bars=None,
        notes=(wording.text("views.season_note", first=first, last=final),), table=_season_table(season, title, wording),
        links=_links(metric.id, "by=month", wording), source=source_line(facts, metric.id, wording),
        embed=_embed(reader, charts, metric.id, "season", title, wording),
    )  # fmt: skip
    return "season", wording.text("views.season"), figure


def _season_table(season: trends.Season, title: str, wording: Wording) -> Table:
    year, first, last = str(season.year), str(season.earlier[0]), str(season.earlier[-1])
    columns = (
        Column(wording.text("views.season_month")),
        Column(wording.text("views.season_count", year=year), True),
        Column(wording.text("views.season_total", year=year), True),
        Column(wording.text("views.season_before", year=last), True),
        Column(wording.text("views.season_low", first=first), True),
        Column(wording.text("views.season_high", first=first), True),
    )
    rows = tuple(
        (
            Cell(formats.month_name(f"{year}-{month.number:02}", wording.language), kind="head"),
            *(_cell(n, wording, late=month.is_provisional) for n in (month.n, month.total)),
            *(_cell(n, wording) for n in (month.before, month.low, month.high)),
        )
        for month in season.months
    )
    return Table(title, columns, (RowGroup("", rows),), is_wide=True)


# ----------------------------------------------------------------------------------------------- week by week


def _weeks(reader: Reader, metric_id: str, charts: frozenset[str], wording: Wording) -> Named | None:
    facts = reader.facts
    metric, (first, last) = facts.metrics[metric_id], trends.weeks_span(facts.metric_through[metric_id])
    if first < facts.metric_from[metric_id] or "week" not in metric.breakdowns:
        return None
    weeks = trends.make_weeks(
        facts, reader.answer(reader.ask(metric_id, from_=first.isoformat(), to=last.isoformat(), by="week"))
    )
    takeaway = _outside_words(weeks, wording)
    title = wording.text(
        "views.weeks_title", title=metric.title, days=formats.date_range_words(weeks[0].start, last, wording.language),
        unit=wording.text(f"units.{metric.unit}").lower(),
    )  # fmt: skip
    notes = [wording.text("views.weeks_note")]
    if any(week.is_provisional for week in weeks):
        notes.append(wording.text("views.weeks_late"))
    figure = Figure(
        title=title, takeaway=takeaway, image=chart_image(facts.release_id, f"{metric_id}-weeks", charts, takeaway), bars=None,
        notes=tuple(notes), table=_weeks_table(weeks, title, metric.unit, wording),
        links=_links(metric_id, f"from={weeks[0].start}&to={last}&by=week", wording), source=source_line(facts, metric_id, wording),
        embed=_embed(reader, charts, metric_id, "weeks", title, wording),
    )  # fmt: skip
    return "weeks", wording.text("views.weeks"), figure


def _outside_words(weeks: Sequence[trends.Week], wording: Wording) -> str:
    found = [week for week in weeks if week.outside and week.n is not None]
    if not found:
        return wording.text("views.weeks_none")
    said = [
        wording.text(f"views.weeks_{week.outside}", day=formats.date_words(week.start, wording.language), n=week.n)
        for week in found
    ]
    return wording.text("views.weeks_outside", n=len(found), weeks=join_said(said, ", "))


def _weeks_table(weeks: Sequence[trends.Week], title: str, unit: str, wording: Wording) -> Table:
    columns = (
        Column(wording.text("views.weeks_week")),
        Column(wording.text(f"units.{unit}"), True),
        Column(wording.text("views.weeks_low"), True),
        Column(wording.text("views.weeks_high"), True),
        Column(wording.text("views.weeks_word")),
    )
    rows = tuple(
        (
            Cell(formats.date_words(week.start, wording.language), kind="head"),
            _cell(week.n, wording, late=week.is_provisional),
            _end(week.low, week.n, wording),
            _end(week.high, week.n, wording),
            Cell(wording.text(f"views.weeks_word_{week.outside}") if week.outside else "", kind="words"),
        )
        for week in reversed(weeks)
    )
    return Table(title, columns, (RowGroup("", rows),))


# ------------------------------------------------------------------------------------------------------ parts


def _cell(n: int | None, wording: Wording, *, late: bool = False) -> Cell:
    if n is None:
        return Cell(wording.text("tables.no_total"), kind="quiet")
    return Cell(wording.write(n), kind="provisional" if late else "number")


def _end(end: float | None, n: int | None, wording: Wording) -> Cell:
    """An end of a band, which belongs to the count of its week."""
    if end is None or n is None:
        return Cell("", kind="number")
    return Cell(say_bound(formats.decimal(end, 1, wording.language), end, n), kind="number")


def _links(metric_id: str, query: str, wording: Wording) -> tuple[Link, ...]:
    return (
        Link(wording.text("figures.csv"), f"/metrics/{metric_id}.csv?{query}"),
        Link(wording.text("figures.json"), f"/api/v1/metrics/{metric_id}?{query}"),
        Link(wording.text("figures.definition"), f"/metrics/{metric_id}#definition"),
    )


def _embed(reader: Reader, charts: frozenset[str], metric_id: str, view: str, title: str, wording: Wording) -> Embed | None:
    """The picture of a view has an address of its own, which follows the releases; None where this one has no picture."""
    if f"{metric_id}-{view}-wide.svg" not in charts:
        return None
    return make_embed(
        f"/metrics/{metric_id}#{view}", picture_address(metric_id, f"view={view}"), title, reader.facts, wording, f"embed-{view}"
    )


def _month(month: str, wording: Wording) -> str:
    return formats.month_words(month, wording.language)
