"""Places that could have been gone to are kept until the robot knows them."""

from __future__ import annotations

from vlm_nav.core.reasons import DrivingReason
from vlm_nav.memory.passed_over import PassedOver
from vlm_nav.memory.visited import Visit, VisitedPlaces

HERE = (0.0, 0.0)


def test_the_nearest_that_is_unknown_is_gone_back_to() -> None:
    places = PassedOver().with_places([(5.0, 0.0), (0.0, 3.0), (-2.0, 0.0)])
    known = VisitedPlaces(visits=(Visit(-2.0, 0.2),))
    assert places.nearest(HERE, VisitedPlaces()) == (-2.0, 0.0)
    assert places.nearest(HERE, known) == (0.0, 3.0)
    failed = known.with_visit(Visit(0.0, 3.0, DrivingReason.NAV_ABORTED))
    assert places.nearest(HERE, failed) == (5.0, 0.0)


def test_where_the_robot_stands_is_no_place_to_go_back_to() -> None:
    assert PassedOver().with_places([(0.5, 0.0)]).nearest(HERE, VisitedPlaces()) is None
    assert PassedOver().nearest(HERE, VisitedPlaces()) is None


def test_places_beside_each_other_are_one() -> None:
    places = PassedOver().with_places([(2.0, 0.0), (2.2, 0.1), (3.0, 0.0)])
    assert places.places == ((2.0, 0.0), (3.0, 0.0))
    assert places.with_places([(3.1, 0.0)]) == places
