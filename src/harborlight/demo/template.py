"""The fictional city's folder as the template of a new one, without the reviews that only a city's own people can give."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from harborlight.demo.write import city_folder

# What people of a city sign with a day: copied, it would switch pages on that nobody there has looked at.
REVIEWS = {"city.yaml": ("advocate_review",), "records.yaml": ("reviewed_by_office", "reviewed_on")}


def lay_template(folder: Path) -> None:
    """Copy the template into an empty folder; lines that record a review are put in comments."""
    shutil.copytree(city_folder(), folder, dirs_exist_ok=True)
    for name, keys in REVIEWS.items():
        path = folder / name
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(rf"^(?=({'|'.join(keys)}):)", "# ", text, flags=re.MULTILINE), encoding="utf-8")
