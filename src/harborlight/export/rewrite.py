"""Makes a page of the live site a page of the copy: relative links, no scripts, no questions, and a line that says what it is.

What the copy does not hold leads to the live site where that is known, and is plain text otherwise. No other byte changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice

from harborlight.export.addresses import point, resolve
from harborlight.export.tags import Tag

GONE_LINKS = ("preload", "canonical")


@dataclass(frozen=True)
class Copy:
    """What all pages of a copy share. `files` is address → file, `live` the live site's address or empty; the words are HTML."""

    files: dict[str, str]
    live: str
    line: str
    no_questions: str
    no_clock: str


@dataclass(frozen=True)
class Edit:
    start: int
    end: int
    text: str


def rewrite(text: str, tags: Sequence[Tag], address: str, copy: Copy) -> str:
    """The page at `address` with these tags, as it stands in the copy."""
    edits: list[Edit] = []
    gone = 0  # everything before this place has been taken out, with what lies in it
    for i, tag in enumerate(tags):
        if not tag.closes and tag.start >= gone:
            new = _edit(text, tag, islice(tags, i + 1, None), address, copy)
            gone = max((edit.end for edit in new if edit.start <= tag.end < edit.end), default=gone)
            edits += new
    return _apply(text, edits)


def _edit(text: str, tag: Tag, after: Iterable[Tag], address: str, copy: Copy) -> list[Edit]:
    """What changes at one start tag."""
    match tag.name:
        case "script" | "iframe":
            return [Edit(tag.start, _end_of(tag, after).end, "")]
        case "form" if copy.live:
            action = resolve(tag.attributes.get("action") or "", address)
            return [_with(text, tag, {"action": _on_live(copy, *action)})]
        case "form":
            return [Edit(tag.start, _end_of(tag, after).end, f'<p class="hl-quiet hl-small">{copy.no_questions}</p>')]
        case "a" | "area":
            return _edit_link(text, tag, after, address, copy)
        case "img" | "source":
            placed = {part: _place(part, address, copy) or part for part in tag.addresses}
            return [_with(text, tag, {name: _replace(tag.address, placed) for name in ("src", "srcset") if name in tag.attributes})]
        case "link" if tag.attributes.get("rel") in GONE_LINKS:
            return [Edit(tag.start, tag.end, "")]
        case "link":
            target = _place(tag.address, address, copy)
            return [_with(text, tag, {"href": target})] if target else [Edit(tag.start, tag.end, "")]
        case "head" if copy.live:
            return [Edit(tag.end, tag.end, f'\n  <link rel="canonical" href="{escape(copy.live + address)}">')]
        case "header" if "hl-header" in (tag.attributes.get("class") or "").split():
            return [Edit(tag.start, tag.start, copy.line)]
        case "p" if "data-clock" in tag.attributes:
            return [Edit(tag.end, _end_of(tag, after).start, copy.no_clock)]
    return [_with(text, tag, {})] if tag.for_scripts else []


def _edit_link(text: str, tag: Tag, after: Iterable[Tag], address: str, copy: Copy) -> list[Edit]:
    if not tag.address or tag.address.startswith("#"):
        return []
    target = _place(tag.address, address, copy)
    if target == tag.address:
        return []
    if target:
        return [_with(text, tag, {"href": target})]
    close = _end_of(tag, after)
    stays = "".join(f' {name}="{escape(tag.attributes[name] or "")}"' for name in ("id", "aria-current") if name in tag.attributes)
    return [Edit(tag.start, tag.end, f"<span{stays}>"), Edit(close.start, close.end, "</span>")]


def _place(href: str, address: str, copy: Copy) -> str:
    """Where a link of a page leads in the copy: a file of it, the live site, elsewhere; empty where nowhere is left."""
    target, fragment = resolve(href, address)
    if not target:
        return href
    if target in copy.files:
        return point(copy.files[address], copy.files[target], fragment)
    return _on_live(copy, target, fragment) if copy.live else ""


def _on_live(copy: Copy, target: str, fragment: str) -> str:
    return copy.live + target + (f"#{fragment}" if fragment else "")


# ------------------------------------------------------------------------------------------------- text


def _end_of(tag: Tag, after: Iterable[Tag]) -> Tag:
    """The end tag of an element that holds none of its own kind."""
    return next(other for other in after if other.closes and other.name == tag.name)


def _with(text: str, tag: Tag, values: dict[str, str]) -> Edit:
    """The start tag with other values, and without what only scripts read."""
    raw = text[tag.start : tag.end]
    for name, value in values.items():
        raw = re.sub(rf"(\s{name}=)(\"[^\"]*\"|'[^']*')", _putting(value), raw, count=1, flags=re.IGNORECASE)
    for name in tag.for_scripts:
        raw = re.sub(rf"\s{name}=(\"[^\"]*\"|'[^']*')", "", raw, count=1, flags=re.IGNORECASE)
    return Edit(tag.start, tag.end, raw)


def _putting(value: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f'{match[1]}"{escape(value)}"'


def _replace(text: str, placed: dict[str, str]) -> str:
    """A list of sources with other addresses."""
    return ", ".join(" ".join([placed[words[0]], *words[1:]]) for part in text.split(",") if (words := part.split()))


def _apply(text: str, edits: Sequence[Edit]) -> str:
    parts, place = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[place : edit.start], edit.text]
        place = edit.end
    return "".join([*parts, text[place:]])
