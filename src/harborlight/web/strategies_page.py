"""`/strategies` and `/strategies/{id}`: the story in plain language, the raw change, the estimates, and what neither can say.

The raw change and the estimates of the effect stand in sections of their own, look different and never share a sentence. Everything
was worked out when the release was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from harborlight.charts import formats
from harborlight.web.context import Link
from harborlight.web.context_strategies import StrategiesPage, StrategyItem, StrategyPage
from harborlight.web.reader import Reader, Row
from harborlight.web.strategy_figures import make_months, make_raw, make_studies, raw_words
from harborlight.web.strategy_reader import Found, find_strategy, mark, place_words, read_estimates, read_list
from harborlight.web.strategy_words import has_range, make_item, percent_words, range_parts
from harborlight.web.wording import Wording

LABELS = ("trend", "comparison", "evaluation")
OF_EFFECT = ("did", "wdd", "synthetic_control", "augmented", "structural", "interrupted_series")
MAIN = "did"


def make_strategies(reader: Reader, wording: Wording) -> StrategiesPage:
    """The list, with what came out of each in one sentence."""
    items = []
    for row in read_list(reader):
        main = next((e for e in read_estimates(reader, row["strategy_id"]) if e["estimate"] == MAIN), None)
        place = wording.text("strategies.place_since", place=place_words(reader, row), day=row["starts_on"])
        label = wording.text(f"strategies.label_{row['label']}" if row["label"] and main else "strategies.no_estimate")
        items.append(StrategyItem(row["title"], f"/strategies/{row['strategy_id']}", row["what"], place, _short(row, main, wording), label))
    labels = tuple((wording.text(f"strategies.label_{name}"), wording.text(f"strategies.about_{name}")) for name in LABELS)
    links = (Link(wording.text("strategies.csv"), "/api/v1/strategies.csv"), Link(wording.text("strategies.json"), "/api/v1/strategies"))
    return StrategiesPage(tuple(items), labels, links)


def make_strategy(reader: Reader, strategy_id: str, wording: Wording) -> StrategyPage:
    """One strategy. Raises QueryError 404."""
    found = find_strategy(reader, strategy_id, wording)
    row, lines = found.row, found.estimates
    label = wording.text(f"strategies.label_{row['label']}") if row["label"] else ""
    about = wording.text(f"strategies.about_{row['label']}") if row["label"] else ""
    return StrategyPage(
        title=row["title"], what=row["what"], story=_split(row["story"]), facts=_facts(reader, row, wording), label=label, label_words=about,
        lacks=tuple(wording.text(f"strategies.lacks_{name}") for name in (row["lacks"] or "").split()), answer=_answer(reader, found, wording),
        qualifier=_spread(row, wording), raw_words=raw_words(reader, found, wording), raw=make_raw(reader, found, wording),
        months=make_months(reader, found, wording),
        estimates=tuple(make_item(lines[name], wording) for name in OF_EFFECT if name in lines),
        around=tuple(make_item(line, wording) for name, line in lines.items() if name.startswith("ring_") or name == "total"),
        checks=_checks(found, wording), studies=make_studies(found, wording),
        study_links=tuple(Link(_citation(s, wording), s["page"]) for s in found.studies if s["page"]),
        plan=_plan(reader, row, wording), cannot_say=_split(row["cannot_say"]), links=_links(strategy_id, wording),
    )  # fmt: skip


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(line for line in (text or "").split("\n") if line)


def _short(row: Row, main: Row | None, wording: Wording) -> str:
    if main is None or not row["verdict"] or not has_range(main):
        return _state(row, wording)
    return wording.text(f"strategies.short_{row['verdict']}", **range_parts(main, wording))


def _state(row: Row, wording: Wording) -> str:
    return wording.text(f"strategies.state_{row['state']}", why=row["why_not"], day=row["registered_on"] or "") if row["state"] != "evaluated" else ""


def _answer(reader: Reader, found: Found, wording: Wording) -> str:
    row, main = found.row, found.estimates.get(MAIN)
    if main is None or not row["verdict"] or not has_range(main):
        return _state(row, wording)
    metric = reader.facts.metrics[row["metric"]]
    return wording.text(
        f"strategies.answer_{row['verdict']}", measure=metric.title, place=place_words(reader, row), title=main["title"], **range_parts(main, wording)
    )


def _spread(row: Row, wording: Wording) -> str:
    if row["ratio_least"] is None:
        return ""
    least, most = (_percent(row, field, wording) for field in ("ratio_least", "ratio_most"))
    return wording.text("strategies.spread", least=least, most=most)


def _percent(row: Row, field: str, wording: Wording) -> str:
    """A ratio of the strategy's own row as "27% fewer", marked."""
    return mark(percent_words(row[field], wording), row[field], row["strategy_id"], field=field)


def _checks(found: Found, wording: Wording) -> tuple[str, ...]:
    """Drift before the start, placebos, power, and the rule; only where an effect was estimated."""
    row = found.row
    if row["pretrend_p"] is None:
        return ()

    def told(field: str, text: str) -> str:
        return mark(text, row[field], row["strategy_id"], field=field)

    def in_100(field: str) -> str:
        return told(field, formats.decimal(row[field] * 100, 0 if row[field] >= 0.02 else 1, wording.language))

    spread = {name: _percent(row, f"placebo_{name}", wording) for name in ("low", "high")}
    drift = "held" if row["pretrend_p"] >= 0.05 else "failed"
    lines = [
        wording.text(f"strategies.drift_{drift}", p=told("pretrend_p", formats.decimal(row["pretrend_p"], 2, wording.language))),
        wording.text("strategies.placebo", share=in_100("placebo_p"), **spread),
    ]
    if row["placebo_smallest"] > 0.05:
        lines.append(wording.text("strategies.placebo_limit", share=in_100("placebo_smallest")))
    lines.append(wording.text("strategies.power", p20=in_100("power_20"), p30=in_100("power_30")))
    lines.append(wording.text("strategies.detectable", fall=told("detectable_fall", formats.percent(row["detectable_fall"], 0, wording.language))))
    return (*lines, wording.text("strategies.verdict_rule"))


def _facts(reader: Reader, row: Row, wording: Wording) -> tuple[tuple[str, str], ...]:
    layer, metric = reader.facts.layers.get(row["layer"]), reader.facts.metrics.get(row["metric"])
    where = wording.text("strategies.where", areas=place_words(reader, row), title=_lines_words(reader, row["layer"], row["lines"]))
    rows = (
        ("agency", row["agency"]), ("where", where if layer else place_words(reader, row)), ("since", _day(row["starts_on"], wording)),
        ("until", _day(row["ends_on"], wording)), ("metric", metric.title if metric else row["metric"]),
    )  # fmt: skip
    return tuple((wording.text(f"strategies.fact_{name}"), text) for name, text in rows if text)


def _lines_words(reader: Reader, layer: str, lines_id: str | None) -> str:
    """The layer, and the title of its lines where they have one."""
    title = reader.facts.layers[layer].title if layer in reader.facts.layers else layer
    lines = next((v for v in reader.facts.lines if v.layer == layer and v.id == lines_id), None)
    return f"{title}, {lines.title}" if lines and lines.title else title


def _plan(reader: Reader, row: Row, wording: Wording) -> tuple[tuple[str, str], ...]:
    """What was written down: nothing of it was chosen after the outcome was known, or it says so."""
    lang, spans = wording.language, [row[name] for name in ("before_from", "before_to", "after_from", "after_to")]
    registered = _day(row["registered_on"], wording) or wording.text("strategies.plan_unregistered")
    rows = [("registered", registered), ("since", _day(row["plan_since"], wording)), ("hash", row["plan_sha256"][:16])]
    if all(spans):
        rows += [("before", formats.month_range_words(spans[0], spans[1], lang)), ("after", formats.month_range_words(spans[2], spans[3], lang))]
    kinds = (("inside", "inside_areas"), ("compared", "compared_areas"), ("rings", "ring_areas"))
    rows += [(name, _areas(reader, row, column, wording)) for name, column in kinds]
    return tuple((wording.text(f"strategies.plan_{name}"), text) for name, text in rows if text)


def _areas(reader: Reader, row: Row, column: str, wording: Wording) -> str:
    ids = (row[column] or "").split()
    lines = next((v for v in reader.facts.lines if v.layer == row["unit_layer"] and v.id == row["unit_lines"]), None)
    names = {area.id: area.name for area in lines.areas} if lines else {}
    return wording.text("strategies.areas_n", n=len(ids), names=", ".join(names.get(i, i) for i in ids)) if ids else ""


def _day(day: date | None, wording: Wording) -> str:
    return formats.date_words(day, wording.language) if day else ""


def _citation(study: Row, wording: Wording) -> str:
    return wording.text("strategies.citation", publisher=study["publisher"], year=str(study["year"]), title=study["title"])


def _links(strategy_id: str, wording: Wording) -> tuple[Link, ...]:
    return (
        Link(wording.text("strategies.csv"), f"/api/v1/strategies/{strategy_id}.csv"),
        Link(wording.text("strategies.json"), f"/api/v1/strategies/{strategy_id}"),
        Link(wording.text("strategies.table_estimates"), "/data/strategy_estimates"),
        Link(wording.text("strategies.table_months"), "/data/strategy_months"),
    )


def addresses(reader: Reader) -> Sequence[str]:
    """The pages of single strategies."""
    return [f"/strategies/{row['strategy_id']}" for row in read_list(reader)]
