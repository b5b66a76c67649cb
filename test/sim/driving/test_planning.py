"""Paths keep off furniture, end beside what can't be stood on, and are none where no way leads."""

import math
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('scipy')

from small_house import two_rooms, wall

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.observation.costmap import may_stand
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.driving.inflation import inflated
from vlm_nav.sim.driving.occupancy import cell_centers, in_the_way, occupancy_of
from vlm_nav.sim.driving.planning import PlanningSettings, find_path, length_m
from vlm_nav.sim.house.clearance import Clearance

PLAN = two_rooms()
COSTMAP = house_costmap(PLAN)
CLEARANCE_M = Clearance(in_the_way(PLAN.footprints()))


def test_a_path_leads_from_the_start_through_the_door_to_the_goal() -> None:
    path = find_path(COSTMAP, (1.0, 1.0), (7.0, 0.5))
    assert path is not None
    np.testing.assert_allclose(path[[0, -1]], [(1.0, 1.0), (7.0, 0.5)])
    assert (np.hypot(*np.diff(path, axis=0).T) < 0.15).all()
    assert CLEARANCE_M(path).min() > 0.2


def test_where_there_is_room_a_path_keeps_off_furniture() -> None:
    """Straight past the box it would pass at 0.23 m."""
    path = find_path(COSTMAP, (1.0, 2.15), (3.0, 2.15))
    assert path is not None
    assert CLEARANCE_M(path).min() > 0.4
    assert length_m(path) < 2.4


@pytest.mark.parametrize('goal', [(2.0, 1.5), (3.99, 1.0), (2.0, 3.9)])
def test_a_goal_in_furniture_or_wall_is_replaced_by_the_nearest_place(
    goal: tuple[float, float],
) -> None:
    path = find_path(COSTMAP, (1.0, 3.0), goal, PlanningSettings(tolerance_m=0.8))
    assert path is not None
    assert may_stand(COSTMAP.values_at(path[-1]))
    assert math.dist(path[-1], goal) < 0.8


def test_deep_inside_of_something_there_is_no_way() -> None:
    block = wall('block', (2.0, 2.0), (2.0, 2.0))
    costmap = inflated(occupancy_of([block], ((0.0, 0.0), (6.0, 4.0))))
    assert find_path(costmap, (5.0, 2.0), (2.0, 2.0)) is None
    assert find_path(costmap, (5.0, 2.0), (2.9, 2.0)) is not None


def test_beyond_the_map_there_is_no_way() -> None:
    assert find_path(COSTMAP, (1.0, 1.0), (100.0, 0.0)) is None
    assert find_path(COSTMAP, (1.0, 1.0), (math.nan, 0.0)) is None


def test_a_robot_that_stands_too_near_to_a_wall_gets_away() -> None:
    path = find_path(COSTMAP, (0.2, 2.0), (3.0, 3.0))
    assert path is not None


def test_from_within_the_goals_own_cell_the_path_is_the_step_to_it() -> None:
    path = find_path(COSTMAP, (1.0, 3.0), (1.01, 3.0))
    assert path is not None
    assert length_m(path) < 0.03


def test_what_nobody_saw_counts_as_free_where_that_is_allowed() -> None:
    values = np.zeros((40, 40), dtype=np.int8)
    values[:, 20:] = -1
    costmap = replace(COSTMAP, values=values)
    start = (costmap.origin.x_m + 0.5, costmap.origin.y_m + 1.0)
    goal = (costmap.origin.x_m + 1.8, costmap.origin.y_m + 1.0)
    assert find_path(costmap, start, goal) is not None
    careful = PlanningSettings(allow_unknown=False)
    assert find_path(costmap, start, goal, careful) is None


def test_a_tolerance_below_nothing_is_refused() -> None:
    with pytest.raises(InvalidValueError, match='0 or above'):
        PlanningSettings(tolerance_m=-1.0)


@pytest.mark.parametrize('radius_m', [0.1, 0.35, 0.8])
def test_the_costmap_is_made_for_robots_of_any_size(radius_m: float) -> None:
    costmap = house_costmap(PLAN, radius_m)
    centers = cell_centers(costmap)
    free = may_stand(costmap.values)
    assert free.any()
    assert CLEARANCE_M(centers[free]).min() > radius_m
