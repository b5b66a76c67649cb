"""Surroundings for tests of proposers: two rooms with a door, looked at to all sides."""

from __future__ import annotations

import math

import numpy as np
from floor_plans import knowing, two_rooms
from numpy.typing import NDArray
from synthetic import camera_pose, frame_of

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose, transform_places
from vlm_nav.imagination.proposing import Surroundings
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.memory.costmap_ways import ways_from
from vlm_nav.memory.floor_to_search import floor_to_search
from vlm_nav.memory.visited import VisitedPlaces
from vlm_nav.observation.costmap import Costmap
from vlm_nav.observation.rgbd_frame import RgbdFrame

WIDE = PinholeCamera(160, 120, 115.0, 115.0, 79.5, 59.5)


def frames_around(
    here: FloorPose, headings_deg: tuple[float, ...] = (0, 60, 120, 180, 240, 300)
) -> tuple[RgbdFrame, ...]:
    """Return what is seen along headings of the base."""
    map_from_base = transform_from_floor_pose(here)
    return tuple(
        frame_of((), camera_pose(left_deg=heading), camera=WIDE, map_from_base=map_from_base)
        for heading in headings_deg
    )


def surroundings_at(
    here: FloorPose,
    known: VisitedPlaces | None = None,
    costmap: Costmap | None = None,
    frames: tuple[RgbdFrame, ...] | None = None,
) -> Surroundings:
    """Return the surroundings of a pose; all of the left room is known unless given."""
    ways = ways_from(costmap or two_rooms(), (here.x_m, here.y_m))
    assert ways is not None
    to_search = floor_to_search(ways, known or knowing(-1.0, 4.25), 2.5)
    around = frames or frames_around(here)
    return Surroundings(around, transform_from_floor_pose(here), ways, to_search)


def places_in_map(surroundings: Surroundings, found: list[Viewpoint]) -> FloatArray:
    """Return where in the map (n, 2) viewpoints are."""
    places = np.array([(one.pose.x_m, one.pose.y_m) for one in found]).reshape(-1, 2)
    return transform_places(surroundings.map_from_base, places)


def values_under(surroundings: Surroundings, found: list[Viewpoint]) -> NDArray[np.int8]:
    """Return the values (n,) of the costmap under viewpoints."""
    assert surroundings.ways is not None
    return surroundings.ways.costmap.values_at(places_in_map(surroundings, found))


def bearings_deg(found: list[Viewpoint]) -> list[int]:
    """Return along which bearings of the base viewpoints lie."""
    return [round(math.degrees(math.atan2(one.pose.y_m, one.pose.x_m))) for one in found]
