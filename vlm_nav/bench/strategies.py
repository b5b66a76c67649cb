"""Ways of choosing where to go that PIVOT is measured against, behind its own interface.

They share with it the mission, the base, the eyes by which a thing is recognised, the look around
and the arrival check.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vlm_nav.bench.seen_map import Frontier, SeenMap, Ways
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.reasons import ChoosingReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar
from vlm_nav.observation.floor_grid import FreeSpaceSettings

SeesThing = Callable[[str, str], FloatArray]
"""Returns, for a picture's identifier and an instruction, the places (n, 2) of the map where the
picture shows what is meant; none where it does not."""

# So near to where it stands, a goal leads nowhere.
_HERE_M = 0.3
# So near to where a drive failed, no other one is tried.
_FAILED_M = 0.5


@dataclass(eq=False)
class FrontierSelector:
    """The classical way: to the thing where it was seen, else to the nearest edge of the seen.

    It keeps a map of what the depth showed in all looks, looks to all sides from each place that
    it comes to, and drives to the nearest frontier by its way. One is made for each episode.
    """

    sees: SeesThing
    free_space: FreeSpaceSettings = FreeSpaceSettings()
    _map: SeenMap | None = field(default=None, init=False)
    _thing: list[FloatArray] = field(default_factory=list, init=False)

    async def select(
        self, sight: Sight, instruction: str, deadline: Deadline, so_far: SoFar = SoFar()
    ) -> Decision:
        """Return a goal in the map, or a hold where the robot is to look around, or is done."""
        here = np.asarray(sight.frame.map_from_base[:2, 3])
        self._map = self._map or SeenMap(here, self.free_space)
        self._map.add(sight)
        for frame in sight.frames:
            places = self.sees(frame.identifier, instruction)
            if len(places):
                self._thing.append(places)
        ways = self._map.ways_from(here)
        if self._thing:
            thing = np.concatenate(self._thing)
            stand = ways.nearest_to(thing)
            if stand is not None and np.linalg.norm(stand - here) > _HERE_M:
                return _goal(sight, instruction, stand, _nearest(thing, stand))
        elif not sight.further:
            return _look_around(instruction, 'what is around is looked at first')
        return self._explore(sight, instruction, ways, so_far)

    def _explore(self, sight: Sight, instruction: str, ways: Ways, so_far: SoFar) -> Decision:
        frontiers = [frontier for frontier in ways.frontiers if not _failed_near(frontier, so_far)]
        if not frontiers:
            return _look_around(instruction, 'all that can be reached was seen')
        if self._thing:
            thing = np.concatenate(self._thing)
            frontiers.sort(key=lambda one: float(np.linalg.norm(thing - one.edge_m, axis=1).min()))
        return _goal(sight, instruction, frontiers[0].stand_m, frontiers[0].edge_m)


def _failed_near(frontier: Frontier, so_far: SoFar) -> bool:
    x_m, y_m = frontier.stand_m.tolist()
    return any(
        visit.failed is not None and visit.distance_m(x_m, y_m) < _FAILED_M
        for visit in so_far.visited.visits
    )


def _nearest(places: FloatArray, place: FloatArray) -> FloatArray:
    nearest: FloatArray = places[np.argmin(np.linalg.norm(places - place, axis=1))]
    return nearest


def _goal(sight: Sight, instruction: str, stand: FloatArray, towards: FloatArray) -> Decision:
    ahead = towards - stand
    if np.linalg.norm(ahead) < 1e-6:
        ahead = stand - sight.frame.map_from_base[:2, 3]
    waypoint = Waypoint(
        sight.frame.map_frame,
        sight.frame.stamp_ns,
        float(stand[0]),
        float(stand[1]),
        math.atan2(ahead[1], ahead[0]),
    )
    return Decision(DecisionOutcome.GOAL, instruction, waypoint=waypoint)


def _look_around(instruction: str, detail: str) -> Decision:
    """Return the hold after which a mission looks to all sides, or gives up where it did."""
    reason = ChoosingReason.NONE_FITS
    return Decision(DecisionOutcome.HOLD, instruction, reason=reason, detail=detail)
