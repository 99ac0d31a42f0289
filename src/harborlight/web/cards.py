"""The headline card, of the city or of an area: verdict in words, counts, chance, then the short windows."""

from __future__ import annotations

from harborlight.charts import formats
from harborlight.metrics.shapes import Headline, Usual
from harborlight.web import verdicts
from harborlight.web.context import Card, Link
from harborlight.web.figures import make_spark
from harborlight.web.origins import origins_of_windows
from harborlight.web.reader import Reader
from harborlight.web.site import full_address
from harborlight.web.wording import Wording

APRIL = 4


def make_card(reader: Reader, headline: Headline, wording: Wording, *, is_first: bool = False) -> Card:
    """One headline figure: verdict in words, counts, chance, then the short windows."""
    metric, change = headline.metric, headline.year
    if change is None:
        raise ValueError("a card needs twelve months")
    path = f"/metrics/{metric.id}?from={change.now.date_from}&to={change.now.date_to}"
    short, folded = _short_lines(headline, wording)
    permalink = full_address(reader.facts, path) or path
    return Card(
        id=metric.id,
        title=metric.title,
        href=f"/metrics/{metric.id}",
        verdict=verdicts.verdict_words(change, wording),
        verdict_kind=change.verdict,
        number=formats.number(change.now.n, wording.language),
        period=verdicts.period_words(change.now, wording),
        before=verdicts.before_sentence(change, wording),
        chance=verdicts.chance_sentence(change, wording),
        spark=make_spark(headline.spark, wording),
        short=short,
        year_to_date=folded,
        sentence=verdicts.copy_sentence(reader.facts, headline, permalink, wording),
        permalink=path,
        caveat=metric.caveat,
        is_first=is_first,
        origins=_origins(headline, wording),
    )


def _origins(headline: Headline, wording: Wording) -> tuple[Link, ...]:
    """How each count of the card is made, under the days that it covers."""
    shown = [headline.year, headline.longer] if headline.longer else [headline.year]
    windows = [window for change in shown if change for window in (change.now, change.before)]
    windows += [w for usual in (headline.last28, headline.ytd) if usual for w in (usual.now, usual.year_before) if w]
    return origins_of_windows((verdicts.period_words(window, wording), window) for window in windows)


def _short_lines(headline: Headline, wording: Wording) -> tuple[tuple[tuple[str, str], ...], tuple[str, str] | None]:
    """28 days always; the year to date beside it from April on, folded away before, when it is a few weeks old."""
    lines = [_line("days28", headline.last28, wording)] if headline.last28 else []
    ytd = _line("ytd", headline.ytd, wording) if headline.ytd else None
    if ytd and headline.ytd and headline.ytd.now.date_to.month >= APRIL:
        return (*lines, ytd), None
    return tuple(lines), ytd


def _line(kind: str, usual: Usual, wording: Wording) -> tuple[str, str]:
    days = formats.date_range_words(usual.now.date_from, usual.now.date_to, wording.language)
    return wording.text(f"overview.window_{kind}", days=days), verdicts.usual_sentence(usual, wording)
