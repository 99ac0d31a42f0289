"""How places are made, in tables and sentences: lines and their faults, the distance that public points keep, stated
districts against places, residents, and what could not be placed.

In go the reader's small tables, out come parts of the methods and the status page.
"""

from __future__ import annotations

from harborlight.charts import formats
from harborlight.metrics.facts import default_layer
from harborlight.metrics.query_monthly import is_by_layer
from harborlight.metrics.shapes import Facts, Lines
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.places import dates_words, layers_of
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording


def make_lines_table(reader: Reader, wording: Wording) -> Table | None:
    """Every version of every layer: when it holds, how many areas, what was wrong with the file."""
    lang, titles = wording.language, {layer.id: layer.title for layer in layers_of(reader.facts)}
    lines = {version.ix: version for version in reader.facts.lines}
    rows = tuple(
        (
            _lines_cell(lines[row["lines_ix"]], titles, wording),
            Cell(formats.number(row["n_areas"], lang), kind="number"),
            Cell(formats.number(row["n_repaired"], lang), kind="number"),
            Cell(formats.number(row["gaps_m2"], lang), kind="number"),
            Cell(formats.number(row["overlaps_m2"], lang), kind="number"),
        )
        for row in reader.lines_quality()
    )  # fmt: skip
    heads = [Column(wording.text("methods.head_lines"))]
    heads += [Column(wording.text(f"methods.head_{name}"), True) for name in ("areas", "repaired", "gaps", "overlaps")]
    return Table(wording.text("methods.lines_caption"), tuple(heads), (RowGroup("", rows),), is_wide=True) if rows else None


def _lines_cell(lines: Lines, titles: dict[str, str], wording: Wording) -> Cell:
    layer = titles.get(lines.layer, lines.layer)
    name = layer if lines.title == layer else f"{layer}: {lines.title}"
    return Cell(name, f"/areas/{lines.layer}", "head", note=dates_words(lines, wording))


def displacement_words(reader: Reader, wording: Wording) -> str:
    """How far places lie from the public points that stand for them; empty without boundaries."""
    row = reader.displacement()
    if row is None or row["median_m"] is None:
        return ""
    median, far, most = (formats.number(row[name], wording.language) for name in ("median_m", "p90_m", "max_m"))
    return wording.text(
        "methods.displacement", points=int(row["n_points"]), median=median, far=far, most=most, hidden=int(row["n_not_shown"])
    )


def make_agreement_table(reader: Reader, wording: Wording) -> Table | None:
    """How often the district that a source states is the one that the place lies in."""
    lang, facts = wording.language, reader.facts
    titles = {source.id: source.title for source in facts.sources}
    lines = {(version.layer, version.id): version.title for version in facts.lines}
    rows = tuple(
        (
            Cell(titles.get(row["source_id"]) or str(row["source_id"]), kind="head", note=wording.text(f"methods.of_{row['of']}")),
            Cell(lines.get((row["layer"], row["version_id"])) or str(row["version_id"])),
            Cell(formats.number(row["n_compared"], lang), kind="number"),
            Cell(_share_words(row["n_agree"], row["n_compared"], lang), kind="number"),
        )
        for row in reader.agreement()
    )
    heads = (
        Column(wording.text("methods.head_source")), Column(wording.text("methods.head_lines")),
        Column(wording.text("methods.head_compared"), True), Column(wording.text("methods.head_agree"), True),
    )  # fmt: skip
    return Table(wording.text("methods.agreement_caption"), heads, (RowGroup("", rows),)) if rows else None


def _share_words(part: int, whole: int, lang: str) -> str:
    """A share in percent; never 100 while one is left out."""
    digits = 1 if part == whole or part / whole < 0.9995 else 2
    return formats.percent(part / whole, digits, lang)


def population_words(facts: Facts, wording: Wording) -> tuple[str, ...]:
    """Where residents are counted from, or that they are not."""
    if facts.population is None:
        return (wording.text("methods.population_none"),)
    given = facts.population
    words = [wording.text("methods.population", year=str(given.year)), given.method]
    if given.attribution:
        words.append(wording.text("methods.population_by", maker=given.attribution))
    return (*words, wording.text("methods.population_rates"))


def make_unlocated(reader: Reader, wording: Wording) -> Table | None:
    """Of each measure's last twelve months, how many lie in no area of the city's first layer."""
    facts, lang, layer = reader.facts, wording.language, default_layer(reader.facts)
    if layer is None:
        return None
    rows = []
    for metric_id in reader.metric_ids():
        metric = facts.metrics[metric_id]
        if not is_by_layer(metric, layer, facts):
            continue
        counts = reader.answer(reader.ask(metric_id, window="12m", by="area", layer=layer)).rows
        total = sum(row["n"] or 0 for row in counts)
        lost = sum(row["n"] or 0 for row in counts if row["area_id"] is None)
        if total:
            rows.append(
                (
                    Cell(metric.title, f"/metrics/{metric_id}?window=12m&by=area", "head"),
                    Cell(formats.number(total, lang), kind="number"),
                    Cell(formats.number(lost, lang), kind="number"),
                    Cell(formats.percent(lost / total, 1, lang), kind="number"),
                )
            )
    heads = [Column(wording.text("area.measure"))]
    heads += [Column(wording.text(f"status.unlocated_{name}"), True) for name in ("counted", "lost", "share")]
    caption = wording.text("status.unlocated_caption", layer=facts.layers[layer].title.lower())
    return Table(caption, tuple(heads), (RowGroup("", tuple(rows)),)) if rows else None
