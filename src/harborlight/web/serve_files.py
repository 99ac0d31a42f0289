"""Sends files that lie ready: assets from memory, downloads from the release's folder. Names come from an index, never a path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from harborlight.web.headers import AGGREGATES, FOREVER, common_headers

CHUNK = 256 * 1024
TYPES = {".csv": b"text/csv; charset=utf-8", ".parquet": b"application/vnd.apache.parquet"}
Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def send_bytes(scope: Scope, send: Send, body: bytes, zipped: bytes | None, kind: str, release: str) -> None:
    """An asset: its name holds its hash, so it may be kept forever."""
    accepts = next((v for k, v in scope["headers"] if k == b"accept-encoding"), b"")
    use_zip = zipped is not None and b"gzip" in accepts
    chosen = zipped if use_zip and zipped is not None else body
    headers = [
        *common_headers(scope["path"], release),
        (b"content-type", kind.encode()),
        (b"cache-control", FOREVER.encode()),
        (b"vary", b"accept-encoding"),
        (b"content-length", str(len(chosen)).encode()),
    ]
    if use_zip:
        headers.append((b"content-encoding", b"gzip"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else chosen})


async def send_file(scope: Scope, send: Send, file: Path, release: str) -> None:
    """A download, whole and in pieces; a Range header is not honoured. Its ETag is the release and the name."""
    etag = f'"{release}-{file.name}"'.encode()
    size = file.stat().st_size
    headers = [
        *common_headers(scope["path"], release),
        (b"content-type", TYPES[file.suffix]),
        (b"etag", etag),
        (b"cache-control", AGGREGATES.encode()),
        (b"content-disposition", f'attachment; filename="{file.name}"'.encode()),
    ]
    if any(k == b"if-none-match" and etag in v for k, v in scope["headers"]):
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [*headers, (b"content-length", str(size).encode())],
        }
    )
    if scope["method"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    with file.open("rb") as handle:
        left = size
        while left > 0:
            piece = await asyncio.to_thread(handle.read, min(CHUNK, left))
            left = left - len(piece) if piece else 0
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
