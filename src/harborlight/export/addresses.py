"""Which addresses of the site a copy holds, under which file names, and how one file points to another.

Single records stay with the live site: a copy that somebody kept would outlive their removal. So does what hangs on the minute.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from harborlight.errors import ReleaseError
from harborlight.web.cache import NEVER_KEPT, sort_query
from harborlight.web.headers import RECORD_PATHS

# Pages, lists and files of single records, and what leads to them.
RECORDS = (*RECORD_PATHS, "/look-up", "/data/records.csv", "/data/records.parquet")
# What is worked out for the minute, and what only scripts ask for.
LIVE = (*NEVER_KEPT, "/api/v1/services", "/tiles/", "/map/base/")
ENDINGS = {
    "text/css": ".css", "text/csv": ".csv", "text/plain": ".txt", "application/json": ".json", "application/geo+json": ".geojson",
    "application/vnd.apache.parquet": ".parquet", "application/atom+xml": ".atom", "image/svg+xml": ".svg", "image/png": ".png",
    "image/x-icon": ".ico", "font/woff2": ".woff2",
}  # fmt: skip
DATA = (".csv", ".json", ".geojson", ".svg", ".png")
LONGEST_NAME = 160


def resolve(href: str, page: str) -> tuple[str, str]:
    """The address of this site that a link leads to, its query in the one order, and its fragment; empty for one that leads elsewhere."""
    whole, fragment = urldefrag(urljoin(f"http://site.invalid{page}", href))
    parts = urlsplit(whole)
    if (parts.scheme, parts.netloc) != ("http", "site.invalid"):
        return "", ""
    query = sort_query(parts.query)
    if query is None:
        return "", ""
    return (parts.path or "/") + (f"?{query}" if query else ""), fragment


def is_wanted(address: str) -> bool:
    """Whether a copy may hold this: every address without a query, and with one where it is data or a picture."""
    path, _, query = address.partition("?")
    if unquote(path).startswith((*RECORDS, *LIVE)):
        return False
    return not query or path.startswith("/api/v1/") or path.endswith(DATA)


def file_of(address: str, kind: str) -> str:
    """The file of an answer, below the copy's folder. Raises ReleaseError for an address that no file can have."""
    path, _, query = address.partition("?")
    parts = unquote(path).strip("/").split("/")
    if any(part in (".", "..") or re.search(r'[\x00-\x1f\\:*?"<>|]', part) for part in parts):
        raise ReleaseError("no file can be named after this address", where=address)
    if kind == "text/html":
        return "/".join([part for part in parts if part] + ["index.html"])
    name = PurePosixPath(*parts)
    ending = name.suffix if name.suffix in ENDINGS.values() else ENDINGS.get(kind, name.suffix)
    stem = str(name).removesuffix(ending)
    if not query:
        return stem + ending
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", unquote(query).replace("&", "_"))
    return f"{stem}_{words if len(words) <= LONGEST_NAME else _mark(address)}{ending}"


def tell_apart(file: str, address: str) -> str:
    """Another name for the second of two addresses whose files would have the same."""
    name = PurePosixPath(file)
    return str(name.with_name(f"{name.stem}_{_mark(address)}{name.suffix}"))


def _mark(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:12]


def point(page_file: str, file: str, fragment: str = "") -> str:
    """How one file of the copy points to another: relative, so that it holds on a disk and below any prefix."""
    path = quote(posixpath.relpath(file, posixpath.dirname(page_file) or "."))
    return path + (f"#{fragment}" if fragment else "")
