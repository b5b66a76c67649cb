"""Tables with small things that a gripper can hold: one scene for each seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.house.house_plan import Area, Footprint, HousePlan, Shape, Thing

_Size = tuple[float, float, float]

# Size, mass in kilograms and colours of what is picked, each made of solids of its kind.
_KINDS: Mapping[str, tuple[_Size, float, tuple[str, ...]]] = MappingProxyType(
    {
        'milk_carton': ((0.072, 0.072, 0.22), 0.5, ('white',)),
        'plastic_cup': ((0.08, 0.08, 0.11), 0.06, ('blue', 'red', 'green')),
        'bottle': ((0.066, 0.066, 0.235), 0.35, ('white', 'green')),
        'mug': ((0.08, 0.08, 0.095), 0.3, ('white', 'orange', 'blue')),
        'can': ((0.066, 0.066, 0.115), 0.36, ('red', 'green', 'orange')),
        'bowl': ((0.105, 0.105, 0.055), 0.2, ('red', 'blue', 'white')),
        'ball': ((0.066, 0.066, 0.066), 0.06, ('yellow', 'red')),
        'banana': ((0.17, 0.06, 0.036), 0.13, ('yellow',)),
        'marker': ((0.14, 0.022, 0.022), 0.03, ('red', 'blue', 'black')),
        'tea_box': ((0.07, 0.13, 0.08), 0.12, ('green', 'red')),
        'sponge': ((0.07, 0.11, 0.04), 0.03, ('yellow',)),
        'soap': ((0.085, 0.055, 0.03), 0.1, ('white', 'green')),
        'toy_block': ((0.05, 0.05, 0.05), 0.08, ('red', 'blue', 'green')),
    }
)  # fmt: skip

LOOSE_KG: Mapping[str, float] = MappingProxyType(
    {name: mass_kg for name, (_, mass_kg, _) in _KINDS.items()}
)
"""The masses of the kinds that are picked."""

_TABLE_M, _HALF_ROOM_M = (0.9, 1.7, 0.74), 2.0
# Where the table's edge is, and what of it the arm reaches from there: along x and y.
_EDGE_M, _NEAR_M, _FAR_M, _ASIDE_M = 0.3, 0.1, 0.34, 0.28
# Between the outlines of two things, and of a thing and the border of what is reached.
_GAP_M = 0.08
_THINGS = (3, 5)
# How a base comes to stand before a table: short or long of it, aside, and turned.
_OFF_M, _OFF_RAD = 0.04, 0.12


@dataclass(frozen=True)
class PickScene:
    """A room with a table, where the robot stands before it, and what it is to pick."""

    plan: HousePlan
    start: FloorPose
    target: Thing


def pick_scene(seed: int) -> PickScene:
    """Return the scene of a seed; seeds that follow each other go through all kinds in turn.

    Robot and things stand otherwise in each: the things within reach, apart by a gripper's width.
    """
    rng = np.random.default_rng((seed, 7))
    names = list(_KINDS)
    target = names[seed % len(names)]
    others = [str(name) for name in rng.permutation([one for one in names if one != target])]
    middle = FloorPose(_EDGE_M + _TABLE_M[0] / 2, 0.0, 0.0)
    table = Thing('table', 'dining_table', 'table', middle, 0.0, _TABLE_M, 'room',
                  shape=Shape.TABLE)  # fmt: skip
    things: list[Thing] = []
    for name in (target, *others[: int(rng.integers(_THINGS[0], _THINGS[1] + 1)) - 1]):
        thing = _placed(name, things, rng)
        things += [thing] if thing else []
    half = _HALF_ROOM_M
    area = Area('room', (-half, -half), (half, half), 'planks')
    plan = HousePlan('table', seed, (area,), (), _walls(half), (table, *things))
    off_m = rng.uniform(-_OFF_M, _OFF_M, 2)
    start = FloorPose(float(off_m[0]), float(off_m[1]), float(rng.uniform(-_OFF_RAD, _OFF_RAD)))
    return PickScene(plan, start, things[0])


def loose_things(plan: HousePlan) -> tuple[str, ...]:
    """Return the identifiers of the things that are loose where those of `LOOSE_KG` are."""
    return tuple(one.identifier for one in plan.things if one.on and one.kind in LOOSE_KG)


def _placed(name: str, things: list[Thing], rng: np.random.Generator) -> Thing | None:
    """Return the thing where nothing else is near, None where no room for it is found."""
    size_m, _, colors = _KINDS[name]
    for _ in range(100):
        x_m = _EDGE_M + float(rng.uniform(_NEAR_M, _FAR_M))
        y_m = float(rng.uniform(-_ASIDE_M, _ASIDE_M))
        away = (
            np.hypot(x_m - one.pose.x_m, y_m - one.pose.y_m) - _radius_m(one.size_m)
            for one in things
        )
        if min(away, default=np.inf) >= _radius_m(size_m) + _GAP_M:
            pose = FloorPose(x_m, y_m, float(rng.uniform(-np.pi, np.pi)))
            color = colors[int(rng.integers(len(colors)))]
            return Thing(name, name, name.replace('_', ' '), pose, _TABLE_M[2], size_m, 'room',
                         on='table', color=color)  # fmt: skip
    return None


def _radius_m(size_m: _Size) -> float:
    return float(np.hypot(*size_m[:2])) / 2


def _walls(half_m: float) -> tuple[Footprint, ...]:
    long, thick = (2 * half_m, 0.1), (0.1, 2 * half_m)
    places = ((0.0, half_m, long), (0.0, -half_m, long), (half_m, 0.0, thick))
    return tuple(
        Footprint(f'wall_{number}', FloorPose(x_m, y_m, 0.0), size_m, 0.0, 2.5)
        for number, (x_m, y_m, size_m) in enumerate((*places, (-half_m, 0.0, thick)))
    )
