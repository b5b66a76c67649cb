"""Empty houses: sizes drawn by lot fit the doorways, walls close every room."""

import numpy as np
import pytest

from vlm_nav.sim.house.house_layout import WALL_M, Layout, lay_out
from vlm_nav.sim.house.house_template import house_template, template_names

every_template = pytest.mark.parametrize('template', template_names())


def layouts(template: str, number: int) -> list[Layout]:
    return [lay_out(house_template(template), np.random.default_rng(s)) for s in range(number)]


@every_template
def test_every_draw_has_room_for_every_doorway(template: str) -> None:
    for layout in layouts(template, 300):
        assert len(layout.doorways) == len(house_template(template).doorways)
        for doorway in layout.doorways:
            width = [h - low for low, h in zip(doorway.low_m, doorway.high_m, strict=True)]
            assert max(width) >= 0.9
            assert min(width) == pytest.approx(WALL_M)


@every_template
def test_the_wall_around_a_room_is_open_at_doorways_only(template: str) -> None:
    for layout in layouts(template, 5):
        for room in layout.rooms:
            (x0, y0), (x1, y1) = room.low_m, room.high_m
            xs, ys = np.arange(x0, x1, 0.02), np.arange(y0, y1, 0.02)
            edge = [(x, y) for x in xs for y in (y0, y1)] + [(x, y) for y in ys for x in (x0, x1)]
            for place in edge:
                walled = any(
                    wall.low_m == 0.0
                    and all(
                        abs(place[axis] - (wall.pose.x_m, wall.pose.y_m)[axis])
                        <= wall.size_m[axis] / 2 + 1e-3
                        for axis in range(2)
                    )
                    for wall in layout.walls
                )
                opened = any(
                    all(
                        doorway.low_m[axis] - 1e-3 <= place[axis] <= doorway.high_m[axis] + 1e-3
                        for axis in range(2)
                    )
                    for doorway in layout.doorways
                )
                assert walled or opened, (room.name, place)


@every_template
def test_rooms_do_not_overlap(template: str) -> None:
    for layout in layouts(template, 20):
        for first in layout.rooms:
            for second in layout.rooms:
                if first is not second:
                    assert any(
                        first.high_m[axis] <= second.low_m[axis]
                        or second.high_m[axis] <= first.low_m[axis]
                        for axis in range(2)
                    )


@every_template
def test_houses_are_mirrored_and_turned_by_chance(template: str) -> None:
    sides = set()
    for layout in layouts(template, 30):
        first, last = layout.rooms[0], layout.rooms[-1]
        sides.add(tuple(first.low_m[axis] < last.low_m[axis] for axis in range(2)))
        sides.add(first.high_m[0] > first.high_m[1])
    assert len(sides) > 2
