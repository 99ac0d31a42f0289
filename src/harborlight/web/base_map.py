"""What the map's page says of the release's own tiles: where they are, which layers to draw, and whom to credit.

The credit is HTML in the file's metadata; only its words and its links to other sites are kept.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from harborlight.catalog.base_tiles import BaseTiles
from harborlight.web.context import Link

BASE_TILES = "/map/base/tiles/{z}/{x}/{y}.mvt"


def base_state(base: BaseTiles | None) -> dict[str, Any] | None:
    """What the script draws below the counts, or None."""
    if base is None:
        return None
    first, last = base.zooms
    return {"tiles": BASE_TILES, "minzoom": first, "maxzoom": last, "bounds": base.bounds, "layers": base.layers}


def read_credit(html: str) -> tuple[Link, ...]:
    """A file's attribution as words, some of them links; `href` is empty for the others."""
    reader = _Credit()
    reader.feed(html)
    reader.close()
    return tuple(Link(text, href) for text, href in reader.parts) if any(t.strip() for t, _ in reader.parts) else ()


class _Credit(HTMLParser):
    """Takes the words of a piece of HTML, and the addresses of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[tuple[str, str]] = []
        self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith(("https://", "http://")):
            self._href = href

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._href = ""

    def handle_data(self, data: str) -> None:
        self.parts.append((re.sub(r"\s+", " ", data), self._href))
