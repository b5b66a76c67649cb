"""What small things are made of where they can be picked up: solids that are seen and felt.

A thing's frame stands below its middle, z up. Vessels are open above and have a wall.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from vlm_nav.sim.furniture.furniture_kinds import PAINTS

Place = tuple[float, float, float]
Color = tuple[float, float, float]

_BLUE, _WHITE, _DARK = (0.20, 0.45, 0.80), (0.94, 0.94, 0.92), (0.25, 0.20, 0.16)
_STEEL, _RIPE, _FOAM = (0.62, 0.64, 0.67), (0.96, 0.80, 0.18), (0.95, 0.85, 0.30)
# A wall of so many boards is round to the eye, and to fingers.
_BOARDS = 16


class Form(Enum):
    """The form of a solid about its middle."""

    BOX = 'box'
    CYLINDER = 'cylinder'
    CAPSULE = 'capsule'
    BALL = 'ball'


@dataclass(frozen=True)
class Solid:
    """A part of a thing, metres and radians in the frame of the thing.

    `half_m` are half the lengths of a box, else (radius, half of the straight part, 0), upright.
    It is leant about y first, then turned about z.
    """

    form: Form
    middle_m: Place
    half_m: Place
    color: Color
    lean_rad: float = 0.0
    turn_rad: float = 0.0

    @property
    def volume_m3(self) -> float:
        """Return how much room it takes."""
        first_m, second_m, third_m = self.half_m
        if self.form is Form.BOX:
            return 8.0 * first_m * second_m * third_m
        round_m3 = 4.0 / 3.0 * math.pi * first_m**3
        straight_m3 = 2.0 * math.pi * first_m**2 * second_m
        if self.form is Form.CYLINDER:
            return straight_m3
        return round_m3 + (straight_m3 if self.form is Form.CAPSULE else 0.0)


def solids_of(kind: str, size_m: Place, color: str) -> tuple[Solid, ...]:
    """Return what a thing of a kind is made of in its size and colour, () for unknown kinds."""
    make = _MADE_BY.get(kind)
    if make is None:
        return ()
    return tuple(make(size_m, PAINTS.get(color, _WHITE)))


def _carton(size_m: Place, paint: Color) -> Iterator[Solid]:
    """Milk: a square carton with a blue band, a slanted roof, a ridge and a cap."""
    deep, wide, high = size_m
    body, roof = 0.74 * high, 0.17 * high
    yield _box((0.0, 0.0, body / 2), (deep, wide, body), paint)
    yield _box((0.0, 0.0, 0.4 * body), (1.01 * deep, 1.01 * wide, 0.2 * body), _BLUE)
    slope = math.atan2(roof, wide / 2)
    board = math.hypot(roof, wide / 2)
    for side in (1.0, -1.0):
        middle, half = (0.0, side * wide / 4, body + roof / 2), (board / 2, deep / 2, 0.002)
        yield Solid(Form.BOX, middle, half, paint, slope, side * math.pi / 2)
    yield _box((0.0, 0.0, (body + high) / 2), (deep, 0.012, high - body), paint)


def _can(size_m: Place, paint: Color) -> Iterator[Solid]:
    """A can with steel rims."""
    radius, high = size_m[0] / 2, size_m[2]
    yield _drum(0.0, 0.04 * high, 0.97 * radius, _STEEL)
    yield _drum(0.04 * high, 0.96 * high, radius, paint)
    yield _drum(0.96 * high, high, 0.94 * radius, _STEEL)


def _bottle(size_m: Place, paint: Color) -> Iterator[Solid]:
    """A bottle with shoulders, a neck, and a cap."""
    radius, high = size_m[0] / 2, size_m[2]
    neck = min(radius, 0.014)
    yield _drum(0.0, 0.58 * high, radius, paint)
    steps = 5
    for step in range(steps):
        share = (step + 1) / (steps + 1)
        low = (0.58 + 0.14 * step / steps) * high
        yield _drum(low, low + 0.14 * high / steps, radius + share * (neck - radius), paint)
    yield _drum(0.72 * high, 0.9 * high, neck, paint)
    yield _drum(0.9 * high, high, 1.15 * neck, _BLUE)


def _mug(size_m: Place, paint: Color) -> Iterator[Solid]:
    """A mug with a handle, open above."""
    radius, high = size_m[0] / 2, size_m[2]
    yield _drum(0.0, 0.006, radius - 0.002, paint)
    yield from _wall((radius, radius), (0.003, high), 0.004, paint)
    out = radius + 0.011
    for level in (0.28, 0.75):
        yield _box((out, 0.0, level * high), (0.026, 0.01, 0.01), paint)
    yield _box((out + 0.011, 0.0, 0.515 * high), (0.008, 0.01, 0.5 * high), paint)


def _cup(size_m: Place, paint: Color) -> Iterator[Solid]:
    """A cup that is wider above, without a handle."""
    radius, high = size_m[0] / 2, size_m[2]
    yield _drum(0.0, 0.005, 0.7 * radius, paint)
    yield from _wall((0.72 * radius, radius), (0.003, high), 0.003, paint)


def _bowl(size_m: Place, paint: Color) -> Iterator[Solid]:
    """A bowl on a foot, its wall steeper above."""
    radius, high = size_m[0] / 2, size_m[2]
    yield _drum(0.0, 0.15 * high, 0.5 * radius, paint)
    yield from _wall((0.5 * radius, 0.86 * radius), (0.12 * high, 0.5 * high), 0.005, paint)
    yield from _wall((0.86 * radius, radius), (0.48 * high, high), 0.005, paint)


def _ball(size_m: Place, paint: Color) -> Iterator[Solid]:
    radius = size_m[0] / 2
    yield Solid(Form.BALL, (0.0, 0.0, radius), (radius, 0.0, 0.0), paint)


def _banana(size_m: Place, paint: Color) -> Iterator[Solid]:
    """Four rounded parts, bent as they lie, the stalk at an end."""
    long, _, high = size_m
    radius, parts, bend = high / 2, 4, 0.3
    step = (long - 2.0 * radius) / parts
    x, y, heading = -0.5 * long + radius, 0.0, -bend * (parts - 1) / 2
    for number in range(parts):
        half = (math.cos(heading) * step / 2, math.sin(heading) * step / 2)
        thick = radius * (0.8 if number in (0, parts - 1) else 1.0)
        yield _lying((x + half[0], y + half[1], radius), thick, step / 2, heading, _RIPE)
        x, y, heading = x + 2 * half[0], y + 2 * half[1], heading + bend
    yield _lying((x + 0.006, y + 0.003, radius), 0.3 * radius, 0.008, heading - bend, _DARK)


def _marker(size_m: Place, paint: Color) -> Iterator[Solid]:
    """A thick felt pen that lies, thinner at its tip."""
    long, _, high = size_m
    radius, tip = high / 2, 0.12 * long
    yield _lying((-tip / 2, 0.0, radius), radius, (long - tip) / 2 - radius, 0.0, paint)
    yield _lying((long / 2 - tip, 0.0, radius), 0.6 * radius, tip / 2, 0.0, paint)


def _soap(size_m: Place, paint: Color) -> Iterator[Solid]:
    """A bar with rounded sides."""
    long, wide, high = size_m
    radius = high / 2
    yield _box((0.0, 0.0, radius), (long - 0.4 * high, wide - high, high), paint)
    for side in (1.0, -1.0):
        edge = side * (wide / 2 - radius)
        yield _lying((0.0, edge, radius), radius, long / 2 - radius, 0.0, paint)


def _sponge(size_m: Place, paint: Color) -> Iterator[Solid]:
    """A sponge with a rough side below."""
    long, wide, high = size_m
    yield _box((0.0, 0.0, 0.12 * high), (long, wide, 0.24 * high), (0.16, 0.45, 0.25))
    yield _box((0.0, 0.0, 0.62 * high), (long, wide, 0.76 * high), _FOAM)


def _block(size_m: Place, paint: Color) -> Iterator[Solid]:
    yield _box((0.0, 0.0, size_m[2] / 2), size_m, paint)


def _tea_box(size_m: Place, paint: Color) -> Iterator[Solid]:
    """A box with labels on its sides and its top."""
    deep, wide, high = size_m
    yield _box((0.0, 0.0, high / 2), size_m, paint)
    yield _box((0.0, 0.0, high / 2), (1.01 * deep, 0.4 * wide, 0.5 * high), _FOAM)
    yield _box((0.0, 0.0, high / 2), (0.5 * deep, 0.4 * wide, 1.01 * high), _FOAM)


def _wall(
    radii_m: tuple[float, float], heights_m: tuple[float, float], thick_m: float, color: Color
) -> Iterator[Solid]:
    """A wall around the middle, its outer radius from the first below to the second above."""
    below, above = radii_m
    slant = math.atan2(above - below, heights_m[1] - heights_m[0])
    half_high = math.hypot(above - below, heights_m[1] - heights_m[0]) / 2
    middle = (below + above) / 2 - thick_m / 2
    half_wide = math.tan(math.pi / _BOARDS) * (above + 0.0005)
    for number in range(_BOARDS):
        turn = 2.0 * math.pi * number / _BOARDS
        place = (middle * math.cos(turn), middle * math.sin(turn), sum(heights_m) / 2)
        half = (thick_m / 2, half_wide, half_high)
        yield Solid(Form.BOX, place, half, color, slant, turn)


def _box(middle: Place, size: Place, color: Color) -> Solid:
    return Solid(Form.BOX, middle, (size[0] / 2, size[1] / 2, size[2] / 2), color)


def _drum(low: float, high: float, radius: float, color: Color) -> Solid:
    half = (high - low) / 2
    return Solid(Form.CYLINDER, (0.0, 0.0, low + half), (radius, half, 0.0), color)


def _lying(middle: Place, radius: float, half: float, turn_rad: float, color: Color) -> Solid:
    return Solid(Form.CAPSULE, middle, (radius, half, 0.0), color, math.pi / 2, turn_rad)


_Making = Callable[[Place, Color], Iterator[Solid]]

_MADE_BY: Mapping[str, _Making] = MappingProxyType(
    {
        'milk_carton': _carton, 'plastic_cup': _cup, 'bottle': _bottle, 'mug': _mug,
        'can': _can, 'bowl': _bowl, 'ball': _ball, 'banana': _banana, 'marker': _marker,
        'soap': _soap, 'sponge': _sponge, 'toy_block': _block, 'tea_box': _tea_box,
    }
)  # fmt: skip
