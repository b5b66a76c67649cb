"""The plan of a house: what collides, and where its things stand."""

import math

import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.house.house_plan import Area, Footprint, HousePlan, Shape, Thing

ROOM = Area('kitchen', (0.0, 0.0), (4.0, 3.0), 'tiles')
WALL = Footprint('wall_0', FloorPose(2.0, 0.0, 0.0), (4.12, 0.12), 0.0, 2.5)


def thing(shape: Shape, height_m: float = 0.0, yaw_rad: float = 0.0) -> Thing:
    """Return something of 0.8 x 1.4 x 0.7 m."""
    pose = FloorPose(2.0, 1.5, yaw_rad)
    return Thing('it_1', 'it', 'it', pose, height_m, (0.8, 1.4, 0.7), 'kitchen', shape=shape)


def plan(*things: Thing) -> HousePlan:
    """Return a house of one wall with these things."""
    return HousePlan('kitchen', 1, (ROOM,), (), (WALL,), things)


def test_what_is_flat_collides_with_nothing() -> None:
    assert plan(thing(Shape.FLAT)).footprints() == (WALL,)


def test_a_block_collides_with_all_of_its_box() -> None:
    (box,) = thing(Shape.BLOCK, height_m=0.2).footprints()
    assert box.high_m == pytest.approx(0.9)
    assert box == Footprint('it_1', FloorPose(2.0, 1.5, 0.0), (0.8, 1.4), 0.2, box.high_m)


def test_one_can_reach_below_a_table_between_its_legs() -> None:
    boxes = thing(Shape.TABLE).footprints()
    assert {box.name for box in boxes} == {'it_1'}
    low = [box for box in boxes if box.low_m < 0.5]
    assert len(low) == 4
    assert all(math.dist((box.pose.x_m, box.pose.y_m), (2.0, 1.5)) > 0.7 for box in low)
    (top,) = (box for box in boxes if box.low_m > 0.5)
    assert top.size_m == (0.8, 1.4)
    assert top.high_m == pytest.approx(0.7)


def test_a_pedestal_stands_below_the_middle_of_its_top() -> None:
    top, column = thing(Shape.PEDESTAL, yaw_rad=0.4).footprints()
    assert top.low_m == column.high_m
    assert (column.pose.x_m, column.pose.y_m) == (2.0, 1.5)
    assert column.size_m[0] < top.size_m[0] / 2


def test_a_turned_table_has_its_legs_within_its_corners() -> None:
    table = thing(Shape.TABLE, yaw_rad=math.pi / 2)
    xs = [x for box in table.footprints() for x, _ in box.corners()]
    assert min(xs) == pytest.approx(1.3)
    assert max(xs) == pytest.approx(2.7)


def test_the_bounds_lie_around_the_walls() -> None:
    low, high = plan().bounds
    assert low == pytest.approx((-0.06, -0.06))
    assert high == pytest.approx((4.06, 0.06))


def test_an_unknown_thing_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidValueError, match="got 'sofa'; there are it_1"):
        plan(thing(Shape.BLOCK)).thing('sofa')


def test_a_place_outside_of_the_house_is_in_no_room() -> None:
    assert plan().room_at((1.0, 1.0)) is ROOM
    assert plan().room_at((5.0, 1.0)) is None
