"""A double of a model that looks into the simulator; none of its answers comes from a model.

It gets questions as every model does, looks up by a picture's identifier what it truly shows,
and remembers nothing: the same question, the same answer.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import as_taken
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.sim.answering.by_lot import answer_by_lot, lot_for
from vlm_nav.sim.answering.naming import things_named
from vlm_nav.sim.answering.seen_things import (
    SeenThings,
    base_place,
    nearest_m,
    places_of,
)
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.answering.what_shows import WhatShows
from vlm_nav.sim.answering.worth_going import ShownMark, WorthGoing
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.vlm.doubles import ScriptedModel, chosen
from vlm_nav.vlm.question import Purpose, Question

ARRIVED_M = 1.0
"""How near the nearest visible point of a thing is, on the floor, where the robot is at it."""

# How much less a pixel off the middle of a thing counts than one off the thing.
_OFF_MIDDLE_COST = 0.01


class Seer(ScriptedModel):
    """A double that knows of a house what the pictures in the question truly show.

    A thing is seen from 150 pixels on. Where none that the instruction means is seen, it picks
    the mark of most free floor, or the view of most new floor soon, among those that the question
    does not call visited; either counts the more, the better what shows there goes with the thing:
    it knows which things stand together in houses, and nothing of this one.
    `right` is the share of questions that it answers so; the others get random answers.
    """

    notice = 'answers come from the simulator, which knows what each picture shows: not a model'

    def __init__(self, plan: HousePlan, views: RecentViews, right: float = 1.0) -> None:
        """Keep the house, the views that may be asked about, and the share of right answers."""
        if not 0.0 <= right <= 1.0:
            raise InvalidValueError(f'the share of right answers lies in [0, 1], got {right!r}')
        self._plan = plan
        self._views = views
        self._shows = WhatShows(plan, views)
        self._right = right
        # One instruction is asked about again and again.
        self._meant = functools.lru_cache(maxsize=16)(functools.partial(things_named, plan=plan))

    def places_seen(self, identifier: str, instruction: str) -> FloatArray:
        """Return where on the map (n, 2) a picture shows what is meant, none where it does not."""
        seen = self._seen_in(identifier, instruction)
        return np.empty((0, 2)) if seen is None else seen.places

    def reply(self, question: Question) -> str:
        """Return the answer to the question, or in a share of the questions a random one."""
        lot = lot_for(question)
        if lot.random() >= self._right:
            return answer_by_lot(question, lot)
        question = replace(question, pictures=tuple(map(as_taken, question.pictures)))
        if question.purpose is Purpose.ARRIVAL:
            return self._arrival(question)
        if question.purpose in (Purpose.IMAGE_POINT, Purpose.HAND_MOVE):
            return self._point(question)
        if question.purpose is Purpose.VIEW:
            return self._view(question)
        return self._waypoint(question)

    def _arrival(self, question: Question) -> str:
        away_m = min((self._away_m(seen) for seen in self._seen(question)), default=math.inf)
        words = 'it is not to be seen' if math.isinf(away_m) else f'it is {away_m:.1f} m away'
        arrived = away_m <= ARRIVED_M
        return chosen((), words, none=not arrived, arrived=arrived)

    def _point(self, question: Question) -> str:
        away_px: dict[int, float] = {}
        for picture in question.pictures:
            seen = self._seen_in(picture.identifier, question.instruction)
            if seen is None or not len(seen.pixels):
                continue
            anchors = np.array([(mark.anchor.u_px, mark.anchor.v_px) for mark in picture.marks])
            distances_px = nearest_m(anchors.reshape(-1, 2), seen.pixels)
            # Of several marks on it, the one in its middle, as people point at things.
            off_px = np.linalg.norm(anchors.reshape(-1, 2) - seen.pixels.mean(axis=0), axis=1)
            distances_px += _OFF_MIDDLE_COST * off_px
            for mark, distance_px in zip(picture.marks, distances_px, strict=True):
                away_px[mark.label] = float(distance_px)
        return nearest_first(question, away_px, 'nearest to what is seen of it')

    def _view(self, question: Question) -> str:
        """Return the view that shows the most of the thing, else that of most new floor soon."""
        pictures = {one.marks[0].label: one for one in question.pictures if one.marks}
        shown = {label: self._shows.in_picture(one) for label, one in pictures.items()}
        meant = self._meant(question.instruction)
        seen = {
            label: -max(shown[label][thing] for thing in meant if thing in shown[label])
            for label in pictures
            if not shown[label].keys().isdisjoint(meant)
        }
        if seen:
            return nearest_first(question, seen, 'most of it shows there', seen=True)
        worth = WorthGoing(self._shows, meant, question.evidence).of_views(pictures, shown)
        away = {label: -worth[label] for label in pictures if label not in question.visited}
        if not away:
            words = 'it is not to be seen, and all views lead to where it was'
            return chosen((), words, none=True, seen=False)
        words = 'it is not to be seen: most new floor for its way, where such things stand'
        return nearest_first(question, away, words, seen=False)

    def _waypoint(self, question: Question) -> str:
        places = [seen.places for seen in self._seen(question)]
        seen = np.concatenate([np.empty((0, 2)), *places])
        return self._towards(question, seen) if len(seen) else self._elsewhere(question)

    def _towards(self, question: Question, seen: FloatArray) -> str:
        """Return the marks nearest to what is seen of the thing."""
        shown = self._shown(question)
        distances_m = nearest_m(np.array([one.place for one in shown]).reshape(-1, 2), seen)
        labels = (one.mark.label for one in shown)
        away_m = dict(zip(labels, distances_m.tolist(), strict=True))
        return nearest_first(question, away_m, 'nearest to where it is seen')

    def _elsewhere(self, question: Question) -> str:
        """Return the marks with the most free floor behind them, where nobody was.

        It counts the more, the better what shows beside it goes with the thing.
        """
        shown = [one for one in self._shown(question) if one.mark.label not in question.visited]
        if not shown:
            words = 'it is not to be seen, and all marks lead to where it was'
            return chosen((), words, none=True)
        meant = self._meant(question.instruction)
        worth = WorthGoing(self._shows, meant, question.evidence).of_marks(shown)
        best = min(shown, key=lambda one: (-worth[one.mark.label], -one.range_m, one.mark.label))
        away_m = nearest_m(np.array([one.place for one in shown]), best.place[None])
        labels = (one.mark.label for one in shown)
        return nearest_first(
            question,
            dict(zip(labels, away_m.tolist(), strict=True)),
            'it is not to be seen: to where the most floor is free, where such things stand',
        )

    def _shown(self, question: Question) -> list[ShownMark]:
        """Return the marks of all pictures that are known, those on the floor."""
        shown = []
        for picture in question.pictures:
            view = self._views.view(picture.identifier)
            if view is not None and picture.marks:
                places = places_of(picture.marks, view)
                shown += [
                    ShownMark(*pair, view) for pair in zip(picture.marks, places, strict=True)
                ]
        return [one for one in shown if np.isfinite(one.place).all()]

    def _seen(self, question: Question) -> list[SeenThings]:
        """Return what is seen of the meant things in the pictures of the question."""
        found = (
            self._seen_in(picture.identifier, question.instruction)
            for picture in question.pictures
        )
        return [seen for seen in found if seen is not None]

    def _seen_in(self, identifier: str, instruction: str) -> SeenThings | None:
        view = self._views.view(identifier)
        if view is None:
            return None
        indices = [self._plan.things.index(thing) for thing in self._meant(instruction)]
        return SeenThings(view, tuple(indices))

    @staticmethod
    def _away_m(seen: SeenThings) -> float:
        """Return how far what is seen is from the robot, inf where nothing is."""
        return float(nearest_m(base_place(seen.view)[None], seen.places)[0])


def nearest_first(
    question: Question, away: Mapping[int, float], words: str, seen: bool | None = None
) -> str:
    """Return the labels with the least numbers, those that are finite; none where none is."""
    finite = [label for label, value in away.items() if math.isfinite(value)]
    ranked = sorted(finite, key=lambda label: (away[label], label))
    return chosen(ranked[: question.pick], words, none=not ranked, seen=seen)
