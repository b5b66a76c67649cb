"""One bare room with three things whose places are known, for tests of the simulator."""

from __future__ import annotations

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import (
    FloorPose,
    inverse,
    transform_from_floor_pose,
    transform_points,
)
from vlm_nav.sim.house.house_plan import Area, Footprint, HousePlan, Shape, Thing

LOW_M, HIGH_M = (0.0, -2.0), (6.0, 2.0)
"""The inner faces of the walls."""

_WALL_M = 0.12


def _wall(number: int, x_m: float, y_m: float, size_m: tuple[float, float]) -> Footprint:
    return Footprint(f'wall_{number}', FloorPose(x_m, y_m, 0.0), size_m, 0.0, 2.5)


def box_room() -> HousePlan:
    """Return the room: a red box, a table, and a blue box on the table."""
    half, length, width = _WALL_M / 2, HIGH_M[0] - LOW_M[0], HIGH_M[1] - LOW_M[1]
    walls = (
        _wall(0, length / 2, LOW_M[1] - half, (length + 2 * _WALL_M, _WALL_M)),
        _wall(1, length / 2, HIGH_M[1] + half, (length + 2 * _WALL_M, _WALL_M)),
        _wall(2, LOW_M[0] - half, 0.0, (_WALL_M, width)),
        _wall(3, HIGH_M[0] + half, 0.0, (_WALL_M, width)),
    )
    on_table = FloorPose(4.2, -0.9, 0.1)
    things = (
        Thing('red_box_1', 'box', 'red box', FloorPose(2.5, 0.3, 0.4), 0.0, (0.4, 0.5, 0.6),
              'room', color='red'),
        Thing('table_1', 'table', 'table', FloorPose(4.2, -0.9, 0.0), 0.0, (0.8, 1.2, 0.74),
              'room', shape=Shape.TABLE),
        Thing('blue_box_1', 'box', 'blue box', on_table, 0.74, (0.2, 0.2, 0.2), 'room',
              on='table_1', color='blue'),
    )  # fmt: skip
    # An area goes to the middle lines of its walls.
    low, high = (LOW_M[0] - half, LOW_M[1] - half), (HIGH_M[0] + half, HIGH_M[1] + half)
    return HousePlan('small', 0, (Area('room', low, high, 'planks'),), (), walls, things)


def outside_m(thing: Thing, points_map: FloatArray) -> FloatArray:
    """Return how far points (n, 3) of the map are outside of a thing's box, negative inside."""
    points = transform_points(inverse(transform_from_floor_pose(thing.pose)), points_map)
    half = np.array(thing.size_m) / 2
    points[:, 2] -= thing.height_m + half[2]
    beyond: FloatArray = np.max(np.abs(points) - half, axis=1)
    return beyond
