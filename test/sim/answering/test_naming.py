"""An instruction means the things that its words fit: all of them, and none where none does."""

from dataclasses import replace

import pytest

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.answering.naming import is_unambiguous, things_named
from vlm_nav.sim.house.house_plan import Area, HousePlan, Thing


def _thing(identifier: str, kind: str, name: str, room: str, **more: object) -> Thing:
    pose = FloorPose(1.0, 1.0, 0.0)
    thing = Thing(identifier, kind, name, pose, 0.0, (0.5, 0.5, 0.5), room)
    return replace(thing, **more)


HOUSE = HousePlan(
    'drawn for this test',
    0,
    rooms=(
        Area('living room', (0.0, 0.0), (4.0, 4.0), 'planks'),
        Area('kitchen', (4.0, 0.0), (8.0, 4.0), 'tiles'),
    ),
    doorways=(),
    walls=(),
    things=(
        _thing('red_chair', 'chair', 'red chair', 'kitchen', color='red'),
        _thing('red_chair_2', 'chair', 'red chair', 'living room', color='red'),
        _thing('green_chair', 'office_chair', 'green office chair', 'living room', color='green'),
        _thing('couch', 'couch', 'couch', 'living room', synonyms=('sofa',), color='blue'),
        _thing('table', 'dining_table', 'dining table', 'kitchen', synonyms=('table',)),
        _thing('shelf', 'bookshelf', 'bookshelf', 'living room'),
        _thing('cup', 'cup', 'white cup', 'kitchen', on='table', color='white'),
        _thing('cup_2', 'cup', 'blue cup', 'living room', on='shelf', color='blue'),
        _thing('brush', 'brush', 'brush', 'kitchen'),
    ),
)


@pytest.mark.parametrize(
    ('instruction', 'meant'),
    [
        ('Go to the couch.', ['couch']),
        ('drive to the SOFA, please', ['couch']),
        ('go to the red chair', ['red_chair', 'red_chair_2']),
        ('find a chair', ['red_chair', 'red_chair_2']),
        ('go to the office chair', ['green_chair']),
        ('go to the green office chair', ['green_chair']),
        ('go to one of the red chairs', ['red_chair', 'red_chair_2']),
        ('look at the bookshelves', ['shelf']),
        ('the brushes', ['brush']),
        ('where are the cups?', ['cup', 'cup_2']),
        ('bring me the white cup', ['cup']),
        ('go to the blue sofa', ['couch']),
    ],
)
def test_the_things_of_a_name_are_meant(instruction: str, meant: list[str]) -> None:
    assert [thing.identifier for thing in things_named(instruction, HOUSE)] == meant


@pytest.mark.parametrize(
    'instruction',
    [
        '',
        'go to the fridge',
        'go to the purple chair',
        'go to the red couch',
        'go to the purple chair next to the couch',
        'go to the elephant beside the table',
        'go to the chairman',
    ],
)
def test_what_does_not_stand_in_the_house_is_nothing(instruction: str) -> None:
    assert things_named(instruction, HOUSE) == ()


@pytest.mark.parametrize(
    ('instruction', 'meant'),
    [
        ('go to the chair in the kitchen', ['red_chair']),
        ('go to the red chair in the living room', ['red_chair_2']),
        ('go to the cup on the table', ['cup']),
        ('go to the cup on the bookshelf', ['cup_2']),
        ('go to the couch next to the table', ['couch']),
        ('go to the left of the couch', ['couch']),
        ('leave the kitchen and go to the couch', ['couch']),
    ],
)
def test_where_it_stands_tells_it_from_others_of_its_name(
    instruction: str, meant: list[str]
) -> None:
    assert [thing.identifier for thing in things_named(instruction, HOUSE)] == meant


def test_a_name_that_two_things_bear_is_ambiguous() -> None:
    assert is_unambiguous(HOUSE.thing('couch'), HOUSE)
    assert is_unambiguous(HOUSE.thing('cup'), HOUSE)
    assert not is_unambiguous(HOUSE.thing('red_chair'), HOUSE)
