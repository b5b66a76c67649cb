"""Houses from templates by seed: no two things overlap, all rooms and things can be gone to."""

import functools
import itertools
import math

import pytest

pytest.importorskip('scipy')

from sim.house_checks import FreeFloor, overlap_m

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.furniture.furniture_kinds import kinds
from vlm_nav.sim.house.house_layout import inner_corners
from vlm_nav.sim.house.house_plan import HousePlan, Shape
from vlm_nav.sim.house.house_planning import plan_house, templates
from vlm_nav.sim.house.house_template import room_styles

SEEDS = (0, 1, 40, 6000)
HOUSES = [
    pytest.param(template, seed, id=f'{template}-{seed}')
    for template in templates()
    for seed in SEEDS
]
every_house = pytest.mark.parametrize(('template', 'seed'), HOUSES)


@functools.cache
def house(template: str, seed: int) -> HousePlan:
    return plan_house(template, seed)


def test_there_are_several_templates_of_four_to_eight_rooms() -> None:
    assert len(templates()) >= 4
    assert all(4 <= len(house(template, 0).rooms) <= 8 for template in templates())


@pytest.mark.parametrize('template', templates())
def test_the_same_seed_gives_the_same_house(template: str) -> None:
    assert repr(plan_house(template, 3)) == repr(house(template, 3))


@pytest.mark.parametrize('template', templates())
def test_seeds_differ_in_layout_in_things_and_in_colours(template: str) -> None:
    plans = [house(template, seed) for seed in SEEDS]
    assert len({plan.bounds for plan in plans}) == len(plans)
    assert len({frozenset(thing.kind for thing in plan.things) for plan in plans}) == len(plans)
    assert len({tuple(thing.color for thing in plan.things) for plan in plans}) == len(plans)


@every_house
def test_no_two_things_overlap(template: str, seed: int) -> None:
    things = [t for t in house(template, seed).things if t.shape is not Shape.FLAT]
    deep = {
        (one.identifier, other.identifier): overlap_m(one, other)
        for one, other in itertools.combinations(things, 2)
        if one.on != other.identifier and other.on != one.identifier
    }
    assert {pair: depth for pair, depth in deep.items() if depth > 0.003} == {}


@every_house
def test_every_thing_stands_within_its_room(template: str, seed: int) -> None:
    plan = house(template, seed)
    rooms = {room.name: inner_corners(room) for room in plan.rooms}
    for thing in plan.things:
        low, high = rooms[thing.room]
        for corner in thing.corners():
            assert low[0] - 0.002 <= corner[0] <= high[0] + 0.002, thing
            assert low[1] - 0.002 <= corner[1] <= high[1] + 0.002, thing
        assert thing.height_m + thing.size_m[2] < plan.wall_height_m


@every_house
def test_a_robot_gets_into_every_room_and_to_everything_that_stands(
    template: str, seed: int
) -> None:
    plan = house(template, seed)
    floor = FreeFloor(plan, radius_m=0.22 + 0.05)
    for doorway in plan.doorways:
        assert floor.reached[floor.cell(doorway.middle_m)]
    for room in plan.rooms:
        inside = [room.contains((x, y)) for x, y in floor.points[floor.reached]]
        assert sum(inside) * 0.05**2 > 1.0, f'hardly any free floor in {room.name}'
    standing = [t for t in plan.things if t.on or t.height_m == 0.0]
    far = {t.identifier: floor.nearest_m(t) for t in standing if floor.nearest_m(t) > 0.8}
    assert far == {}


@every_house
def test_doorways_are_wide_enough_and_cut_out_of_the_walls(template: str, seed: int) -> None:
    plan = house(template, seed)
    for doorway in plan.doorways:
        wide = [high - low for low, high in zip(doorway.low_m, doorway.high_m, strict=True)]
        assert max(wide) >= 0.9
        x, y = doorway.middle_m
        for wall in plan.walls:
            if wall.low_m < 1.45:
                (x0, y0), _, (x1, y1), _ = wall.corners()
                assert not (x0 < x < x1 and y0 < y < y1), (doorway, wall)


@every_house
def test_what_stands_on_something_stands_on_its_top(template: str, seed: int) -> None:
    plan = house(template, seed)
    on_others = [thing for thing in plan.things if thing.on]
    assert on_others
    for thing in on_others:
        below = plan.thing(thing.on)
        assert thing.height_m == pytest.approx(below.height_m + kinds()[below.kind].surface_m)
        place = (thing.pose.x_m, thing.pose.y_m)
        away = math.dist(place, (below.pose.x_m, below.pose.y_m))
        assert away < math.hypot(*below.size_m[:2]) / 2


@every_house
def test_things_have_identifiers_of_their_own_and_names_that_say_their_colour(
    template: str, seed: int
) -> None:
    plan = house(template, seed)
    assert len({thing.identifier for thing in plan.things}) == len(plan.things)
    for thing in plan.things:
        assert thing.name.startswith(thing.color)
        assert thing.identifier.startswith(thing.name.split()[0].lower())
    walls = {wall.name for wall in plan.walls}
    assert len(walls) == len(plan.walls)


def test_kitchens_have_a_row_of_what_belongs_into_them() -> None:
    found = [thing.kind for template in templates() for thing in house(template, 0).things]
    assert {'refrigerator', 'oven', 'sink_cabinet', 'upper_cabinet'} <= set(found)


def test_every_kind_that_a_room_asks_for_is_known() -> None:
    asked = {kind for style in room_styles().values() for p in style.places for kind in p.any}
    assert asked - set(kinds()) == set()


def test_every_kind_is_asked_for_in_some_room() -> None:
    asked = {kind for style in room_styles().values() for p in style.places for kind in p.any}
    assert set(kinds()) - asked == set()


def test_an_unknown_template_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidValueError, match=f"got 'castle'; there are {templates()[0]}"):
        plan_house('castle', 1)
