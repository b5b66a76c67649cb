"""Where the thing of an instruction stands, as the model points at it, and where beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from vlm_nav.core.decision import Decision, Waypoint
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.geometry.poses import floor_pose_of
from vlm_nav.memory.costmap_ways import Place
from vlm_nav.navigation.arrival import ArrivalCheck, Pointed
from vlm_nav.navigation.seen_in_map import map_costmap
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.steps import Steps
from vlm_nav.navigation.whereabouts import Whereabouts

# Between these distances from a goal the thing is looked at from there.
_NEAREST_FACED_M, _FARTHEST_FACED_M = 0.1, 3.0
# What is pointed at farther away may be off by more than that place is worth.
_FARTHEST_APPROACHED_M = 4.0


@dataclass(eq=False)
class Approach:
    """Asks at most once where the robot stands, and keeps what was pointed at last."""

    steps: Steps
    arrival: ArrivalCheck
    whereabouts: Whereabouts
    _thing: Place | None = field(default=None, init=False)
    _seen_from: Place | None = field(default=None, init=False)
    _pointed: Pointed | None = field(default=None, init=False)
    _calls: int = field(default=0, init=False)

    @property
    def points_at_it(self) -> bool:
        """Whether the model has pointed at the thing in what is seen now."""
        return self._pointed is not None and self._pointed.place is not None

    @property
    def thing(self) -> Place | None:
        """Where in the map the model pointed last, None where it never did."""
        return self._thing

    @property
    def thing_seen_from(self) -> Place | None:
        """Where in the map the robot was then."""
        return self._seen_from

    def forget_view(self) -> None:
        """Ask again when it is needed: the robot sees something else now."""
        self._pointed = None

    async def point(self, sight: Sight) -> Place | None:
        """Return where the thing is pointed at in any picture, None where it is not."""
        if self._pointed is None:
            self._pointed = await self._ask(sight, None)
        return self._pointed.place

    async def comes_in_sight(self, sight: Sight) -> bool:
        """Return whether the model points at the thing in what is seen on the way."""
        return (await self._ask(sight, None)).place is not None

    def is_near(self, goal: Waypoint) -> bool:
        """Return whether a goal lies near the place where the model pointed last."""
        if self._thing is None:
            return False
        return math.dist(self._thing, (goal.x_m, goal.y_m)) <= _FARTHEST_FACED_M

    async def beside(self, sight: Sight) -> Waypoint | None:
        """Return where to stand beside the thing.

        None where nothing was pointed at, here or before, where it is far away, where that was
        tried, and without a costmap of the map.
        """
        if map_costmap(sight) is None:
            return None
        await self.point(sight)
        thing = self._thing
        if thing is None or self.whereabouts.distance_m(thing) > _FARTHEST_APPROACHED_M:
            return None
        # A large costmap takes a moment, in which the loop must not stand.
        goal = await in_own_thread(self.whereabouts.beside, sight, thing)
        return None if goal is None else replace(goal, yaw_rad=_yaw_towards(thing, goal))

    def goes_beside(self) -> None:
        """Take note that the robot goes beside the thing."""
        assert self._thing is not None
        self.whereabouts.goes_beside(self._thing)

    def taken_calls(self) -> int:
        """Return how many questions were asked since this was asked last."""
        calls, self._calls = self._calls, 0
        return calls

    async def facing(self, decision: Decision, sight: Sight) -> Decision:
        """Return the decision with a goal from which the robot looks at the thing, if it can."""
        goal = decision.waypoint
        if goal is None:
            return decision
        if self._pointed is None:
            self._pointed = await self._ask(sight, (goal.x_m, goal.y_m))
        return replace(decision, waypoint=replace(goal, yaw_rad=_yaw_towards(self._thing, goal)))

    async def _ask(self, sight: Sight, towards: Place | None) -> Pointed:
        until = self.steps.until(self.steps.limits.decision_timeout_s)
        pointed = await self.arrival.point(sight, self.steps.instruction, towards, until)
        if pointed.place is not None:
            here = floor_pose_of(sight.frame.map_from_base)
            self._thing, self._seen_from = pointed.place, (here.x_m, here.y_m)
        self._calls += pointed.calls
        return pointed


def _yaw_towards(place: Place | None, goal: Waypoint) -> float:
    """Return the yaw of a goal from which a place is ahead; its own where that is no way."""
    if place is None:
        return goal.yaw_rad
    ahead = (place[0] - goal.x_m, place[1] - goal.y_m)
    if not _NEAREST_FACED_M <= math.hypot(*ahead) <= _FARTHEST_FACED_M:
        return goal.yaw_rad
    return math.atan2(ahead[1], ahead[0])
