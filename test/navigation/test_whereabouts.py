"""Where an instruction has led the robot, and where it goes when nothing that is seen leads on."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from roaming import goal
from synthetic import Box, frame_of

from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.memory.looked_over import LookedOver
from vlm_nav.memory.visited import VisitedPlaces
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.whereabouts import Whereabouts
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.rgbd_frame import RgbdFrame


def sight_at(x_m: float, y_m: float, *, mapped: bool = True, frame_id: str = 'map') -> Sight:
    """Return an empty floor of 12 m x 6 m, seen along x, with its costmap."""
    pose = transform_from_floor_pose(FloorPose(x_m, y_m, 0.0))
    free = np.zeros((120, 240), dtype=np.int8)
    costmap = Costmap(free, 0.05, FloorPose(0.0, 0.0, 0.0), frame_id, 0)
    views = (CostmapView(costmap, pose),) if mapped else ()
    return Sight(frame_of(map_from_base=pose), views)


def roamed(*sights: Sight, within_m: float = 2.5) -> Whereabouts:
    """Return the whereabouts of who stood at these places, one after the other."""
    whereabouts = Whereabouts(VisitedPlaces(within_m))
    for sight in sights:
        whereabouts.stands(sight)
    return whereabouts


def way_on(whereabouts: Whereabouts, sight: Sight) -> Waypoint | None:
    return whereabouts.way_on(sight, whereabouts.to_search(sight))


def place_of(waypoint: Waypoint | None) -> tuple[float, float]:
    assert waypoint is not None
    return waypoint.x_m, waypoint.y_m


def test_the_path_adds_up_from_place_to_place() -> None:
    whereabouts = roamed(sight_at(1.0, 1.0), sight_at(4.0, 5.0), sight_at(4.0, 5.0))
    assert whereabouts.path_m == pytest.approx(5.0)
    there = goal(4.0, 8.0).waypoint
    assert there is not None
    assert whereabouts.path_to(there) == pytest.approx(8.0)


def test_beside_what_is_pointed_at_is_gone_to_twice() -> None:
    sight = sight_at(1.0, 3.0)
    whereabouts = roamed(sight)
    found = place_of(whereabouts.beside(sight, (9.0, 3.0)))
    assert 0.4 <= math.dist(found, (9.0, 3.0)) <= 0.7
    assert found[0] < 9.0
    # To be asked is not to go.
    assert whereabouts.beside(sight, (9.0, 3.0)) is not None
    whereabouts.goes_beside((9.0, 3.0))
    assert whereabouts.beside(sight, (9.2, 3.1)) is not None
    whereabouts.goes_beside((9.2, 3.1))
    assert whereabouts.beside(sight, (9.1, 3.1)) is None
    assert whereabouts.beside(sight, (9.2, 5.1)) is not None


def test_beside_what_is_pointed_at_is_not_on_the_other_side_of_a_wall() -> None:
    """A wall from the lower border on, and a thing close behind it."""
    sight = sight_at(5.0, 1.0)
    (view,) = sight.costmaps
    values = view.costmap.values.copy()
    values[:100, 118:122] = 100
    walled = replace(view, costmap=replace(view.costmap, values=values))
    whereabouts = roamed(sight)
    assert whereabouts.beside(replace(sight, costmaps=(walled,)), (7.2, 1.0)) is None
    assert whereabouts.beside(sight, (7.2, 1.0)) is not None


def test_the_nearest_floor_that_was_not_seen_from_near_is_searched() -> None:
    sight = sight_at(3.0, 3.0)
    found = place_of(way_on(roamed(sight), sight))
    # What lies straight ahead is seen.
    assert math.dist(found, (3.0, 3.0)) < 2.5
    assert not roamed(sight).visited.seen_from(sight.frames).knows(*found)


def test_where_all_was_seen_it_is_searched_again_from_nearer() -> None:
    sight = sight_at(6.0, 3.0)
    cells = {(x, y): 2.0 for x in range(48) for y in range(24)}
    for within_m, searched_from_m in ((2.5, 1.5), (1.9, 1.9)):
        whereabouts = roamed(sight, within_m=within_m)
        whereabouts.visited = replace(whereabouts.visited, looked_over=LookedOver(cells))
        to_search = whereabouts.to_search(sight)
        assert to_search is not None
        assert to_search.within_m == pytest.approx(searched_from_m)
        assert to_search.best is not None


def test_then_what_was_passed_over() -> None:
    sight = sight_at(1.0, 3.0, mapped=False)
    whereabouts = roamed(sight)
    other = goal(1.0, 8.0).waypoint
    assert other is not None
    whereabouts.was_offered(replace(goal(4.0, 3.0), offered=(other,)))
    waypoint = way_on(whereabouts, sight)
    assert place_of(waypoint) == (1.0, 8.0)
    assert waypoint is not None
    assert waypoint.yaw_rad == pytest.approx(math.pi / 2.0)
    assert way_on(roamed(sight), sight) is None


def test_a_costmap_of_another_frame_says_nothing_of_the_map() -> None:
    sight = sight_at(1.0, 3.0, frame_id='odom')
    assert roamed(sight).beside(sight, (9.0, 3.0)) is None
    assert way_on(roamed(sight), sight) is None


def test_a_place_that_is_left_is_known_and_so_is_a_failed_goal() -> None:
    sight = sight_at(1.0, 3.0)
    whereabouts = roamed(sight)
    there = goal(9.0, 5.0).waypoint
    assert there is not None
    assert not whereabouts.visited.knows(1.0, 3.0)
    whereabouts.leaves(sight, there, DrivingReason.NAV_ABORTED)
    assert whereabouts.visited.knows(1.0, 3.0)
    assert whereabouts.visited.knows(2.5, 3.0)
    assert whereabouts.visited.failed_at(9.0, 5.0) is DrivingReason.NAV_ABORTED


def test_it_does_not_stand_where_somebody_is_seen_to_stand() -> None:
    empty = sight_at(1.0, 3.0)
    alone = place_of(roamed(empty).beside(empty, (3.5, 3.0)))
    box = Box((alone[0] - 1.2, alone[0] - 0.9), (alone[1] - 3.3, alone[1] - 2.7))
    pose = empty.frame.map_from_base
    crowded = Sight(frame_of([box], map_from_base=pose), empty.costmaps)
    beside = place_of(roamed(crowded).beside(crowded, (3.5, 3.0)))
    assert math.dist(beside, alone) > 0.2


def test_what_another_costmap_calls_occupied_is_no_place_to_stand() -> None:
    sight = sight_at(1.0, 3.0)
    alone = place_of(roamed(sight).beside(sight, (3.5, 3.0)))
    # The frame odom lies 10 m beside the map.
    local = np.zeros((100, 100), dtype=np.int8)
    column, row = round((alone[0] + 10.0 - 8.0) / 0.05), round(alone[1] / 0.05)
    local[row - 6 : row + 6, column - 6 : column + 6] = 100
    costmap = Costmap(local, 0.05, FloorPose(8.0, 0.0, 0.0), 'odom', 0)
    odom_from_base = transform_from_floor_pose(FloorPose(11.0, 3.0, 0.0))
    both = replace(sight, costmaps=(*sight.costmaps, CostmapView(costmap, odom_from_base)))
    assert math.dist(place_of(roamed(both).beside(both, (3.5, 3.0))), alone) > 0.2


def test_no_place_is_gone_to_over_what_is_not_allowed() -> None:
    """Nav2 plans without knowing of it, straight where it can."""

    def allowed(places: NDArray[np.float64]) -> NDArray[np.bool_]:
        x_m, y_m = places[..., 0], places[..., 1]
        return ~((x_m > 3.0) & (x_m < 4.0) & (y_m > 2.0))

    sight = sight_at(1.5, 3.0)
    whereabouts = Whereabouts(VisitedPlaces(), allowed)
    whereabouts.stands(sight)
    assert whereabouts.beside(sight, (5.2, 3.0)) is None
    to_search = whereabouts.to_search(sight)
    assert to_search is not None
    assert to_search.best is not None
    along = np.linspace((1.5, 3.0), to_search.best, 100)
    assert allowed(along).all()


def test_without_depth_nobody_knows_what_was_looked_over() -> None:
    sight = sight_at(1.0, 3.0)
    blind = replace(sight, frame=replace(sight.frame, depth_m=None))
    assert roamed(blind).to_search(blind) is None
    assert roamed(sight).to_search(sight) is not None


def test_of_a_large_map_only_what_lies_around_the_robot_is_held_against_what_is_seen() -> None:
    sight = sight_at(100.0, 100.0)
    costmap = Costmap(np.zeros((4000, 4000), dtype=np.int8), 0.05, FloorPose(0, 0, 0), 'map', 0)
    local = Costmap(np.zeros((60, 60), dtype=np.int8), 0.05, FloorPose(98.5, 98.5, 0), 'odom', 0)
    views = (CostmapView(given, sight.frame.map_from_base) for given in (costmap, local))
    large = replace(sight, costmaps=tuple(views))
    tracemalloc.start()
    to_search = roamed(large).to_search(large)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert to_search is not None
    assert to_search.ways.costmap.values.shape == (1001, 1001)
    # The centres of all its cells alone would be 256 MB.
    assert most_bytes < 2.0e8
    assert math.dist(place_of(roamed(large).beside(large, (103.0, 100.0))), (103.0, 100.0)) < 0.9
    outside = roamed(sight_at(-1.0, 3.0))
    assert outside.to_search(sight_at(-1.0, 3.0)) is None


def test_the_floor_that_a_sight_shows_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    with_frames = LookedOver.with_frames

    def counted(known: LookedOver, frames: Iterable[RgbdFrame]) -> LookedOver:
        looked.append(known)
        return with_frames(known, frames)

    monkeypatch.setattr(LookedOver, 'with_frames', counted)
    whereabouts, here, there = Whereabouts(VisitedPlaces(2.5)), sight_at(1, 1), sight_at(4, 1)
    for sight in (here, there):
        whereabouts.stands(sight)
        to_search = whereabouts.to_search(sight)
        onward = whereabouts.way_on(sight, to_search)
        assert onward is not None
        whereabouts.leaves(sight, onward, None)
    assert len(looked) == 2
    assert whereabouts.visited.knows(2.0, 1.0)
    assert whereabouts.visited.knows(6.0, 1.0)
