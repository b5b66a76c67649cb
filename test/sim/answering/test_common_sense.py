"""What the double of the simulator expects of rooms: as anybody does, and of no one house."""

from __future__ import annotations

import pytest

pytest.importorskip('scipy')

from vlm_nav.sim.answering.common_sense import chances_by_room, expected_beside
from vlm_nav.sim.house.house_template import room_styles


def test_things_of_one_style_of_room_are_expected_beside_each_other() -> None:
    assert expected_beside('refrigerator', ['oven', 'lower_cabinet']) > 2.0
    assert expected_beside('refrigerator', ['double_bed', 'wardrobe']) < 0.7
    assert expected_beside('double_bed', ['wardrobe']) > 1.5


def test_where_nothing_shows_and_of_what_nobody_knows_nothing_is_expected() -> None:
    assert expected_beside('refrigerator', []) == pytest.approx(1.0)
    assert expected_beside('what nobody knows', ['oven']) == pytest.approx(1.0)
    assert expected_beside('refrigerator', ['what nobody knows']) == pytest.approx(1.0)


def test_a_thing_that_stands_in_most_rooms_tells_less_than_one_of_a_single_room() -> None:
    by_window = expected_beside('refrigerator', ['window'])
    assert 0.8 < by_window < 1.5 < expected_beside('refrigerator', ['oven'])


def test_no_picture_tells_all_and_the_order_of_things_tells_nothing() -> None:
    kinds = sorted({kind for one in room_styles().values() for p in one.places for kind in p.any})
    some = [kinds[start::7] for start in range(7)]
    found = [expected_beside(kind, shown) for kind in kinds for shown in some]
    assert 0.2 <= min(found) < max(found) <= 5.0
    assert found == [expected_beside(kind, shown[::-1]) for kind in kinds for shown in some]


def test_which_of_several_kinds_of_one_name_is_meant_nobody_knows() -> None:
    of_kinds = {
        expected_beside(kind, ['oven'])
        for kind in ('cushioned_chair', 'plastic_chair', 'black_chair')
    }
    assert len(of_kinds) == 1


def test_chances_are_those_of_the_templates() -> None:
    chances = chances_by_room()
    assert chances['kitchen']['refrigerator'] == pytest.approx(1.0)
    assert chances['music_room']['electric guitar'] == pytest.approx(1.0)
    assert chances['childrens_room']['crib'] == pytest.approx(0.6)
    # A bench or a dresser by the wall, in seven of ten halls; on it one of three things.
    assert chances['hallway']['handbag'] == pytest.approx(0.7 / 3.0)
