"""Tables with small things that a gripper can hold: one scene for each seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.furniture.furniture_kinds import kinds
from vlm_nav.sim.house.house_plan import Area, Footprint, HousePlan, Shape, Thing

LOOSE_KG: Mapping[str, float] = MappingProxyType(
    {
        'milk_carton': 0.5, 'plastic_cup': 0.1, 'bottle': 0.3, 'toy_block': 0.1, 'tea_box': 0.12,
        'sponge': 0.05, 'soap': 0.1, 'candy_box': 0.2, 'spice_tin': 0.1,
    }
)  # fmt: skip
"""The masses of the kinds that are picked."""

# Those that are no kinds of furniture: plain boxes, (size, colour).
_BOXES = MappingProxyType(
    {
        'toy_block': ((0.05, 0.05, 0.05), 'red'),
        'tea_box': ((0.07, 0.13, 0.08), 'green'),
        'sponge': ((0.06, 0.10, 0.04), 'yellow'),
        'soap': ((0.05, 0.08, 0.035), 'white'),
        'candy_box': ((0.04, 0.12, 0.06), 'orange'),
        'spice_tin': ((0.045, 0.045, 0.09), 'blue'),
    }
)
_TABLE_M, _HALF_ROOM_M, _APART_M = (0.9, 1.7, 0.74), 2.0, 0.2
_EDGE_M = 0.62
_THINGS = 3


@dataclass(frozen=True)
class PickScene:
    """A room with a table, where the robot stands before it, and what it is to pick."""

    plan: HousePlan
    start: FloorPose
    target: Thing


def pick_scene(seed: int) -> PickScene:
    """Return the scene of a seed; seeds that follow each other go through all kinds in turn."""
    rng = np.random.default_rng((seed, 7))
    names = list(LOOSE_KG)
    target = names[seed % len(names)]
    others = [str(name) for name in rng.permutation([one for one in names if one != target])]
    table = Thing('table', 'dining_table', 'table', FloorPose(_EDGE_M + 0.15, 0.0, 0.0), 0.0,
                  _TABLE_M, 'room', shape=Shape.TABLE)  # fmt: skip
    things: list[Thing] = []
    for name in (target, *others[: _THINGS - 1]):
        place = _free_place(things, rng)
        things.append(_thing(name, place, float(rng.uniform(-3.0, 3.0))))
    half = _HALF_ROOM_M
    area = Area('room', (-half, -half), (half, half), 'planks')
    plan = HousePlan('table', seed, (area,), (), _walls(half), (table, *things))
    return PickScene(plan, FloorPose(0.0, 0.0, 0.0), things[0])


def loose_things(plan: HousePlan) -> tuple[str, ...]:
    """Return the identifiers of the things that are loose where those of `LOOSE_KG` are."""
    return tuple(one.identifier for one in plan.things if one.on and one.kind in LOOSE_KG)


def _free_place(things: list[Thing], rng: np.random.Generator) -> tuple[float, float]:
    while True:
        place = float(rng.uniform(0.42, 0.6)), float(rng.uniform(-0.25, 0.35))
        away = [np.hypot(place[0] - t.pose.x_m, place[1] - t.pose.y_m) for t in things]
        if min(away, default=1.0) >= _APART_M - 0.02:
            return place


def _thing(name: str, place: tuple[float, float], yaw_rad: float) -> Thing:
    if name in _BOXES:
        (size_m, color), called = _BOXES[name], name.replace('_', ' ')
    else:
        kind = kinds()[name]
        size_m, color, called = kind.size_m, (*kind.colors, '')[0], kind.nouns[0]
    pose = FloorPose(*place, yaw_rad)
    return Thing(name, name, called, pose, _TABLE_M[2], size_m, 'room', on='table', color=color)


def _walls(half_m: float) -> tuple[Footprint, ...]:
    long, thick = (2 * half_m, 0.1), (0.1, 2 * half_m)
    places = ((0.0, half_m, long), (0.0, -half_m, long), (half_m, 0.0, thick))
    return tuple(
        Footprint(f'wall_{number}', FloorPose(x_m, y_m, 0.0), size_m, 0.0, 2.5)
        for number, (x_m, y_m, size_m) in enumerate((*places, (-half_m, 0.0, thick)))
    )
