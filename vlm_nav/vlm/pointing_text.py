"""Finds the pairs of numbers by which models point, in tags, in JSON and in brackets."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vlm_nav.vlm.json_scan import Container, Found, Value, scan
from vlm_nav.vlm.json_tokens import Number

_LONGEST_TEXT = 20_000
_MOST_POINTS = 200
_TAG = re.compile(r'<(?:points?|tracks)\b([^>]{0,8000})>')
_ATTRIBUTE = re.compile(r'\b([xy])(\d{0,3}) {0,2}= {0,2}["\'] {0,4}(-?[\d.]{1,12})')
_COORDS = re.compile(r'\bcoords {0,2}= {0,2}["\']([^"\']{0,8000})')
_NUMBER = r'-?\d{1,6}(?:\.\d{1,9})?'
_PAIR = re.compile(rf'[(\[] {{0,3}}({_NUMBER}) {{0,3}}, {{0,3}}({_NUMBER}) {{0,3}}[)\]]')
_POINTING_KEYS = frozenset(
    {'point', 'points', 'point2d', 'points2d', 'coordinates', 'position',
     'bbox', 'bbox2d', 'box', 'box2d', 'boundingbox'}
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """Two numbers in the order in which they are written; `named` where they are x and y."""

    first: float
    second: float
    named: bool = False


def written_points(text: str) -> tuple[Written, ...]:
    """Return the points that a text names, and the centres of its boxes, in order.

    Tags count before JSON, JSON's objects before bare brackets. Of several pictures in one tag
    only the first one's points count. At most 200 points of the last 20,000 characters are read.
    """
    text = text[-_LONGEST_TEXT:]
    for read in (_in_tags, _in_json, _in_brackets):
        found = tuple(point for point in read(text) if _is_finite(point))
        if found:
            return found[:_MOST_POINTS]
    return ()


def _in_tags(text: str) -> Iterator[Written]:
    for tag in _TAG.finditer(text):
        sides: dict[tuple[str, str], float | None] = {
            (name, number): _number(value) for name, number, value in _ATTRIBUTE.findall(tag[1])
        }
        for (name, number), x in sides.items():
            y = sides.get(('y', number)) if name == 'x' else None
            if x is not None and y is not None:
                yield Written(x, y, named=True)
        coords = _COORDS.search(tag[1])
        if coords is not None:
            yield from _in_coords(coords[1])


def _in_coords(coords: str) -> Iterator[Written]:
    """Yield the points of `picture index x y index x y`; the picture may be left out."""
    for group in re.split(r'[\t:;,]', coords):
        numbers = [_number(word) for word in group.split()]
        if len(numbers) % 3 == 1:
            picture = numbers.pop(0)
            if picture != 1.0:
                continue
        for x, y in zip(numbers[1::3], numbers[2::3], strict=False):
            if x is not None and y is not None:
                yield Written(x, y, named=True)


def _in_json(text: str) -> Iterator[Written]:
    bare: list[Written] = []
    named = False
    for found in scan(text, _settled):
        points = _in_value(found.value)
        if isinstance(found.value, list) and not _holds_more(found.value):
            bare.extend(points)
            continue
        for point in points:
            named = True
            yield point
    # Prose holds pairs of other things, so they count where nothing else does.
    if not named:
        yield from bare


def _settled(found: Found) -> bool:
    if isinstance(found.value, dict) and not found.cut:
        return True
    return next(_in_value(found.value), None) is not None


def _in_value(value: Container) -> Iterator[Written]:
    if isinstance(value, dict):
        x, y = (_sure_number(value.get(name)) for name in ('x', 'y'))
        if x is not None and y is not None:
            yield Written(x, y, named=True)
        for key, inner in value.items():
            plain = re.sub(r'[\W_]', '', key).lower()
            if isinstance(inner, list) and (plain in _POINTING_KEYS or _holds_more(inner)):
                yield from _in_list(inner)
            elif isinstance(inner, dict):
                yield from _in_value(inner)
    else:
        yield from _in_list(value)


def _in_list(items: list[Value]) -> Iterator[Written]:
    sure = [number for number in map(_sure_number, items) if number is not None]
    if len(sure) == len(items) == 2:
        yield Written(sure[0], sure[1])
    elif len(sure) == len(items) == 4:
        yield Written((sure[0] + sure[2]) / 2.0, (sure[1] + sure[3]) / 2.0)
    else:
        for item in items:
            if isinstance(item, (dict, list)):
                yield from _in_value(item)


def _holds_more(items: list[Value]) -> bool:
    return any(isinstance(item, (dict, list)) for item in items)


def _in_brackets(text: str) -> Iterator[Written]:
    # An object that holds no point may hold pairs of other things.
    for pair in () if '{' in text else _PAIR.finditer(text):
        yield Written(float(pair[1]), float(pair[2]))


def _sure_number(value: Value) -> float | None:
    return _number(value.text) if isinstance(value, Number) and not value.cut else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_finite(point: Written) -> bool:
    return math.isfinite(point.first) and math.isfinite(point.second)
