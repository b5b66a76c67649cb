"""Where one instruction has led the robot so far, and where else it could have gone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from vlm_nav.core.decision import Decision, Waypoint
from vlm_nav.core.reasons import ReasonCode
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, floor_pose_of
from vlm_nav.memory.beside import nearest_beside
from vlm_nav.memory.costmap_ways import Allowed, CostmapWays, Place, everywhere
from vlm_nav.memory.floor_to_search import FloorToSearch, floor_to_search
from vlm_nav.memory.looked_over import LookedOver
from vlm_nav.memory.passed_over import PassedOver
from vlm_nav.memory.visited import Visit, VisitedPlaces
from vlm_nav.navigation.seen_in_map import ways_in_map
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.floor_grid import FreeSpaceSettings

# So far from what is pointed at the robot stands to have arrived, its own size apart; farther
# only where there is no room.
_BESIDE_M = ((0.45, 0.55), (0.55, 0.7), (0.7, 0.9))
# So near to each other, what was pointed at twice is the same thing.
_SAME_THING_M = 0.7
# Nearer by it is pointed at more exactly; a third try would show the same again.
_TRIES = 2
# A way that is so much longer leads to the other side of a wall.
_DETOUR, _DETOUR_M = 1.5, 1.0

# From so much nearer it is searched again what was looked over.
_NEARER = 0.6
_ALONG_M = 0.1
# A place that near is where the robot stands.
_HERE_M = 0.3


@dataclass(eq=False)
class Whereabouts:
    """The robot's place, the way that it came, what it visited and what it passed over.

    What it sees where it stands counts as visited once it has left. Of places that nobody has
    offered only those are gone to that are `allowed`, straight from where it stands, and on which
    nothing is seen to stand, by `free_space`.
    """

    visited: VisitedPlaces
    allowed: Allowed = everywhere
    free_space: FreeSpaceSettings = FreeSpaceSettings()
    path_m: float = field(default=0.0, init=False)
    _place: FloorPose | None = field(default=None, init=False)
    _passed_over: PassedOver = field(default=PassedOver(), init=False)
    _tried: list[Place] = field(default_factory=list, init=False)
    _ways: tuple[Sight, CostmapWays | None] | None = field(default=None, init=False)
    _seen: tuple[Sight, VisitedPlaces, VisitedPlaces] | None = field(default=None, init=False)

    def stands(self, sight: Sight) -> None:
        """Take note of where the robot stands now."""
        here = floor_pose_of(sight.frame.map_from_base)
        if self._place is not None:
            self.path_m += math.hypot(here.x_m - self._place.x_m, here.y_m - self._place.y_m)
        self._place = here

    def path_to(self, goal: Waypoint) -> float:
        """Return how long the whole way will be, in metres, after a straight drive to a goal."""
        x_m, y_m = self._here
        return self.path_m + math.hypot(goal.x_m - x_m, goal.y_m - y_m)

    def repeats(self, goal: Waypoint) -> bool:
        """Return whether a drive to a goal would only repeat what was done before."""
        return self.visited.goes_to_and_fro(self._here, (goal.x_m, goal.y_m))

    def was_offered(self, decision: Decision) -> None:
        """Keep the places that a decision could have chosen."""
        places = [(waypoint.x_m, waypoint.y_m) for waypoint in decision.offered]
        self._passed_over = self._passed_over.with_places(places)

    def leaves(self, sight: Sight, goal: Waypoint, failed: ReasonCode | None) -> None:
        """Take note of a drive to a goal, which failed unless `failed` is None."""
        x_m, y_m = self._here
        visited = self._with_floor_of(sight).with_visit(Visit(x_m, y_m))
        if failed is not None:
            visited = visited.with_visit(Visit(goal.x_m, goal.y_m, failed))
        self.visited = visited

    def beside(self, sight: Sight, thing: Place) -> Waypoint | None:
        """Return the nearest place by the way to stand at beside a place of the map.

        Twice for each thing: where that did not help it will not help again. None without a
        costmap that is given in the frame of the map, and where only a long way leads there.
        """
        tries = sum(math.dist(thing, other) < _SAME_THING_M for other in self._tried)
        ways = None if tries >= _TRIES else self._ways_in(sight)
        if ways is None:
            return None
        within_m = _DETOUR * self.distance_m(thing) + _DETOUR_M
        for between_m in _BESIDE_M:
            place = nearest_beside(ways, thing, between_m, within_m)
            if place is not None and self._straight_on(np.array(place)):
                return self._waypoint(sight, place)
        return None

    def goes_beside(self, thing: Place) -> None:
        """Take note that the robot goes beside a place of the map."""
        self._tried.append(thing)

    def distance_m(self, place: Place) -> float:
        """Return how far a place of the map lies from where the robot stands."""
        return math.dist(self._here, place)

    def to_search(self, sight: Sight) -> FloorToSearch | None:
        """Return what is left to search, what the sight shows being known.

        Where all was looked over it is searched again from nearer: small things do not show from
        afar. None without depth, which tells what was looked over, and without a costmap that is
        given in the frame of the map. Takes about 50 ms for a house.
        """
        if all(frame.depth_m is None for frame in sight.frames):
            return None
        ways = self._ways_in(sight)
        if ways is None:
            return None
        known = self._known(sight)
        within_m = min(known.within_m, LookedOver.FARTHEST_M)
        left = floor_to_search(ways, known, within_m, self._straight_on)
        if left.best is None:
            left = floor_to_search(ways, known, _NEARER * within_m, self._straight_on)
        # What takes long is done here, and not where it is asked for.
        _ = left.best
        return left

    def _ways_in(self, sight: Sight) -> CostmapWays | None:
        """Return the ways from here, once for each sight."""
        if self._ways is None or self._ways[0] is not sight:
            ways = ways_in_map(sight, self._here, self.free_space, self.allowed)
            self._ways = (sight, ways)
        return self._ways[1]

    def _straight_on(self, place: FloatArray) -> bool:
        """Return whether all of the straight way to a place (2,) is allowed: Nav2 may take it."""
        if self.allowed is everywhere:
            return True
        here = np.array(self._here)
        count = max(2, math.ceil(float(np.linalg.norm(place - here)) / _ALONG_M))
        return bool(self.allowed(np.linspace(here, place, count)).all())

    def way_on(self, sight: Sight, to_search: FloorToSearch | None) -> Waypoint | None:
        """Return where to go when nothing that is seen leads on, None where nothing is left.

        To the floor that is most worth a search, else to the nearest place that was passed over.
        """
        place = None if to_search is None else to_search.best
        if place is None or math.dist(place, self._here) < _HERE_M:
            # To stand where it stands would show it the same again, without end.
            place = self._passed_over.nearest(self._here, self._known(sight))
        return None if place is None else self._waypoint(sight, place)

    def _known(self, sight: Sight) -> VisitedPlaces:
        return self._with_floor_of(sight).with_visit(Visit(*self._here))

    def _with_floor_of(self, sight: Sight) -> VisitedPlaces:
        """Return what was visited with the floor that a sight shows, found once for each."""
        if self._seen is None or self._seen[0] is not sight or self._seen[1] is not self.visited:
            self._seen = (sight, self.visited, self.visited.seen_from(sight.frames))
        return self._seen[2]

    def _waypoint(self, sight: Sight, place: Place) -> Waypoint:
        """Return a place as a goal at which the robot looks onward, away from where it is."""
        x_m, y_m = self._here
        yaw_rad = math.atan2(place[1] - y_m, place[0] - x_m)
        return Waypoint(sight.frame.map_frame, sight.frame.stamp_ns, *place, yaw_rad)

    @property
    def _here(self) -> Place:
        return (math.nan, math.nan) if self._place is None else (self._place.x_m, self._place.y_m)
