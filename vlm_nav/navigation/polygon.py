"""Polygons on the floor of the map, as a person writes them: `'0 0, 4 0, 4 3, 0 3'`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray

_LARGEST_M = 1e5


@dataclass(frozen=True, eq=False)
class Polygon:
    """A simple polygon; `corners` is (n, 2) in metres, in order, the last joined to the first."""

    corners: FloatArray

    def clearance_m(self, places: ArrayLike) -> FloatArray:
        """Return how far places (..., 2) lie inside the border, (...); negative outside."""
        points = np.asarray(places, dtype=np.float64)[..., None, :]
        start, end = self.corners, np.roll(self.corners, -1, axis=0)
        along = end - start
        share = ((points - start) * along).sum(-1) / np.square(along).sum(-1)
        nearest = start + np.clip(share, 0.0, 1.0)[..., None] * along
        distance_m = np.hypot(*np.moveaxis(points - nearest, -1, 0)).min(axis=-1)
        # Even and odd: how many sides a line to the right crosses.
        x, y = points[..., 0], points[..., 1]
        spans = (start[:, 1] > y) != (end[:, 1] > y)
        height = np.where(along[:, 1] == 0.0, 1.0, along[:, 1])
        crossed = spans & (x < start[:, 0] + (y - start[:, 1]) / height * along[:, 0])
        inside = crossed.sum(axis=-1) % 2 == 1
        signed_m: FloatArray = np.where(inside, distance_m, -distance_m)
        return signed_m

    def __str__(self) -> str:
        """Return the text that `polygon_from` reads."""
        return ', '.join(f'{x_m:g} {y_m:g}' for x_m, y_m in self.corners)


def polygon_from(text: str, name: str) -> Polygon:
    """Return the polygon that a text gives, `x y` for each corner, commas between them.

    Raises InvalidValueError, which calls the polygon by `name`, where it is none: fewer than
    three corners, numbers that are not finite, or sides that cross or touch each other.
    """
    corners = [_corner(part, name) for part in text.split(',')]
    if len(corners) < 3:
        raise InvalidValueError(f'{name} has three corners or more, got {len(corners)}: {text!r}')
    count = len(corners)
    for first in range(count):
        if corners[first] == corners[(first + 1) % count]:
            raise InvalidValueError(f'{name} has the corner {corners[first]} twice: {text!r}')
        for second in range(first + 1, count):
            if _meet(corners, first, second):
                raise InvalidValueError(
                    f'{name} has sides that cross: number {first + 1} and {second + 1} of {text!r}'
                )
    return Polygon(np.array(corners))


def _corner(text: str, name: str) -> tuple[float, float]:
    try:
        x_m, y_m = map(float, text.split())
    except ValueError:
        raise InvalidValueError(
            f"{name} is written as 'x y, x y, x y' in metres, got {text.strip()!r} for a corner"
        ) from None
    # Asked this way round, what is no number is refused too.
    if not (abs(x_m) < _LARGEST_M and abs(y_m) < _LARGEST_M):
        raise InvalidValueError(
            f'{name} has corners within {_LARGEST_M:g} m of 0, got {text.strip()!r}'
        )
    return x_m, y_m


def _meet(corners: list[tuple[float, float]], first: int, second: int) -> bool:
    """Return whether two sides have a point in common that is not their common corner."""
    count = len(corners)
    a, b = corners[first], corners[(first + 1) % count]
    c, d = corners[second], corners[(second + 1) % count]
    if b == c or d == a:
        # Neighbours may only fold back onto each other.
        shared, one, other = (b, a, d) if b == c else (a, b, c)
        back = np.dot(np.subtract(one, shared), np.subtract(other, shared)) > 0.0
        return _side(one, shared, other) == 0 and bool(back)
    apart = _side(a, b, c) * _side(a, b, d) > 0 or _side(c, d, a) * _side(c, d, b) > 0
    if apart:
        return False
    if _side(a, b, c) == 0 and _side(a, b, d) == 0:
        low, high = np.minimum(a, b), np.maximum(a, b)
        low, high = np.maximum(low, np.minimum(c, d)), np.minimum(high, np.maximum(c, d))
        return bool((low <= high).all())
    return True


def _side(start: tuple[float, float], end: tuple[float, float], point: tuple[float, float]) -> int:
    """Return on which side of a line a point lies: 1 left, -1 right, 0 on it."""
    turn = (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (
        point[0] - start[0]
    )
    return int(np.sign(turn))
