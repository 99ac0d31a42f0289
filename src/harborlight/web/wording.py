"""Every sentence that a reader sees, by key: `messages/<language>/<file>.yaml` holds `key: text` as `file.key`.

Texts are plain (never HTML); values are put in with `{name}` and escaped, so a value may be a link macro's Markup and
nothing else can become markup. Whole numbers and dates are written in the language's way on their way in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from babel import Locale
from markupsafe import Markup, escape

from harborlight.catalog.yaml_text import read_yaml
from harborlight.charts import formats
from harborlight.errors import ConfigError
from harborlight.provenance import Said

Entry = str | dict[str, str]


class Wording:
    """The texts of one language. `t` is what templates call, `text` what CSV and JSON need."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.entries = load_messages(language)
        self._plural = Locale.parse(language).plural_form

    def t(self, key: str, /, **values: Any) -> Markup:
        """The text of `key` as safe HTML. `n` chooses between one and other."""
        return escape(self._pick(key, values)).format(**self._written(values))

    def text(self, key: str, /, **values: Any) -> str:
        """The text of `key`, with the marks of the numbers in it; everywhere but in HTML it is plain text."""
        entry, written = self._pick(key, values), self._written(values)
        text = entry.format(**written)
        return Said(text, escape(entry).format(**written)) if any(isinstance(v, Said) for v in written.values()) else text

    def has(self, key: str) -> bool:
        return key in self.entries

    def _pick(self, key: str, values: Mapping[str, Any]) -> str:
        try:
            entry = self.entries[key]
        except KeyError:
            raise ConfigError(
                f"no text {key!r}", where=f"messages/{self.language}", hint="Add it to the catalogue."
            ) from None
        if isinstance(entry, str):
            return entry
        return entry.get(self._plural(values["n"]), entry["other"])

    def _written(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.write(value) for name, value in values.items()}

    def write(self, value: Any) -> Any:
        """A number or date in words; anything else as it is."""
        if isinstance(value, int) and not isinstance(value, bool):
            return formats.number(value, self.language)
        return formats.date_words(value, self.language) if isinstance(value, date) else value


def load_messages(language: str) -> dict[str, Entry]:
    """All texts of one language, keyed `file.key`. Raises ConfigError when there is no such language."""
    folder = resources.files("harborlight").joinpath("web", "messages", language)
    if not folder.is_dir():
        raise ConfigError(f"there are no messages in language {language!r}", where="web/messages")
    found: dict[str, Entry] = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        entries: dict[str, Entry] = read_yaml(file.read_text(encoding="utf-8"))
        found |= {f"{file.name.removesuffix('.yaml')}.{key}": entry for key, entry in entries.items()}
    return found


@cache
def get_wording(language: str = "en") -> Wording:
    """The texts of a language, read once per process."""
    return Wording(language)
