"""`/community/{site_id}`: one site with hours, how to get there, what it reports, and how long its area has been without a homicide.

The number of quiet days never stands without its chance: the rate of the five calendar years before, and how many areas are watched.
"""

from __future__ import annotations

from dataclasses import replace

from harborlight.catalog.services import Site
from harborlight.charts import formats
from harborlight.errors import QueryError
from harborlight.metrics.questions import counted, question_of
from harborlight.provenance import say
from harborlight.statistics.gaps import chance_at_any, chance_of_quiet
from harborlight.web.community_map import draw_sites
from harborlight.web.context import Cell, Column, Link, RowGroup, Table
from harborlight.web.context_community import SitePage
from harborlight.web.reader import Reader, Row
from harborlight.web.service_query import Asked, Found
from harborlight.web.service_reader import Listed, Watch, read_activity, read_sites, stand
from harborlight.web.service_words import catchment_words, hours_words, make_item, operator_words, partial_words
from harborlight.web.wording import Wording

HOMICIDES = "homicide_victims"
OUTPUTS = ("mediations", "referrals", "clients")


def make_site_page(reader: Reader, site_id: str, asked: Asked, wording: Wording) -> SitePage:
    """The page of a site. Raises QueryError (404) for one that is not listed."""
    sites = read_sites(reader)
    if site_id not in sites:
        raise QueryError(wording.text("community.no_site"), code="not_found", status=404, allowed=["/community"])
    listed = sites[site_id]
    site, found = listed.site, Found(listed, stand(listed.site, asked.moment), None, False)
    numbered = [(found, "1" if site.longitude is not None else "")]
    outputs = _outputs(site, read_activity(reader, site_id), wording)
    return SitePage(
        item=make_item(found, asked, numbered[0][1], reader.facts, wording), kind=wording.text(f"services.kind_{site.kind}"),
        history=_history(site, wording),
        directions=site.directions, services=site.services, eligibility=site.eligibility, accessibility=site.accessibility, web=site.web,
        hours=hours_words(site.spans, wording), no_hours="" if site.spans else wording.text("services.hours_none"), note=site.note,
        source=wording.text("community.site_source", source=site.source) if site.source else "", catchment=_catchment(listed, reader, wording),
        picture=draw_sites(reader, numbered, wording.text("community.site_area_alt", name=site.name)), outputs=outputs,
        no_outputs="" if outputs else wording.text("community.site_outputs_none"),
        quiet=quiet_words(reader, listed, wording), chance=chance_words(reader, listed, sites, wording),
        links=(
            Link(wording.text("community.data_activity"), "/data/service_activity"),
            Link(wording.text("community.data_watch"), "/data/service_watch"),
            Link(wording.text("community.back"), "/community"),
        ),
    )  # fmt: skip


def _history(site: Site, wording: Wording) -> tuple[str, ...]:
    lines = [wording.text("services.opened", day=partial_words(site.opened, wording))] if site.opened else []
    lines += [operator_words(operator, wording) for operator in site.operators]
    if site.status_note:
        lines.append(wording.text("services.why", note=site.status_note))
    return tuple(lines)


def _catchment(listed: Listed, reader: Reader, wording: Wording) -> Link | None:
    if not listed.question:
        return None
    layer, area = listed.question.get("layer", ""), listed.question.get("area", "")
    if not area:
        return Link(wording.text("community.site_area_drawn"), f"/map?polygon={listed.question['polygon']}")
    return Link(catchment_words(listed, reader.facts, wording), f"/areas/{layer}/{area}")


def _outputs(site: Site, rows: list[Row], wording: Wording) -> Table | None:
    """What a site reports, a row a month; what is not reported says so."""
    names = [name for name in OUTPUTS if any(row[name] is not None for row in rows)]
    if not names:
        return None
    columns = (Column(wording.text("community.month")), *(Column(wording.text(f"community.output_{name}"), True) for name in names))
    body = tuple(
        (Cell(formats.month_words(row["month"], wording.language), kind="head"), *(_output(row, name, wording) for name in names)) for row in rows
    )
    return Table(wording.text("community.site_outputs_caption", name=site.name), columns, (RowGroup("", body),))


def _output(row: Row, name: str, wording: Wording) -> Cell:
    n = row[name]
    if n is None:
        return Cell(wording.text("community.not_reported"), kind="quiet")
    return Cell(say(formats.number(n, wording.language), n, "reported", site=row["site_id"], month=row["month"], what=name), kind="number")


# ----------------------------------------------------------------------------------------------- quiet days


def quiet_words(reader: Reader, listed: Listed, wording: Wording) -> str:
    """Days since the last homicide, as of the last day of the record, not of today."""
    watch = listed.watch
    if watch is None:
        return ""
    metric = reader.facts.metrics[HOMICIDES]
    query = reader.ask(HOMICIDES, unit="incidents", **listed.question)
    days = say(formats.number(watch.quiet_days, wording.language), watch.quiet_days, "quiet", query=question_of(query, metric).asked)
    if watch.last_on is None:
        return wording.text("community.quiet_none", days=days, first=watch.watched_from, through=watch.watched_through)
    month = formats.month_words(watch.last_on, wording.language, "long")
    return wording.text("community.quiet", days=days, through=watch.watched_through, month=month)


def chance_words(reader: Reader, listed: Listed, sites: dict[str, Listed], wording: Wording) -> tuple[str, ...]:
    """The chance of a quiet as long: here, and in any of the areas that are watched."""
    watch = listed.watch
    if watch is None:
        return ()
    if watch.baseline_n is None or watch.baseline_from is None or watch.baseline_to is None:
        return wording.text("community.chance_none"), wording.text("community.chance_cause")
    metric = reader.facts.metrics[HOMICIDES]
    query = reader.ask(HOMICIDES, unit="incidents", from_=watch.baseline_from.isoformat(), to=watch.baseline_to.isoformat(), **listed.question)
    here = chance_of_quiet(watch.baseline_n, _days(watch), watch.quiet_days)
    n = counted(watch.baseline_n, replace(query, window=None), metric)
    asked = question_of(query, metric).asked
    others = {other.site.id: other.watch for other in sites.values() if other.watch and other.watch.baseline_n is not None}
    any_chance = chance_at_any(chance_of_quiet(w.baseline_n or 0, _days(w), watch.quiet_days).value or 0.0 for w in others.values())

    def share(value: float, kind: str) -> str:
        return say(chance_percent(value, wording), value, kind, query=asked, days=str(watch.quiet_days))

    lines = [wording.text(
        "community.chance_rate", first=watch.baseline_from, last=watch.baseline_to, n=n, percent=share(here.value or 0.0, "chance"),
    )]  # fmt: skip
    if "small_count" in here.flags:
        lines.append(wording.text("community.chance_range", n=n, low=share(here.low, "chance_bound"), high=share(here.high, "chance_bound")))
    lines.append(wording.text("community.chance_sites", n=len(others), percent=share(any_chance, "chance_any")))
    return (*lines, wording.text("community.chance_cause"))


def _days(watch: Watch) -> int:
    if watch.baseline_from is None or watch.baseline_to is None:
        return 1
    return (watch.baseline_to - watch.baseline_from).days + 1


def chance_percent(value: float, wording: Wording) -> str:
    """A chance in percent, with a decimal below ten; never rounded to none or to certain."""
    if value < 0.001:
        return wording.text("community.under_percent")
    if 0.995 <= value < 1:
        return wording.text("community.over_percent")
    return formats.percent(value, 1 if value < 0.1 else 0, wording.language)
