"""Pages that are mostly words: about, privacy, accessibility, report. Their text is in the catalogue, numbered by section.

`<page>.part1_title`, `<page>.part1_1`, `<page>.part1_2`, `<page>.part2_title` ...: a section ends where its next paragraph is missing.
"""

from __future__ import annotations

from harborlight.metrics.shapes import Facts
from harborlight.web.context import TextPage
from harborlight.web.wording import Wording

PAGES = ("about", "privacy", "accessibility", "report")


def make_text_page(name: str, facts: Facts, wording: Wording) -> TextPage:
    """One page of words, with the city's own names put in."""
    city = facts.city
    names = {
        "city": city.name,
        "site": city.site_title,
        "office": city.contact.office,
        "police": city.police_agency,
        "k": city.disclosure_k,
        "through": facts.data_through,
    }
    sections, number = [], 1
    while wording.has(f"{name}.part{number}_title"):
        sections.append(
            (wording.text(f"{name}.part{number}_title", **names), _paragraphs(name, number, names, wording))
        )
        number += 1
    return TextPage(
        title=wording.text(f"{name}.title", **names),
        lede=wording.text(f"{name}.lede", **names),
        sections=tuple(sections),
        facts=_contact(facts, wording) if name in ("report", "accessibility") else (),
    )


def _paragraphs(name: str, number: int, names: dict[str, object], wording: Wording) -> tuple[str, ...]:
    paragraphs, i = [], 1
    while wording.has(f"{name}.part{number}_{i}"):
        paragraphs.append(wording.text(f"{name}.part{number}_{i}", **names))
        i += 1
    return tuple(paragraphs)


def _contact(facts: Facts, wording: Wording) -> tuple[tuple[str, str], ...]:
    """How to reach the people who answer for the site: only what the city has given."""
    contact = facts.city.contact
    lines = (
        ("office", contact.office),
        ("email", contact.email),
        ("phone", contact.phone),
        ("address", contact.address),
    )
    return tuple((wording.text(f"contact.{name}"), text) for name, text in lines if text)
