"""A client that asks the site in-process and checks every answer that any test opens, so that no test can forget to.

Every answer carries its headers; every page is valid HTML5 with one h1 that starts its title, unique ids and no inline
style or script; every error has its shape.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import Counter
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser

from harborlight.web.cache import Front

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
ON_ALL = {
    "content-security-policy": CSP,
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


_ASKING = ThreadPoolExecutor(max_workers=1)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def page(self) -> Element:
        return HTMLParser(namespace_html_elements=False).parse(self.text)


class Client:
    """Asks one site. Answers are checked as they come."""

    def __init__(self, front: Front) -> None:
        self.front = front

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """In a thread of its own: a browser test of the same run may keep an event loop running in this one."""
        return _ASKING.submit(asyncio.run, work).result()

    def get(self, address: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        answer: Answer = self.run(self.ask(address, method=method, headers=headers))
        check_headers(address, answer)
        if answer.headers.get("content-type", "").startswith("text/html") and method == "GET" and answer.status != 304:
            check_page(answer)
        if answer.status >= 400 and "json" in answer.headers.get("content-type", "") and method == "GET":
            assert set(answer.json) == {"error"}
            assert {"code", "message", "parameter", "allowed"} <= set(answer.json["error"])
        return answer

    async def ask(self, address: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        path, _, query = address.partition("?")
        given = [(b"host", b"city.example"), *((k.lower().encode(), v.encode()) for k, v in (headers or {}).items())]
        scope = {
            "type": "http", "method": method, "path": unquote(path), "raw_path": path.encode(), "scheme": "http",
            "query_string": quote(query, safe="%&=,:+;").encode(), "headers": given, "http_version": "1.1", "root_path": "",
            "server": ("city.example", 80), "client": ("192.0.2.1", 1),
        }  # fmt: skip
        started: dict[str, Any] = {}
        parts: list[bytes] = []

        async def send(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                parts.append(message.get("body", b""))

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        await self.front(scope, receive, send)
        names = [k.decode() for k, _ in started["headers"]]
        assert len(names) == len(set(names)), f"a header stands twice: {names}"
        found = {k.decode(): v.decode() for k, v in started["headers"]}
        body = b"".join(parts)
        if "content-length" in found and method != "HEAD":
            assert int(found["content-length"]) == len(body)
        return Answer(
            started["status"], found, gzip.decompress(body) if found.get("content-encoding") == "gzip" else body
        )


def check_headers(address: str, answer: Answer) -> None:
    """Security headers stand on every answer; only the API is open to other sites; nothing sets a cookie."""
    for name, value in ON_ALL.items():
        assert answer.headers.get(name) == value, f"{name} of {address}"
    is_api = address.startswith("/api/")
    assert answer.headers.get("access-control-allow-origin") == ("*" if is_api else None), address
    assert answer.headers["cross-origin-resource-policy"] == ("cross-origin" if is_api else "same-origin")
    assert (
        "permissions-policy" in answer.headers and "x-release" in answer.headers and "cache-control" in answer.headers
    )
    assert "set-cookie" not in answer.headers and "server" not in answer.headers


def check_page(answer: Answer) -> None:
    """The rules of every page."""
    parser = HTMLParser(namespace_html_elements=False)
    tree = parser.parse(answer.text)
    assert not parser.errors, parser.errors[:3]
    assert tree.get("lang") == "en"
    headings = tree.findall(".//h1")
    assert len(headings) == 1
    title = tree.findtext(".//title") or ""
    assert title.startswith("".join(headings[0].itertext()).strip()), title
    ids = Counter(e.get("id") for e in tree.iter() if e.get("id"))
    assert not [name for name, n in ids.items() if n > 1]
    check_labels(tree, set(ids))
    for element in tree.iter():
        attributes = set(element.keys())
        assert not {a for a in attributes if a == "style" or a.startswith("on")}, (
            f"inline {attributes} on {element.tag}"
        )
        assert element.tag != "style"
        if element.tag == "script" and element.get("type") == "application/ld+json":
            assert json.loads(element.text or "")["@context"] == "https://schema.org", "data, which nothing runs"
        else:
            assert element.tag != "script" or element.get("src", "").startswith("/static/")
        for name in ("src", "srcset", "action"):
            assert element.get(name, "/").startswith("/"), "something is loaded from elsewhere"
    check_headings(tree)


def check_labels(tree: Element, ids: set[str | None]) -> None:
    for element in tree.iter():
        for name in ("aria-labelledby", "for"):
            assert element.get(name) is None or element.get(name) in ids, f"{name}={element.get(name)} points nowhere"
        href = element.get("href", "")
        assert not href.startswith("#") or href[1:] in ids
        if element.tag == "img":
            assert element.get("alt") is not None
        if element.tag == "table":
            assert element.find("caption") is not None
        if element.get("role") == "img":
            assert element.get("aria-label")


def check_headings(tree: Element) -> None:
    """No heading level is skipped."""
    level = 1
    for element in tree.iter():
        if (
            isinstance(element.tag, str)
            and len(element.tag) == 2
            and element.tag[0] == "h"
            and element.tag[1].isdigit()
        ):
            assert int(element.tag[1]) <= level + 1, "a heading level is skipped"
            level = int(element.tag[1])
