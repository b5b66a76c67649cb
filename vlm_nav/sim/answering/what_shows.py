"""Which things of a house pictures show, all of them and beside some floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.sim.answering.imagined_things import things_imagined
from vlm_nav.sim.answering.seen_things import SEEN_FROM_PX, nearest_m, standing
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.house.house_plan import HousePlan, Thing
from vlm_nav.sim.view import NOTHING, SimulatedView

BESIDE_M = 2.0
"""Within so far of some floor a thing stands beside it."""


@dataclass(frozen=True, eq=False)
class WhatShows:
    """Looks up in the views that are known what pictures show of a house's things.

    A thing shows from 150 pixels on; of an imagined picture those seen pixels count that it is
    made of, each one once.
    """

    plan: HousePlan
    views: RecentViews

    def in_picture(self, picture: MarkedPicture) -> Mapping[Thing, int]:
        """Return how many pixels show each thing, none in a picture that is not known any more."""
        if picture.imagined is not None:
            shown = things_imagined(picture.imagined, self.views)
        else:
            view = self.views.view(picture.identifier)
            shown = np.empty(0, dtype=np.int32) if view is None else view.things
        counts = np.bincount(shown[shown != NOTHING])
        return {
            self.plan.things[index]: int(counts[index])
            for index in np.flatnonzero(counts >= SEEN_FROM_PX)
        }

    def beside(self, view: SimulatedView, floors: Sequence[FloatArray]) -> list[frozenset[Thing]]:
        """Return which things a view shows beside each floor: each is places (n, 2) of the map."""
        indices, places = standing(view)
        beside = (indices[nearest_m(places, floor) <= BESIDE_M] for floor in floors)
        return [
            frozenset(self.plan.things[index] for index in set(one.tolist())) for one in beside
        ]
