"""The pages: one plain function each, a context in, HTML out. The table at the end is the whole map of the site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from fastapi import Request, Response

from harborlight.errors import QueryError
from harborlight.metrics.compare_query import read_pair, split_params
from harborlight.metrics.shapes import Query
from harborlight.web import respond
from harborlight.web.api import answer_csv, answer_json, make_status_json
from harborlight.web.api_page import make_api_page
from harborlight.web.area_pages import PAGES as AREA_PAGES
from harborlight.web.area_pages import area_addresses
from harborlight.web.cache import check_query
from harborlight.web.catalogue import make_data_json, make_metric_markup
from harborlight.web.changes_page import make_changes
from harborlight.web.changes_query import PARAMETERS as CHANGES
from harborlight.web.changes_query import read_asked, split_since
from harborlight.web.community_pages import PAGES as COMMUNITY_PAGES
from harborlight.web.community_pages import site_addresses
from harborlight.web.context import MeasureItem, MeasuresPage, MetricPage
from harborlight.web.context_groups import GroupPart
from harborlight.web.data_pages import make_data, make_table_page
from harborlight.web.embed import make_embed, picture_address
from harborlight.web.freshness import published_notices
from harborlight.web.goal_links import make_metric_goals
from harborlight.web.goal_pages import PAGES as GOAL_PAGES
from harborlight.web.group_pages import PAGES as GROUP_PAGES
from harborlight.web.group_places import make_metric_groups
from harborlight.web.how_page import read_how
from harborlight.web.metric_history import make_metric_history
from harborlight.web.metric_page import figure_title, make_metric_page
from harborlight.web.notices import FEED, make_corrections, render_feed
from harborlight.web.outcome_pages import PAGES as OUTCOME_PAGES
from harborlight.web.overview import make_overview
from harborlight.web.places import check_params
from harborlight.web.record_handlers import PAGES as RECORD_PAGES
from harborlight.web.record_pages import make_methods, make_status
from harborlight.web.respond import Turn, check_no_params, get_turn, html, to_json
from harborlight.web.site import full_address
from harborlight.web.strategies_page import addresses as strategy_addresses
from harborlight.web.strategy_pages import PAGES as STRATEGY_PAGES
from harborlight.web.text_pages import PAGES as TEXT_PAGES
from harborlight.web.text_pages import make_text_page
from harborlight.web.tiles import FILES as MAP_FILES
from harborlight.web.tiles import PAGES as MAP_PAGES
from harborlight.web.verdicts import period_words, verdict_words
from harborlight.web.wording import Wording

Handler = Callable[[Request], Response]
SECURITY_DAYS = 180


def read_overview(request: Request) -> Response:
    turn = _start(request)
    return html(turn, "overview.html", make_overview(turn.release.reader, turn.release.files, turn.wording))


def read_metrics(request: Request) -> Response:
    turn = _start(request)
    items = tuple(_measure(turn, metric_id, turn.wording) for metric_id in turn.release.reader.metric_ids())
    return html(turn, "metrics.html", MeasuresPage(items))


def _measure(turn: Turn, metric_id: str, wording: Wording) -> MeasureItem:
    metric, change = turn.release.facts.metrics[metric_id], turn.release.reader.headline(metric_id).year
    return MeasureItem(
        metric.title,
        f"/metrics/{metric_id}",
        metric.question,
        str(wording.write(change.now.n)) if change else "",
        period_words(change.now, wording) if change else "",
        verdict_words(change, wording) if change else "",
    )


def read_metric(request: Request) -> Response:
    """The page of a metric, and its CSV twin at `.csv`: the same parameters, the same rows."""
    turn, name = get_turn(request), request.path_params["metric_id"]
    own, params = split_params(check_query(turn.visit.query))
    since, params = split_since(params)
    metric_id, is_csv = name.removesuffix(".csv"), name.endswith(".csv")
    query = turn.release.reader.parse(params, metric_id)
    kind = "csv" if is_csv else dict(params).get("format", "html") or "html"
    if own and kind != "html":
        raise QueryError("This address compares nothing.", parameter=own[0][0], allowed=["/api/v1/compare"])
    if since and kind != "html":
        raise QueryError("This address lists no changes.", parameter="since", allowed=["/api/v1/changes"])
    match kind:
        case "csv":
            return answer_csv(turn, query)
        case "json":
            return answer_json(turn, query)
        case "html":
            is_default = not any(value for _, value in params)
            reader, files, pair = turn.release.reader, turn.release.files, read_pair(own)
            page = make_metric_page(reader, query, files, turn.wording, is_default=is_default, pair=pair)
            page = replace(page, history=make_metric_history(reader, query, since, turn.wording), groups=_groups_of(turn, query, is_default))
            page = replace(page, goals=make_metric_goals(reader, query.metric, turn.wording))
            return html(turn, "metric.html", share_page(turn, page, query, params))
        case _:
            raise QueryError("This format is not offered here.", parameter="format", allowed=["html", "csv", "json"])


def _groups_of(turn: Turn, query: Query, is_default: bool) -> GroupPart | None:
    """Who is counted; only on a measure's own page, because the tables take no question."""
    return make_metric_groups(turn.release.reader, query.metric, turn.wording) if is_default else None


def share_page(turn: Turn, page: MetricPage, query: Query, params: list[tuple[str, str]]) -> MetricPage:
    """The page with what others need to carry its chart and its data away."""
    facts, asked = turn.release.facts, [(name, value) for name, value in params if value and name != "format"]
    picture = picture_address(query.metric, urlencode(asked, safe=",:;"))
    title = page.figure.title if page.is_default else figure_title(facts, query, turn.wording)
    embed = make_embed(turn.visit.path + (f"?{urlencode(asked, safe=',:;')}" if asked else ""), picture, title, facts, turn.wording)
    return replace(page, figure=replace(page.figure, embed=embed), markup=make_metric_markup(facts.metrics[query.metric], facts, turn.wording))


def read_data(request: Request) -> Response:
    turn = _start(request)
    return html(turn, "data.html", make_data(turn.release.reader, turn.release.sizes, turn.wording))


def read_table(request: Request) -> Response:
    turn = _start(request)
    return html(
        turn,
        "table.html",
        make_table_page(turn.release.reader, request.path_params["table"], turn.release.sizes, turn.wording),
    )


def read_methods(request: Request) -> Response:
    turn = _start(request)
    return html(turn, "methods.html", make_methods(turn.release.reader, turn.wording))


def read_status(request: Request) -> Response:
    turn = _start(request)
    return html(turn, "status.html", make_status(turn.release.reader, turn.visit.late, turn.visit.today, turn.wording))


def read_changes(request: Request) -> Response:
    turn = get_turn(request)
    asked = read_asked(check_params(check_query(turn.visit.query), CHANGES, turn.wording), turn.release.reader)
    return html(turn, "changes.html", make_changes(turn.release.reader, asked, turn.release.entries, turn.wording))


def read_corrections(request: Request) -> Response:
    turn = _start(request)
    notices = published_notices(turn.release.facts, turn.visit.now)
    return html(turn, "corrections.html", make_corrections(notices, turn.release.facts, turn.wording))


def read_feed(request: Request) -> Response:
    turn = _start(request)
    notices = published_notices(turn.release.facts, turn.visit.now)
    return Response(render_feed(notices, turn.release.facts, turn.wording), media_type="application/atom+xml")


def read_api_page(request: Request) -> Response:
    turn = _start(request)
    return html(turn, "api.html", make_api_page(turn.release.reader, turn.wording))


def read_words(request: Request) -> Response:
    turn = _start(request)
    name = turn.visit.path.strip("/")
    return html(turn, "text.html", make_text_page(name, turn.release.facts, turn.wording))


def read_chart(request: Request) -> Response:
    """A picture of the current release, or of one that was served shortly before."""
    turn = _start(request)
    body = turn.releases.chart(request.path_params["release"], request.path_params["name"])
    if body is None:
        raise respond.plain_error(404)
    return Response(body, media_type="image/svg+xml")


# ------------------------------------------------------------------------------------------ for programs


def read_data_json(request: Request) -> Response:
    turn = _start(request)
    return to_json(make_data_json(turn.release.reader, turn.release.sizes, turn.wording))


def read_health(request: Request) -> Response:
    turn = _start(request)
    return to_json({"status": "ok", "release": turn.release.id})


def read_status_json(request: Request) -> Response:
    return to_json(make_status_json(_start(request)))


def read_robots(request: Request) -> Response:
    turn = _start(request)
    rule = "Disallow: /" if turn.visit.is_preview else "Allow: /"
    sitemap = full_address(turn.release.facts, "/sitemap.xml")
    return _plain(f"User-agent: *\n{rule}\n" + (f"Sitemap: {sitemap}\n" if sitemap else ""))


def read_sitemap(request: Request) -> Response:
    """Every page of the site that has no parameters."""
    turn = _start(request)
    paths = [path for path, _ in PAGES if "{" not in path]
    paths += [f"/metrics/{m}" for m in turn.release.reader.metric_ids()] + [
        f"/data/{t.name}" for t in turn.release.reader.tables()
    ]
    paths += [*area_addresses(turn.release.reader), *site_addresses(turn.release.reader), *(f"/goals/{goal}" for goal in turn.release.facts.goals)]
    paths += strategy_addresses(turn.release.reader)
    places = "".join(
        f"<url><loc>{full_address(turn.release.facts, path) or path}</loc></url>" for path in sorted(paths)
    )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>\n'
    return Response(body, media_type="application/xml")


def read_security(request: Request) -> Response:
    """Whom to tell about a weakness (RFC 9116)."""
    turn = _start(request)
    contact = turn.release.facts.city.contact
    way = (
        f"mailto:{contact.email}"
        if contact.email
        else f"tel:{contact.phone}"
        if contact.phone
        else full_address(turn.release.facts, "/report") or "/report"
    )
    expires = (turn.visit.now + timedelta(days=SECURITY_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    return _plain(f"Contact: {way}\nExpires: {expires:%Y-%m-%dT%H:%M:%SZ}\nPreferred-Languages: en\n")


def _plain(text: str) -> Response:
    return Response(text, media_type="text/plain; charset=utf-8")


def _start(request: Request) -> Turn:
    check_no_params(request)
    return get_turn(request)


PAGES: tuple[tuple[str, Handler], ...] = (
    ("/", read_overview),
    ("/metrics", read_metrics),
    ("/metrics/{metric_id}", read_metric),
    ("/metrics/{metric_id}/how", read_how),
    *AREA_PAGES,
    *MAP_PAGES,
    *GROUP_PAGES,
    *OUTCOME_PAGES,
    *GOAL_PAGES,
    *COMMUNITY_PAGES,
    *STRATEGY_PAGES,
    *RECORD_PAGES,
    ("/data", read_data),
    ("/data/{table}", read_table),
    ("/methods", read_methods),
    ("/status", read_status),
    ("/changes", read_changes),
    ("/corrections", read_corrections),
    ("/api", read_api_page),
    *((f"/{name}", read_words) for name in TEXT_PAGES),
)
FILES: tuple[tuple[str, Handler], ...] = (
    ("/charts/{release}/{name}", read_chart),
    *MAP_FILES,
    ("/healthz", read_health),
    ("/status.json", read_status_json),
    ("/data.json", read_data_json),
    (FEED, read_feed),
    ("/robots.txt", read_robots),
    ("/sitemap.xml", read_sitemap),
    ("/.well-known/security.txt", read_security),
)
