"""Headers that responses carry: security on all of them, caching by kind, open reading for the API."""

from __future__ import annotations

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
PERMISSIONS = (
    "accelerometer=(), camera=(), geolocation=(self), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"
)
AGGREGATES = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
# Single records: a copy must never outlive the record (no stale answers), and search engines keep none.
RECORDS = "public, max-age=300, must-revalidate"
RECORD_PATHS = ("/api/v1/incidents", "/api/v1/cases", "/map/points/", "/cases/", "/incidents/")
ROBOTS = "noindex, noarchive, nosnippet"
# What hangs on the time of day: a copy is never shown after its minute, not even where the site cannot be reached.
LIVE = "public, max-age=60, must-revalidate"
LIVE_PATHS = ("/community", "/api/v1/services")
FOREVER = "public, max-age=31536000, immutable"

Header = tuple[bytes, bytes]
COMMON: tuple[Header, ...] = (
    (b"content-security-policy", CSP.encode()),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", PERMISSIONS.encode()),
)


def common_headers(path: str, release: str, *, is_preview: bool = False) -> list[Header]:
    """Security headers and the release id; API and downloads may be read from any site, pages may not be embedded."""
    is_open = is_open_data(path)
    headers = [
        *COMMON,
        (b"x-release", release.encode()),
        (b"cross-origin-resource-policy", b"cross-origin" if is_open else b"same-origin"),
    ]
    if is_open:
        headers.append((b"access-control-allow-origin", b"*"))
        headers.append((b"access-control-expose-headers", b"etag, link, x-release"))
    if is_preview or path.startswith(RECORD_PATHS):
        headers.append((b"x-robots-tag", ROBOTS.encode()))
    return headers


def is_open_data(path: str) -> bool:
    """The API alone is open to other sites' scripts."""
    return path.startswith("/api/")


def cache_control(path: str, status: int, is_kept: bool, is_preview: bool) -> bytes:
    """Aggregates may be kept a minute and shown while they are fetched again; refusals and live answers are not kept."""
    if is_preview or not is_kept or status != 200:
        return b"no-store"
    return (RECORDS if path.startswith(RECORD_PATHS) else LIVE if path.startswith(LIVE_PATHS) else AGGREGATES).encode()
