"""How a number of a report or case is read, whoever writes it: without spaces, dashes and letter case.

What goes into a page's address is this short form. It must look like a number: a name, or words, never become one.
"""

from __future__ import annotations

import re
import unicodedata

# Left out wherever they stand: white space, dashes of every kind, points, slashes, underscores and number signs.
DROPPED = r"[\s\-‐‑‒–—−./_#]"
KEY = r"^[A-Z0-9]{4,24}$"
ENOUGH_DIGITS = r"(?:[0-9][A-Z]*){4}"
A_WORD = r"[A-Z]{4}"
LONGEST = 64
# A law as courts cite it: a short article, a section, its parts. Nothing else may stand there.
STATUTE = re.compile(r"(?:[A-Z]{2,3}[. ]{0,2})?(?:§ ?)?\d{1,2}[-.]\d{1,4}(?:[.-]\d{1,3})?(?:\([A-Za-z0-9]{1,3}\)){0,4}")


def key_of(text: str) -> str | None:
    """The short form of a number, or None where this cannot be one."""
    if len(text) > LONGEST:
        return None
    key = re.sub(DROPPED, "", unicodedata.normalize("NFKC", text)).upper()
    return key if is_key(key) else None


def is_key(key: str) -> bool:
    """At least four digits, no word of four letters, nothing but letters and digits."""
    return bool(re.search(KEY, key, re.ASCII) and re.search(ENOUGH_DIGITS, key) and not re.search(A_WORD, key)) and key.isascii()


def checked_statute(text: str | None) -> str | None:
    """The law as cited where it has the form of a citation, otherwise None: the field of a feed may hold anything."""
    tidy = " ".join((text or "").split())
    return tidy if STATUTE.fullmatch(tidy) else None
