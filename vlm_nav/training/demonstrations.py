"""Demonstrations in simulated houses: what was seen at each step, and where it led to.

Half of them go the shortest way to a thing, half of them explore: they go to where most floor
that was not looked over would show soon, again and again. Steps are those of ImagineNav's data:
0.25 m ahead, or 30 degrees to a side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.imagination.level_view import level_view
from vlm_nav.memory.costmap_ways import Place, cell_centres, ways_from
from vlm_nav.memory.floor_to_search import floor_to_search
from vlm_nav.memory.visited import Visit, VisitedPlaces
from vlm_nav.observation.costmap import Costmap, may_stand
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.driving.planning import find_path
from vlm_nav.sim.house.house_planning import plan_house, templates
from vlm_nav.sim.ports import frame_of
from vlm_nav.sim.simulator import Simulator, SimulatorSettings
from vlm_nav.training.pairs import Pairs, joined, relative

STEP_M, TURN_RAD = 0.25, math.radians(30.0)
_CAMERA_WIDTH_PX, _CAMERA_HEIGHT_PX = 160, 120
_AHEAD_M, _THERE_M = 0.5, 0.3
_VIEWS_AROUND = 6
# Nobody walks on for ever, and who is stuck is not followed.
_MOST_STEPS, _MOST_STEPS_OF_A_WAY = 70, 60
_SHORTEST_WAY_M = 3.0


@dataclass(eq=False)
class _Walk:
    poses: list[FloorPose] = field(default_factory=list)
    pictures: list[NDArray[np.uint8]] = field(default_factory=list)

    def pairs(self, horizon: int) -> Iterator[tuple[NDArray[np.uint8], FloatArray]]:
        for step, pose in enumerate(self.poses[:-horizon]):
            yield self.pictures[step], relative(pose, self.poses[step + horizon])


def demonstrations(seed: int, horizon: int, walks: int = 4) -> Pairs:
    """Return the pairs of the house of a seed; half of the walks explore.

    Seeds that follow each other go through all templates in turn.
    """
    known = templates()
    plan = plan_house(known[seed % len(known)], seed)
    random = np.random.default_rng((seed, 7))
    costmap = house_costmap(plan)
    settings = SimulatorSettings(width_px=_CAMERA_WIDTH_PX, height_px=_CAMERA_HEIGHT_PX, seed=seed)
    simulator = Simulator(plan, settings, _start(costmap, random))
    try:
        walkers = [_Walker(simulator, costmap, random) for _ in range(walks)]
        done = [one.explores() if index % 2 else one.errand() for index, one in enumerate(walkers)]
    finally:
        simulator.close()
    found = [pair for walk in done for pair in walk.pairs(horizon)]
    if not found:
        return joined(())
    pictures, poses = zip(*found, strict=True)
    return Pairs(np.stack(pictures), np.stack(poses))


def _start(costmap: Costmap, random: np.random.Generator) -> FloorPose:
    """Return a pose by lot on the largest floor that hangs together, with room around it."""
    best, places = -1, np.empty((0, 2))
    for _ in range(8):
        free = cell_centres(costmap)[may_stand(costmap.values) & (costmap.values < 1)]
        here = free[random.integers(len(free))]
        ways = ways_from(costmap, (float(here[0]), float(here[1])))
        if ways is not None and int(ways.comfortable.sum()) > best:
            best = int(ways.comfortable.sum())
            places = cell_centres(costmap)[ways.comfortable]
    x_m, y_m = places[random.integers(len(places))]
    return FloorPose(float(x_m), float(y_m), float(random.uniform(-math.pi, math.pi)))


class _Walker:
    """Walks through a house in steps and takes a picture at each."""

    def __init__(
        self, simulator: Simulator, costmap: Costmap, random: np.random.Generator
    ) -> None:
        self._simulator, self._costmap, self._random = simulator, costmap, random
        self._walk = _Walk()
        self._visited = VisitedPlaces()
        self._pose = _start(costmap, random)

    def errand(self) -> _Walk:
        """Go the shortest way to a place of the house by lot."""
        ways = ways_from(self._costmap, self._here)
        if ways is not None:
            far = ways.comfortable & (ways.lengths_m >= _SHORTEST_WAY_M)
            places = cell_centres(self._costmap)[far]
            if len(places):
                x_m, y_m = places[self._random.integers(len(places))]
                self._go((float(x_m), float(y_m)))
        return self._walk

    def explores(self) -> _Walk:
        """Go to where most is to be searched, again and again."""
        while len(self._walk.poses) < _MOST_STEPS:
            before = len(self._walk.poses)
            self._look_around()
            place = self._best()
            if place is None:
                break
            self._go(place)
            self._visited = self._visited.with_visit(Visit(*self._here))
            if len(self._walk.poses) - before < 2:
                break
        return self._walk

    def _best(self) -> Place | None:
        ways = ways_from(self._costmap, self._here)
        if ways is None:
            return None
        known = self._visited.with_visit(Visit(*self._here))
        return floor_to_search(ways, known, known.within_m).best

    def _look_around(self) -> None:
        for view in range(_VIEWS_AROUND):
            yaw_rad = wrap_angle(self._pose.yaw_rad + view * 2.0 * math.pi / _VIEWS_AROUND)
            self._simulator.place(FloorPose(*self._here, yaw_rad))
            self._visited = self._visited.seen_from([frame_of(self._simulator.look())])

    def _go(self, place: Place) -> None:
        path = find_path(self._costmap, self._here, place)
        if path is None:
            return
        for _ in range(_MOST_STEPS_OF_A_WAY):
            self._take_picture()
            if math.dist(self._here, path[-1]) < _THERE_M:
                return
            self._step(_ahead_on(path, self._here))

    def _step(self, towards: Place) -> None:
        """Turn by a step where the way leads aside, else go ahead."""
        x_m, y_m = self._here
        wanted_rad = math.atan2(towards[1] - y_m, towards[0] - x_m)
        aside_rad = wrap_angle(wanted_rad - self._pose.yaw_rad)
        if abs(aside_rad) > TURN_RAD / 2.0:
            yaw_rad = wrap_angle(self._pose.yaw_rad + math.copysign(TURN_RAD, aside_rad))
            self._pose = FloorPose(x_m, y_m, yaw_rad)
            return
        # Along the way and not along the heading: turns in steps would lead into walls.
        length_m = min(STEP_M, math.dist(self._here, towards))
        x_m += length_m * math.cos(wanted_rad)
        y_m += length_m * math.sin(wanted_rad)
        self._pose = FloorPose(x_m, y_m, self._pose.yaw_rad)

    def _take_picture(self) -> None:
        self._simulator.place(self._pose)
        picture = level_view(frame_of(self._simulator.look()))
        self._walk.poses.append(self._pose)
        self._walk.pictures.append(np.rint(picture * 255.0).astype(np.uint8))

    @property
    def _here(self) -> Place:
        return self._pose.x_m, self._pose.y_m


def _ahead_on(path: FloatArray, here: Place) -> Place:
    """Return the place of a path that lies a little ahead of where it is nearest."""
    nearest = int(np.argmin(np.hypot(path[:, 0] - here[0], path[:, 1] - here[1])))
    rest = path[nearest:]
    away_m = np.hypot(rest[:, 0] - here[0], rest[:, 1] - here[1])
    beyond = np.flatnonzero(away_m >= _AHEAD_M)
    x_m, y_m = rest[beyond[0]] if len(beyond) else rest[-1]
    return float(x_m), float(y_m)
