"""One release as the data folder knows it; apart, because pages and the code that opens releases both name it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ReleaseEntry:
    """One release that lies in the data folder, from its manifest."""

    id: str
    made_at: datetime | None
    content_sha256: str
