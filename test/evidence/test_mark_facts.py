"""The facts of the marks in words, as seen from the robot's base."""

import math

import pytest

from vlm_nav.core.candidate import Candidate, GroundAction, MetricFacts, Pixel
from vlm_nav.core.reasons import CandidateReason
from vlm_nav.evidence.mark_facts import free_distances_m, mark_facts, straight_distances_m


def at(
    forward_m: float, left_m: float, free_m: float | None = None, **more: object
) -> Candidate[GroundAction]:
    range_m, bearing_rad = math.hypot(forward_m, left_m), math.atan2(left_m, forward_m)
    facts = MetricFacts(range_m, bearing_rad, free_m)
    return Candidate(3, GroundAction(range_m, bearing_rad), Pixel(0.0, 0.0), facts, **more)


@pytest.mark.parametrize(
    ('candidate', 'line'),
    [
        (at(1.4, 0.5, 2.1), '3: 1.4 m ahead, 0.5 m left, free for 2.1 m'),
        (at(1.4, -0.5), '3: 1.4 m ahead, 0.5 m right'),
        (at(2.0, 0.04, 0.0), '3: 2.0 m ahead, free for 0.0 m'),
        (at(0.0, 1.0), '3: 1.0 m left'),
        (at(-0.8, -0.3), '3: 0.8 m behind, 0.3 m right'),
        (at(0.96, 0.06), '3: 1.0 m ahead, 0.1 m left'),
        (at(0.0, 0.0), '3: where the robot stands'),
        (at(1.0, 0.0, math.inf), '3: 1.0 m ahead'),
    ],
)
def test_a_place_is_told_ahead_and_sideways_to_a_tenth_of_a_metre(
    candidate: Candidate[GroundAction], line: str
) -> None:
    assert mark_facts([candidate]) == (line,)


def test_candidates_without_facts_and_refused_ones_have_no_line() -> None:
    bare = Candidate(1, None, Pixel(0.0, 0.0))
    refused = at(1.0, 0.0, refused=CandidateReason.OBSTACLE)
    not_finite = at(math.nan, 0.0)
    assert mark_facts([bare, refused, not_finite]) == ()


def test_lines_come_in_the_order_of_the_candidates() -> None:
    near, far = at(1.0, 0.0), at(2.0, 0.0)
    assert mark_facts([far, near]) == ('3: 2.0 m ahead', '3: 1.0 m ahead')


def test_the_free_distances_that_the_lines_tell_are_read_back() -> None:
    lines = mark_facts([at(1.4, 0.5, 2.1), at(1.0, 0.0)])
    assert free_distances_m([*lines, 'something else is free for 9 m']) == {3: 2.1}


def test_the_straight_distances_that_the_lines_tell_are_read_back() -> None:
    lines = mark_facts([at(3.0, -4.0, 2.1)])
    view = '4: 1.5 m left, 2.0 m of way, 3.0 m² of floor not looked over yet'
    more = ['5: where the robot stands', '6: 2.0 m of way', '7: was there', '1.0 m ahead']
    assert straight_distances_m([*lines, view, *more]) == {3: 5.0, 4: 1.5}
