"""Lays out a house: rooms, doorways and walls from a template, sizes and sides drawn by lot."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.house.house_plan import Area, Doorway, Footprint, Place
from vlm_nav.sim.house.house_template import (
    DoorwayTemplate,
    HouseTemplate,
    LengthRange,
    room_styles,
)

WALL_HEIGHT_M = 2.5
WALL_M = 0.12
"""How high and how thick walls are."""

LINTEL_M = 2.08
"""How high a doorway is."""

# Wall that stays on both sides of a doorway.
_JAMB_M = 0.2

Interval = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """The empty house."""

    rooms: tuple[Area, ...]
    styles: tuple[str, ...]
    doorways: tuple[Doorway, ...]
    walls: tuple[Footprint, ...]


def lay_out(template: HouseTemplate, rng: np.random.Generator) -> Layout:
    """Return rooms of drawn sizes, the whole house mirrored and turned by chance."""
    columns = _lines(template.columns_m, rng)
    rows = _lines(template.rows_m, rng)
    mirrored, swapped = rng.random(2) < 0.5
    rooms, styles = [], []
    for name, room in template.rooms.items():
        column, row, to_column, to_row = room.cells
        low, high = (columns[column], rows[row]), (columns[to_column], rows[to_row])
        if mirrored:
            low, high = (columns[-1] - high[0], low[1]), (columns[-1] - low[0], high[1])
        if swapped:
            low, high = (low[1], low[0]), (high[1], high[0])
        floors = room_styles()[room.style].floors
        rooms.append(Area(name, _rounded(low), _rounded(high), str(rng.choice(floors))))
        styles.append(room.style)
    doorways = tuple(_doorway(doorway, rooms, rng) for doorway in template.doorways)
    walls = tuple(_walls(rooms, doorways))
    return Layout(tuple(rooms), tuple(styles), doorways, walls)


def inner_corners(room: Area) -> tuple[Place, Place]:
    """Return the low and high corner of a room's floor between its walls."""
    half = WALL_M / 2
    return (
        (room.low_m[0] + half, room.low_m[1] + half),
        (room.high_m[0] - half, room.high_m[1] - half),
    )


def _lines(steps: tuple[LengthRange, ...], rng: np.random.Generator) -> list[float]:
    """Return where the lines between cells lie, from 0 on, in whole centimetres."""
    lengths = [round(float(rng.uniform(low, high)), 2) for low, high in steps]
    return [0.0, *(round(total, 2) for total in itertools.accumulate(lengths))]


def _rounded(place: Place) -> Place:
    return round(place[0], 3), round(place[1], 3)


def _doorway(
    template: DoorwayTemplate, rooms: Iterable[Area], rng: np.random.Generator
) -> Doorway:
    """Return an opening somewhere in the wall that two rooms share."""
    by_name = {room.name: room for room in rooms}
    first, second = (by_name[name] for name in template.between)
    for axis in (0, 1):
        along = 1 - axis
        for one, other in ((first, second), (second, first)):
            if one.high_m[axis] != other.low_m[axis]:
                continue
            low = max(one.low_m[along], other.low_m[along]) + WALL_M / 2 + _JAMB_M
            high = min(one.high_m[along], other.high_m[along]) - WALL_M / 2 - _JAMB_M
            width = min(float(rng.uniform(*template.width_m)), high - low)
            if width < template.width_m[0] - 1e-9:
                continue
            begin = float(rng.uniform(low, high - width))
            return _opening(template.between, axis, one.high_m[axis], (begin, begin + width))
    raise InvalidValueError(f'a wall between {template.between} was wanted for a doorway')


def _opening(rooms: tuple[str, str], axis: int, line: float, interval: Interval) -> Doorway:
    """Return the opening of a wall on a line at a coordinate of an axis."""
    across = (line - WALL_M / 2, line + WALL_M / 2)
    x, y = (across, interval) if axis == 0 else (interval, across)
    return Doorway(rooms, _rounded((x[0], y[0])), _rounded((x[1], y[1])))


def _walls(rooms: list[Area], doorways: tuple[Doorway, ...]) -> Iterator[Footprint]:
    """Return the walls around rooms, and what is above their doorways."""
    numbers = itertools.count()
    for axis in (0, 1):
        edges = [edge for room in rooms for edge in (room.low_m[axis], room.high_m[axis])]
        for line in sorted(set(edges)):
            openings = _openings(doorways, axis, line)
            for interval in _united(_edges(rooms, axis, line)):
                whole = (interval[0] - WALL_M / 2, interval[1] + WALL_M / 2)
                inside = [o for o in openings if whole[0] < o[0] and o[1] < whole[1]]
                for piece in _between(whole, inside):
                    yield _wall(next(numbers), axis, line, piece, 0.0)
                for opening in inside:
                    yield _wall(next(numbers), axis, line, opening, LINTEL_M)


def _edges(rooms: list[Area], axis: int, line: float) -> list[Interval]:
    along = 1 - axis
    return [
        (room.low_m[along], room.high_m[along])
        for room in rooms
        if line in (room.low_m[axis], room.high_m[axis])
    ]


def _openings(doorways: tuple[Doorway, ...], axis: int, line: float) -> list[Interval]:
    """Return the intervals of the doorways in walls on a line, in their order along it."""
    along = 1 - axis
    return sorted(
        (doorway.low_m[along], doorway.high_m[along])
        for doorway in doorways
        if abs(doorway.middle_m[axis] - line) < WALL_M / 4
        and doorway.high_m[axis] - doorway.low_m[axis] < WALL_M * 1.5
    )


def _united(intervals: list[Interval]) -> list[Interval]:
    """Return intervals that neither overlap nor touch."""
    united: list[Interval] = []
    for low, high in sorted(intervals):
        if united and low <= united[-1][1]:
            united[-1] = (united[-1][0], max(high, united[-1][1]))
        else:
            united.append((low, high))
    return united


def _between(whole: Interval, openings: list[Interval]) -> list[Interval]:
    """Return what is left of an interval without its openings."""
    ends = [whole[0], *(end for opening in openings for end in opening), whole[1]]
    return list(zip(ends[::2], ends[1::2], strict=True))


def _wall(number: int, axis: int, line: float, along: Interval, low_m: float) -> Footprint:
    middle, length = (along[0] + along[1]) / 2, along[1] - along[0]
    place, size = (line, middle), (WALL_M, length)
    if axis == 1:
        place, size = (middle, line), (length, WALL_M)
    pose = FloorPose(*_rounded(place), 0.0)
    return Footprint(f'wall_{number}', pose, _rounded(size), low_m, WALL_HEIGHT_M)
