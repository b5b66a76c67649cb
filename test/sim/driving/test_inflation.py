"""Costs around what stands there have Nav2's numbers."""

import numpy as np
import pytest

pytest.importorskip('scipy')


from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.observation.costmap import Costmap
from vlm_nav.sim.driving.inflation import InflationSettings, inflated


def row_beside_a_wall(settings: InflationSettings = InflationSettings()) -> list[int]:
    """Return the costs 0, 1, 2 ... cells away from an occupied cell."""
    values = np.zeros((1, 20), dtype=np.int8)
    values[0, 0] = 100
    grid = Costmap(values, 0.05, FloorPose(0.0, 0.0, 0.0), 'map', 0)
    return [int(value) for value in inflated(grid, settings).values[0]]


def test_costs_fall_as_nav2_publishes_them() -> None:
    """The numbers are worked out by hand: floor(252 exp(-3 (d - 0.2))), then 1 + 97 (c - 1) / 251.

    0.25 m: 216 -> 84; 0.3 m: 186 -> 72; 0.4 m: 138 -> 53; 0.7 m: 56 -> 22; beyond: 0.
    """
    row = row_beside_a_wall()
    assert row[0] == 100
    assert row[1:5] == [99, 99, 99, 99]
    assert (row[5], row[6], row[8], row[14]) == (84, 72, 53, 22)
    assert set(row[15:]) == {0}


def test_unknown_stays_unknown_unless_the_robot_collides_there() -> None:
    values = np.full((1, 20), -1, dtype=np.int8)
    values[0, 0] = 100
    grid = Costmap(values, 0.05, FloorPose(0.0, 0.0, 0.0), 'map', 0)
    row = inflated(grid).values[0]
    assert list(row[:5]) == [100, 99, 99, 99, 99]
    assert set(row[5:]) == {-1}


def test_an_empty_house_costs_nothing() -> None:
    grid = Costmap(np.zeros((5, 5), dtype=np.int8), 0.05, FloorPose(0, 0, 0), 'map', 0)
    assert not inflated(grid).values.any()


@pytest.mark.parametrize('radii', [(0.0, 0.5), (0.6, 0.5), (0.2, float('nan'))])
def test_radii_that_make_no_sense_are_refused(radii: tuple[float, float]) -> None:
    with pytest.raises(InvalidValueError, match='radius'):
        InflationSettings(*radii)
