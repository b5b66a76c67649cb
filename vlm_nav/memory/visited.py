"""Where the robot has been in one instruction, and where it could not get to.

A place is added when the robot leaves it: where it stands is not where it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from vlm_nav.core.reasons import ReasonCode
from vlm_nav.memory.looked_over import LookedOver
from vlm_nav.observation.rgbd_frame import RgbdFrame

# So near, two places are the same one: the base does not stop on the centimetre.
_SAME_M = 0.4
# Who stands so near to a place has been there.
AT_M = 0.75
# A place that was stood at so often is not worth another time.
_OFTEN = 2


@dataclass(frozen=True)
class Visit:
    """A place on the floor of the map where the robot stood, or for `failed` did not get to."""

    x_m: float
    y_m: float
    failed: ReasonCode | None = None

    def distance_m(self, x_m: float, y_m: float) -> float:
        """Return how far a place of the map lies from here."""
        return math.hypot(self.x_m - x_m, self.y_m - y_m)


@dataclass(frozen=True)
class VisitedPlaces:
    """All places of one instruction in their order, and the floor that was seen from them.

    Floor that was seen from at most `within_m` away is known.
    """

    within_m: float = 3.0
    looked_over: LookedOver = field(default_factory=LookedOver)
    visits: tuple[Visit, ...] = ()

    def seen_from(self, frames: Iterable[RgbdFrame]) -> VisitedPlaces:
        """Return the places with the floor that frames show from near."""
        return replace(self, looked_over=self.looked_over.with_frames(frames))

    def with_visit(self, visit: Visit) -> VisitedPlaces:
        """Return the places with one more; to stand where it stood last adds none."""
        stood = [other for other in self.visits if other.failed is None]
        stays = bool(stood) and stood[-1].distance_m(visit.x_m, visit.y_m) < _SAME_M / 2.0
        if visit.failed is None and stays:
            return self
        return replace(self, visits=(*self.visits, visit))

    def failed_at(self, x_m: float, y_m: float) -> ReasonCode | None:
        """Return why a drive to a place of the map failed, None where none did."""
        failed = [visit for visit in self._near(x_m, y_m) if visit.failed is not None]
        return failed[-1].failed if failed else None

    def was_at(self, x_m: float, y_m: float) -> bool:
        """Return whether the robot was at a place of the map, or failed to get there."""
        return bool(self._near(x_m, y_m))

    def knows(self, x_m: float, y_m: float) -> bool:
        """Return whether the robot was at a place of the map, or saw it from near, or failed."""
        seen = self.looked_over.covers(np.array((x_m, y_m)), self.within_m)
        return self.was_at(x_m, y_m) or bool(seen)

    def goes_to_and_fro(self, here: tuple[float, float], there: tuple[float, float]) -> bool:
        """Return whether a drive between two places would only repeat what was done before.

        It does when the robot stood there twice, when a drive to there failed twice, and when it
        went there from here, came back, and would go there again.
        """
        stood = [visit for visit in self.visits if visit.failed is None]
        failed = [visit for visit in self.visits if visit.failed is not None]
        for visits in (stood, failed):
            if sum(visit.distance_m(*there) < _SAME_M for visit in visits) >= _OFTEN:
                return True
        if len(stood) < 2:
            return False
        came_from, before = stood[-1], stood[-2]
        return came_from.distance_m(*there) < _SAME_M and before.distance_m(*here) < _SAME_M

    def _near(self, x_m: float, y_m: float) -> list[Visit]:
        return [visit for visit in self.visits if visit.distance_m(x_m, y_m) < AT_M]
