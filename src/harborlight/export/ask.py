"""Asks the real site in this process: an address in, its answer out. What a copy holds is what a visitor would have been sent.

Every answer has to come from one release: where another one went up in between, the copy would mix two, and there is none.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from harborlight.errors import ReleaseError
from harborlight.web.cache import Front


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str  # media type without its parameters
    body: bytes
    is_for_robots: bool  # False where the answer itself says that nobody may keep it


async def ask(front: Front, address: str, release: str) -> Answer:
    """One answer. Raises ReleaseError where the site fails, or has begun to answer from another release."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http", "method": "GET", "path": unquote(path), "raw_path": path.encode(), "scheme": "http", "query_string": query.encode(),
        "headers": [(b"host", b"localhost")], "http_version": "1.1", "root_path": "", "server": ("localhost", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    started: dict[str, Any] = {}
    parts: list[bytes] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            parts.append(message.get("body", b""))

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    await front(scope, receive, send)
    headers = {name.decode(): value.decode("latin-1") for name, value in started["headers"]}
    if headers.get("x-release") != release:
        raise ReleaseError("another release went up while this copy was made", where=address, hint="Run the export again.")
    if started["status"] >= 500:
        raise ReleaseError(f"the site could not answer (status {started['status']})", where=address, hint="Run the export again.")
    kind = headers.get("content-type", "").partition(";")[0]
    return Answer(started["status"], kind, b"".join(parts), "noindex" not in headers.get("x-robots-tag", ""))
