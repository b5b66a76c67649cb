"""Makes the plan of a house from a template and a seed: the same seed, the same plan."""

from __future__ import annotations

import math

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.house_plan import Area, Doorway, Footprint, HousePlan, Shape, Thing

_WALL_HEIGHT_M = 2.5
_LINTEL_M = 2.05


def templates() -> tuple[str, ...]:
    """Return the names of the templates."""
    return ('two_rooms',)


def plan_house(template: str, seed: int) -> HousePlan:
    """Return a furnished house; raises InvalidValueError where there is no such template."""
    if template not in templates():
        known = ', '.join(templates())
        raise InvalidValueError(f'a template was wanted, got {template!r}; there are {known}')
    rooms = (
        Area('living room', (0.0, 0.0), (6.0, 5.0), 'planks'),
        Area('kitchen', (6.0, 0.0), (10.0, 5.0), 'tiles'),
    )
    doorway = Doorway(('living room', 'kitchen'), (5.94, 2.0), (6.06, 3.2))
    return HousePlan(template, seed, rooms, (doorway,), _walls(), _things())


def _walls() -> tuple[Footprint, ...]:
    places = [
        ((5.0, 0.0), (10.12, 0.12), 0.0),
        ((5.0, 5.0), (10.12, 0.12), 0.0),
        ((0.0, 2.5), (0.12, 4.88), 0.0),
        ((10.0, 2.5), (0.12, 4.88), 0.0),
        ((6.0, 1.03), (0.12, 1.94), 0.0),
        ((6.0, 4.07), (0.12, 1.74), 0.0),
        ((6.0, 2.6), (0.12, 1.2), _LINTEL_M),
    ]
    return tuple(
        Footprint(f'wall_{index}', FloorPose(*middle, 0.0), size_m, low_m, _WALL_HEIGHT_M)
        for index, (middle, size_m, low_m) in enumerate(places)
    )


def _things() -> tuple[Thing, ...]:
    quarter = math.pi / 2
    table = FloorPose(8.0, 1.6, 0.0)
    return (
        Thing('blue_couch', 'couch', 'blue couch', FloorPose(3.0, 0.6, quarter), 0.0,
              (0.9, 2.0, 0.8), 'living room', synonyms=('blue sofa',), color='blue'),
        Thing('red_chair', 'chair', 'red chair', FloorPose(7.1, 1.6, 0.1), 0.0,
              (0.45, 0.45, 0.9), 'kitchen', color='red'),
        Thing('table', 'table', 'table', table, 0.0, (0.8, 1.4, 0.74), 'kitchen',
              synonyms=('dining table',), shape=Shape.TABLE),
        Thing('coffee_cup', 'cup', 'coffee cup', FloorPose(8.1, 1.4, 0.0), 0.74,
              (0.1, 0.1, 0.1), 'kitchen', on='table', synonyms=('cup', 'mug')),
        Thing('plant', 'plant', 'plant', FloorPose(0.6, 4.4, 0.0), 0.0, (0.5, 0.5, 1.2),
              'living room'),
    )  # fmt: skip
