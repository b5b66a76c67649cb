"""Where one instruction has led the robot so far, and where else it could have gone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from vlm_nav.core.decision import Decision, Waypoint
from vlm_nav.core.reasons import ReasonCode
from vlm_nav.geometry.poses import FloorPose, floor_pose_of
from vlm_nav.memory.passed_over import PassedOver
from vlm_nav.memory.visited import Visit, VisitedPlaces
from vlm_nav.navigation.sight import Sight


@dataclass(eq=False)
class Whereabouts:
    """The robot's place, the way that it came, what it visited and what it passed over.

    What it sees where it stands counts as visited once it has left.
    """

    visited: VisitedPlaces
    path_m: float = field(default=0.0, init=False)
    _place: FloorPose | None = field(default=None, init=False)
    _passed_over: PassedOver = field(default=PassedOver(), init=False)

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
        visited = self.visited.seen_from(sight.frames).with_visit(Visit(x_m, y_m))
        if failed is not None:
            visited = visited.with_visit(Visit(goal.x_m, goal.y_m, failed))
        self.visited = visited

    def way_back(self, sight: Sight) -> Waypoint | None:
        """Return the nearest place that was passed over and is still unknown, None without any.

        What the sight shows is known. The robot will look onward there, away from where it is.
        """
        place = self._passed_over.nearest(self._here, self.visited.seen_from(sight.frames))
        if place is None:
            return None
        x_m, y_m = self._here
        yaw_rad = math.atan2(place[1] - y_m, place[0] - x_m)
        return Waypoint(sight.frame.map_frame, sight.frame.stamp_ns, *place, yaw_rad)

    @property
    def _here(self) -> tuple[float, float]:
        return (math.nan, math.nan) if self._place is None else (self._place.x_m, self._place.y_m)
