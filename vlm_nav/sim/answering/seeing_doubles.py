"""The doubles of a model that look into the simulator, by name; and one that knows the house."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.sim.answering.seen_things import base_place
from vlm_nav.sim.answering.seer import ARRIVED_M, Seer, nearest_first
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.driving.geodesic import DistanceField, distances_to_thing
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.vlm.doubles import chosen
from vlm_nav.vlm.question import Question

# What a mark must gain over the place where the robot stands.
_GAIN_M = 0.2


class Oracle(Seer):
    """A double that also knows the house: from where it is how far to drive to the thing.

    It is the upper bound of what the same loop can do with any model.
    """

    notice = 'answers come from the simulator, which knows the whole house: not a model'

    def __init__(self, plan: HousePlan, views: RecentViews) -> None:
        """Keep the house and the views that may be asked about."""
        super().__init__(plan, views)
        self._field = functools.lru_cache(maxsize=16)(functools.partial(distances_to_thing, plan))

    def _waypoint(self, question: Question) -> str:
        fields = [self._field(thing) for thing in self._meant(question.instruction)]
        shown = self._shown(question)
        if not fields or not shown:
            return chosen((), 'there is no such thing, or no place to go to', none=True)
        away_m = {one.mark.label: _drive_m(fields, one.place) for one in shown}
        here_m = _drive_m(fields, base_place(shown[0].view))
        is_seen = any(len(seen.pixels) for seen in self._seen(question))
        if here_m <= ARRIVED_M and not is_seen:
            return chosen((), f'it is {here_m:.1f} m from here, to another side', none=True)
        if here_m > ARRIVED_M and min(away_m.values()) > here_m - _GAIN_M:
            return chosen((), f'{here_m:.1f} m to drive, and no mark is nearer', none=True)
        return nearest_first(question, away_m, f'{here_m:.1f} m to drive')


def known_doubles() -> tuple[str, ...]:
    """Return every form that `seeing_double` takes."""
    return ('seer', 'seer:P', 'oracle')


def seeing_double(spec: str, plan: HousePlan, views: RecentViews) -> Seer:
    """Return the double of a specification: `seer`, `seer:P` (right in that share) or `oracle`.

    Raises InvalidValueError for anything else.
    """
    kind, colon, rest = spec.partition(':')
    if spec == 'oracle':
        return Oracle(plan, views)
    try:
        if kind == 'seer':
            return Seer(plan, views, float(rest) if colon else 1.0)
    except ValueError:
        pass
    known = ', '.join(known_doubles())
    raise InvalidValueError(f'wanted a double of the simulator, got {spec[:60]!r}; known: {known}')


def _drive_m(fields: Sequence[DistanceField], place: FloatArray) -> float:
    return min(field.at(float(place[0]), float(place[1])) for field in fields)
