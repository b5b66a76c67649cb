"""A double of a model that looks into the simulator; none of its answers comes from a model.

It gets questions as every model does, looks up by a picture's identifier what it truly shows,
and remembers nothing: the same question, the same answer.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import Mark, MarkedPicture, as_taken
from vlm_nav.evidence.mark_facts import free_distances_m
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.imagination.view_facts import ToldOfView, told_of_views
from vlm_nav.sim.answering.imagined_things import things_imagined
from vlm_nav.sim.answering.naming import things_named
from vlm_nav.sim.answering.seen_things import (
    SEEN_FROM_PX,
    SeenThings,
    base_place,
    nearest_m,
    places_of,
)
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.view import SimulatedView
from vlm_nav.vlm.doubles import ScriptedModel, chosen, random_choice
from vlm_nav.vlm.question import Purpose, Question

ARRIVED_M = 1.0
"""How near the nearest visible point of a thing is, on the floor, where the robot is at it."""

# How much less a pixel off the middle of a thing counts than one off the thing.
_OFF_MIDDLE_COST = 0.01


@dataclass(frozen=True, eq=False)
class _Shown:
    """A mark, where it stands on the floor of the map, and the view that it is drawn on."""

    mark: Mark
    place: FloatArray
    view: SimulatedView


class Seer(ScriptedModel):
    """A double that knows of a house what the pictures in the question truly show.

    A thing is seen from 150 pixels on. Where none that the instruction means is seen, it picks
    the mark with the largest free distance among those that the question does not call visited.
    `right` is the share of questions that it answers so; the others get random answers.
    """

    notice = 'answers come from the simulator, which knows what each picture shows: not a model'

    def __init__(self, plan: HousePlan, views: RecentViews, right: float = 1.0) -> None:
        """Keep the house, the views that may be asked about, and the share of right answers."""
        if not 0.0 <= right <= 1.0:
            raise InvalidValueError(f'the share of right answers lies in [0, 1], got {right!r}')
        self._plan = plan
        self._views = views
        self._right = right
        # One instruction is asked about again and again.
        self._meant = functools.lru_cache(maxsize=16)(functools.partial(things_named, plan=plan))

    def places_seen(self, identifier: str, instruction: str) -> FloatArray:
        """Return where on the map (n, 2) a picture shows what is meant, none where it does not."""
        seen = self._seen_in(identifier, instruction)
        return np.empty((0, 2)) if seen is None else seen.places

    def reply(self, question: Question) -> str:
        """Return the answer to the question, or in a share of the questions a random one."""
        lot = random.Random(_digest(question))
        if lot.random() >= self._right:
            return _random_answer(question, lot)
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
        shown_px = {
            picture.marks[0].label: self._shown_px(picture, question.instruction)
            for picture in question.pictures
            if picture.marks
        }
        seen = {label: -count for label, count in shown_px.items() if count}
        if seen:
            return nearest_first(question, seen, 'most of it shows there', seen=True)
        told = told_of_views(question.evidence)
        unvisited = [label for label in shown_px if label not in question.visited]
        if not unvisited:
            words = 'it is not to be seen, and all views lead to where it was'
            return chosen((), words, none=True, seen=False)
        away = {label: -_soon(told.get(label, ToldOfView())) for label in unvisited}
        words = 'it is not to be seen: most new floor for its way'
        return nearest_first(question, away, words, seen=False)

    def _shown_px(self, picture: MarkedPicture, instruction: str) -> int:
        """Return how many pixels of what is meant a picture shows, 0 where too few to be seen.

        Of an imagined picture those seen pixels count that it is made of, each one once.
        """
        indices = [self._plan.things.index(thing) for thing in self._meant(instruction)]
        if picture.imagined is not None:
            things = things_imagined(picture.imagined, self._views)
        else:
            view = self._views.view(picture.identifier)
            if view is None:
                return 0
            things = view.things
        counts = [int(np.count_nonzero(things == index)) for index in indices]
        return max((count for count in counts if count >= SEEN_FROM_PX), default=0)

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
        """Return the marks with the most free floor behind them, where nobody was."""
        shown = [one for one in self._shown(question) if one.mark.label not in question.visited]
        free_m = free_distances_m(question.evidence)
        narrow_m = {
            one.mark.label: (-free_m.get(one.mark.label, 0.0), -_range_m(one)) for one in shown
        }
        if not narrow_m:
            return chosen(
                (), 'it is not to be seen, and all marks lead to where it was', none=True
            )
        best, *_ = sorted(shown, key=lambda one: (narrow_m[one.mark.label], one.mark.label))
        away_m = nearest_m(np.array([one.place for one in shown]), best.place[None])
        labels = (one.mark.label for one in shown)
        return nearest_first(
            question,
            dict(zip(labels, away_m.tolist(), strict=True)),
            'it is not to be seen: to where the most floor is free',
        )

    def _shown(self, question: Question) -> list[_Shown]:
        """Return the marks of all pictures that are known, those on the floor."""
        shown = []
        for picture in question.pictures:
            view = self._views.view(picture.identifier)
            if view is not None and picture.marks:
                places = places_of(picture.marks, view)
                shown += [_Shown(*pair, view) for pair in zip(picture.marks, places, strict=True)]
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


def _soon(told: ToldOfView) -> float:
    """Return how much new floor shows how soon; to stand there and look is a metre."""
    # Twice the floor is not worth twice the way: what is near is looked over by the way.
    return math.sqrt(told.new_floor_m2) / (1.0 + told.way_m)


def _range_m(shown: _Shown) -> float:
    return float(np.linalg.norm(shown.place - base_place(shown.view)))


def nearest_first(
    question: Question, away: Mapping[int, float], words: str, seen: bool | None = None
) -> str:
    """Return the labels with the least numbers, those that are finite; none where none is."""
    finite = [label for label, value in away.items() if math.isfinite(value)]
    ranked = sorted(finite, key=lambda label: (away[label], label))
    return chosen(ranked[: question.pick], words, none=not ranked, seen=seen)


def _random_answer(question: Question, lot: random.Random) -> str:
    if question.labels:
        return random_choice(question, lot)
    arrived = lot.random() < 0.5
    return chosen((), 'drawn by lot', none=not arrived, arrived=arrived)


def _digest(question: Question) -> bytes:
    """Return what tells a question from others, and nothing that changes from run to run."""
    marks = [
        (picture.identifier, [(mark.label, *_pixel(mark)) for mark in picture.marks])
        for picture in question.pictures
    ]
    told = [question.purpose.value, question.instruction, marks]
    return hashlib.sha256(json.dumps(told).encode()).digest()


def _pixel(mark: Mark) -> tuple[int, int]:
    return round(mark.anchor.u_px), round(mark.anchor.v_px)
