"""Puts furniture into the rooms of a house so that nothing overlaps and all can be gone to."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.furniture.furniture_kinds import Kind, kinds
from vlm_nav.sim.house.floor_passage import ROBOT_HEIGHT_M, FloorPassage
from vlm_nav.sim.house.furnishing_places import Asked, spots
from vlm_nav.sim.house.house_layout import LINTEL_M, WALL_M, Layout, inner_corners
from vlm_nav.sim.house.house_plan import Area, Doorway, Place, Shape, Thing, moved
from vlm_nav.sim.house.house_template import PlaceTemplate, Where, room_styles
from vlm_nav.sim.house.overlaps import Volume, inside, overlap

# How much floor before a doorway or a closed door stays empty.
_BEFORE_DOOR_M = 0.7
_BESIDE_DOOR_M = 0.08
_GAP_M = 0.01
# What touches may lie within each other by the rounding of its pose.
_TOUCHING_GAP_M = -0.002
_CLOSED_DOOR = 'closed_door'
_TOUCHING = frozenset({Where.BESIDE, Where.ON, Where.ABOVE, Where.HUNG, Where.OUTER})


class Furnisher:
    """Fills the rooms of one house, drawing by lot."""

    def __init__(self, layout: Layout, rng: np.random.Generator) -> None:
        """Take an empty house."""
        self._layout, self._rng = layout, rng
        lows, highs = zip(*((room.low_m, room.high_m) for room in layout.rooms), strict=True)
        low = (min(x for x, _ in lows), min(y for _, y in lows))
        high = (max(x for x, _ in highs), max(y for _, y in highs))
        self._passage = FloorPassage(low, high, layout.walls)
        for doorway in layout.doorways:
            self._passage.keep_reachable(doorway.middle_m)
        for room in layout.rooms:
            self._passage.keep_open(room.low_m, room.high_m)
        self._kept_free = [_before_doorway(doorway) for doorway in layout.doorways]
        self._things: list[Thing] = []

    def furnished(self) -> tuple[Thing, ...]:
        """Return the things of all rooms."""
        for room, style in zip(self._layout.rooms, self._layout.styles, strict=True):
            named: dict[str, Thing] = {}
            for place in room_styles()[style].places:
                if self._rng.random() < place.chance:
                    self._fill(room, place, named)
        return tuple(self._things)

    def _fill(self, room: Area, place: PlaceTemplate, named: dict[str, Thing]) -> None:
        """Put what a place asks for, as far as it fits."""
        count = int(self._rng.integers(place.count[0], place.count[1] + 1))
        drawn: tuple[str, str] | None = None
        for _ in range(count):
            thing = self._put_one(room, place, named.get(place.of), drawn)
            if thing is None:
                return
            if place.as_:
                named.setdefault(place.as_, thing)
            if place.alike:
                drawn = thing.kind, thing.color

    def _put_one(
        self, room: Area, place: PlaceTemplate, of: Thing | None, drawn: tuple[str, str] | None
    ) -> Thing | None:
        """Return the first of the drawn kinds that fits, put into the house; None for none."""
        order = [place.any[int(i)] for i in self._rng.permutation(len(place.any))]
        for name in [drawn[0]] if drawn else list(dict.fromkeys(order)):
            kind = kinds()[name]
            color = drawn[1] if drawn else self._color(kind)
            for pose, height_m in spots(Asked(place, kind, room, of, self._rng)):
                thing = self._thing(name, color, pose, height_m, room, of, place)
                if self._fits(thing, room, place) and self._stands(thing):
                    self._things.append(thing)
                    return thing
        return None

    def _color(self, kind: Kind) -> str:
        """Return a colour, one that tells the thing from others where there is any left."""
        if not kind.colors:
            return ''
        taken = {thing.name for thing in self._things}
        left = [color for color in kind.colors if kind.called(color)[0] not in taken]
        return str(self._rng.choice(left or kind.colors))

    def _thing(
        self,
        name: str,
        color: str,
        pose: FloorPose,
        height_m: float,
        room: Area,
        of: Thing | None,
        place: PlaceTemplate,
    ) -> Thing:
        kind = kinds()[name]
        called, synonyms = kind.called(color)
        return Thing(
            identifier=self._identifier(called),
            kind=name,
            name=called,
            pose=_rounded(pose),
            height_m=round(height_m, 3),
            size_m=kind.size_m,
            room=room.name,
            on=of.identifier if of is not None and place.at is Where.ON else '',
            synonyms=synonyms,
            shape=kind.shape,
            color=color,
        )

    def _identifier(self, name: str) -> str:
        """Return a name that no other thing of the house has."""
        plain = name.lower().replace(' ', '_').replace("'", '')
        taken = {thing.identifier for thing in self._things}
        names: Iterator[str] = (f'{plain}_{number}' for number in range(2, len(taken) + 3))
        return plain if plain not in taken else next(one for one in names if one not in taken)

    def _fits(self, thing: Thing, room: Area, place: PlaceTemplate) -> bool:
        """Return whether a thing is in its room, before no door and in nothing else."""
        low, high = inner_corners(room)
        slack = 1e-3
        if not inside(
            thing.corners(), (low[0] - slack, low[1] - slack), (high[0] + slack, high[1] + slack)
        ):
            return False
        if place.at is Where.OUTER and not self._on_outer_wall(thing):
            return False
        volume = volume_of(thing)
        if thing.shape is Shape.FLAT:
            flats = [other for other in self._things if other.shape is Shape.FLAT]
            return not any(overlap(volume, volume_of(other)) for other in flats)
        gap = _TOUCHING_GAP_M if place.at in _TOUCHING else _GAP_M
        others = (
            volume_of(other)
            for other in self._things
            if other.identifier != thing.on and other.shape is not Shape.FLAT
        )
        return not any(overlap(volume, other, gap) for other in (*self._kept_free, *others))

    def _on_outer_wall(self, thing: Thing) -> bool:
        """Return whether there is no room on the other side of the wall."""
        behind = -thing.size_m[0] / 2 - 2 * WALL_M
        ends = (-thing.size_m[1] / 2, 0.0, thing.size_m[1] / 2)
        places = [moved(thing.pose, (behind, end)) for end in ends]
        return not any(room.contains(place) for room in self._layout.rooms for place in places)

    def _stands(self, thing: Thing) -> bool:
        """Put a thing on the floor plan if it leaves the ways free; hung things are in no way."""
        if thing.kind == _CLOSED_DOOR:
            before = moved(thing.pose, (_BEFORE_DOOR_M / 2, 0.0))
            self._kept_free.append(
                _upright(before, (_BEFORE_DOOR_M + 0.1, _BEFORE_DOOR_M + 0.1), LINTEL_M)
            )
            return True
        if thing.shape is Shape.FLAT or (thing.height_m > 0.0 and not thing.on):
            return True
        blocks = thing.height_m < ROBOT_HEIGHT_M and not thing.on
        return self._passage.put(thing.corners(), blocks)


def volume_of(thing: Thing) -> Volume:
    """Return the space that a thing takes."""
    return Volume(thing.corners(), thing.height_m, thing.height_m + thing.size_m[2])


def _rounded(pose: FloorPose) -> FloorPose:
    """Return a pose in whole millimetres, its yaw between -pi and pi."""
    yaw_rad = math.remainder(pose.yaw_rad, 2 * math.pi)
    return FloorPose(round(pose.x_m, 3), round(pose.y_m, 3), round(yaw_rad, 4))


def _before_doorway(doorway: Doorway) -> Volume:
    """Return the space on both sides of an opening that stays empty."""
    size = [doorway.high_m[axis] - doorway.low_m[axis] for axis in range(2)]
    through = 0 if size[0] < size[1] else 1
    size[through] += 2 * _BEFORE_DOOR_M
    size[1 - through] += 2 * _BESIDE_DOOR_M
    return _upright(doorway.middle_m, (size[0], size[1]), LINTEL_M)


def _upright(middle: Place, size: Place, high_m: float) -> Volume:
    x, y = size[0] / 2, size[1] / 2
    corners = tuple(
        (middle[0] + sx * x, middle[1] + sy * y) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )
    return Volume(corners, 0.0, high_m)
