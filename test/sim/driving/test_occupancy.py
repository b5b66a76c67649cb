"""The grid of a house: nothing is smaller than it is, and nothing that hangs above counts."""

import numpy as np
import pytest
from small_house import two_rooms

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.driving.occupancy import house_occupancy, occupancy_of
from vlm_nav.sim.house.clearance import Clearance
from vlm_nav.sim.house.house_plan import Footprint, corners_of

BOUNDS = ((0.0, 0.0), (4.0, 3.0))


def box(pose: FloorPose, size_m: tuple[float, float], low_m: float = 0.0) -> Footprint:
    """Return a box of half a metre's height."""
    return Footprint('box', pose, size_m, low_m, low_m + 0.5)


@pytest.mark.parametrize('yaw_rad', [0.0, 0.4, 1.2, -2.0])
def test_every_place_on_a_box_is_occupied(yaw_rad: float) -> None:
    """Thin and askew, as a chair's leg."""
    pose, size_m = FloorPose(2.013, 1.488, yaw_rad), (0.31, 0.02)
    grid = occupancy_of([box(pose, size_m)], BOUNDS)
    shares = np.random.default_rng(0).random((500, 4)) + 1e-9
    on_it = (shares / shares.sum(axis=1, keepdims=True)) @ np.array(corners_of(pose, size_m))
    assert (grid.values_at(on_it) == 100).all()


def test_a_cell_away_from_the_box_is_free() -> None:
    pose = FloorPose(2.0, 1.5, 0.5)
    grid = occupancy_of([box(pose, (0.4, 0.4))], BOUNDS)
    places = np.random.default_rng(1).uniform((0.0, 0.0), (4.0, 3.0), (2000, 2))
    far = Clearance([box(pose, (0.4, 0.4))])(places) > 0.1
    assert (grid.values_at(places[far]) == 0).all()


def test_what_hangs_above_the_robot_does_not_count() -> None:
    lintel = box(FloorPose(2.0, 1.5, 0.0), (0.5, 0.5), low_m=1.5)
    assert occupancy_of([lintel], BOUNDS, robot_height_m=1.4).values.max() == 0
    assert occupancy_of([lintel], BOUNDS, robot_height_m=1.6).values.max() == 100


def test_a_house_is_unknown_outside_and_free_in_its_doorway_and_on_its_rug() -> None:
    grid = house_occupancy(two_rooms())
    assert grid.values_at((-0.1, 2.0)) == -1
    assert grid.values_at((4.0, 3.0)) == 0
    assert grid.values_at((6.0, 3.0)) == 0
    assert grid.values_at((4.0, 1.0)) == 100


def test_the_clearance_is_the_distance_to_the_nearest_side_or_corner() -> None:
    boxes = [
        box(FloorPose(0.0, 0.0, np.pi / 2), (2.0, 1.0)),
        box(FloorPose(9.0, 0.0, 0.0), (1, 1)),
    ]
    places = [(1.5, 0.0), (0.0, 3.0), (0.8, 1.4), (0.2, 0.2), (8.0, 0.0)]
    np.testing.assert_allclose(Clearance(boxes)(places), [1.0, 2.0, 0.5, 0.0, 0.5], atol=1e-12)
