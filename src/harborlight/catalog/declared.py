"""What all declarations of a city have in common: the form of their ids; frozen, and unknown keys refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
AreaSlug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Declared(BaseModel):
    """Base of everything a city declares."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
