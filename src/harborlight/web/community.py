"""`/community`: help lines, then the list of sites that answers a question, then the same on a map.

In go the reader, the visit and a typed question, out comes `CommunityPage`. The list comes first and says everything that the map says.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from harborlight.catalog.base_tiles import BaseTiles
from harborlight.catalog.services import KINDS, NEEDS, STALE_DAYS
from harborlight.metrics.shapes import Facts
from harborlight.web.community_map import draw_sites, make_legend, map_state
from harborlight.web.context import Choice, Link, Option
from harborlight.web.context_community import CommunityPage, SiteGroup, SiteItem
from harborlight.web.help_lines import general_help, make_help
from harborlight.web.partner_violence import PAGE as PARTNER
from harborlight.web.reader import Reader
from harborlight.web.service_query import MILES, NOW, Asked, Found, find_sites
from harborlight.web.service_reader import read_sites
from harborlight.web.service_words import language_name, make_item, moment_words
from harborlight.web.wording import Wording

PAGE = "/community"


def site_languages(reader: Reader) -> list[str]:
    """Every language that some site speaks."""
    return sorted({code for listed in read_sites(reader).values() for code in listed.site.languages})


def make_community(reader: Reader, asked: Asked, base: BaseTiles | None, wording: Wording) -> CommunityPage:
    """The page of one question."""
    facts, found = reader.facts, find_sites(reader, asked)
    ordered = found if asked.spot else sorted(found, key=lambda one: KINDS.index(one.listed.site.kind))
    numbered = number_sites(ordered)
    items = [(one, make_item(one, asked, number, facts, wording)) for one, number in numbered]
    off_map = sum(one.listed.site.longitude is None for one in found)
    return CommunityPage(
        answer=_answer(len(found), asked, wording), place=_place_words(asked, wording),
        others=_others(asked),
        help=tuple(make_help(line, wording) for line in general_help(facts.help)),
        no_help="" if general_help(facts.help) else wording.text("area.no_help", office=facts.city.contact.office),
        choices=_choices(reader, asked, wording), near=asked.near, is_open=bool(asked.open), open_at="" if asked.open == NOW else asked.open,
        groups=_groups(items, asked, wording), picture=draw_sites(reader, numbered, wording.text("community.map_alt")),
        legend=make_legend(numbered, wording), state=map_state(reader, numbered, base),
        off_map=wording.text("community.off_map", n=off_map, all=len(found)) if off_map else "", is_narrow=asked.is_narrow or bool(asked.near),
        links=_links(asked, wording), notes=_notes(facts, wording),
    )  # fmt: skip


def _others(asked: Asked) -> tuple[Link, ...]:
    """The same question near other places that answer to the same words."""
    places = asked.spot.others if asked.spot else ()
    return tuple(Link(f"{p.name} ({p.layer.title_one})", _address(asked, near=f"{p.layer.id}/{p.id}")) for p in places)


def number_sites(found: Sequence[Found]) -> list[tuple[Found, str]]:
    """Numbers for sites that have a place on the map, in the order of the list."""
    numbered, number = [], 0
    for one in found:
        number += one.listed.site.longitude is not None
        numbered.append((one, str(number) if one.listed.site.longitude is not None else ""))
    return numbered


def _answer(n: int, asked: Asked, wording: Wording) -> str:
    when = moment_words(asked.moment, wording)
    return wording.text("community.found", n=n, when=when) if n else wording.text("community.found_none", when=when)


def _place_words(asked: Asked, wording: Wording) -> str:
    if asked.spot:
        return wording.text("community.place_found", place=asked.spot.name)
    return wording.text("community.place_none") if asked.near.strip() else ""


def question_of(asked: Asked, **more: str) -> str:
    """The question as the parameters of an address, without a question mark."""
    given = {
        "kind": asked.kind, "need": asked.need, "language": asked.language, "open": asked.open, "near": asked.near,
        "within": f"{asked.miles:g}" if asked.miles else "",
    } | more  # fmt: skip
    return urlencode({name: value for name, value in given.items() if value}, safe=",:/")


def _address(asked: Asked, path: str = PAGE, **more: str) -> str:
    question = question_of(asked, **more)
    return f"{path}?{question}" if question else path


def _groups(items: list[tuple[Found, SiteItem]], asked: Asked, wording: Wording) -> tuple[SiteGroup, ...]:
    """By kind, a kind without sites said so; in the order of distance where a place is chosen."""
    if asked.spot:
        return (SiteGroup(wording.text("community.nearest"), tuple(item for _, item in items), ""),) if items else ()
    groups = []
    for kind in KINDS:
        mine = tuple(item for found, item in items if found.listed.site.kind == kind)
        if mine or not asked.is_narrow or kind == asked.kind:
            empty = wording.text("community.empty" if set(asked_names(asked)) <= {"kind"} else "community.empty_narrow")
            groups.append(SiteGroup(wording.text(f"services.kind_{kind}"), mine, "" if mine else empty))
    return tuple(groups)


def asked_names(asked: Asked) -> list[str]:
    """Which choices narrow the list."""
    return [name for name in ("kind", "need", "language", "open", "miles") if getattr(asked, name)]


def _choices(reader: Reader, asked: Asked, wording: Wording) -> tuple[Choice, ...]:
    lists = (
        ("kind", asked.kind, [(kind, wording.text(f"services.kind_{kind}")) for kind in KINDS]),
        ("need", asked.need, [(need, wording.text(f"services.need_{need}")) for need in NEEDS]),
        ("language", asked.language, [(code, language_name(code, wording)) for code in site_languages(reader)]),
        ("within", f"{asked.miles:g}" if asked.miles else "", [(m, wording.text("community.miles", n=int(m))) for m in MILES]),
    )
    return tuple(
        Choice(name, wording.text(f"community.choose_{name}"), (
            Option("", wording.text(f"community.any_{name}"), not chosen), *(Option(v, text, v == chosen) for v, text in options),
        ))
        for name, chosen, options in lists
    )  # fmt: skip


def _links(asked: Asked, wording: Wording) -> tuple[Link, ...]:
    return (
        Link(wording.text("community.csv"), _address(asked, "/api/v1/services.csv")),
        Link(wording.text("community.json"), _address(asked, "/api/v1/services")),
        Link(wording.text("community.table"), "/data/services"), Link(wording.text("community.areas"), "/areas"),
        Link(wording.text("community.firearms"), "/firearms"), Link(wording.text("community.partner"), PARTNER),
    )  # fmt: skip


def _notes(facts: Facts, wording: Wording) -> tuple[str, ...]:
    return (
        wording.text("community.note_verified", days=STALE_DAYS), wording.text("community.note_holidays"),
        wording.text("community.note_clock", city=facts.city.name),
    )  # fmt: skip
