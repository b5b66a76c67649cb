"""How far it is to drive to a thing: around walls, and over what it stands on."""

import math

import numpy as np
import pytest

pytest.importorskip('scipy')

from small_house import two_rooms

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.driving.geodesic import distances_to_thing, sample_start
from vlm_nav.sim.driving.occupancy import in_the_way
from vlm_nav.sim.house.clearance import Clearance
from vlm_nav.sim.house.house_planning import plan_house, templates

PLAN = two_rooms()


def test_the_way_to_the_next_room_leads_through_the_door() -> None:
    """From (2, 0.5) the table's nearer side is 3.4 m away straight through the wall."""
    field = distances_to_thing(PLAN, PLAN.thing('table'))
    by_the_door_m = math.dist((2.6, 0.8), (3.9, 2.75)) + math.dist((4.1, 2.75), (5.4, 1.9))
    assert field.at(2.6, 0.8) == pytest.approx(0.2 + by_the_door_m, rel=0.1)


def test_on_a_free_floor_the_way_is_straight_to_the_edge() -> None:
    field = distances_to_thing(PLAN, PLAN.thing('table'))
    assert field.at(7.0, 1.5) == pytest.approx(0.4, abs=0.05)


def test_a_straight_way_aslant_is_no_longer_than_it_is() -> None:
    """From cell to cell it would be up to 8 % more: the difference of an errand that is done."""
    field = distances_to_thing(PLAN, PLAN.thing('cup'))
    cup = PLAN.thing('cup').pose
    slant_rad = math.radians(22.5)
    beside = (cup.x_m + 0.9 * math.cos(slant_rad), cup.y_m + 0.9 * math.sin(slant_rad))
    assert field.at(*beside) == pytest.approx(0.86, abs=0.035)


def test_a_cup_on_a_table_is_reached_over_the_table() -> None:
    field = distances_to_thing(PLAN, PLAN.thing('cup'))
    assert field.at(6.0, 2.2) == pytest.approx(0.66, abs=0.06)


def test_what_stands_in_a_corner_closer_to_the_walls_than_the_robot_can_is_reached() -> None:
    field = distances_to_thing(PLAN, PLAN.thing('plant'))
    assert field.at(1.2, 0.15 + 0.2) == pytest.approx(1.0, abs=0.15)


def test_what_hangs_on_a_wall_is_reached_in_its_room_and_not_through_the_wall() -> None:
    field = distances_to_thing(PLAN, PLAN.thing('picture'))
    assert field.at(3.2, 1.0) == pytest.approx(0.7, abs=0.1)
    assert field.at(4.8, 1.0) > 3.5


@pytest.mark.parametrize('template', templates())
def test_nearly_every_thing_of_a_house_can_be_gone_to(template: str) -> None:
    """A few are shut in by furniture: a run towards them would make no sense."""
    plan = plan_house(template, 0)
    start = sample_start(
        plan, distances_to_thing(plan, plan.things[0]), np.random.default_rng(0), 0.0, 100.0
    )
    assert start is not None
    some = plan.things[::4]
    ways_m = [distances_to_thing(plan, thing).at(start.x_m, start.y_m) for thing in some]
    assert np.isfinite(ways_m).mean() > 0.8


def test_from_behind_a_wall_and_from_outside_no_way_leads() -> None:
    field = distances_to_thing(PLAN, PLAN.thing('table'))
    assert field.at(4.0, 1.0) == math.inf
    assert field.at(-0.5, 1.0) == math.inf
    assert field.at(100.0, 1.0) == math.inf


def test_a_robot_that_touches_the_wall_still_knows_its_way() -> None:
    field = distances_to_thing(PLAN, PLAN.thing('table'))
    assert field.at(7.95 - 0.2, 1.5) == pytest.approx(1.15, abs=0.08)


def test_starts_have_room_around_them_and_the_way_that_was_asked_for() -> None:
    field = distances_to_thing(PLAN, PLAN.thing('cup'))
    generator = np.random.default_rng(3)
    clearance_m = Clearance(in_the_way(PLAN.footprints()))
    for _ in range(50):
        start = sample_start(PLAN, field, generator, 2.0, 5.0)
        assert start is not None
        assert 1.9 <= field.at(start.x_m, start.y_m) <= 5.0
        assert clearance_m((start.x_m, start.y_m)) > 0.4


def test_the_same_seed_gives_the_same_start() -> None:
    field = distances_to_thing(PLAN, PLAN.thing('cup'))
    starts = {sample_start(PLAN, field, np.random.default_rng(7), 1.0, 9.0) for _ in range(3)}
    assert len(starts) == 1


def test_a_way_that_no_place_of_the_house_has_gives_no_start() -> None:
    field = distances_to_thing(PLAN, PLAN.thing('cup'))
    assert sample_start(PLAN, field, np.random.default_rng(0), 50.0, 60.0) is None
    with pytest.raises(InvalidValueError, match='low_m to high_m'):
        sample_start(PLAN, field, np.random.default_rng(0), 3.0, 2.0)
