"""Places of one instruction: where the robot was, and where it could not get to."""

from __future__ import annotations

from synthetic import frame_of

from vlm_nav.core.reasons import DrivingReason
from vlm_nav.memory.visited import Visit, VisitedPlaces


def places(*visits: Visit) -> VisitedPlaces:
    known = VisitedPlaces()
    for visit in visits:
        known = known.with_visit(visit)
    return known


def test_a_place_that_the_robot_was_at_or_could_not_get_to_is_known() -> None:
    known = places(Visit(0.0, 0.0), Visit(3.0, 0.0, DrivingReason.NAV_ABORTED))
    assert known.knows(0.7, 0.0)
    assert not known.knows(0.8, 0.0)
    assert known.knows(3.0, 0.4)
    assert known.failed_at(3.0, 0.4) is DrivingReason.NAV_ABORTED
    assert known.failed_at(0.0, 0.0) is None
    assert not places().knows(0.0, 0.0)


def test_floor_that_was_seen_from_near_is_known_too() -> None:
    known = places().seen_from([frame_of()])
    assert known.knows(1.5, 0.0)
    assert not known.knows(-1.5, 0.0)
    assert known.failed_at(1.5, 0.0) is None


def test_to_turn_on_the_spot_is_no_second_visit() -> None:
    known = places(Visit(0.0, 0.0), Visit(0.1, 0.1))
    assert len(known.visits) == 1
    failed = Visit(2.0, 0.0, DrivingReason.NAV_ABORTED)
    assert len(places(Visit(0.0, 0.0), failed, Visit(0.0, 0.1)).visits) == 2


def test_to_go_there_again_after_coming_back_is_to_and_fro() -> None:
    known = places(Visit(0.0, 0.0), Visit(2.0, 0.0))
    assert known.goes_to_and_fro((0.1, 0.0), (2.1, 0.1))
    assert not known.goes_to_and_fro((0.1, 0.0), (3.0, 0.0))
    assert not known.goes_to_and_fro((1.0, 0.0), (2.0, 0.0))
    assert not places(Visit(0.0, 0.0)).goes_to_and_fro((2.0, 0.0), (0.0, 0.0))


def test_a_third_time_at_a_place_is_once_too_often_whatever_lay_between() -> None:
    known = places(*(Visit(x_m, 0.0) for x_m in (0.0, 2.0, 4.0, 0.1, 6.0)))
    assert known.goes_to_and_fro((8.0, 0.0), (0.0, 0.1))
    assert not known.goes_to_and_fro((8.0, 0.0), (2.0, 0.1))


def test_a_third_drive_to_where_two_failed_is_once_too_often() -> None:
    failed = Visit(5.0, 0.0, DrivingReason.NAV_ABORTED)
    assert places(failed, Visit(0.0, 0.0), failed).goes_to_and_fro((0.0, 3.0), (5.0, 0.1))
    assert not places(failed).goes_to_and_fro((0.0, 3.0), (5.0, 0.1))
