"""Value maps: what is to be reached is cheap, what is to be avoided dear, and all is smooth."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.manipulation.value_map import ValueMap, ValueMapSettings, value_map

BOX = (np.array((0.2, -0.3, 0.0)), np.array((0.8, 0.3, 0.5)))
CUP = np.array((0.513, 0.047, 0.208))
NONE = np.empty((0, 3))


def away_m(found: ValueMap, place: np.ndarray) -> float:
    return float(np.linalg.norm(found.best_place - place))


def test_the_lowest_cost_is_at_what_is_to_be_reached() -> None:
    found = value_map(CUP, NONE, BOX)
    assert away_m(found, CUP) < 0.015
    assert (found.cost.min(), found.cost.max()) == pytest.approx((0.0, 1.0))
    assert found.cost_at(CUP[None])[0] < 0.05
    assert found.cost_at(np.array([BOX[0]]))[0] > 0.5
    assert np.isnan(found.cost_at(np.array([[9.0, 0.0, 0.0]]))[0])


def test_of_two_points_the_one_that_nothing_stands_at_is_reached() -> None:
    other = np.array((0.3, -0.2, 0.1))
    found = value_map(np.array([CUP, other]), CUP[None] + 0.02, BOX)
    assert away_m(found, other) < 0.03


def test_the_gripper_keeps_away_from_what_is_to_be_avoided_beside_its_goal() -> None:
    beside = CUP + np.array((0.0, 0.05, 0.0))
    free, avoiding = value_map(CUP, NONE, BOX), value_map(CUP, beside[None], BOX)
    assert avoiding.best_place[1] < free.best_place[1] - 0.03
    assert abs(avoiding.best_place[0] - CUP[0]) < 0.03


def test_the_cost_is_smooth() -> None:
    rough, smooth = (
        value_map(CUP, NONE, BOX, ValueMapSettings(smooth_m=sigma_m)) for sigma_m in (0.0, 0.04)
    )
    # Not at the border, which has no neighbours.
    inside = (slice(6, -6),) * 3
    bends = [np.abs(np.diff(one.cost[inside], 2, axis=0)).max() for one in (rough, smooth)]
    assert bends[1] < 0.5 * bends[0]
    assert float(np.abs(np.diff(smooth.cost, axis=2)).max()) < 0.2


def test_the_pose_at_the_lowest_cost_is_turned_as_the_gripper_is() -> None:
    found = value_map(CUP, NONE, BOX)
    gripper = np.eye(4)
    gripper[:3, :3] = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    pose = found.best_pose(gripper)
    assert np.array_equal(pose[:3, :3], gripper[:3, :3])
    assert np.array_equal(pose[:3, 3], found.best_place)
    assert np.array_equal(gripper[:3, 3], (0.0, 0.0, 0.0))


def test_the_points_of_a_map_are_those_that_cost_little() -> None:
    found = value_map(CUP, NONE, BOX)
    places, costs = found.points(0.2)
    assert len(places) == len(costs) > 10
    assert costs.max() < 0.2
    assert found.cost_at(places) == pytest.approx(costs)
    assert np.linalg.norm(places - CUP, axis=1).max() < 0.2


@pytest.mark.parametrize(
    ('reach', 'avoid', 'high'),
    [
        (NONE, NONE, BOX[1]),
        (CUP * np.nan, NONE, BOX[1]),
        (CUP, np.full((1, 3), np.inf), BOX[1]),
        (CUP, NONE, BOX[0]),
        (CUP, NONE, BOX[0] + 90.0),
    ],
)
def test_a_map_of_nothing_is_refused(
    reach: np.ndarray, avoid: np.ndarray, high: np.ndarray
) -> None:
    with pytest.raises(InvalidValueError):
        value_map(reach, avoid, (BOX[0], high))
