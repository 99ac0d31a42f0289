"""One measure: question, answer, chart and table, how it is counted, where from, and the same question as data.

In go the reader and one typed question, out comes `MetricPage`. Without parameters the page shows every month there is;
with parameters it shows exactly the rows that CSV and JSON give for the same address.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from harborlight.charts import formats
from harborlight.metrics.compare_query import Pair
from harborlight.metrics.facts import areas_in, default_layer, lines_by_id
from harborlight.metrics.query import canonical_params
from harborlight.metrics.query_monthly import is_by_layer, is_monthly, windows_of
from harborlight.metrics.query_places import default_lines
from harborlight.metrics.shapes import Answer, Facts, Query, SourceFacts
from harborlight.provenance import join_said
from harborlight.web import verdicts
from harborlight.web.compare_windows import make_tool
from harborlight.web.context import Choice, Figure, Link, MetricPage, Option, SourceLine
from harborlight.web.embed import source_line
from harborlight.web.offense_table import public_groups
from harborlight.web.overview import make_heat
from harborlight.web.places import layers_of
from harborlight.web.reader import Reader
from harborlight.web.rules import make_rules, rule_words, switch_options
from harborlight.web.site import full_address
from harborlight.web.tables import make_heat_table, make_rows_table, make_year_grid
from harborlight.web.trend import gap_lines, make_trend, period_bars, trend_notes
from harborlight.web.trend_views import make_views
from harborlight.web.wording import Wording

Pairs = tuple[tuple[str, str], ...]
SAFE_PAGES = ("https://", "http://")


def make_metric_page(
    reader: Reader, query: Query, files: frozenset[str], wording: Wording, *, is_default: bool, pair: Pair | None = None
) -> MetricPage:
    """The page of one question about one metric. `files` are the release's charts and downloads, `pair` two periods to compare."""
    facts = reader.facts
    metric = facts.metrics[query.metric]
    answer = reader.answer(replace(query, by=("month",)) if is_default else query)
    sentence, qualifier = (
        _headline(reader, query, wording) if is_default else (make_answer_sentence(reader, query, wording), "")
    )
    address = _address(facts, query, is_default)
    return MetricPage(
        id=metric.id,
        title=metric.title,
        question=metric.question,
        answer=sentence,
        qualifier=qualifier,
        why=metric.why,
        caveat=metric.caveat,
        badge=_badge(facts, query, wording),
        figure=make_trend(reader, metric.id, files, wording) if is_default else _figure(answer, facts, wording),
        windows=_windows(facts, query, wording, is_default),
        choices=tuple(_choices(facts, query, wording)),
        layer=query.layer or (default_layer(facts) if is_by_layer(metric, default_layer(facts), facts) else "") or "",
        lines=query.lines_text,
        layers=_layers(facts, query, wording, is_default),
        date_from=query.date_from.isoformat(),
        date_to=query.date_to.isoformat(),
        date_least=facts.metric_from[metric.id].isoformat(),
        date_most=facts.metric_through[metric.id].isoformat(),
        is_default=is_default,
        note=wording.text("metric.whole_months") if is_monthly(metric) else "",
        reset=f"/metrics/{metric.id}",
        definition=metric.definition,
        version=wording.text("metric.version", version=str(metric.definition_version), day=metric.reviewed_on),
        caveats=metric.caveats,
        gaps=tuple(gap_lines(facts, metric.id, wording)),
        breaks=metric_breaks(facts, metric.id, wording),
        sql=reader.sql(answer.query),
        compare=make_tool(reader, replace(query, known=None), pair, wording),
        rules=make_rules(reader, replace(query, known=None), wording),
        views=make_views(reader, metric.id, files, wording) if is_default else None,
        sources=tuple(source_lines(facts, metric.id, wording)),
        rows_used=_rows_used(facts, answer, wording),
        downloads=_downloads(facts, query, is_default, files, wording),
        permalink=full_address(facts, address) or address,
    )


# ----------------------------------------------------------------------------------------------- answer


def _headline(reader: Reader, query: Query, wording: Wording) -> tuple[str, str]:
    metric = reader.facts.metrics[query.metric]
    change = reader.headline(metric.id).year
    if change is None:
        return make_answer_sentence(reader, query, wording), ""
    chance = verdicts.chance_sentence(change, wording) or change.reason
    return verdicts.answer_sentence(metric, change, wording), join_said(
        (chance, verdicts.provisional_sentence(reader.facts, metric, wording))
    )


def make_answer_sentence(reader: Reader, query: Query, wording: Wording) -> str:
    """The plain number of the question with what narrows it."""
    facts = reader.facts
    row = reader.answer(replace(query, by=())).rows[0]
    days = formats.date_range_words(query.date_from, query.date_to, wording.language, "long")
    if row["n"] is None:
        return wording.text("metric.answer_missing", days=days, reason=row["missing"])
    return wording.text(
        "metric.answer",
        number=row["n"],
        noun=_noun(facts, query, wording),
        days=days,
        narrowed=narrowed_words(facts, query, wording),
    )


def _noun(facts: Facts, query: Query, wording: Wording) -> str:
    metric = facts.metrics[query.metric]
    if query.unit == metric.unit:
        return metric.sentence_noun
    return wording.text("metric.noun_unit", noun=metric.sentence_noun, unit=wording.text(f"units.{query.unit}").lower())


def narrowed_words(facts: Facts, query: Query, wording: Wording) -> str:
    """The filters of a question as the end of a sentence, or nothing."""
    parts = []
    if query.area and query.layer:
        areas = areas_in(facts, query.layer, query.lines)
        parts.append(next(name for _, area_id, name in areas if area_id == query.area))
        lines = lines_by_id(facts, query.layer, query.lines)
        if query.lines_text:
            parts.append(lines.title if lines else wording.text("areas.as_stated"))
    if query.offenses:
        names = public_groups(facts) | {o.code: o.name for o in facts.offenses}
        parts.append(", ".join(names[item] for item in query.offenses))
    if query.hours:
        parts.append(wording.text(f"hours.{query.hours}"))
    if query.system:
        parts.append(wording.text(f"systems.{query.system}"))
    parts += rule_words(query, wording)
    if query.known:
        parts.append(wording.text("history.as_known", day=query.known))
    return wording.text("metric.narrowed", parts="; ".join(parts)) if parts else ""


def figure_title(facts: Facts, query: Query, wording: Wording) -> str:
    """What a figure of this question shows: measure, breakdown, unit, days, filters."""
    names = ", ".join(wording.text(f"breakdowns.{n}").lower() for n in query.by)
    return wording.text(
        "metric.figure_title",
        title=facts.metrics[query.metric].title,
        by=wording.text("metric.by", names=names) if names else "",
        unit=wording.text(f"units.{query.unit}").lower(),
        days=formats.date_range_words(query.date_from, query.date_to, wording.language),
        narrowed=narrowed_words(facts, query, wording),
    )


def _figure(answer: Answer, facts: Facts, wording: Wording) -> Figure:
    """Table and simple drawing of a question that was not drawn ahead."""
    query, metric = answer.query, answer.metric
    title = figure_title(facts, query, wording)
    if query.by == ("month",) and len(answer.rows) > 24:
        table = make_year_grid(answer, title, wording)
    elif set(query.by) == {"hour", "weekday"}:
        table = make_heat_table(make_heat(answer, wording), title, wording)
    else:
        table = make_rows_table(answer, title, facts, wording)
    draws = query.by and query.by[0] in ("day", "week", "month", "year", "hour", "weekday")
    bars = period_bars(answer, facts, title, wording) if draws and 1 < len(answer.rows) <= 400 else None
    notes = (
        *answer.notes,
        *(trend_notes(facts, metric.id, wording) if query.by[:1] in (("month",), ("year",)) else ()),
    )
    return Figure(title, "", None, bars, notes, table, (), source_line(facts, metric.id, wording))


# ------------------------------------------------------------------------------------- the chooser


def _address(
    facts: Facts, query: Query, is_default: bool, *, without: tuple[str, ...] = (), changed: Pairs = ()
) -> str:
    """The address of this question with some parameters changed or left out."""
    pairs = {} if is_default else dict(canonical_params(query))
    if query.unit != facts.metrics[query.metric].unit:
        pairs["unit"] = query.unit
    pairs = {name: value for name, value in pairs.items() if name not in without} | dict(changed)
    return f"/metrics/{query.metric}" + (f"?{urlencode(pairs, safe=',:')}" if pairs else "")


def _windows(facts: Facts, query: Query, wording: Wording, is_default: bool) -> tuple[Link, ...]:
    spans = ("from", "to", "window")
    whole = wording.text("metric.window_all", year=str(facts.metric_from[query.metric].year))
    links = [Link(whole, _address(facts, query, is_default, without=spans), query.whole)]
    for name in windows_of(facts.metrics[query.metric]):
        links.append(
            Link(
                wording.text(f"metric.window_{name}"),
                _address(facts, query, is_default, without=spans, changed=(("window", name),)),
                query.window == name,
            )
        )
    last = facts.metric_through[query.metric].year
    for year in range(last - 1, max(facts.metric_from[query.metric].year, last - 3) - 1, -1):
        name = f"year:{year}"
        links.append(
            Link(
                str(year),
                _address(facts, query, is_default, without=spans, changed=(("window", name),)),
                query.window == name,
            )
        )
    return tuple(links)


def _layers(facts: Facts, query: Query, wording: Wording, is_default: bool) -> tuple[Link, ...]:
    """This question by area, a link for each layer; every other filter stays."""
    layers = [layer for layer in layers_of(facts) if is_by_layer(facts.metrics[query.metric], layer.id, facts)]
    without = ("layer", "area", "lines", "by")
    if is_default:
        return tuple(
            Link(layer.title, _address(facts, query, True, changed=(("window", "12m"), ("by", "area"), ("layer", layer.id))))
            for layer in layers
        )
    return tuple(
        Link(
            layer.title,
            _address(facts, query, False, without=without, changed=(("by", "area"), ("layer", layer.id))),
            query.layer == layer.id and query.by == ("area",) and not query.area and not query.lines_text,
        )
        for layer in layers
    )


def _choices(facts: Facts, query: Query, wording: Wording) -> list[Choice]:
    metric = facts.metrics[query.metric]
    by = ",".join(query.by)
    names = [n for n in metric.breakdowns if n != "area" or facts.layers]
    breakdowns = [(n, wording.text(f"breakdowns.{n}")) for n in names]
    if {"hour", "weekday"} <= set(names):
        breakdowns.append(("hour,weekday", wording.text("metric.hour_weekday")))
    if by and by not in dict(breakdowns):
        breakdowns.append((by, ", ".join(wording.text(f"breakdowns.{n}") for n in query.by)))
    choices = [_choice("by", breakdowns, by, "metric.no_breakdown", wording)]
    layer = query.layer or default_layer(facts) or ""
    if is_by_layer(metric, layer, facts) or (facts.layers and not is_monthly(metric)):
        lines = query.lines if query.layer else default_lines(facts, layer)
        areas = [(area_id, name) for _, area_id, name in areas_in(facts, layer, lines)]
        choices.append(_choice("area", areas, query.area or "", "metric.whole_city", wording))
    if not metric.where and metric.table == "events":
        choices.append(
            _choice(
                "offense",
                list(public_groups(facts).items()),
                ",".join(query.offenses),
                "metric.all_offenses",
                wording,
            )
        )
    if metric.table == "events":
        hours = [(h, wording.text(f"hours.{h}")) for h in ("day", "night")]
        choices.append(_choice("hours", hours, query.hours or "", "metric.all_hours", wording))
    for name, options, chosen, empty in switch_options(facts, query, wording):
        choices.append(_choice(name, options, chosen, empty, wording, f"rules.choose_{name}"))
    if len(metric.units) > 1:
        units = [(str(u), wording.text(f"units.{u}")) for u in metric.units if u != metric.unit]
        choices.append(
            _choice(
                "unit",
                units,
                query.unit if query.unit != metric.unit else "",
                f"units.{metric.unit}",
                wording,
            )
        )
    return choices


def _choice(
    name: str, options: list[tuple[str, str]], chosen: str, empty: str, wording: Wording, label: str = ""
) -> Choice:
    every = [("", wording.text(empty)), *options]
    if chosen and chosen not in dict(every):
        every.append((chosen, chosen))
    return Choice(
        name,
        wording.text(label or f"metric.choose_{name}"),
        tuple(Option(value, text, value == chosen) for value, text in every),
    )


# ------------------------------------------------------------------------------------------ provenance


def _badge(facts: Facts, query: Query, wording: Wording) -> tuple[str, ...]:
    metric = facts.metrics[query.metric]
    owner = facts.city.police_agency if metric.owner == "police" else metric.owner
    return (
        wording.text("metric.badge_unit", unit=wording.text(f"units.{query.unit}").lower()),
        wording.text(f"metric.depends_{metric.depends_on}"),
        wording.text("metric.badge_owner", owner=owner),
        wording.text("metric.badge_through", day=facts.metric_through[metric.id]),
    )


def metric_breaks(facts: Facts, metric_id: str, wording: Wording) -> tuple[tuple[str, str], ...]:
    """Series breaks that touch a metric: title with date, and text."""
    return tuple(
        (wording.text("metric.break", title=item.title, day=item.date), item.text)
        for item in sorted(facts.city.breaks, key=lambda b: b.date)
        if {metric_id, "all"} & set(item.metrics)
    )


def source_lines(facts: Facts, metric_id: str | None, wording: Wording) -> list[SourceLine]:
    """Where the records come from; all sources without a metric."""
    wanted = facts.metric_sources[metric_id] if metric_id else tuple(s.id for s in facts.sources)
    return [_source_line(source, wording) for source in facts.sources if source.id in wanted]


def _source_line(source: SourceFacts, wording: Wording) -> SourceLine:
    lang = wording.language
    return SourceLine(
        title=source.title,
        agency=source.agency,
        page=source.page if source.page.startswith(SAFE_PAGES) else "",
        licence=source.licence,
        through=formats.date_words(source.data_through, lang)
        if source.data_through
        else wording.text("tables.no_total"),
        fetched=formats.date_words(source.fetched_at.date(), lang),
        snapshot=source.snapshot_id,
        sha256=source.snapshot_sha256,
        rows=formats.number(source.accepted, lang),
    )


def _rows_used(facts: Facts, answer: Answer, wording: Wording) -> str:
    rows = sum(s.accepted for s in facts.sources if s.id in answer.data_through)
    text = wording.text("metric.rows_used", rows=rows, table=answer.table, n=len(answer.data_through))
    return text + (" " + wording.text("metric.unmapped", n=answer.unmapped) if answer.unmapped else "")


def _downloads(
    facts: Facts, query: Query, is_default: bool, files: frozenset[str], wording: Wording
) -> tuple[Link, ...]:
    page = _address(facts, query, is_default, changed=(("by", "month"),) if is_default else ())
    links = [
        Link(wording.text("metric.csv"), page.replace(query.metric, f"{query.metric}.csv", 1)),
        Link(wording.text("metric.json"), f"/api/v1{page}"),
        Link(wording.text("metric.definition_json"), f"/api/v1/metrics/{query.metric}/definition"),
    ]
    for name, key in (("records.parquet", "parquet"), ("records.csv", "csv")):
        if name in files:
            links.append(Link(wording.text(f"metric.records_{key}"), f"/data/{name}"))
    return tuple(links)
