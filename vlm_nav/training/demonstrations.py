"""Demonstrations of a search in simulated houses: what was seen, and where it led to.

At each stop the robot looks to six sides. Of the ways to the places most worth a drive, the best
one that begins on a side says where that side leads; then one of them is gone. Steps are those of
ImagineNav's data: 0.25 m ahead, or 30 degrees to a side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from skimage.graph import MCP_Geometric

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.imagination.level_view import level_view
from vlm_nav.memory.costmap_ways import Place, cell_centres, ways_from
from vlm_nav.memory.floor_to_search import floor_to_search
from vlm_nav.memory.visited import Visit, VisitedPlaces
from vlm_nav.observation.costmap import LETHAL, Costmap, may_stand
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.driving.planning import cell_of
from vlm_nav.sim.house.house_planning import plan_house, templates
from vlm_nav.sim.ports import frame_of
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings
from vlm_nav.training.pairs import Pairs, joined, relative

STEP_M, TURN_RAD = 0.25, math.radians(30.0)
_CAMERA_WIDTH_PX, _CAMERA_HEIGHT_PX = 160, 120
_AHEAD_M, _THERE_M = 0.5, 0.3
_SIDES = 6
_STOPS = 3
# So far from its start a way is on one side.
_ASIDE_M = 1.5
# So often the best way of all is gone, else that of a side by lot.
_BEST_SHARE = 0.75
_MOST_PLACES = 250
# What keeps a way off furniture, and lets it out from where it begins too near to some.
_KEEPING_OFF, _LET_OUT_CELLS = 4.0, 4


def demonstrations(seed: int, horizon: int, searches: int = 8) -> Pairs:
    """Return the pairs of the house of a seed: views, and poses `horizon` steps along the ways.

    Seeds that follow each other go through all templates in turn.
    """
    known = templates()
    plan = plan_house(known[seed % len(known)], seed)
    random = np.random.default_rng((seed, 9))
    costmap = house_costmap(plan)
    settings = SimulatorSettings(width_px=_CAMERA_WIDTH_PX, height_px=_CAMERA_HEIGHT_PX, seed=seed)
    simulator = Simulator(plan, settings, _start(costmap, random))
    try:
        found = [
            pairs
            for _ in range(searches)
            for pairs in _Search(simulator, costmap, random, horizon).stops()
        ]
    finally:
        simulator.close()
    return joined(found)


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


class _Search:
    """Searches a house for nothing in particular, and tells of each stop."""

    def __init__(
        self, simulator: Simulator, costmap: Costmap, random: np.random.Generator, horizon: int
    ) -> None:
        self._simulator, self._costmap = simulator, costmap
        self._random, self._horizon = random, horizon
        start = _start(costmap, random)
        self._here: Place = (start.x_m, start.y_m)
        self._visited = VisitedPlaces()

    def stops(self) -> Iterator[Pairs]:
        """Give the pairs of each stop."""
        for _ in range(_STOPS):
            frames, poses = self._look_around()
            ways = self._ways_by_side(poses)
            if not ways:
                return
            yield self._pairs(frames, poses, ways)
            self._go_on([*ways.values()])

    def _look_around(self) -> tuple[list[RgbdFrame], list[FloorPose]]:
        first_rad = self._random.uniform(-math.pi, math.pi)
        yaws_rad = [first_rad + side * 2.0 * math.pi / _SIDES for side in range(_SIDES)]
        poses = [FloorPose(*self._here, wrap_angle(yaw_rad)) for yaw_rad in yaws_rad]
        frames = []
        for pose in poses:
            self._simulator.place(pose)
            frames.append(frame_of(self._simulator.look()))
        self._visited = self._visited.seen_from(frames)
        return frames, poses

    def _ways_by_side(self, poses: list[FloorPose]) -> dict[int, FloatArray]:
        """Return the way (n, 2) to where most shows soon by the side it begins on, best first."""
        found: dict[int, FloatArray] = {}
        for way in self._ways_best_first():
            side = _side_of(way, poses)
            found.setdefault(side, way)
            if len(found) == _SIDES:
                break
        return found

    def _ways_best_first(self) -> Iterator[FloatArray]:
        ways = ways_from(self._costmap, self._here)
        if ways is None:
            return
        known = self._visited.with_visit(Visit(*self._here))
        to_search = floor_to_search(ways, known, known.within_m)
        places = to_search.places()
        worth = to_search.worth(places)
        best_first = [index for index in np.argsort(-worth) if worth[index] > 0.0]
        yield from _ways(self._costmap, self._here, places[best_first[:_MOST_PLACES]])

    def _pairs(
        self, frames: list[RgbdFrame], poses: list[FloorPose], ways: dict[int, FloatArray]
    ) -> Pairs:
        pictures = [level_view(frames[side]) for side in ways]
        later = [
            relative(poses[side], pose_after(self._horizon, way, poses[side]))
            for side, way in ways.items()
        ]
        return Pairs(np.rint(np.stack(pictures) * 255.0).astype(np.uint8), np.stack(later))

    def _go_on(self, ways: list[FloatArray]) -> None:
        """Go one of the ways, the best of which is the first."""
        to_best = self._random.random() < _BEST_SHARE
        way = ways[0] if to_best else ways[self._random.integers(len(ways))]
        self._visited = self._visited.with_visit(Visit(*self._here))
        self._here = (float(way[-1, 0]), float(way[-1, 1]))


def _ways(costmap: Costmap, here: Place, places: FloatArray) -> Iterator[FloatArray]:
    """Give the ways (n, 2) to places that keep off furniture, for those that can be reached."""
    start = cell_of(costmap, here)
    if start is None:
        return
    prices = 1.0 + _KEEPING_OFF * np.clip(costmap.values, 0, 98) / 98.0
    passable = may_stand(costmap.values)
    let_out = tuple(slice(max(0, at - _LET_OUT_CELLS), at + _LET_OUT_CELLS + 1) for at in start)
    passable[let_out] |= costmap.values[let_out] < LETHAL
    search = MCP_Geometric(np.where(passable, prices, -1.0), fully_connected=True)
    costs, _ = search.find_costs([start])
    for place in places:
        goal = cell_of(costmap, (float(place[0]), float(place[1])))
        if goal is not None and np.isfinite(costs[goal]):
            cells = np.array(search.traceback(goal), dtype=np.float64)
            corner_m = (costmap.origin.x_m, costmap.origin.y_m)
            yield (cells[:, ::-1] + 0.5) * costmap.resolution_m + corner_m


def _side_of(way: FloatArray, poses: list[FloorPose]) -> int:
    """Return which of the poses, all of them at one place, looks nearest to where a way leads."""
    x_m, y_m = poses[0].x_m, poses[0].y_m
    beyond = np.flatnonzero(np.hypot(way[:, 0] - x_m, way[:, 1] - y_m) >= _ASIDE_M)
    at = way[beyond[0]] if len(beyond) else way[-1]
    bearing_rad = math.atan2(at[1] - y_m, at[0] - x_m)
    return int(np.argmin([abs(wrap_angle(bearing_rad - pose.yaw_rad)) for pose in poses]))


def pose_after(steps: int, way: FloatArray, pose: FloorPose) -> FloorPose:
    """Return where so many steps along a way (n, 2) lead; at its end nobody goes on."""
    for _ in range(steps):
        if math.dist((pose.x_m, pose.y_m), way[-1]) < _THERE_M:
            break
        pose = _step(pose, _ahead_on(way, (pose.x_m, pose.y_m)))
    return pose


def _step(pose: FloorPose, towards: Place) -> FloorPose:
    """Return the pose after a turn where the way leads aside, else after a step ahead."""
    wanted_rad = math.atan2(towards[1] - pose.y_m, towards[0] - pose.x_m)
    aside_rad = wrap_angle(wanted_rad - pose.yaw_rad)
    if abs(aside_rad) > TURN_RAD / 2.0:
        turn_rad = math.copysign(min(TURN_RAD, abs(aside_rad)), aside_rad)
        return FloorPose(pose.x_m, pose.y_m, wrap_angle(pose.yaw_rad + turn_rad))
    # Along the way and not along the heading: turns in steps would lead into walls.
    length_m = min(STEP_M, math.dist((pose.x_m, pose.y_m), towards))
    return FloorPose(
        pose.x_m + length_m * math.cos(wanted_rad),
        pose.y_m + length_m * math.sin(wanted_rad),
        pose.yaw_rad,
    )


def _ahead_on(way: FloatArray, here: Place) -> Place:
    """Return the place of a way that lies a little ahead of where it is nearest."""
    nearest = int(np.argmin(np.hypot(way[:, 0] - here[0], way[:, 1] - here[1])))
    rest = way[nearest:]
    away_m = np.hypot(rest[:, 0] - here[0], rest[:, 1] - here[1])
    beyond = np.flatnonzero(away_m >= _AHEAD_M)
    x_m, y_m = rest[beyond[0]] if len(beyond) else rest[-1]
    return float(x_m), float(y_m)
