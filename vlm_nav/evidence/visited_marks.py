"""Which marks lead to where the robot was before, and what is told about them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlm_nav.core.candidate import Candidate, GroundAction
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_points
from vlm_nav.memory.visited import Visit, VisitedPlaces


@dataclass(frozen=True, eq=False)
class VisitedMarks:
    """Holds candidates on the floor of a base frame against the places that were visited."""

    places: VisitedPlaces
    map_from_base: FloatArray

    def labels(self, candidates: Iterable[Candidate[Any]]) -> tuple[int, ...]:
        """Return the labels of those that lead to a visited place."""
        return tuple(label for label, _ in self._known(candidates))

    def lines(self, candidates: Iterable[Candidate[Any]]) -> tuple[str, ...]:
        """Return one line for each of them: "5: was there before, and did not arrive"."""
        return tuple(f'{label}: {_words(visit)}' for label, visit in self._known(candidates))

    def _known(self, candidates: Iterable[Candidate[Any]]) -> Iterator[tuple[int, Visit]]:
        for candidate in candidates:
            if isinstance(candidate.action, GroundAction) and candidate.refused is None:
                visit = self._visit_at(candidate.action)
                if visit is not None:
                    yield candidate.label, visit

    def _visit_at(self, action: GroundAction) -> Visit | None:
        bearing_rad = action.bearing_rad
        ahead = np.array((math.cos(bearing_rad), math.sin(bearing_rad), 0.0))
        x_m, y_m, _ = transform_points(self.map_from_base, action.range_m * ahead)
        return self.places.near(float(x_m), float(y_m))


def _words(visit: Visit) -> str:
    if visit.failed is None:
        return 'was there before, and did not arrive'
    return f'a drive to there failed before ({visit.failed.value})'
