"""The last step of every chart: from the chart library's SVG to the one that is published.

In goes SVG text with title and description, out comes SVG that a screen reader can name, that needs no font,
style sheet, script or other file, and that has the same bytes wherever it was made. What is not on the short
list of allowed elements and attributes is taken out or refused, so a change in the library cannot bring
anything in.
"""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ElementTree

NAMESPACE = "http://www.w3.org/2000/svg"
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
ELEMENTS = {"svg", "g", "path", "line", "rect", "text", "tspan"}
ATTRIBUTES = {
    "width", "height", "viewBox", "transform", "d", "x", "y", "x2", "y2", "dx", "dy", "fill", "fill-opacity",
    "opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "text-anchor", "font-size", "font-weight",
}  # fmt: skip
LONG_FRACTION = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")


def finish(svg: str, title: str, description: str) -> str:
    """Return `svg` with its accessible name and only what is allowed in it.

    Raises ValueError for an element that is not on the list. Coordinates are rounded to a hundredth of a
    pixel.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314  (written by the chart library just now)
    _clean(root)
    body = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    body = body.replace(f' xmlns:ns0="{NAMESPACE}"', "").replace("<ns0:", "<").replace("</ns0:", "</")
    size = " ".join(f'{name}="{root.attrib[name]}"' for name in ("width", "height", "viewBox"))
    key = hashlib.sha256(f"{size}{title}{description}{body}".encode()).hexdigest()[:10]
    name = f'<title id="t{key}">{_escape(title)}</title><desc id="d{key}">{_escape(description)}</desc>'
    return (
        f'<svg xmlns="{NAMESPACE}" {size} role="img" aria-labelledby="t{key} d{key}" font-family="{FONTS}">'
        f"{name}{body}</svg>"
    )


def _clean(element: ElementTree.Element) -> None:
    """Take out attributes that are not allowed, empty shapes and groups that do nothing; inside first."""
    name = element.tag.rpartition("}")[2]
    if name not in ELEMENTS:
        raise ValueError(f"a chart may not hold <{name}>")
    children: list[ElementTree.Element] = []
    for child in element:
        _clean(child)
        if _is_empty(child):
            continue
        is_bare = child.tag.endswith("}g") and not child.attrib
        children += list(child) if is_bare else [child]
    element[:] = children
    kept = {}
    for key, value in element.attrib.items():
        if key in ATTRIBUTES and (key, value) not in (("opacity", "1"), ("transform", "translate(0,0)")):
            kept[key] = LONG_FRACTION.sub(lambda found: f"{round(float(found.group()), 2) + 0:g}", value)
    element.attrib.clear()
    element.attrib.update(kept)


def _is_empty(element: ElementTree.Element) -> bool:
    name = element.tag.rpartition("}")[2]
    if name == "g":
        return len(element) == 0
    if name == "path":
        return not {"fill", "stroke"} & set(element.attrib) or not element.attrib.get("d")
    return name == "text" and not (element.text or len(element))


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
