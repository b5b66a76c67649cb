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
from vlm_nav.memory.visited import VisitedPlaces


@dataclass(frozen=True, eq=False)
class VisitedMarks:
    """Holds candidates on the floor of a base frame against the places that were visited."""

    places: VisitedPlaces
    map_from_base: FloatArray

    def labels(self, candidates: Iterable[Candidate[Any]]) -> tuple[int, ...]:
        """Return the labels of those that lead to where the robot was or what it saw from near."""
        return tuple(candidate.label for candidate, _ in self._known(candidates))

    def lines(self, candidates: Iterable[Candidate[Any]]) -> tuple[str, ...]:
        """Return one line for each of them: "5: was there or near before, and did not arrive"."""
        return tuple(
            f'{candidate.label}: {self._words(place)}'
            for candidate, place in self._known(candidates)
        )

    def _known(
        self, candidates: Iterable[Candidate[Any]]
    ) -> Iterator[tuple[Candidate[Any], tuple[float, float]]]:
        for candidate in candidates:
            if isinstance(candidate.action, GroundAction) and candidate.refused is None:
                place = self._place(candidate.action)
                if self.places.knows(*place):
                    yield candidate, place

    def _place(self, action: GroundAction) -> tuple[float, float]:
        ahead = np.array((math.cos(action.bearing_rad), math.sin(action.bearing_rad), 0.0))
        x_m, y_m, _ = transform_points(self.map_from_base, action.range_m * ahead)
        return float(x_m), float(y_m)

    def _words(self, place: tuple[float, float]) -> str:
        failed = self.places.failed_at(*place)
        if failed is not None:
            return f'a drive to there failed before ({failed.value})'
        return 'was there or near before, and did not arrive'
