"""Tables and drawings of a strategy's page: the raw counts, the months, and published studies beside ours."""

from __future__ import annotations

from collections.abc import Mapping

from harborlight.charts import formats
from harborlight.provenance import join_said
from harborlight.web.context import Bars, Cell, Column, Figure, Link, RowGroup, Table
from harborlight.web.context_strategies import StudyItem
from harborlight.web.figures import make_bars
from harborlight.web.reader import Reader, Row
from harborlight.web.strategy_reader import Found, count_in_place, mark, months_in_place, place_words
from harborlight.web.strategy_words import change_words, has_range, range_parts
from harborlight.web.wording import Wording

TALL = 120


def raw_words(reader: Reader, found: Found, wording: Wording) -> str:
    """The raw change of the place in a sentence, without a cause."""
    row, line = found.row, found.estimates.get("raw_change")
    if line is None:
        return ""
    before, after = _counts(reader, row, line, wording)
    months = sum(not m["is_after"] for m in found.months), sum(m["is_after"] for m in found.months)
    text = wording.text(
        "strategies.raw_words", place=place_words(reader, row), before=before, after=after, months_before=months[0], months_after=months[1]
    )
    change = _raw_change(line, wording)
    return join_said([text, wording.text("strategies.raw_percent", change=change) if change else ""])


def _raw_change(line: Row, wording: Wording) -> str:
    """The change a month as a percentage, unless a count is too small for one."""
    return "" if line["is_small"] or not line["ratio"] else change_words(line["ratio"], line, "ratio", wording)


def _counts(reader: Reader, row: Row, line: Row, wording: Wording) -> tuple[str, str]:
    """Before and after: as the same question is answered anywhere else, otherwise with the cell of the table."""
    spans = (("n_before", row["before_from"], row["before_to"]), ("n_after", row["after_from"], row["after_to"]))
    texts = []
    for field, first, last in spans:
        n = count_in_place(reader, row, first, last) if line["estimate"] == "raw_change" else None
        if n is not None and n == line[field]:
            texts.append(formats.number(n, wording.language))
        else:
            number = formats.number(line[field], wording.language)
            texts.append(mark(number, line[field], row["strategy_id"], estimate=line["estimate"], field=field))
    return texts[0], texts[1]


def make_raw(reader: Reader, found: Found, wording: Wording) -> Table | None:
    """Counts before and after, in the place and in the areas that it is compared with."""
    row = found.row
    lines = [(name, found.estimates.get(key)) for name, key in (("here", "raw_change"), ("elsewhere", "raw_compared"))]
    if lines[0][1] is None:
        return None
    months = sum(not m["is_after"] for m in found.months), sum(m["is_after"] for m in found.months)
    heads = (
        Column(wording.text("strategies.head_place")), Column(wording.text("strategies.head_before", n=months[0]), True),
        Column(wording.text("strategies.head_after", n=months[1]), True), Column(wording.text("strategies.head_change"), True),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(wording.text(f"strategies.row_{name}"), kind="head"), *(Cell(text, kind="number") for text in _counts(reader, row, line, wording)),
            Cell(_raw_change(line, wording)),
        )
        for name, line in lines if line is not None
    )  # fmt: skip
    metric = reader.facts.metrics[row["metric"]]
    caption = wording.text("strategies.raw_caption", measure=metric.title, day=row["starts_on"])
    return Table(caption, heads, (RowGroup("", rows),))


def make_months(reader: Reader, found: Found, wording: Wording) -> Figure | None:
    """The place by month, dark before the start and light after it, with what the other areas lead one to expect as a table."""
    if not found.months:
        return None
    metric, place = reader.facts.metrics[found.row["metric"]], place_words(reader, found.row)
    source = wording.text("strategies.months_source", agency=reader.facts.city.police_agency, day=reader.facts.metric_through[metric.id])
    return Figure(
        title=wording.text("strategies.months_title", measure=metric.title, place=place), takeaway=wording.text("strategies.months_key"),
        image=None, bars=_bars(found, wording.text("strategies.months_title", measure=metric.title, place=place), wording),
        notes=(wording.text("strategies.expected_note"),), table=_months_table(reader, found, wording),
        links=(Link(wording.text("figures.csv"), f"/api/v1/strategies/{found.row['strategy_id']}/months.csv"),), source=source,
    )  # fmt: skip


def _bars(found: Found, label: str, wording: Wording) -> Bars:
    points = [(row["inside"], "before" if row["is_after"] else "now") for row in found.months]
    first, last = (formats.month_words(row["month"], wording.language) for row in (found.months[0], found.months[-1]))
    return make_bars(points, label=label, first=first, last=last, wording=wording, height=TALL)


def _months_table(reader: Reader, found: Found, wording: Wording) -> Table:
    """The counts behind the estimates, by month."""
    names = ("inside", "expected", "compared")
    heads = (Column(wording.text("strategies.month")), *(Column(wording.text(f"strategies.head_{name}"), True) for name in names))
    asked = months_in_place(reader, found.row)
    lines = tuple(
        (Cell(formats.month_words(row["month"], wording.language), kind="head"), *(_month_cell(row, name, asked, wording) for name in names))
        for row in found.months
    )
    return Table(wording.text("strategies.months_caption"), heads, (RowGroup("", lines),))


def _month_cell(row: Row, field: str, asked: Mapping[str, int], wording: Wording) -> Cell:
    """A count of the place as any page would answer it, otherwise with the cell of the table."""
    value = row[field]
    if value is None:
        return Cell(wording.text("tables.missing"), kind="quiet")
    if field == "inside" and asked.get(row["month"]) == value:
        return Cell(formats.number(asked[row["month"]], wording.language), kind="number")
    text = formats.decimal(value, 1 if field == "expected" else 0, wording.language)
    return Cell(mark(text, value, row["strategy_id"], month=row["month"], field=field), kind="number")


def make_studies(found: Found, wording: Wording) -> tuple[StudyItem, ...]:
    """What others have published, after the raw change and the main estimate of this site."""
    if not found.studies:
        return ()
    ours = (_ours(found, name, kind, wording) for name, kind in (("raw_change", "raw_change"), ("did", "causal_estimate")))
    return (*(item for item in ours if item), *(_study(study, wording) for study in found.studies))


def _ours(found: Found, name: str, kind: str, wording: Wording) -> StudyItem | None:
    line = found.estimates.get(name)
    if line is None or not has_range(line) or line["is_small"]:
        return None
    key = "strategies.ours_raw" if name == "raw_change" else "strategies.ours_effect"
    words = wording.text(key, **range_parts(line, wording), title=line["title"])
    return StudyItem(wording.text("strategies.ours"), wording.text(f"strategies.kind_{kind}"), words, "", line["design"])


def _study(study: Row, wording: Wording) -> StudyItem:
    who = wording.text("strategies.citation", publisher=study["publisher"], year=str(study["year"]), title=study["title"])
    counted = wording.text("strategies.counted", outcome=study["outcome"])
    what = join_said([counted, wording.text("strategies.done", design=study["design"]) if study["design"] else ""])
    return StudyItem(who, wording.text(f"strategies.kind_{study['kind']}"), study["finding"], _range(study, wording), what)


def _range(study: Row, wording: Wording) -> str:
    if study["low"] is None:
        return ""
    ends = {}
    for name in ("low", "high"):
        key = "fewer" if study[name] < 0 else "more"
        words = wording.text(f"strategies.change_{key}", percent=formats.percent(abs(study[name]) / 100, 0, wording.language))
        ends[name] = mark(words, study[name], study["strategy_id"], study=str(study["ix"]), field=name)
    return wording.text("strategies.study_range", **ends)
