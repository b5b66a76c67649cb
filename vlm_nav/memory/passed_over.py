"""Places that the robot could have gone to and did not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vlm_nav.memory.visited import VisitedPlaces

# So near to each other, one of two places stands for both.
_SAME_M = 0.5
# What is nearer is where the robot stands.
_NEAREST_M = 1.0


@dataclass(frozen=True)
class PassedOver:
    """Places (x, y) of the map, in metres, that were offered and not taken."""

    places: tuple[tuple[float, float], ...] = ()

    def with_places(self, offered: Iterable[tuple[float, float]]) -> PassedOver:
        """Return the places and those of the offered ones that are new."""
        places = list(self.places)
        for place in offered:
            if all(math.dist(place, known) >= _SAME_M for known in places):
                places.append(place)
        return replace(self, places=tuple(places))

    def nearest(
        self, here: tuple[float, float], visited: VisitedPlaces
    ) -> tuple[float, float] | None:
        """Return the place nearest to `here` that is still unknown, None where there is none."""
        unknown = [
            place
            for place in self.places
            if math.dist(place, here) >= _NEAREST_M and not visited.knows(*place)
        ]
        return min(unknown, key=lambda place: math.dist(place, here), default=None)
