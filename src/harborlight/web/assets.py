"""The built styles, scripts, fonts and mark: read once at start, served from memory under names that hold their hash.

`manifest.json` maps the name that a template uses to the hashed file; a file that is not in it is not served.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from importlib import resources

from harborlight.errors import ConfigError

TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "png": "image/png",
    "ico": "image/x-icon",
}


@dataclass(frozen=True)
class Asset:
    body: bytes
    zipped: bytes | None
    type: str


@dataclass(frozen=True)
class Assets:
    """`names` is template name → hashed file name; `files` is hashed file name → bytes."""

    names: dict[str, str]
    files: dict[str, Asset]

    def address(self, name: str) -> str:
        """The address of an asset, for templates. An unknown name is a bug and fails the render."""
        return f"/static/{self.names[name]}"

    @property
    def version(self) -> str:
        """Changes when any asset does: part of every ETag."""
        return hashlib.sha256(json.dumps(self.names, sort_keys=True).encode()).hexdigest()[:8]


def load_assets() -> Assets:
    """Read `static/build`. Raises ConfigError where it has not been built."""
    folder = resources.files("harborlight").joinpath("web", "static", "build")
    manifest = folder.joinpath("manifest.json")
    if not manifest.is_file():
        raise ConfigError(
            "the site's styles are not built",
            where="web/static/build",
            hint="Run `make assets`; it needs Node.js.",
        )
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    files = {}
    for name in names.values():
        body, ending = folder.joinpath(name).read_bytes(), name.rsplit(".", 1)[-1]
        zipped = None if ending in ("woff2", "png") else gzip.compress(body, 9, mtime=0)
        files[name] = Asset(body, zipped, TYPES[ending])
    return Assets(names, files)
