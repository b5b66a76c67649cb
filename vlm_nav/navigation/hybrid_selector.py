"""Chooses among views while the thing is out of sight, and by marks once the model sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.geometry.poses import floor_pose_of
from vlm_nav.memory.beside import nearest_open_to
from vlm_nav.memory.costmap_ways import Place, place_on_way
from vlm_nav.memory.visited import AT_M
from vlm_nav.navigation.imagine_selector import ImagineSelector, looks_to_all_sides
from vlm_nav.navigation.selectors import Selector
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar

NOOK_M2 = 0.5
"""Of a room that may hold the thing so small a nook is worth a look."""

# From so far away a thing that was pointed at is looked at again.
_LOOKED_AT_FROM_M = (0.9, 2.5)
# A way to it that is so much longer than the straight one leads to something else: what was
# pointed at shows from here.
_DETOUR, _DETOUR_M = 2.5, 1.5


@dataclass(frozen=True, eq=False)
class HybridSelector:
    """Imagines while the thing is out of sight, and chooses by PIVOT once the model sees it.

    A thing that it pointed at from afar is gone to by the way of the costmap, to the nearest
    viewpoint that looks at it from near: no mark on a picture says where the door is. Of the way
    to a view it goes `stage_m`, looks to all sides there and chooses anew; all of it with 0.
    """

    imagine: ImagineSelector
    pivot: Selector
    stage_m: float = 2.0

    async def select(
        self, sight: Sight, instruction: str, deadline: Deadline, so_far: SoFar = SoFar()
    ) -> Decision:
        """Return a viewpoint that looks at the thing, else what one of the two decides."""
        turns_first = so_far.may_look_around and not looks_to_all_sides(sight)
        if so_far.points_at_it or not turns_first:
            nearer = await in_own_thread(looking_at_it, sight, so_far)
            if nearer is not None:
                detail = 'goes to where what was pointed at shows from near'
                return Decision(DecisionOutcome.GOAL, instruction, nearer, detail=detail)
        if so_far.points_at_it:
            return await self.pivot.select(sight, instruction, deadline, so_far)
        decision, seen_now = await self.imagine.choose(sight, instruction, deadline, so_far)
        if not seen_now:
            return await in_own_thread(self._first_stage, decision, sight, so_far)
        by_marks = await self.pivot.select(sight, instruction, deadline, so_far)
        return replace(by_marks, calls=by_marks.calls + decision.calls)

    def _first_stage(self, decision: Decision, sight: Sight, so_far: SoFar) -> Decision:
        """Return the decision to go a part of the way, where it is longer than that."""
        goal, to_search = decision.waypoint, so_far.to_search
        if goal is None or to_search is None or not self.stage_m:
            return decision
        pose = floor_pose_of(sight.frame.map_from_base)
        here = (pose.x_m, pose.y_m)
        place = place_on_way(to_search.ways, here, (goal.x_m, goal.y_m), self.stage_m)
        if place is None or math.dist(place, here) < AT_M:
            return decision
        detail = f'{self.stage_m:g} m of the way to the view; {decision.detail}'
        waypoint = _facing(sight, place, (goal.x_m, goal.y_m))
        return replace(decision, waypoint=waypoint, detail=detail.removesuffix('; '))


def looking_at_it(sight: Sight, so_far: SoFar) -> Waypoint | None:
    """Return the nearest pose by the way that looks from near at what was pointed at.

    None where nothing was pointed at, without a costmap, where no such place is known or only a
    long way leads there, and where the robot stands there or was there: to look again shows the
    same again.
    """
    thing, to_search = so_far.thing, so_far.to_search
    if thing is None or to_search is None:
        return None
    place = nearest_open_to(to_search.ways, thing, _LOOKED_AT_FROM_M, so_far.thing_seen_from)
    if place is None or not to_search.straight_on(np.array(place)):
        return None
    here = floor_pose_of(sight.frame.map_from_base)
    if math.dist(place, (here.x_m, here.y_m)) < AT_M or so_far.visited.was_at(*place):
        return None
    way_m = float(to_search.ways.lengths_m_to(np.array([place]))[0]) + math.dist(place, thing)
    if way_m > _DETOUR * math.dist((here.x_m, here.y_m), thing) + _DETOUR_M:
        return None
    return _facing(sight, place, thing)


def _facing(sight: Sight, place: Place, thing: Place) -> Waypoint:
    yaw_rad = math.atan2(thing[1] - place[1], thing[0] - place[0])
    return Waypoint(sight.frame.map_frame, sight.frame.stamp_ns, *place, yaw_rad)
