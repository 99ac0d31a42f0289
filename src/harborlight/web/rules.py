"""Counting rules as switches: what the chooser offers, what a caption says of them, and every year under every rule.

A rule decides the year that a killing counts in. The city's own is labelled for each year; any other view says that it is
not the official count.
"""

from __future__ import annotations

from datetime import date

from harborlight.charts import formats
from harborlight.metrics.query import RULES, has_rules
from harborlight.metrics.rules import Stretch, keeps_to_city, rule_on, stretches
from harborlight.metrics.shapes import Facts, Query
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.context_trend import RulesPart
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

Options = list[tuple[str, str]]


def rule_words(query: Query, wording: Wording) -> list[str]:
    """What the switches say in a caption; nothing where the city's rule is asked."""
    words = [wording.text(f"rules.narrowed_{query.rule}")] if query.rule else []
    return [*words, wording.text("rules.narrowed_in")] if query.justified == "in" else words


def switch_options(facts: Facts, query: Query, wording: Wording) -> list[tuple[str, Options, str, str]]:
    """(parameter, options, chosen, text for none) of each switch that makes sense for a measure."""
    metric = facts.metrics[query.metric]
    switches: list[tuple[str, Options, str, str]] = []
    if has_rules(metric):
        days = [(rule, wording.text(f"rules.day_{rule}")) for rule in RULES]
        switches.append(("rule", days, query.rule or "", "rules.city_rule"))
        justified = [("in", wording.text("rules.justified_in"))]
        switches.append(("justified", justified, query.justified or "", "rules.justified_out"))
    systems = {s.counting_system for s in facts.sources if s.id in facts.metric_sources[metric.id]}
    if len(systems) > 1 or query.system:
        named = [(name, wording.text(f"systems.{name}")) for name in ("srs", "nibrs")]
        switches.append(("system", named, query.system or "", "rules.all_systems"))
    return switches


def make_rules(reader: Reader, query: Query, wording: Wording) -> RulesPart | None:
    """The city's rule in words, what this view does instead, and every year under every rule; None for other measures."""
    facts = reader.facts
    if not has_rules(facts.metrics[query.metric]):
        return None
    lines = [text for stretch in stretches(facts) if (text := _say(stretch, wording))]
    known = facts.killings
    if known.get("n"):
        key = "rules.known_all" if known["died"] == known["ruled"] == known["n"] else "rules.known_dates"
        lines.append(wording.text(key, total=known["n"], died=known["died"], ruled=known["ruled"]))
        lines.append(
            wording.text("rules.known_justified", n=known["justified"])
            if known["justified"]
            else wording.text("rules.justified_unknown")
        )
    return RulesPart(asked=tuple(_asked(facts, query, wording)), lines=tuple(lines), table=_table(reader, query.metric, wording))


def _say(stretch: Stretch, wording: Wording) -> str:
    rule = stretch.rule
    if not rule.confirmed:
        if stretch.date_from == date.min:
            return wording.text("rules.open")
        return wording.text(f"rules.open_{rule.rule}", day=stretch.date_from)
    if rule.until:
        return wording.text(f"rules.official_{rule.rule}_until", day=rule.until)
    return wording.text(f"rules.official_{rule.rule}")


def _asked(facts: Facts, query: Query, wording: Wording) -> list[str]:
    said = []
    if query.rule and not keeps_to_city(facts, query):
        said.append(wording.text("rules.asked", day=wording.text(f"rules.day_{query.rule}").lower()))
    if query.justified == "in":
        said.append(wording.text("rules.asked_justified"))
    return said


def _table(reader: Reader, metric_id: str, wording: Wording) -> Table:
    """A row a year, newest first: the rule in force on its last day, the city's count, then each rule throughout."""
    views: list[dict[str, str]] = [{}, *({"rule": rule} for rule in RULES), {"justified": "in"}]
    answers = [reader.answer(reader.ask(metric_id, by="year", **view)) for view in views]
    counts = [{row["year"]: row for row in answer.rows if row["year"] is not None} for answer in answers]
    rows = []
    for year in sorted(counts[0], reverse=True):
        cells = [_count_cell(column.get(year), wording) for column in counts]
        rows.append((Cell(str(year), kind="head"), Cell(_rule_of(reader.facts, year, wording)), *cells))
    names = ("official", *RULES, "justified")
    columns = (
        Column(wording.text("rules.table_year")),
        Column(wording.text("rules.table_rule")),
        *(Column(wording.text(f"rules.table_{name}"), True) for name in names),
    )
    query, metric = answers[0].query, answers[0].metric
    days = formats.date_range_words(query.date_from, query.date_to, wording.language)
    caption = wording.text("rules.table_caption", title=metric.title, days=days)
    return Table(caption, columns, (RowGroup("", tuple(rows)),), is_wide=True)


def _count_cell(row: dict[str, object] | None, wording: Wording) -> Cell:
    if row is None:
        return Cell("", kind="number")
    if row["n"] is None:
        return Cell(wording.text("tables.missing"), kind="quiet")
    return Cell(wording.write(row["n"]), kind="provisional" if row["partial"] else "number")


def _rule_of(facts: Facts, year: int, wording: Wording) -> str:
    """The rule in force on the last day of a year."""
    rule = rule_on(facts, date(year, 12, 31))
    name = wording.text(f"rules.rule_{rule.rule}")
    return name if rule.confirmed else wording.text("rules.rule_open", rule=name)
