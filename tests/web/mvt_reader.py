"""A small reader of Mapbox vector tiles, written from the format's description and not from our writer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Feature:
    id: int | None
    kind: int
    values: dict[str, Any]
    corners: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Layer:
    name: str
    version: int
    extent: int
    features: tuple[Feature, ...]


def read_tile(body: bytes) -> dict[str, Layer]:
    """Layers by name."""
    layers = [_layer(part) for number, part in _fields(body) if number == 3]
    assert len({layer.name for layer in layers}) == len(layers)
    return {layer.name: layer for layer in layers}


def _fields(body: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(body):
        key, at = _varint(body, at)
        match key & 7:
            case 0:
                value, at = _varint(body, at)
            case 2:
                length, at = _varint(body, at)
                value, at = body[at : at + length], at + length
                assert len(value) == length, "a field ends after the tile"
            case other:
                raise AssertionError(f"wire type {other}")
        yield key >> 3, value


def _varint(body: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = body[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def _packed(body: bytes) -> list[int]:
    found, at = [], 0
    while at < len(body):
        number, at = _varint(body, at)
        found.append(number)
    return found


def _layer(body: bytes) -> Layer:
    parts = list(_fields(body))
    one = {number: value for number, value in parts if number in (1, 5, 15)}
    keys = [value.decode() for number, value in parts if number == 3]
    values = [_value(value) for number, value in parts if number == 4]
    features = tuple(_feature(value, keys, values) for number, value in parts if number == 2)
    return Layer(one[1].decode(), one[15], one.get(5, 4096), features)


def _value(body: bytes) -> Any:
    ((number, value),) = _fields(body)
    assert number in (4, 5, 6), "only whole numbers are expected"
    return value


def _feature(body: bytes, keys: list[str], values: list[Any]) -> Feature:
    parts = dict(_fields(body))
    tags = _packed(parts.get(2, b""))
    named = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
    return Feature(parts.get(1), parts[3], named, tuple(_corners(_packed(parts[4]))))


def _corners(commands: list[int]) -> Iterator[tuple[int, int]]:
    x = y = at = 0
    while at < len(commands):
        kind, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if kind == 7:
            continue
        for _ in range(count):
            dx, dy = ((n >> 1) ^ -(n & 1) for n in commands[at : at + 2])
            x, y, at = x + dx, y + dy, at + 2
            yield x, y
