"""The classical way knows the floor that it has seen, and where the seen floor ends."""

import math
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('scipy')

from synthetic import CAMERA, Box, camera_pose, frame_of

from vlm_nav.bench.seen_map import SeenMap
from vlm_nav.bench.strategies import FrontierSelector
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import DecisionOutcome
from vlm_nav.core.reasons import ChoosingReason, DrivingReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.memory.visited import Visit, VisitedPlaces
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.placing import seen_from

HERE = np.zeros(2)
# A room of 4 m, its door of 1 m ahead to the left.
ROOM = (
    Box((-2.0, 2.0), (2.0, 2.2), (0.0, 2.5)),
    Box((-2.0, 2.0), (-2.2, -2.0), (0.0, 2.5)),
    Box((-2.2, -2.0), (-2.2, 2.2), (0.0, 2.5)),
    Box((2.0, 2.2), (-2.2, 0.2), (0.0, 2.5)),
    Box((2.0, 2.2), (1.2, 2.2), (0.0, 2.5)),
)


def sight_around(boxes: tuple[Box, ...]) -> Sight:
    frames = []
    for number in range(8):
        pose = camera_pose(1.2, 30.0, left_deg=45.0 * number)
        frame = frame_of(boxes, pose, camera=CAMERA)
        frames.append(replace(frame, camera_name=str(number), identifier=f'front/{number}'))
    return Sight(frames[0], further=tuple(seen_from(one, frames[0]) for one in frames[1:]))


def blind(identifier: str, instruction: str) -> FloatArray:
    return np.empty((0, 2))


async def chosen(selector: FrontierSelector, sight: Sight, so_far: SoFar = SoFar()) -> object:
    return await selector.select(sight, 'go to the chair', Deadline.after(30.0), so_far)


def test_the_seen_floor_of_a_room_ends_at_its_door() -> None:
    seen = SeenMap(HERE, FreeSpaceSettings())
    seen.add(sight_around(ROOM))
    frontiers = seen.ways_from(HERE).frontiers
    assert frontiers
    nearest = frontiers[0].edge_m
    assert nearest[0] > 1.5
    assert -0.2 < nearest[1] < 2.0
    assert frontiers[0].way_m == pytest.approx(math.hypot(*nearest), abs=0.6)


def test_what_stands_is_not_reached_but_its_side_is() -> None:
    seen = SeenMap(HERE, FreeSpaceSettings())
    seen.add(sight_around((Box((1.5, 2.0), (-0.25, 0.25), (0.0, 1.0)),)))
    place = seen.ways_from(HERE).nearest_to(np.array([(1.7, 0.0)]))
    assert place is not None
    assert 0.2 < math.dist(place, (1.5, 0.0)) < 0.6


async def test_it_looks_around_and_then_drives_to_the_nearest_frontier_facing_the_unseen() -> None:
    selector = FrontierSelector(blind)
    ahead = frame_of(ROOM, camera_pose(1.2, 30.0))
    first = await chosen(selector, Sight(ahead))
    assert (first.outcome, first.reason) == (DecisionOutcome.HOLD, ChoosingReason.NONE_FITS)
    goal = (await chosen(selector, sight_around(ROOM))).waypoint
    assert goal.x_m > 1.0
    assert abs(goal.yaw_rad) < math.radians(60.0)


async def test_where_a_drive_failed_it_drives_elsewhere() -> None:
    sight = sight_around((*ROOM[:2], *ROOM[3:]))
    first = (await chosen(FrontierSelector(blind), sight)).waypoint
    failed = VisitedPlaces(visits=(Visit(first.x_m, first.y_m, DrivingReason.NAV_ABORTED),))
    second = (await chosen(FrontierSelector(blind), sight, SoFar(failed))).waypoint
    assert math.hypot(second.x_m - first.x_m, second.y_m - first.y_m) > 0.5


async def test_a_thing_once_seen_is_driven_to_even_when_it_is_out_of_sight_again() -> None:
    things = {'front/0': np.array([(1.9, -1.0)])}
    selector = FrontierSelector(lambda name, _: things.get(name, np.empty((0, 2))))
    goal = (await chosen(selector, sight_around(ROOM))).waypoint
    assert math.dist((goal.x_m, goal.y_m), (1.9, -1.0)) < 0.6
    things.clear()
    moved = transform_from_floor_pose(FloorPose(0.0, 0.0, 0.0))
    again = (await chosen(selector, Sight(frame_of(ROOM, map_from_base=moved)))).waypoint
    assert math.dist((again.x_m, again.y_m), (1.9, -1.0)) < 0.6


async def test_where_everything_was_seen_it_has_nowhere_to_go() -> None:
    closed = (*ROOM, Box((2.0, 2.2), (0.2, 1.2), (0.0, 2.5)))
    last = await chosen(FrontierSelector(blind), sight_around(closed))
    assert last.reason is ChoosingReason.NONE_FITS
