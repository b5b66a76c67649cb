"""What stands where in a simulated house: rooms, doorways, walls and things, in metres.

A plan is plain data in a map whose z = 0 is the floor. It knows nothing of how it is drawn.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from enum import Enum

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose

Place = tuple[float, float]

_SLAB_M, _LEG_M, _LEG_INSET_M = 0.06, 0.06, 0.02
# How much of a table's top its one column below takes.
_COLUMN_SHARE = 0.35


class Shape(Enum):
    """What of a thing's box can be bumped into."""

    BLOCK = 'block'
    TABLE = 'table'
    PEDESTAL = 'pedestal'
    FLAT = 'flat'


@dataclass(frozen=True)
class Area:
    """A room: its rectangle on the floor between the middle lines of its walls."""

    name: str
    low_m: Place
    high_m: Place
    floor: str

    def contains(self, place: Place) -> bool:
        """Return whether a place of the map lies in the rectangle."""
        return all(self.low_m[axis] <= place[axis] <= self.high_m[axis] for axis in range(2))


@dataclass(frozen=True)
class Doorway:
    """An opening between two rooms: the rectangle on the floor that it cuts out of the wall."""

    rooms: tuple[str, str]
    low_m: Place
    high_m: Place

    @property
    def middle_m(self) -> Place:
        """Return the middle of the opening."""
        return (self.low_m[0] + self.high_m[0]) / 2, (self.low_m[1] + self.high_m[1]) / 2


@dataclass(frozen=True)
class Footprint:
    """An upright box that collides: `size_m` along x and y of its pose, from `low_m` up."""

    name: str
    pose: FloorPose
    size_m: Place
    low_m: float
    high_m: float

    def corners(self) -> tuple[Place, Place, Place, Place]:
        """Return the corners on the floor of the map, counter-clockwise."""
        return corners_of(self.pose, self.size_m)


@dataclass(frozen=True)
class Thing:
    """A thing that a person would name.

    Its frame stands below its middle, x along its front, z up. `name` is what a person says,
    `synonyms` are other names for it; `on` is the identifier of what it stands on, if anything;
    `height_m` is that of its underside above the floor.
    """

    identifier: str
    kind: str
    name: str
    pose: FloorPose
    height_m: float
    size_m: tuple[float, float, float]
    room: str
    on: str = ''
    synonyms: tuple[str, ...] = ()
    shape: Shape = Shape.BLOCK
    color: str = ''

    def corners(self) -> tuple[Place, Place, Place, Place]:
        """Return the corners of its box on the floor of the map, counter-clockwise."""
        return corners_of(self.pose, self.size_m[:2])

    def in_own_frame(self) -> Thing:
        """Return the thing as if it stood in the origin of the map."""
        return replace(self, pose=FloorPose(0.0, 0.0, 0.0), height_m=0.0)

    def footprints(self) -> tuple[Footprint, ...]:
        """Return the boxes of it that collide, each named by the thing's identifier."""
        if self.shape is Shape.FLAT:
            return ()
        if self.shape is Shape.BLOCK:
            return (self._box((0.0, 0.0), self.size_m[:2], 0.0, self.size_m[2]),)
        below_m = self.size_m[2] - _SLAB_M
        slab = self._box((0.0, 0.0), self.size_m[:2], below_m, self.size_m[2])
        if self.shape is Shape.PEDESTAL:
            column = (self.size_m[0] * _COLUMN_SHARE, self.size_m[1] * _COLUMN_SHARE)
            return slab, self._box((0.0, 0.0), column, 0.0, below_m)
        x, y = (length / 2 - _LEG_INSET_M - _LEG_M / 2 for length in self.size_m[:2])
        return slab, *(
            self._box(corner, (_LEG_M, _LEG_M), 0.0, below_m)
            for corner in ((-x, -y), (x, -y), (x, y), (-x, y))
        )

    def _box(self, middle: Place, size_m: Place, low_m: float, high_m: float) -> Footprint:
        """Return a box about a place of the thing's frame, heights above its underside."""
        x_m, y_m = moved(self.pose, middle)
        return Footprint(
            self.identifier,
            FloorPose(x_m, y_m, self.pose.yaw_rad),
            size_m,
            self.height_m + low_m,
            self.height_m + high_m,
        )


@dataclass(frozen=True)
class HousePlan:
    """A house that was made from a template by a seed."""

    template: str
    seed: int
    rooms: tuple[Area, ...]
    doorways: tuple[Doorway, ...]
    walls: tuple[Footprint, ...]
    things: tuple[Thing, ...]
    wall_height_m: float = 2.5

    def footprints(self) -> tuple[Footprint, ...]:
        """Return everything that collides: the walls, then the things' boxes in their order."""
        return self.walls + tuple(box for thing in self.things for box in thing.footprints())

    @functools.cached_property
    def bounds(self) -> tuple[Place, Place]:
        """Return the low and the high corner of the rectangle around all walls."""
        corners = [corner for wall in self.walls for corner in wall.corners()]
        return (
            (min(x for x, _ in corners), min(y for _, y in corners)),
            (max(x for x, _ in corners), max(y for _, y in corners)),
        )

    def thing(self, identifier: str) -> Thing:
        """Return the thing; raises InvalidValueError naming those there are."""
        for thing in self.things:
            if thing.identifier == identifier:
                return thing
        known = ', '.join(thing.identifier for thing in self.things)
        raise InvalidValueError(
            f'a thing of the house was wanted, got {identifier!r}; there are {known}'
        )

    def room_at(self, place: Place) -> Area | None:
        """Return the room in which a place of the map lies, None outside of the house."""
        return next((room for room in self.rooms if room.contains(place)), None)


def moved(pose: FloorPose, place: Place) -> Place:
    """Return a place of a pose's frame in the frame of the pose."""
    cosine, sine = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    return (
        pose.x_m + cosine * place[0] - sine * place[1],
        pose.y_m + sine * place[0] + cosine * place[1],
    )


def corners_of(pose: FloorPose, size_m: Place) -> tuple[Place, Place, Place, Place]:
    """Return the corners of a rectangle about a pose, counter-clockwise in the pose's frame."""
    x, y = size_m[0] / 2, size_m[1] / 2
    return (
        moved(pose, (-x, -y)),
        moved(pose, (x, -y)),
        moved(pose, (x, y)),
        moved(pose, (-x, y)),
    )
