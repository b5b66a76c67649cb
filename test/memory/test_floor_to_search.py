"""The nearest floor that is still unknown, by the way that a robot would drive."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from vlm_nav.core.reasons import DrivingReason
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.memory.floor_to_search import nearest_beside, nearest_to_search
from vlm_nav.memory.looked_over import LookedOver
from vlm_nav.memory.visited import Visit, VisitedPlaces
from vlm_nav.navigation.fence import Fence
from vlm_nav.navigation.polygon import polygon_from
from vlm_nav.observation.costmap import Costmap

CELL_M = LookedOver.CELL_M
HERE = (1.0, 1.0)


def costmap_of(values: NDArray[np.int8], origin: FloorPose = FloorPose(0.0, 0.0, 0.0)) -> Costmap:
    return Costmap(values, 0.05, origin, 'map', 0)


def two_rooms(door_m: tuple[float, float] = (1.5, 3.0)) -> Costmap:
    """Return 8 m x 4 m of floor; a wall at x = 4 m has a door between these y."""
    values = np.zeros((80, 160), dtype=np.int8)
    values[:, 78:82] = 100
    values[round(door_m[0] / 0.05) : round(door_m[1] / 0.05), 78:82] = 0
    return costmap_of(values)


def knowing(low_x_m: float, high_x_m: float, *visits: Visit) -> VisitedPlaces:
    """Return what is known of who saw all floor between two x."""
    columns = range(round(low_x_m / CELL_M), round(high_x_m / CELL_M))
    cells = frozenset((x, y) for x in columns for y in range(-4, 40))
    return VisitedPlaces(LookedOver(2.5, cells), visits)


def test_the_next_room_is_searched_through_its_door() -> None:
    found = nearest_to_search(two_rooms(), HERE, knowing(-1.0, 4.25))
    assert found is not None
    assert 4.25 < found[0] < 5.5
    assert 1.2 < found[1] < 3.3


def test_behind_a_wall_without_a_door_nothing_is_to_be_searched() -> None:
    assert nearest_to_search(two_rooms((0.0, 0.0)), HERE, knowing(-1.0, 4.25)) is None


def test_what_is_known_is_not_searched_and_neither_is_a_narrow_rim() -> None:
    assert nearest_to_search(two_rooms(), HERE, knowing(-1.0, 9.0)) is None
    assert nearest_to_search(two_rooms(), HERE, knowing(-1.0, 7.5)) is None


def test_unknown_and_occupied_floor_of_the_costmap_is_not_driven_over() -> None:
    values = np.zeros((80, 160), dtype=np.int8)
    values[:, 78:82] = -1
    assert nearest_to_search(costmap_of(values), HERE, knowing(-1.0, 4.25)) is None


def test_the_nearest_by_the_way_is_not_always_the_nearest_in_a_line() -> None:
    values = np.zeros((120, 160), dtype=np.int8)
    # A wall from the left border almost to the right one; what lies behind is near as birds fly.
    values[38:42, :150] = 100
    cells = frozenset((x, y) for x in range(0, 16) for y in range(0, 8))
    known = VisitedPlaces(LookedOver(2.5, cells))
    found = nearest_to_search(costmap_of(values), HERE, known)
    assert found is not None
    assert found[1] < 2.0
    assert found[0] > 4.0


def test_what_lies_beyond_a_fence_is_neither_searched_nor_led_over() -> None:
    inside = Fence(polygon_from('0 0, 3.9 0, 3.9 4, 0 4', 'fence'))

    def allowed(places: NDArray[np.float64]) -> NDArray[np.bool_]:
        return inside.allows(places, 0.2)

    assert nearest_to_search(two_rooms(), HERE, knowing(-1.0, 4.25), allowed) is None
    within = nearest_to_search(two_rooms(), HERE, knowing(-1.0, 2.0), allowed)
    assert within is not None
    assert within[0] < 3.7
    assert nearest_beside(two_rooms(), HERE, (6.0, 2.0), (0.4, 0.9), allowed) is None


def test_where_a_drive_failed_is_not_searched_again() -> None:
    first = nearest_to_search(two_rooms(), HERE, knowing(-1.0, 4.25))
    assert first is not None
    failed = Visit(*first, DrivingReason.NAV_ABORTED)
    second = nearest_to_search(two_rooms(), HERE, knowing(-1.0, 4.25, failed))
    assert second is not None
    assert math.dist(first, second) > 0.7


def test_a_costmap_that_is_turned_and_moved_is_searched_where_it_lies() -> None:
    turned = Costmap(two_rooms().values, 0.05, FloorPose(10.0, -3.0, math.pi / 2.0), 'map', 0)
    # Its x axis is the map's y axis now.
    cells = frozenset((x, y) for x in range(20, 45) for y in range(-16, 5))
    found = nearest_to_search(turned, (9.0, -2.0), VisitedPlaces(LookedOver(2.5, cells)))
    assert found is not None
    assert 6.7 < found[0] < 8.8
    assert 1.25 < found[1] < 2.5


@pytest.mark.parametrize('here', [(-1.0, 1.0), (math.nan, 1.0)])
def test_who_stands_nowhere_on_it_finds_nothing(here: tuple[float, float]) -> None:
    assert nearest_to_search(two_rooms(), here, VisitedPlaces()) is None
    assert nearest_beside(two_rooms(), here, (2.0, 2.0), (0.4, 0.9)) is None


def test_beside_a_thing_is_so_far_from_it_and_on_this_side() -> None:
    values = np.zeros((80, 160), dtype=np.int8)
    values[30:50, 110:130] = 100
    found = nearest_beside(costmap_of(values), HERE, (6.0, 2.0), (0.7, 0.9))
    assert found is not None
    assert 0.7 <= math.dist(found, (6.0, 2.0)) <= 0.9
    assert found[0] < 6.0


def test_beside_what_nothing_leads_to_there_is_no_place() -> None:
    assert nearest_beside(two_rooms((0.0, 0.0)), HERE, (6.0, 2.0), (0.4, 0.9)) is None
