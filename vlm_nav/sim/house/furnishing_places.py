"""Where in a room a thing may be put: poses drawn by lot for each way of standing there.

Every function yields some poses with the height of the thing's underside; whether it fits is
looked at elsewhere. Backs are against walls, fronts look into the room.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.furniture.furniture_kinds import Kind, kinds
from vlm_nav.sim.house.house_layout import inner_corners
from vlm_nav.sim.house.house_plan import Area, Place, Shape, Thing, moved
from vlm_nav.sim.house.house_template import PlaceTemplate, Where

Spot = tuple[FloorPose, float]

_TRIES = 24
_WALL_GAP_M = 0.02
_EDGE_M = 0.03
# What is larger stands in line with the walls.
_LARGE_M = 1.0
_QUARTER = math.pi / 2


@dataclass(frozen=True)
class Asked:
    """What is to be put where: `of` is the thing that the place refers to, if it names one."""

    place: PlaceTemplate
    kind: Kind
    room: Area
    of: Thing | None
    rng: np.random.Generator

    @property
    def depth_m(self) -> float:
        """Return how deep the thing is from back to front."""
        return self.kind.size_m[0]

    @property
    def width_m(self) -> float:
        """Return how wide the thing is."""
        return self.kind.size_m[1]

    def gap_m(self) -> float:
        """Return a gap drawn by lot."""
        return float(self.rng.uniform(*self.place.gap_m))


def spots(asked: Asked) -> Iterator[Spot]:
    """Yield places for a thing in the order in which they are to be tried."""
    if asked.place.of and asked.of is None:
        return
    yield from _WAYS[asked.place.at](asked)


def _against(asked: Asked, side: int, along: float, gap_m: float) -> FloorPose:
    """Return the pose with the back to a side (0 low x, 1 low y, 2 high x, 3 high y)."""
    low, high = inner_corners(asked.room)
    axis, off_wall = side % 2, asked.depth_m / 2 + gap_m
    across = low[axis] + off_wall if side < 2 else high[axis] - off_wall
    place = (across, along) if axis == 0 else (along, across)
    return FloorPose(*place, (0.0, _QUARTER, math.pi, -_QUARTER)[side])


def _reach(asked: Asked, side: int) -> tuple[float, float]:
    """Return between which coordinates along a side the thing's middle may be."""
    low, high = inner_corners(asked.room)
    along = 1 - side % 2
    return low[along] + asked.width_m / 2 + _EDGE_M, high[along] - asked.width_m / 2 - _EDGE_M


def _at_wall(asked: Asked, gap_m: float = _WALL_GAP_M) -> Iterator[Spot]:
    low, high = inner_corners(asked.room)
    lengths = np.array([high[1] - low[1], high[0] - low[0]] * 2)
    for _ in range(_TRIES):
        side = int(asked.rng.choice(4, p=lengths / lengths.sum()))
        begin, end = _reach(asked, side)
        if begin < end:
            along = float(asked.rng.uniform(begin, end))
            yield _against(asked, side, along, gap_m), asked.kind.hung_m


def _hung(asked: Asked) -> Iterator[Spot]:
    yield from _at_wall(asked, gap_m=0.0)


def _at_corner(asked: Asked) -> Iterator[Spot]:
    for number in asked.rng.permutation(8):
        side, at_end = int(number) // 2, int(number) % 2
        begin, end = _reach(asked, side)
        if begin < end:
            aside = float(asked.rng.uniform(0.0, min(0.08, end - begin)))
            along = end - aside if at_end else begin + aside
            yield _against(asked, side, along, _WALL_GAP_M), 0.0


def _free(asked: Asked) -> Iterator[Spot]:
    low, high = inner_corners(asked.room)
    half = min(asked.depth_m, asked.width_m) / 2
    askew_rad = 0.02 if max(asked.depth_m, asked.width_m) > _LARGE_M else 0.15
    for _ in range(_TRIES):
        x_m, y_m = (float(asked.rng.uniform(low[i] + half, high[i] - half)) for i in range(2))
        turned = _QUARTER * int(asked.rng.integers(4)) + float(asked.rng.normal(0.0, askew_rad))
        yield FloorPose(x_m, y_m, turned), 0.0


def _around(asked: Asked) -> Iterator[Spot]:
    """Yield places at the sides of a table, looking at it."""
    table = _of(asked)
    x_m, y_m = table.size_m[0] / 2, table.size_m[1] / 2
    aside = y_m / 2 if table.size_m[1] > 1.3 else 0.0
    sides = [(x_m, shift, 0.0) for shift in sorted({-aside, aside})]
    sides += [(x_m, shift, math.pi) for shift in sorted({-aside, aside})]
    sides += [(y_m, 0.0, _QUARTER), (y_m, 0.0, -_QUARTER)]
    for number in asked.rng.permutation(len(sides)):
        away, shift, turned = sides[int(number)]
        toward = FloorPose(0.0, 0.0, turned)
        place = moved(toward, (away + asked.gap_m() + asked.depth_m / 2, shift))
        look = table.pose.yaw_rad + turned + math.pi + float(asked.rng.normal(0.0, 0.08))
        yield FloorPose(*moved(table.pose, place), look), 0.0


def _before(asked: Asked) -> Iterator[Spot]:
    """Yield places before a thing's front, looking at it."""
    of = _of(asked)
    for _ in range(_TRIES // 2):
        away = of.size_m[0] / 2 + asked.gap_m() + asked.depth_m / 2
        aside = float(asked.rng.uniform(-0.2, 0.2))
        x_m, y_m = moved(of.pose, (away, aside))
        yield FloorPose(x_m, y_m, of.pose.yaw_rad + math.pi), 0.0


def _beside(asked: Asked) -> Iterator[Spot]:
    """Yield places beside a thing, the backs in one line."""
    of = _of(asked)
    for side in asked.rng.permutation([-1.0, 1.0]):
        aside = side * (of.size_m[1] / 2 + asked.gap_m() + asked.width_m / 2)
        back = (asked.depth_m - of.size_m[0]) / 2
        yield FloorPose(*moved(of.pose, (back, float(aside))), of.pose.yaw_rad), 0.0


def _above(asked: Asked) -> Iterator[Spot]:
    of = _of(asked)
    back = (asked.depth_m - of.size_m[0]) / 2 - _WALL_GAP_M
    yield FloorPose(*moved(of.pose, (back, 0.0)), of.pose.yaw_rad), asked.kind.hung_m


def _on(asked: Asked) -> Iterator[Spot]:
    """Yield places on top of a thing, its front to the same side."""
    of = _of(asked)
    room = (
        (of.size_m[0] - asked.depth_m) / 2 - _EDGE_M,
        (of.size_m[1] - asked.width_m) / 2 - _EDGE_M,
    )
    height_m = of.height_m + kinds()[of.kind].surface_m
    if asked.place.centered:
        yield FloorPose(*moved(of.pose, (min(0.0, -room[0]), 0.0)), of.pose.yaw_rad), height_m
        return
    if min(room) < 0.0:
        return
    for _ in range(_TRIES):
        place = _in_rectangle(asked.rng, room)
        if of.shape is Shape.PEDESTAL and math.hypot(*place) > min(room):
            continue
        look = of.pose.yaw_rad + float(asked.rng.normal(0.0, 0.35))
        yield FloorPose(*moved(of.pose, place), look), height_m


def _flat_below(asked: Asked) -> Iterator[Spot]:
    """Yield places on the floor before a thing, or below it where it stands free."""
    of = _of(asked)
    low, high = inner_corners(asked.room)
    half = max(asked.depth_m, asked.width_m) / 2 + _EDGE_M
    for away in (of.size_m[0] / 2 + asked.depth_m / 2 - 0.25, 0.9, 0.6, 0.0):
        x_m, y_m = moved(of.pose, (away, 0.0))
        for _ in range(2):
            place = (
                min(max(x_m, low[0] + half), high[0] - half),
                min(max(y_m, low[1] + half), high[1] - half),
            )
            yield FloorPose(*place, of.pose.yaw_rad), 0.0


def _in_rectangle(rng: np.random.Generator, half: Place) -> Place:
    return float(rng.uniform(-half[0], half[0])), float(rng.uniform(-half[1], half[1]))


def _of(asked: Asked) -> Thing:
    if asked.of is None:
        raise ValueError(f'a place {asked.place.at.value} needs a thing')
    return asked.of


_WAYS: MappingProxyType[Where, Callable[[Asked], Iterator[Spot]]] = MappingProxyType(
    {
        Where.WALL: _at_wall,
        Where.CORNER: _at_corner,
        Where.FREE: _free,
        Where.AROUND: _around,
        Where.BEFORE: _before,
        Where.BESIDE: _beside,
        Where.ON: _on,
        Where.ABOVE: _above,
        Where.HUNG: _hung,
        Where.OUTER: _hung,
        Where.FLOOR: _flat_below,
    }
)
