"""What the methods page may show of the rules for single reports and cases; see `context.py` for the manner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RuleItem:
    title: str  # the rule in a few words
    text: str  # in plain words
    statute: str  # where it stands
    url: str  # its text, or empty
    since: str  # from which day it is in force, or that this is still to be confirmed


@dataclass(frozen=True)
class RecordRules:
    state: str  # who reviewed them, or that nobody has
    settings: tuple[str, ...]  # what they come to here
    rules: tuple[RuleItem, ...]  # each with its statute
