"""Which marks lead to where the robot was, or to nothing new, and what is told about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Candidate, GroundAction
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_places
from vlm_nav.memory.floor_to_search import FloorToSearch
from vlm_nav.memory.visited import VisitedPlaces

_WAS_THERE = 'was there or near before, and did not arrive'
_NOTHING_NEW = 'little new would show there, more does elsewhere'
_NOTHING = 'next to nothing new would show there'


@dataclass(frozen=True, eq=False)
class VisitedMarks:
    """Holds candidates on the floor of a base frame against the places that were visited.

    With `to_search` it counts what would show from there, and not whether it was seen itself,
    wherever its costmap reaches and something is left. With `only_best` those are told off, too,
    from where less new shows soon than from the best place of the map.
    """

    places: VisitedPlaces
    map_from_base: FloatArray
    to_search: FloorToSearch | None = None
    only_best: bool = True

    def labels(self, candidates: Iterable[Candidate[Any]]) -> tuple[int, ...]:
        """Return the labels of those that lead to where the robot was or where little is new."""
        return tuple(candidate.label for candidate, _ in self._discouraged(candidates))

    def lines(self, candidates: Iterable[Candidate[Any]]) -> tuple[str, ...]:
        """Return one line for each of them: "5: was there or near before, and did not arrive"."""
        return tuple(
            f'{candidate.label}: {words}' for candidate, words in self._discouraged(candidates)
        )

    def _discouraged(
        self, candidates: Iterable[Candidate[Any]]
    ) -> Iterator[tuple[Candidate[Any], str]]:
        on_floor = [
            candidate
            for candidate in candidates
            if isinstance(candidate.action, GroundAction) and candidate.refused is None
        ]
        places = self._places([candidate.action for candidate in on_floor])
        tells, leads_on = self._from_map(places)
        for index, candidate in enumerate(on_floor):
            x_m, y_m = places[index].tolist()
            failed = self.places.failed_at(x_m, y_m)
            if failed is not None:
                yield candidate, f'a drive to there failed before ({failed.value})'
            elif tells[index] and not leads_on[index]:
                was_there = self.places.was_at(x_m, y_m)
                nothing_new = _NOTHING_NEW if self.only_best else _NOTHING
                yield candidate, _WAS_THERE if was_there else nothing_new
            elif not tells[index] and self.places.knows(x_m, y_m):
                yield candidate, _WAS_THERE

    def _from_map(self, places: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return of which places (n, 2) the map tells, and which of them lead on."""
        nowhere = np.zeros(len(places), dtype=np.bool_)
        if self.to_search is None:
            return nowhere, nowhere
        worthwhile = self.to_search.leads_on if self.only_best else self.to_search.shows_anything
        return self.to_search.tells_of(places), worthwhile(places)

    def _places(self, actions: Sequence[GroundAction]) -> FloatArray:
        """Return where in the map (n, 2) candidates lead."""
        range_m = np.array([action.range_m for action in actions])
        bearing_rad = np.array([action.bearing_rad for action in actions])
        ahead = (range_m * np.cos(bearing_rad), range_m * np.sin(bearing_rad))
        return transform_places(self.map_from_base, np.stack(ahead, axis=-1))
