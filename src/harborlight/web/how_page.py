"""How one number was made, as a page and as JSON: definition, statement, files, sources, rows, release and a sentence to cite.

In go the reader and one typed question, out come `HowPage` and `HowOut`. Both say the same; the page takes the grammar of
the measure's own page, so that any number's question leads here.
"""

from __future__ import annotations

from fastapi import Request, Response

from harborlight.charts import formats
from harborlight.errors import QueryError
from harborlight.metrics.how import How
from harborlight.metrics.questions import question_of
from harborlight.metrics.shapes import Answer, Facts, Query
from harborlight.provenance import plain, say
from harborlight.web.api import make_answer, rows_of
from harborlight.web.api_how import FileOut, HowOut, LeftOut, RowOut, UsedOut
from harborlight.web.api_models import SourceOut
from harborlight.web.cache import check_query
from harborlight.web.context import Cell, Column, Link, RowGroup, Table
from harborlight.web.context_how import FileItem, HowPage
from harborlight.web.metric_page import make_answer_sentence, narrowed_words, source_lines
from harborlight.web.origins import how_href
from harborlight.web.release_entry import ReleaseEntry
from harborlight.web.respond import Turn, get_turn, html, to_csv, to_json
from harborlight.web.sentences import address_of, sentence_of
from harborlight.web.tables import make_rows_table
from harborlight.web.wording import Wording

MOST_SENTENCES = 200
CSV_COLUMNS = ("table", "reason", "rows")


def read_how(request: Request) -> Response:
    """The page; `format=json` and `format=csv` give the same as data."""
    turn, query, kind = _read(request, "html")
    if kind != "html":
        return _as_data(turn, query, kind)
    return html(turn, "how.html", make_how_page(turn, query, turn.wording))


def read_how_json(request: Request) -> Response:
    """The same as JSON, or the rows used and left out as CSV."""
    turn, query, kind = _read(request, "json")
    return _as_data(turn, query, kind)


def _read(request: Request, default: str) -> tuple[Turn, Query, str]:
    turn = get_turn(request)
    params = check_query(turn.visit.query)
    query = turn.release.reader.parse(params, request.path_params["metric_id"])
    kind = dict(params).get("format") or default
    allowed = list(dict.fromkeys((default, "json", "csv")))
    if kind not in allowed:
        raise QueryError("This format is not offered here.", parameter="format", allowed=allowed)
    return turn, query, kind


def _as_data(turn: Turn, query: Query, kind: str) -> Response:
    if kind == "json":
        return to_json(make_how(turn, query, turn.wording))
    used = turn.release.reader.how(query).used
    rows = [("", used.rows), *used.left_out, ("used", used.used), *([("repeated", used.repeated)] if used.repeated else [])]
    return to_csv(f"{query.metric}-how", CSV_COLUMNS, [{"table": used.table, "reason": reason or "all", "rows": n} for reason, n in rows])


# ---------------------------------------------------------------------------------------------- the page


def make_how_page(turn: Turn, query: Query, wording: Wording) -> HowPage:
    """Everything behind the answer to one question."""
    reader, facts = turn.release.reader, turn.release.facts
    answer, how = reader.answer(query), reader.how(query)
    metric = answer.metric
    narrowed, address = narrowed_words(facts, query, wording), address_of(answer, facts)
    rows = answer.rows[:MOST_SENTENCES]
    return HowPage(
        title=wording.text("how.title", title=metric.title), answer=make_answer_sentence(reader, query, wording),
        measure=Link(wording.text("how.measure"), _path(answer)),
        sentences=tuple(sentence_of(answer, row, facts, narrowed, wording) for row in rows),
        cut=wording.text("tables.cut", shown=len(rows), n=len(answer.rows)) if len(rows) < len(answer.rows) else "",
        table=make_rows_table(answer, wording.text("how.rows", title=metric.title), facts, wording) if query.by else None,
        definition=metric.definition,
        version=wording.text("metric.version", version=str(metric.definition_version), day=metric.reviewed_on),
        caveats=tuple(c for c in (metric.caveat, *metric.caveats) if c), notes=answer.notes,
        used=_used_table(how, query, answer, wording),
        used_text=wording.text("how.used_known" if query.known else "how.used_text", table=how.used.table, answered=how.table),
        files_text=wording.text("how.files_known" if query.known else "how.files_text"),
        sql=how.sql, files=tuple(FileItem(f.name, f.path, f.about, f.sql, f.sha256) for f in how.files),
        sources=tuple(source_lines(facts, metric.id, wording)), rejects=_source_rows(facts, metric.id, wording),
        release=_release(turn.release.entries, turn.release.id, wording),
        citation=_citation(answer, facts, address, wording), permalink=address, downloads=_downloads(answer, wording),
    )  # fmt: skip


def _path(answer: Answer, suffix: str = "") -> str:
    """This question on this site."""
    page = how_href(_asked(answer))
    return page.replace("/how", suffix, 1)


def _asked(answer: Answer) -> str:
    return question_of(answer.query, answer.metric).asked


def _used_table(how: How, query: Query, answer: Answer, wording: Wording) -> Table:
    """All rows of the table, what is left out by which part of the question, and what is counted."""
    asked, lang = _asked(answer), wording.language

    def line(key: str, n: int) -> tuple[Cell, ...]:
        part = key.removeprefix("how.")
        return (Cell(wording.text(key), kind="head"), Cell(say(formats.number(n, lang), n, "rows", query=asked, part=part), kind="number"))

    rows = [line("how.rows_all", how.used.rows)]
    rows += [line(f"how.left_{reason}", n) for reason, n in how.used.left_out]
    rows.append(line("how.rows_used", how.used.used))
    if how.used.repeated:
        rows.append(line("how.rows_repeated", how.used.repeated))
    heads = (Column(wording.text("how.reason")), Column(wording.text("how.n_rows"), True))
    return Table(wording.text("how.used_caption"), heads, (RowGroup("", tuple(rows)),), show_caption=True)


def _source_rows(facts: Facts, metric_id: str, wording: Wording) -> Table | None:
    """What became of each source's rows before anything was counted: fetched = accepted + refused + duplicate."""
    lang, rows = wording.language, []
    for source in (s for s in facts.sources if s.id in facts.metric_sources[metric_id]):
        why = "; ".join(f"{reason}: {formats.number(n, lang)}" for reason, n in sorted(source.rejects.items()))
        counts = {"fetched": source.fetched, "accepted": source.accepted, "rejected": source.rejected, "duplicate": source.duplicate}
        cells = (
            Cell(say(formats.number(n, lang), n, "rows", source=source.id, part=key), kind="number", note=why if key == "rejected" else "")
            for key, n in counts.items()
        )
        rows.append((Cell(source.title, kind="head"), *cells))
    keys = ("fetched", "accepted", "rejected", "duplicate")
    heads = (Column(wording.text("how.source")), *(Column(wording.text(f"status.count_{key}"), True) for key in keys))
    return Table(wording.text("how.sources_caption"), heads, (RowGroup("", tuple(rows)),), show_caption=True, is_wide=True) if rows else None


def _release(entries: tuple[ReleaseEntry, ...], release_id: str, wording: Wording) -> str:
    own = next((entry for entry in entries if entry.id == release_id), None)
    made = formats.date_words(own.made_at.date(), wording.language) if own and own.made_at else wording.text("tables.no_total")
    return wording.text("how.release", id=release_id, made=made, sha256=own.content_sha256 if own else "")


def _citation(answer: Answer, facts: Facts, address: str, wording: Wording) -> str:
    metric, query = answer.metric, answer.query
    days = formats.date_range_words(query.date_from, query.date_to, wording.language)
    return wording.text(
        "how.cite", site=facts.city.site_title, title=metric.title, days=days, narrowed=plain(narrowed_words(facts, query, wording)),
        version=str(metric.definition_version), release=facts.release_id, link=address,
    )  # fmt: skip


def _downloads(answer: Answer, wording: Wording) -> tuple[Link, ...]:
    how = _path(answer, "/how")
    mark = "&" if "?" in how else "?"
    return (
        Link(wording.text("how.json"), f"/api/v1{how}"),
        Link(wording.text("how.csv"), f"{how}{mark}format=csv"),
        Link(wording.text("metric.csv"), _path(answer, ".csv")),
        Link(wording.text("metric.definition_json"), f"/api/v1/metrics/{answer.metric.id}/definition"),
    )


# ------------------------------------------------------------------------------------------------- as data


def make_how(turn: Turn, query: Query, wording: Wording) -> HowOut:
    """The same as JSON."""
    reader, facts = turn.release.reader, turn.release.facts
    answer, how = reader.answer(query), reader.how(query)
    metric, narrowed = answer.metric, narrowed_words(facts, query, wording)
    own = next((entry for entry in turn.release.entries if entry.id == turn.release.id), None)
    sources = [s for s in facts.sources if s.id in facts.metric_sources[metric.id]]
    return HowOut(
        metric=metric.id, title=metric.title, query=make_answer(turn, answer).query,
        rows=[RowOut(row=dict(row), sentence=sentence_of(answer, row, facts, narrowed, wording)) for row in rows_of(turn, answer)],
        definition=metric.definition, definition_version=metric.definition_version, reviewed_on=metric.reviewed_on,
        caveats=[c for c in (metric.caveat, *metric.caveats) if c], notes=list(answer.notes), table=how.table, sql=how.sql,
        files=[FileOut(table=f.name, path=f.path, about=f.about, sql=f.sql, sha256=f.sha256) for f in how.files],
        used=UsedOut(table=how.used.table, rows=how.used.rows, used=how.used.used, repeated=how.used.repeated,
                     left_out=[LeftOut(reason=reason, rows=n) for reason, n in how.used.left_out]),
        sources=[SourceOut(**{name: getattr(s, name) for name in SourceOut.model_fields}) for s in sources],
        rejects={s.id: dict(s.rejects) for s in sources}, release=turn.release.id,
        content_sha256=own.content_sha256 if own else "", citation=_citation(answer, facts, address_of(answer, facts), wording),
        permalink=address_of(answer, facts),
    )  # fmt: skip
