"""How far it is over the free floor of a costmap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from floor_plans import HERE, costmap_of, two_rooms
from numpy.typing import NDArray

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.memory.costmap_ways import CostmapWays, place_on_way, ways_from
from vlm_nav.navigation.fence import Fence
from vlm_nav.navigation.polygon import polygon_from
from vlm_nav.observation.costmap import Costmap


def length_m(ways: CostmapWays | None, x_m: float, y_m: float) -> float:
    assert ways is not None
    return float(ways.lengths_m_to(np.array([(x_m, y_m)]))[0])


def test_a_straight_way_is_as_long_as_it_looks() -> None:
    ways = ways_from(costmap_of(np.zeros((100, 100), dtype=np.int8)), HERE)
    assert length_m(ways, 4.0, 1.0) == pytest.approx(3.0, abs=0.25)
    assert length_m(ways, 1.0, 3.5) == pytest.approx(2.5, abs=0.25)
    assert length_m(ways, 4.0, 4.0) == pytest.approx(math.hypot(3.0, 3.0), rel=0.1)


def test_a_way_leads_around_a_wall_and_through_its_door() -> None:
    ways = ways_from(two_rooms((3.0, 3.9)), HERE)
    assert length_m(ways, 7.0, 1.0) == pytest.approx(2.0 * math.hypot(3.0, 2.0), rel=0.12)


def test_no_way_leads_behind_a_wall_without_a_door_or_over_unknown_floor() -> None:
    assert math.isinf(length_m(ways_from(two_rooms((0.0, 0.0)), HERE), 7.0, 1.0))
    values = np.zeros((80, 160), dtype=np.int8)
    values[:, 78:82] = -1
    assert math.isinf(length_m(ways_from(costmap_of(values), HERE), 7.0, 1.0))


def test_outside_of_the_costmap_there_is_no_way() -> None:
    ways = ways_from(two_rooms(), HERE)
    assert math.isinf(length_m(ways, -0.5, 1.0))
    assert math.isinf(length_m(ways, 8.5, 1.0))


def test_over_empty_floor_one_comes_straight_to_a_goal() -> None:
    ways = ways_from(costmap_of(np.zeros((160, 160), dtype=np.int8)), HERE)
    assert ways is not None
    for goal in ((7.0, 3.0), (6.0, 6.5)):
        place = place_on_way(ways, HERE, goal, 2.0)
        assert place is not None
        assert math.dist(HERE, place) == pytest.approx(2.0, abs=0.01)
        assert math.dist(HERE, place) + math.dist(place, goal) < math.dist(HERE, goal) + 0.01


def test_on_the_way_through_a_door_one_comes_by_places_before_it_and_behind_it() -> None:
    ways = ways_from(two_rooms((3.0, 3.9)), HERE)
    assert ways is not None
    goal = (7.0, 1.0)
    for after_m, before_the_wall in ((2.0, True), (5.5, False)):
        place = place_on_way(ways, HERE, goal, after_m)
        assert place is not None
        assert length_m(ways, *place) == pytest.approx(after_m, abs=0.5)
        assert (place[0] < 4.0) is before_the_wall
        assert place[1] > 1.5


def test_no_place_is_on_a_way_that_is_short_or_not_known() -> None:
    ways = ways_from(two_rooms((0.0, 0.0)), HERE)
    assert ways is not None
    assert place_on_way(ways, HERE, (2.0, 1.0), 2.0) is None
    assert place_on_way(ways, HERE, (7.0, 1.0), 2.0) is None
    assert place_on_way(ways, HERE, (-9.0, 1.0), 2.0) is None


def test_no_way_leads_over_places_that_are_not_allowed() -> None:
    inside = Fence(polygon_from('0 0, 3.9 0, 3.9 4, 0 4', 'fence'))

    def allowed(places: NDArray[np.float64]) -> NDArray[np.bool_]:
        return inside.allows(places, 0.2)

    ways = ways_from(two_rooms(), HERE, allowed)
    assert math.isfinite(length_m(ways, 3.0, 3.0))
    assert math.isinf(length_m(ways, 6.0, 2.0))


def test_who_stands_a_little_too_near_to_something_is_let_out_of_there() -> None:
    values = np.zeros((80, 160), dtype=np.int8)
    values[18:22, 18:22] = 99
    assert math.isfinite(length_m(ways_from(costmap_of(values), HERE), 5.0, 2.0))
    values[10:30, 10:30] = 99
    assert math.isinf(length_m(ways_from(costmap_of(values), HERE), 5.0, 2.0))


def test_a_costmap_that_is_turned_and_moved_has_its_ways_where_it_lies() -> None:
    turned = Costmap(two_rooms().values, 0.05, FloorPose(10.0, -3.0, math.pi / 2.0), 'map', 0)
    # Its x axis is the map's y axis now.
    ways = ways_from(turned, (9.0, -2.0))
    assert length_m(ways, 9.0, 0.5) == pytest.approx(2.5, abs=0.25)
    assert math.isinf(length_m(ways, 11.0, -2.0))


@pytest.mark.parametrize('here', [(-1.0, 1.0), (math.nan, 1.0), (1.0, math.inf)])
def test_who_stands_nowhere_on_it_has_no_ways(here: tuple[float, float]) -> None:
    assert ways_from(two_rooms(), here) is None


def test_of_wanted_cells_the_one_with_the_shortest_way_is_nearest() -> None:
    ways = ways_from(two_rooms((3.0, 3.9)), HERE)
    assert ways is not None
    wanted = np.zeros((80, 160), dtype=np.bool_)
    # Near as birds fly behind the wall, and far in this room.
    wanted[20, 85] = wanted[75, 10] = True
    assert ways.nearest(wanted) == pytest.approx((0.525, 3.775))
    assert ways.nearest(np.zeros_like(wanted)) is None


def test_where_the_shortest_way_leads_close_by_a_wall_the_place_is_beside_it() -> None:
    values = np.zeros((160, 160), dtype=np.int8)
    # A wall ahead, with its end up to which one has to keep away from it.
    values[:60, 38:42] = 100
    values[:68, 28:52] = np.maximum(values[:68, 28:52], 80)
    ways = ways_from(costmap_of(values), (0.9, 1.0))
    assert ways is not None
    place = place_on_way(ways, (0.9, 1.0), (4.0, 1.0), 3.0)
    assert place is not None
    row, column = (int(one / 0.05) for one in reversed(place))
    assert values[row, column] == 0
    assert length_m(ways, *place) == pytest.approx(3.0, abs=0.8)
