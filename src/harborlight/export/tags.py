"""Reads the tags of a page that a copy has to look at, with their places in the text, so that all the rest stays byte by byte.

In goes HTML as the site renders it, out come tags in their order, and the addresses that they name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

LOOKED_AT = frozenset(("a", "area", "form", "header", "head", "iframe", "img", "link", "meta", "p", "script", "source"))
# The attribute of each element that names an address.
ADDRESS = {"a": "href", "area": "href", "link": "href", "img": "src", "iframe": "src", "source": "srcset"}


@dataclass(frozen=True)
class Tag:
    """`start` and `end` are places in the text of the page; `closes` is an end tag."""

    name: str
    attributes: Mapping[str, str | None]
    start: int
    end: int
    closes: bool = False

    @property
    def address(self) -> str:
        """What it names: a link's target, a picture's source."""
        return self.attributes.get(ADDRESS.get(self.name, "")) or ""

    @property
    def addresses(self) -> list[str]:
        """The same, one by one: a `srcset` names several."""
        found = self.address
        return [part.split()[0] for part in found.split(",") if part.split()] if self.name == "source" else [found] if found else []

    @property
    def for_scripts(self) -> list[str]:
        """Attributes that only scripts read, and that hold addresses."""
        return [k for k, v in self.attributes.items() if k.startswith("data-") and v and (v.startswith("/") or '"/' in v)]


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.found: list[Tag] = []
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.feed(text)
        self.close()

    def _place(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in LOOKED_AT or any(k.startswith("data-") and v and "/" in v for k, v in attrs):
            start = self._place()
            self.found.append(Tag(tag, dict(attrs), start, start + len(self.get_starttag_text() or "")))

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        if tag in LOOKED_AT:
            start = self._place()
            self.found.append(Tag(tag, {}, start, self.text.index(">", start) + 1, closes=True))


def read_tags(text: str) -> list[Tag]:
    """The tags that name addresses, send questions, run scripts or stand where something is put in."""
    return _Reader(text).found


def find_addresses(tags: Sequence[Tag]) -> Iterator[str]:
    """Everything that a page links to or shows, as it stands there."""
    for tag in tags:
        yield from tag.addresses


def may_be_kept(tags: Sequence[Tag]) -> bool:
    """False for a page that asks not to be kept by anybody."""
    robots = [tag for tag in tags if tag.name == "meta" and tag.attributes.get("name") == "robots"]
    return not any("noindex" in (tag.attributes.get("content") or "") for tag in robots)
