"""Where views are measured: poses in a house, and what truly shows ahead of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.geometry.poses import (
    FloorPose,
    floor_pose_of,
    transform_from_floor_pose,
    wrap_angle,
)
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.memory.costmap_ways import cell_centres, cells_of
from vlm_nav.observation.costmap import Costmap
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.ports import frame_of
from vlm_nav.sim.simulator import Simulator

DISTANCES_M = (0.5, 1.0, 1.5, 2.0)
"""How far ahead the poses lie, in turn."""

_ASIDE_RAD, _TURN_RAD = math.radians(30.0), math.radians(30.0)
_TRIES = 400


@dataclass(frozen=True, eq=False)
class Errand:
    """A frame, and what truly shows from a viewpoint ahead of it."""

    distance_m: float
    frame: RgbdFrame
    viewpoint: Viewpoint
    true_rgb: RgbArray
    true_depth_m: NDArray[np.float32]


def errands(
    simulator: Simulator, costmap: Costmap, count: int, random: np.random.Generator
) -> Iterator[Errand]:
    """Let the robot stand and look at free places, and at others ahead of those."""
    free = cell_centres(costmap)[costmap.values == 0]
    done = 0
    for _ in range(_TRIES * count):
        if done == count:
            return
        distance_m = DISTANCES_M[done % len(DISTANCES_M)]
        x_m, y_m = free[random.integers(len(free))].tolist()
        here = FloorPose(x_m, y_m, float(random.uniform(-math.pi, math.pi)))
        aside_rad, turn_rad = random.uniform((-_ASIDE_RAD, -_TURN_RAD), (_ASIDE_RAD, _TURN_RAD))
        there = FloorPose(
            distance_m * math.cos(aside_rad),
            distance_m * math.sin(aside_rad),
            wrap_angle(float(turn_rad)),
        )
        map_from_there = transform_from_floor_pose(here) @ transform_from_floor_pose(there)
        if not _is_free(costmap, here, floor_pose_of(map_from_there)):
            continue
        done += 1
        simulator.place(here)
        frame = frame_of(simulator.look())
        simulator.place(floor_pose_of(map_from_there))
        truth = simulator.look()
        yield Errand(distance_m, frame, Viewpoint(there, 0), truth.rgb, truth.true_depth_m)


def _is_free(costmap: Costmap, here: FloorPose, there: FloorPose) -> bool:
    """Return whether the straight way between two poses is free."""
    ends = np.array(((here.x_m, here.y_m), (there.x_m, there.y_m)))
    shares = np.linspace(0.0, 1.0, 21)[:, None]
    places = ends[0] + shares * (ends[1] - ends[0])
    rows, columns = cells_of(costmap, places)
    free = costmap.contains(places) & (costmap.values[rows, columns] == 0)
    return bool(free.all())
