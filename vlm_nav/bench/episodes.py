"""Episodes: a house, a place to start from, a thing to go to, and how far that is at least."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.memory.costmap_ways import cell_centres, ways_from
from vlm_nav.observation.costmap import Costmap
from vlm_nav.sim.answering.naming import things_named
from vlm_nav.sim.driving.geodesic import DistanceField, distances_to_thing, sample_start
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.house.house_plan import HousePlan, Place, Shape, Thing
from vlm_nav.sim.house.house_planning import plan_house, templates

SUCCESS_M = 1.0
"""How near to the thing the robot must stand in the end, by the way that it would drive."""

# The robot does not stop on the centimetre.
_ROOM_M = 0.2
_NEAREST_START_M, _FARTHEST_START_M = 3.0, 100.0
_START_TRIES = 12
# Smaller things are targets only where they stand on others: nobody looks for crumbs.
_SMALLEST_M = 0.3
# What hangs above its eyes the robot does not see from where it is to stop.
_HIGHEST_M = 1.0
# Over what is lower than this the camera looks.
_HIDING_M = 1.2
# Half of what the camera sees to the sides, and a little.
_HALF_VIEW_RAD = math.radians(45.0)


@dataclass(frozen=True)
class Episode:
    """One errand: `geodesic_m` is the shortest way to within `SUCCESS_M` of the thing."""

    seed: int
    template: str
    start: FloorPose
    target: str
    instruction: str
    geodesic_m: float


def episode_of(seed: int) -> Episode:
    """Return the episode of a seed: the same seed, the same episode.

    Seeds that follow each other go through all templates in turn. Raises InvalidValueError where
    the house of the seed holds no thing that can be named, reached and started from afar.
    """
    if seed < 0:
        raise InvalidValueError(f'a seed is 0 or more, got {seed}')
    known = templates()
    template = known[seed % len(known)]
    plan = plan_house(template, seed)
    # Not the generator of the house, whose draws may change.
    random = np.random.default_rng((seed, 0))
    costmap = house_costmap(plan)
    targets = possible_targets(plan)
    for index in random.permutation(len(targets)):
        target = targets[index]
        field = distances_to_thing(plan, target)
        start = _start(plan, target, field, random)
        if start is not None and _can_arrive(costmap, target, field, start):
            way_m = field.at(start.x_m, start.y_m)
            return Episode(
                seed,
                template,
                start,
                target.identifier,
                instruction_to(target),
                max(0.0, way_m - SUCCESS_M),
            )
    raise InvalidValueError(f'house {template} of seed {seed} holds no thing to be sent to')


def instruction_to(thing: Thing) -> str:
    """Return the words that send the robot to a thing."""
    return f'go to the {thing.name}'


def possible_targets(plan: HousePlan) -> tuple[Thing, ...]:
    """Return the things of a size to be sent to that their name tells from all others."""
    return tuple(
        thing
        for thing in plan.things
        if thing.shape is not Shape.FLAT
        and thing.height_m <= _HIGHEST_M
        and (thing.on or max(thing.size_m) >= _SMALLEST_M)
        and things_named(instruction_to(thing), plan) == (thing,)
    )


def _start(
    plan: HousePlan, target: Thing, field: DistanceField, random: np.random.Generator
) -> FloorPose | None:
    """Return where to start: rather from where the target is not in sight."""
    last = None
    for start in _starts(plan, field, random):
        if _is_hidden(plan, target, start):
            return start
        last = start
    return last and _turned_away(last, target)


def _starts(
    plan: HousePlan, field: DistanceField, random: np.random.Generator
) -> Iterator[FloorPose]:
    for _ in range(_START_TRIES):
        start = sample_start(plan, field, random, _NEAREST_START_M, _FARTHEST_START_M)
        if start is None:
            return
        yield start


def _can_arrive(costmap: Costmap, target: Thing, field: DistanceField, start: FloorPose) -> bool:
    """Return whether the robot fits through to a place that is near enough to the target."""
    ways = ways_from(costmap, (start.x_m, start.y_m))
    if ways is None:
        return False
    centres = cell_centres(costmap)
    away_m = np.hypot(centres[..., 0] - target.pose.x_m, centres[..., 1] - target.pose.y_m)
    around = ways.comfortable & (away_m < SUCCESS_M + max(target.size_m))
    return any(field.at(*place) <= SUCCESS_M - _ROOM_M for place in centres[around].tolist())


def _is_hidden(plan: HousePlan, target: Thing, start: FloorPose) -> bool:
    """Return whether walls or tall things hide the target's middle, whereever the robot looks."""
    begin, end = (start.x_m, start.y_m), (target.pose.x_m, target.pose.y_m)
    own = {target.identifier, target.on}
    return any(
        _crosses(begin, end, box.corners())
        for box in plan.footprints()
        if box.name not in own and box.low_m < 0.5 and box.high_m > _HIDING_M
    )


def _turned_away(start: FloorPose, target: Thing) -> FloorPose:
    """Return the start with the target out of the camera's view."""
    bearing_rad = math.atan2(target.pose.y_m - start.y_m, target.pose.x_m - start.x_m)
    aside_rad = wrap_angle(start.yaw_rad - bearing_rad)
    if abs(aside_rad) >= _HALF_VIEW_RAD:
        return start
    turned_rad = bearing_rad + math.copysign(_HALF_VIEW_RAD + abs(aside_rad), aside_rad)
    return FloorPose(start.x_m, start.y_m, wrap_angle(turned_rad))


def _crosses(begin: Place, end: Place, corners: tuple[Place, ...]) -> bool:
    """Return whether the straight line between two places meets a convex outline."""
    low, high = 0.0, 1.0
    for first, second in zip(corners, (*corners[1:], corners[0]), strict=True):
        # Counter-clockwise: inside is to the left of each side.
        side = (second[0] - first[0], second[1] - first[1])
        at_begin = side[0] * (begin[1] - first[1]) - side[1] * (begin[0] - first[0])
        at_end = side[0] * (end[1] - first[1]) - side[1] * (end[0] - first[0])
        if at_begin < 0.0 and at_end < 0.0:
            return False
        if at_begin < 0.0:
            low = max(low, at_begin / (at_begin - at_end))
        elif at_end < 0.0:
            high = min(high, at_begin / (at_begin - at_end))
    return low <= high
