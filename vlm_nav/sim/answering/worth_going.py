"""What it is worth to go where marks and views lead while the thing that is meant is out of sight.

New floor counts the more, the better what shows beside it goes with the thing. Marks and views
are judged by the same knowledge: of what rooms are like, and of what pictures truly show.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vlm_nav.drawing.marks import Mark, MarkedPicture, PictureKind
from vlm_nav.evidence.mark_facts import free_distances_m, straight_distances_m
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.imagination.view_facts import ToldOfView, told_of_views
from vlm_nav.sim.answering.common_sense import expected_beside
from vlm_nav.sim.answering.seen_things import base_place
from vlm_nav.sim.answering.what_shows import WhatShows
from vlm_nav.sim.house.house_plan import Thing
from vlm_nav.sim.view import SimulatedView

# A way that is longer than that by the straight one leads around something.
_DETOUR, _DETOUR_M = 1.2, 0.3
# What a picture shows stands about so far away.
_NEAR_HERE_M = 2.5
# So many places tell what stands beside the free floor ahead, which ends here at the latest.
_STEPS, _FARTHEST_M = 8, 10.0
_NEAR_M = 0.1


@dataclass(frozen=True, eq=False)
class ShownMark:
    """A mark, where it stands on the floor of the map, and the view that it is drawn on."""

    mark: Mark
    place: FloatArray
    view: SimulatedView

    @property
    def range_m(self) -> float:
        """Return how far from the robot it stands."""
        return float(np.linalg.norm(self.place - base_place(self.view)))


@dataclass(frozen=True, eq=False)
class WorthGoing:
    """Judges what a question offers; `meant` are the things that its instruction means."""

    shows: WhatShows
    meant: Collection[Thing]
    evidence: Sequence[str]

    def of_marks(self, shown: Sequence[ShownMark]) -> dict[int, float]:
        """Return by label how far floor is free ahead, weighed by what shows beside it."""
        free_m = free_distances_m(self.evidence)
        worth = {}
        for view in {one.view.identifier: one.view for one in shown}.values():
            marks = [one for one in shown if one.view.identifier == view.identifier]
            floors = [_floor_ahead(one, free_m.get(one.mark.label, 0.0)) for one in marks]
            for one, beside in zip(marks, self.shows.beside(view, floors), strict=True):
                label = one.mark.label
                worth[label] = free_m.get(label, 0.0) * self._likelier(beside)
        return worth

    def of_views(
        self,
        pictures: Mapping[int, MarkedPicture],
        shown: Mapping[int, Collection[Thing]],
    ) -> dict[int, float]:
        """Return by label how much new floor shows how soon, weighed by what its picture shows."""
        told = told_of_views(self.evidence)
        straight_m = straight_distances_m(self.evidence)
        worth = {}
        for label, picture in pictures.items():
            of_view = told.get(label, ToldOfView())
            worth[label] = _soon(of_view)
            if _shows_its_place(picture, of_view.way_m, straight_m.get(label)):
                worth[label] *= self._likelier(shown[label])
        return worth

    def _likelier(self, beside: Iterable[Thing]) -> float:
        """Return by how much likelier what is meant stands beside things than anywhere."""
        kinds = {thing.kind for thing in self.meant}
        others = {thing.kind for thing in beside}
        return max((expected_beside(kind, others) for kind in kinds), default=1.0)


def _soon(told: ToldOfView) -> float:
    """Return how much new floor shows how soon; to stand there and look is a metre."""
    # Twice the floor is not worth twice the way: what is near is looked over by the way.
    return math.sqrt(told.new_floor_m2) / (1.0 + told.way_m)


def _shows_its_place(picture: MarkedPicture, way_m: float, straight_m: float | None) -> bool:
    """Return whether the picture of a view shows where it leads.

    One as seen from here does so where that is near and the way leads straight there: else other
    rooms show in it, or something is between.
    """
    if picture.kind is PictureKind.IMAGINED:
        return True
    if straight_m is None or straight_m > _NEAR_HERE_M:
        return False
    return way_m <= _DETOUR * straight_m + _DETOUR_M


def _floor_ahead(shown: ShownMark, free_m: float) -> FloatArray:
    """Return places (n, 2) of the map from a mark on to where floor ahead is no longer free."""
    here = base_place(shown.view)
    share = max(1.0, min(free_m, _FARTHEST_M) / max(shown.range_m, _NEAR_M))
    end = here + share * (shown.place - here)
    return np.linspace(shown.place, end, _STEPS)
