"""Which things of a house an instruction means, by the words that people say for them.

The first thing that is named is the one that is meant; where it stands may follow it: "the cup on
the table", "the chair in the kitchen".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vlm_nav.sim.house.house_plan import HousePlan, Thing

_COLORS = frozenset(
    {'black', 'white', 'grey', 'gray', 'red', 'green', 'blue', 'yellow', 'orange', 'brown',
     'pink', 'purple', 'violet', 'turquoise', 'beige', 'cyan', 'golden', 'silver', 'dark',
     'light'}
)  # fmt: skip
_ARTICLES = frozenset({'the', 'a', 'an', 'that', 'this', 'my', 'your', 'our'})
_PLACES = frozenset(
    {'left', 'right', 'front', 'back', 'side', 'end', 'corner', 'middle', 'center', 'centre',
     'other', 'top', 'room', 'hall', 'hallway', 'corridor', 'door', 'doorway', 'house', 'way'}
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
# How many words of description may stand before a noun: "the old red wooden chair".
_DESCRIPTION_WORDS = 3

Words = tuple[str, ...]


@dataclass(frozen=True)
class _Mention:
    """Words of an instruction, from `begin` to before `end`, and the things they stand for."""

    begin: int
    end: int
    things: tuple[Thing, ...]


def things_named(instruction: str, plan: HousePlan) -> tuple[Thing, ...]:
    """Return the things that `instruction` means, in the plan's order.

    Several where its words fit several, none where they fit none. The longest name counts ("the
    office chair" is no other chair), and a colour that the thing has not speaks against it.
    """
    words = _words(instruction)
    mentions = _mentions(words, plan.things)
    if not mentions or _names_a_stranger(words[: mentions[0].begin], plan):
        return ()
    meant, *others = mentions
    things = _standing_on(meant, others, words) or meant.things
    return _in_room(meant, words, plan, things) or things


def is_unambiguous(thing: Thing, plan: HousePlan) -> bool:
    """Return whether the thing's own name means this thing and no other."""
    return things_named(thing.name, plan) == (thing,)


def _mentions(words: Words, things: Sequence[Thing]) -> list[_Mention]:
    """Return what is named, in the order of the words; longer names before shorter ones."""
    known = _phrases(things)
    longest = max(map(len, known), default=0)
    mentions = []
    at = 0
    while at < len(words):
        ends = range(min(at + longest, len(words)), at, -1)
        end = next((end for end in ends if words[at:end] in known), None)
        if end is None:
            at += 1
            continue
        fitting = _of_color(known[words[at:end]], _colors_before(words, at))
        mentions.append(_Mention(at, end, fitting))
        at = end
    return mentions


def _names_a_stranger(before: Words, plan: HousePlan) -> bool:
    """Return whether the words before the first known thing mean one that is not there.

    "the elephant next to the": an article with a noun that is no place, then another article.
    """
    places = _PLACES.union(*(_words(room.name) for room in plan.rooms))
    articles = [index for index, word in enumerate(before) if word in _ARTICLES]
    return any(
        places.isdisjoint(before[begin + 1 : end]) for begin, end in itertools.pairwise(articles)
    )


def _phrases(things: Sequence[Thing]) -> dict[Words, tuple[Thing, ...]]:
    """Return the things that each name stands for, in one and in many."""
    known: dict[Words, tuple[Thing, ...]] = {}
    for thing in things:
        for name in dict.fromkeys(_names(thing)):
            known[name] = (*known.get(name, ()), thing)
    return known


def _names(thing: Thing) -> Iterable[Words]:
    for text in (thing.name, *thing.synonyms, thing.kind.replace('_', ' ')):
        name = _words(text)
        # The noun alone stands for the thing as well, whatever its colour.
        noun = name[1:] if name[0] in _COLORS and len(name) > 1 else name
        for words in (name, noun):
            yield words
            yield (*words[:-1], _plural(words[-1]))


def _plural(noun: str) -> str:
    if re.search(r'(s|x|z|ch|sh)$', noun):
        return f'{noun}es'
    if re.search(r'[^aeiou]y$', noun):
        return f'{noun[:-1]}ies'
    if noun.endswith('shelf'):
        return f'{noun[:-1]}ves'
    return f'{noun}s'


def _colors_before(words: Words, at: int) -> frozenset[str]:
    """Return the colours in the words that describe the noun at `at`."""
    found = []
    for word in reversed(words[max(0, at - _DESCRIPTION_WORDS) : at]):
        if word in _ARTICLES:
            break
        found.append(word)
    return _COLORS.intersection(found)


def _of_color(things: tuple[Thing, ...], colors: frozenset[str]) -> tuple[Thing, ...]:
    return tuple(thing for thing in things if colors <= _colors_of(thing))


def _colors_of(thing: Thing) -> frozenset[str]:
    return _COLORS.intersection((*_words(thing.color), *_words(thing.name)))


def _standing_on(meant: _Mention, others: Sequence[_Mention], words: Words) -> tuple[Thing, ...]:
    """Return those that stand on what is named next, where the words say so."""
    if not others or 'on' not in words[meant.end : others[0].begin]:
        return ()
    supports = {thing.identifier for thing in others[0].things}
    return tuple(thing for thing in meant.things if thing.on in supports)


def _in_room(
    meant: _Mention, words: Words, plan: HousePlan, things: tuple[Thing, ...]
) -> tuple[Thing, ...]:
    """Return those in the room that is named behind them."""
    behind = ' '.join(words[meant.end :])
    rooms = {
        room.name
        for room in plan.rooms
        if re.search(rf'\b(in|of|from) (the )?{" ".join(_words(room.name))}\b', behind)
    }
    return tuple(thing for thing in things if thing.room in rooms)


def _words(text: str) -> Words:
    return tuple(_WORD.findall(text.lower()))
