"""How a number of a report or case is read, whoever writes it: without spaces, dashes and letter case.

What goes into a page's address is this short form. What a feed gives as a number must look like one: a name, or words, are none.
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
    """The short form of a number, or None where this cannot be one: letters and digits only, with at least four digits."""
    if len(text) > LONGEST:
        return None
    key = re.sub(DROPPED, "", unicodedata.normalize("NFKC", text)).upper()
    return key if key.isascii() and re.search(KEY, key) and re.search(ENOUGH_DIGITS, key) else None


def is_number(text: str | None) -> bool:
    """Whether what a feed gives as a number looks like one as it stands: a number, and no four letters in a row."""
    return text is not None and key_of(text) is not None and not re.search(A_WORD, text.upper())


def checked_statute(text: str | None) -> str | None:
    """The law as cited where it has the form of a citation, otherwise None: the field of a feed may hold anything."""
    tidy = " ".join((text or "").split())
    return tidy if STATUTE.fullmatch(tidy) else None
