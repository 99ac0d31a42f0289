"""The page of one area. Its first screen answers four questions: how many were killed or shot here, what is being done,
who answers for it, where is help. Then come the lines, the figures and what changed.

In go the reader and a `Place`, out comes `AreaPage`.
"""

from __future__ import annotations

from datetime import date, timedelta

from harborlight.catalog.models import Representative
from harborlight.charts import formats
from harborlight.metrics.facts import lines_of, versions_of
from harborlight.metrics.shapes import Facts, Headline
from harborlight.provenance import say_people
from harborlight.web import verdicts
from harborlight.web.area_actions import make_actions
from harborlight.web.area_figures import (
    area_rate,
    city_words,
    has_revisions,
    make_against,
    make_area_card,
    make_area_offenses,
    make_area_trend,
    make_funnel,
    make_news,
    make_recent,
    make_restated,
    rate_sentence,
    read_headlines,
)
from harborlight.web.area_outcomes import make_area_outcomes
from harborlight.web.area_sites import make_area_sites, more_sites
from harborlight.web.changes_query import Asked, count_changes
from harborlight.web.context import Link
from harborlight.web.context_areas import Answerer, AreaPage, LinesChoice
from harborlight.web.context_drawings import Outline
from harborlight.web.goal_links import make_area_goals
from harborlight.web.group_places import make_area_groups
from harborlight.web.help_lines import general_help, make_help
from harborlight.web.outline import make_outline, widen
from harborlight.web.places import Place, dates_words, place_in, places_at, version_of
from harborlight.web.reader import Reader
from harborlight.web.site import Visit
from harborlight.web.wording import Wording

NEWS_DAYS = 28


def make_area_page(reader: Reader, place: Place, since: date | None, visit: Visit, wording: Wording) -> AreaPage:
    """Everything about one area by one set of lines."""
    facts = reader.facts
    since = since or facts.data_through - timedelta(days=NEWS_DAYS - 1)
    headlines = read_headlines(reader, place)
    first = headlines[0] if headlines else None
    around = list(places_at(reader, place.area.longitude, place.area.latitude)) if place.area else []
    around = [p for p in around if p.layer.id != place.layer.id]
    actions = make_actions(reader, {f"{p.layer.id}/{p.id}": _full_name(p) for p in (place, *around)}, wording)
    answerers, note, where = _answerers(facts, place, around, wording)
    offenses, offense_links = make_area_offenses(reader, place, wording)
    answer, answer_lines = _answer(reader, place, first, wording)
    return AreaPage(
        name=place.name, layer=Link(place.layer.title, f"/areas/{place.layer.id}" + _query(place)), lede=lede(place, wording),
        past=past_words(facts, place, wording), answer=answer, answer_lines=answer_lines,
        actions=actions, no_action="" if actions else wording.text("area.no_action", office=facts.city.contact.office),
        answerers=answerers, answerer_note=note, answerer_links=where,
        help=tuple(make_help(line, wording) for line in general_help(facts.help)),
        no_help="" if general_help(facts.help) else wording.text("area.no_help", office=facts.city.contact.office),
        sites=(sites := make_area_sites(reader, place, visit, wording)), no_sites="" if sites else wording.text("community.area_none"),
        more_sites=more_sites(place, wording),
        cards=tuple(make_area_card(reader, h, place, wording, is_first=h is first) for h in headlines),
        against=make_against(reader, place, headlines, wording), outline=_outline(reader, place, wording),
        versions=_versions(facts, place, wording), lines_text=_lines_text(place, wording), redrawn=_redrawn(facts, place, wording),
        neighbors=_neighbors(reader, place), others=tuple(Link(_full_name(p), p.href) for p in around),
        funnel=make_funnel(reader, place, first, wording) if first else None,
        trend=make_area_trend(reader, place, first, wording) if first else None,
        offenses=offenses, offense_links=offense_links, groups=make_area_groups(reader, place, wording), sensitive=wording.text("area.sensitive"),
        outcomes=make_area_outcomes(reader, place, wording), goals=make_area_goals(reader, place, wording),
        recent=make_recent(reader, place, wording), recent_note=wording.text("area.recent_note"),
        since=since.isoformat(), since_least=facts.data_from.isoformat(), since_most=facts.data_through.isoformat(),
        news=(*make_news(reader, place, since, headlines, wording), *_kept(reader, place, since, wording)),
        restated=make_restated(reader, place, since, wording), lines=place.lines_text, path=place.path,
        compare=Link(wording.text("area.compare"), f"/compare?a={place.layer.id}/{place.id}" + _query(place, "&")),
        map=Link(wording.text("area.map", layer=place.layer.title.lower()), f"/map?layer={place.layer.id}" + _query(place, "&")),
    )  # fmt: skip


def _query(place: Place, mark: str = "?") -> str:
    return f"{mark}lines={place.lines_text}" if place.lines_text else ""


def lede(place: Place, wording: Wording) -> str:
    """What kind of area it is, how many people live there, how large it is."""
    kind = place.layer.title_one
    if place.area is None:
        return wording.text("area.lede_stated", kind=kind)
    size = formats.decimal(place.area.land_km2, 1, wording.language)
    if place.area.population is None:
        return wording.text("area.lede_size", kind=kind, size=size)
    people = say_people(formats.number(place.area.population, wording.language), place.area.population)
    return wording.text("area.lede", kind=kind, people=people, size=size)


def past_words(facts: Facts, place: Place, wording: Wording) -> str:
    """That these lines do not hold today; empty where they do."""
    if place.lines is None or place.lines.is_current:
        return ""
    return wording.text("area.past", layer=place.layer.title.lower(), dates=dates_words(place.lines, wording))


# ---------------------------------------------------------------------------------------- first question


def _answer(reader: Reader, place: Place, first: Headline | None, wording: Wording) -> tuple[str, tuple[str, ...]]:
    """Killed or shot here, the twelve months before, the city, how sure, and the rate."""
    if first is None or first.year is None:
        return wording.text("overview.no_answer"), ()
    year, city = first.year, reader.headline(first.metric.id).year
    end = formats.date_words(year.now.date_to, wording.language, "long")
    lines = [wording.text("area.answer_before", n=year.before.n)]
    if city:
        lines.append(wording.text("area.answer_city", counts=city_words(city.now, city.before, wording)))
    shown = first.verdict
    if shown and shown.verdict == "not_comparable":
        lines.append(shown.reason)
    elif shown:
        span = "area.verdict_longer" if first.longer else "area.verdict"
        lines.append(wording.text(span, verdict=verdicts.verdict_words(shown, wording), chance=verdicts.chance_sentence(shown, wording)))
    lines.append(rate_sentence(area_rate(place, year.now), wording))
    answer = wording.text("area.answer", number=year.now.n, noun=first.metric.sentence_noun, end=end.replace(" ", "\u00a0"))
    return answer, tuple(lines)


# ----------------------------------------------------------------------------------------- third question


def _answerers(
    facts: Facts, place: Place, around: list[Place], wording: Wording
) -> tuple[tuple[Answerer, ...], str, tuple[Link, ...]]:
    """Offices that answer for this area, and what to know of them. Nobody is named on lines that are not in force."""
    if place.lines is not None and not place.lines.is_current:
        today = [p for p in around if p.lines and p.lines.is_current]
        current = lines_of(facts, place.layer.id)
        now = place_in(facts, place.layer, current.id, place.id) if current else None
        links = [Link(wording.text("area.todays_lines", name=now.name), now.href)] if now else []
        links += [Link(_full_name(p), p.href) for p in today if _represents(p)]
        note = wording.text("area.answerer_past", dates=dates_words(place.lines, wording))
        return (), " ".join(part for part in (note, place.layer.representative_note) if part), tuple(links)
    found = [(p, who) for p in (place, *around) if (who := _represents(p))]
    answerers = tuple(_answerer(p, who) for p, who in found)
    notes = [p.layer.representative_note for p in (place, *around) if p.layer.representative_note]
    if not answerers:
        notes.insert(0, wording.text("area.no_answerer", office=facts.city.contact.office))
    elif any(p is not place for p, _ in found):
        notes.insert(0, wording.text("area.answerer_middle"))
    return answerers, " ".join(dict.fromkeys(notes)), ()


def _represents(place: Place) -> Representative | None:
    version = version_of(place.layer, place.lines)
    if version is None or place.lines is None or not place.lines.is_current:
        return None
    return version.represents.get(place.id)


def _answerer(place: Place, who: Representative) -> Answerer:
    return Answerer(_full_name(place), who.role, who.office, who.name, who.phone, who.url, who.meeting)


def _full_name(place: Place) -> str:
    """The name with the kind of area where the name alone does not say it."""
    return f"{place.layer.title_one}: {place.name}"


# ------------------------------------------------------------------------------------------------- lines


def _outline(reader: Reader, place: Place, wording: Wording) -> Outline | None:
    if place.lines is None or place.area is None:
        return None
    beside = reader.neighbours(place.lines.ix, place.area.ix)
    kinds = dict.fromkeys(beside, "near") | {place.area.ix: "here"}
    names = [area.name for area in place.lines.areas if area.ix in beside]
    alt = (
        wording.text("area.outline_alt", name=place.name, names=", ".join(names))
        if names
        else wording.text("area.outline_alone", name=place.name)
    )
    return make_outline(
        place.lines.areas, reader.geometries(place.lines.ix), kinds, alt=alt, box=widen(place.area.bbox, 0.3),
        named=[place.area.ix, *beside],
    )  # fmt: skip


def _versions(facts: Facts, place: Place, wording: Wording) -> tuple[LinesChoice, ...]:
    """Every set of lines that has this area, newest first."""
    found = []
    for lines in reversed(versions_of(facts, place.layer.id)):
        if there := place_in(facts, place.layer, lines.id, place.id):
            is_open = place.lines is not None and lines.id == place.lines.id
            found.append(LinesChoice(Link(lines.title, there.href, is_open), dates_words(lines, wording)))
    return tuple(found)


def _lines_text(place: Place, wording: Wording) -> str:
    if place.lines is None:
        return wording.text("area.lines_stated", layer=place.layer.title)
    by = wording.text("area.lines_by", maker=place.lines.attribution) if place.lines.attribution else ""
    text = wording.text("area.lines", title=place.lines.title, dates=dates_words(place.lines, wording))
    return " ".join(part for part in (text, by, place.lines.note) if part)


def _redrawn(facts: Facts, place: Place, wording: Wording) -> str:
    days = [v.valid_from for v in versions_of(facts, place.layer.id)[1:] if v.valid_from]
    return wording.text("area.redrawn", day=days[-1]) if days and place.lines else ""


def _neighbors(reader: Reader, place: Place) -> tuple[Link, ...]:
    if place.lines is None or place.area is None:
        return ()
    beside = set(reader.neighbours(place.lines.ix, place.area.ix))
    places = [place_in(reader.facts, place.layer, place.lines.id, a.id) for a in place.lines.areas if a.ix in beside]
    return tuple(Link(p.name, p.href) for p in places if p)


def _kept(reader: Reader, place: Place, since: date, wording: Wording) -> tuple[str, ...]:
    """Where restated counts are kept for this kind of area, whether there are any."""
    if not has_revisions(reader, place):
        return (wording.text("area.restated_not_kept", layer=_primary(reader.facts)),)
    n = count_changes(reader, Asked(area=place.id, since=since))
    return (wording.text("area.restated", n=n, day=since) if n else wording.text("area.restated_none", day=since),)


def _primary(facts: Facts) -> str:
    layer = facts.layers.get(facts.city.primary_layer)
    return layer.title.lower() if layer else facts.city.name
