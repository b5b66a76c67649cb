"""Which things stand together in houses: what anybody expects of a room of which something shows.

It knows rooms as such, by their templates, and nothing of any one house; and it knows things by
what people call them first: which of three kinds of chair "the red chair" is, nobody can tell.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from vlm_nav.sim.furniture.furniture_kinds import kinds
from vlm_nav.sim.house.house_template import PlaceTemplate, RoomStyle, room_styles

# Anything may stand anywhere: so likely is what a kind of room has no place for.
_ANYWHERE = 0.1
_LEAST, _MOST = 0.2, 5.0


def expected_beside(kind: str, shown: Iterable[str]) -> float:
    """Return by how much likelier a kind of thing stands where things of other kinds show.

    1 where nothing shows that tells rooms apart; between 0.2 and 5.
    """
    chances, noun = chances_by_room(), _noun(kind)
    # Sorted: in another order the last digit is another one.
    shares = _rooms_of(tuple(sorted({_noun(one) for one in shown})))
    here = sum(share * chances[room].get(noun, 0.0) for room, share in shares.items())
    anywhere = sum(one.get(noun, 0.0) for one in chances.values()) / len(chances)
    return min(max((here + _ANYWHERE) / (anywhere + _ANYWHERE), _LEAST), _MOST)


@functools.cache
def chances_by_room() -> Mapping[str, Mapping[str, float]]:
    """Return for each style of room how likely a thing of each noun stands in one."""
    return MappingProxyType({room: _chances(style) for room, style in room_styles().items()})


@functools.lru_cache(maxsize=1024)
def _rooms_of(nouns: tuple[str, ...]) -> Mapping[str, float]:
    """Return how likely each style of room is where such things show; together 1."""
    likely = {
        room: math.prod(one.get(noun, 0.0) + _ANYWHERE for noun in nouns)
        for room, one in chances_by_room().items()
    }
    total = sum(likely.values())
    return MappingProxyType({room: value / total for room, value in likely.items()})


def _chances(style: RoomStyle) -> Mapping[str, float]:
    missing: dict[str, float] = {}
    present = {'': 1.0}
    for place in style.places:
        # What belongs to a thing that is not there is not there either.
        there = place.chance * present.get(place.of, 1.0)
        present[place.as_] = there if place.as_ else 1.0
        for noun, chance in _drawn(place).items():
            missing[noun] = missing.get(noun, 1.0) * (1.0 - there * chance)
    return MappingProxyType({noun: 1.0 - value for noun, value in missing.items()})


def _drawn(place: PlaceTemplate) -> dict[str, float]:
    """Return how likely a thing of each noun is drawn where something is put."""
    # Things that look alike are drawn once, others one by one.
    draws = 1.0 if place.alike else sum(place.count) / 2.0
    nouns = [_noun(kind) for kind in place.any]
    return {noun: 1.0 - (1.0 - nouns.count(noun) / len(nouns)) ** draws for noun in nouns}


def _noun(kind: str) -> str:
    known = kinds().get(kind)
    return kind if known is None else known.nouns[0]
