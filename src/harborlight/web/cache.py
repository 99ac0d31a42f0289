"""The layer in front of the app: whole answers from memory, one computation per question, the headers of every response.

The key is the release, what is late, the path and the sorted query, so nothing is ever invalidated: a new release has new
keys. What misses is computed off the event loop once, however many wait for it, and kept with its gzip beside it.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Response

from harborlight.errors import QueryError
from harborlight.log import get_logger
from harborlight.web import respond
from harborlight.web.assets import Assets
from harborlight.web.freshness import fresh_notices, freshness_key, late_sources, published_notices, unchecked_sources
from harborlight.web.headers import LIVE_PATHS, cache_control, common_headers
from harborlight.web.releases import Release, Releases
from harborlight.web.serve_files import send_bytes, send_file
from harborlight.web.site import Visit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Key = tuple[str, str, str, str]

LONGEST_ADDRESS = 2048
MOST_BYTES = 64 * 1024 * 1024
MOST_AT_ONCE = 64
ZIP_FROM = 800
ZIPPED = (b"content-encoding", b"gzip")
MOST_PARAMETERS = 40
NEVER_KEPT = ("/healthz", "/status.json", "/api/v1/status", "/api/v1/status.csv", "/api/v1/areas/locate", "/.well-known/security.txt")
# Answers that hold the age of something: kept for one day of the city. Those below an address are named by how they begin.
DATED = ("/status",)
DATED_BELOW = ("/areas/",)
log = get_logger("serve")


@dataclass
class Stored:
    """One whole answer."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    zipped: bytes | None = None
    etag: str = ""


@dataclass
class Capture:
    """Takes what the app sends."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        else:
            self.parts.append(message.get("body", b""))


class Memory:
    """Answers by key, the least recently used thrown out first, never more bytes than `most`."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most, self.size = most, 0
        self.items: OrderedDict[Key, Stored] = OrderedDict()

    def get(self, key: Key) -> Stored | None:
        found = self.items.get(key)
        if found:
            self.items.move_to_end(key)
        return found

    def put(self, key: Key, stored: Stored) -> None:
        size = self._size(stored)
        if size > self.most // 8 or key in self.items:
            return
        self.items[key] = stored
        self.size += size
        while self.size > self.most:
            _, old = self.items.popitem(last=False)
            self.size -= self._size(old)

    @staticmethod
    def _size(stored: Stored) -> int:
        return len(stored.body) + len(stored.zipped or b"") + 500


class Front:
    """The ASGI application that a server runs. `hosts` empty means that any Host header is taken."""

    def __init__(
        self,
        app: App,
        releases: Releases,
        assets: Assets,
        *,
        version: str,
        hosts: tuple[str, ...] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.app, self.releases, self.assets, self.version = app, releases, assets, version
        self.hosts, self.clock, self.memory = hosts, clock, Memory()
        self.running: dict[Key, asyncio.Task[Stored]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            release = self.releases.acquire()
            try:
                await self._respond(release, scope, send)
            finally:
                self.releases.give_back(release)

    async def _respond(self, release: Release, scope: Scope, send: Send) -> None:
        path, query = scope["path"], scope.get("query_string", b"").decode("latin-1")
        if (
            path.startswith("/static/")
            and (asset := self.assets.files.get(path[8:]))
            and scope["method"] in ("GET", "HEAD")
        ):
            await send_bytes(scope, send, asset.body, asset.zipped, asset.type, release.id)
            return
        turn = self._turn(release, path, query)
        if refused := self._refuse(scope, path, query):
            await self._send(scope, send, turn, _stored(respond.error(turn, respond.plain_error(refused))))
        elif scope["method"] == "OPTIONS":
            await self._send(scope, send, turn, Stored(204, [(b"allow", b"GET, HEAD, OPTIONS")], b""))
        elif (file := release.downloads.get(path.removeprefix("/data/"))) and path.startswith("/data/") and not query:
            await send_file(scope, send, file, release.id)
        else:
            await self._send(scope, send, turn, await self._answer(turn, scope))

    def _turn(self, release: Release, path: str, query: str) -> respond.Turn:
        now = self.clock()
        late, notices = late_sources(release.facts, now), fresh_notices(release.facts, now)
        asked, unchecked = sort_query(query), unchecked_sources(release.facts, now)
        if self.releases.is_outdated(release):
            unchecked = frozenset(source.id for source in release.facts.sources)
        visit = Visit(
            release.facts, late, notices, now, path, query if asked is None else asked, self.releases.is_preview, unchecked
        )
        return respond.Turn(visit, release, self.releases, self.assets)

    def _refuse(self, scope: Scope, path: str, query: str) -> int | None:
        """The status with which a request is turned away before anything is computed, or None."""
        if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            return 405
        if len(path) + len(query) > LONGEST_ADDRESS:
            return 414
        host = next((v for k, v in scope["headers"] if k == b"host"), b"").decode("latin-1").rsplit(":", 1)[0]
        if self.hosts and host not in self.hosts:
            return 400
        if any(ord(c) < 32 or c == "\\" for c in path) or "//" in path or "/." in path.replace("/.well-known/", "/"):
            return 404
        return None

    async def _answer(self, turn: respond.Turn, scope: Scope) -> Stored:
        """From memory, from a computation that is under way, or from a new one."""
        key = make_key(turn)
        if key and (found := self.memory.get(key)):
            return found
        task = self.running.get(key) if key else None
        if task is None:
            if len(self.running) >= MOST_AT_ONCE:
                return _stored(respond.error(turn, respond.plain_error(503)))
            self.releases.hold(turn.release)
            task = asyncio.create_task(self._compute(turn, scope, key))
            self.running[key or ("", "", "", secrets.token_hex(8))] = task
            task.add_done_callback(lambda done: self._done(done, turn.release))
        await asyncio.wait({task})
        failure = task.exception()
        if failure is None:
            return task.result()
        reference = secrets.token_hex(4)
        log.error("request failed, reference %s", reference, exc_info=failure)
        return _stored(respond.error(turn, respond.plain_error(500), reference))

    def _done(self, task: asyncio.Task[Stored], release: Release) -> None:
        for key in [key for key, running in self.running.items() if running is task]:
            del self.running[key]
        self.releases.give_back(release)

    async def _compute(self, turn: respond.Turn, scope: Scope, key: Key | None) -> Stored:
        capture = Capture()
        inner = dict(scope) | {"method": "GET", "headers": [], "harborlight": turn, "root_path": ""}
        await self.app(inner, _nothing, capture)
        stored = Stored(capture.status, capture.headers, b"".join(capture.parts))
        if ZIPPED in stored.headers:
            await asyncio.to_thread(_unzip, stored)
        elif stored.status == 200 and len(stored.body) > ZIP_FROM:
            stored.zipped = await asyncio.to_thread(gzip.compress, stored.body, 6, mtime=0)
        if stored.status == 200 and key and turn.visit.path not in NEVER_KEPT:
            stored.etag = make_etag(turn.release.id, key, self.version)
            self.memory.put(key, stored)
        return stored

    async def _send(self, scope: Scope, send: Send, turn: respond.Turn, stored: Stored) -> None:
        """Send an answer with the headers of its kind; 304 where the client has it already."""
        asked = {k: v.decode("latin-1") for k, v in scope["headers"] if k in (b"if-none-match", b"accept-encoding")}
        zipped = stored.zipped if "gzip" in asked.get(b"accept-encoding", "") else None
        body = stored.body if zipped is None else zipped
        headers = [(k, v) for k, v in stored.headers if k != b"content-length"]
        headers += common_headers(turn.visit.path, turn.release.id, is_preview=turn.visit.is_preview)
        headers.append((b"cache-control", cache_control(turn.visit.path, stored.status, bool(stored.etag), turn.visit.is_preview)))
        headers.append((b"vary", b"accept-encoding"))
        status = stored.status
        if stored.etag:
            etag = f'"{stored.etag}-gzip"' if zipped else f'"{stored.etag}"'
            headers.append((b"etag", etag.encode()))
            if is_known(asked.get(b"if-none-match", ""), stored.etag):
                status, body = 304, b""
                headers = [(k, v) for k, v in headers if k != b"content-type"]
        if zipped is not None and status == 200:
            headers.append((b"content-encoding", b"gzip"))
        if status not in (204, 304):
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _nothing() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def _stored(response: Response) -> Stored:
    return Stored(response.status_code, list(response.raw_headers), bytes(response.body))


def _unzip(stored: Stored) -> None:
    """What the app gives out gzipped is kept as it is, and plain beside it for clients that cannot read it."""
    stored.headers.remove(ZIPPED)
    stored.zipped, stored.body = stored.body, gzip.decompress(stored.body)


def sort_query(query: str) -> str | None:
    """The same parameters always as the same text; None where one repeats or there are too many to be meant."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="replace")
    except ValueError:
        return None
    return urlencode(sorted(pairs), safe=",:") if len(dict(pairs)) == len(pairs) else None


def make_key(turn: respond.Turn) -> Key | None:
    """The canonical question, or None for one that will be refused: refusals are not kept."""
    query = sort_query(turn.visit.query)
    if query is None:
        return None
    path = turn.visit.path
    day = turn.visit.today.isoformat() if path in DATED or path.startswith(DATED_BELOW) else ""
    if path.startswith(LIVE_PATHS):
        # What hangs on the time of day is kept for one minute.
        day = f"{turn.visit.now:%Y-%m-%dT%H:%M}"
    published = len(published_notices(turn.visit.facts, turn.visit.now))
    fresh = ",".join([freshness_key(turn.visit.late, turn.visit.notices, published), *sorted(turn.visit.unchecked)])
    return turn.release.id, fresh + day, path, query


def make_etag(release: str, key: Key, version: str) -> str:
    """Release id, then a short hash of route, query, what is late and the version of templates and assets."""
    return f"{release}-{hashlib.sha256(repr((key, version)).encode()).hexdigest()[:12]}"


def is_known(header: str, etag: str) -> bool:
    """Whether If-None-Match names this answer, in either encoding."""
    given = {part.strip().removeprefix("W/").strip('"').removesuffix("-gzip") for part in header.split(",")}
    return header.strip() == "*" or etag in given


def check_query(query: str) -> list[tuple[str, str]]:
    """The raw parameters of an address. Raises QueryError when there are too many to be meant."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="replace")
    except ValueError:
        raise QueryError("These are too many parameters.", allowed=[f"up to {MOST_PARAMETERS} parameters"]) from None
