"""Outline drawings of areas as templates may show them; see `context.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    path: str  # lines of one area as an SVG path
    kind: str  # here, near, other, or shade-0 to shade-6, or few (too few for a shade)


@dataclass(frozen=True)
class Label:
    x: float  # middle of the text
    y: float  # base line of the text
    text: str  # name of the area
    kind: str  # here or near


@dataclass(frozen=True)
class Outline:
    width: int  # size of the drawing
    height: int  # size of the drawing
    shapes: tuple[Shape, ...]  # areas, those drawn last on top
    labels: tuple[Label, ...]  # names that have room
    label: str  # what a screen reader says instead
    key: tuple[tuple[str, str], ...]  # shade and what it stands for; empty without shades


@dataclass(frozen=True)
class Embed:
    id: str  # names its lines in the page
    address: str  # where this very chart can be found again
    code: str  # lines to paste into another page
    picture: str  # address of the picture alone
    note: str  # what must be added to the lines, or empty
