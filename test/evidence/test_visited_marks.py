"""Marks that lead to where the robot was are named, whatever way the robot looks now."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from floor_plans import knowing, two_rooms

from vlm_nav.core.candidate import Candidate, GroundAction, Pixel
from vlm_nav.core.reasons import CandidateReason, DrivingReason
from vlm_nav.evidence.visited_marks import VisitedMarks
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.memory.costmap_ways import ways_from
from vlm_nav.memory.floor_to_search import floor_to_search
from vlm_nav.memory.visited import Visit, VisitedPlaces

# The robot stands at (2, 1) of the map and looks along its y axis.
HERE = transform_from_floor_pose(FloorPose(2.0, 1.0, math.pi / 2.0))
PLACES = VisitedPlaces(visits=(Visit(2.0, 3.0), Visit(0.0, 1.0, DrivingReason.NAV_ABORTED)))
MARKS = VisitedMarks(PLACES, HERE)


def candidate(label: int, range_m: float, bearing_rad: float, **more: object) -> Candidate:
    action = GroundAction(range_m, bearing_rad)
    return Candidate(label, action, Pixel(0.0, 0.0), **more)  # type: ignore[arg-type]


def test_marks_are_held_against_the_places_in_the_map() -> None:
    candidates = [
        candidate(1, 2.1, 0.0),
        candidate(2, 2.0, math.pi / 2.0),
        candidate(3, 3.0, 0.0),
        candidate(4, 2.0, -math.pi / 2.0),
    ]
    assert MARKS.labels(candidates) == (1, 2)
    assert MARKS.lines(candidates) == (
        '1: was there or near before, and did not arrive',
        '2: a drive to there failed before (nav_aborted)',
    )


def test_what_is_not_drawn_or_no_place_on_the_floor_has_no_line() -> None:
    refused = candidate(1, 2.0, 0.0, refused=CandidateReason.OBSTACLE)
    pixel: Candidate[Pixel] = Candidate(2, Pixel(3.0, 4.0), Pixel(3.0, 4.0))
    assert MARKS.labels([refused, pixel]) == ()


def test_who_was_nowhere_has_nothing_to_say() -> None:
    assert VisitedMarks(VisitedPlaces(), HERE).lines([candidate(1, 2.0, 0.0)]) == ()


def test_with_a_map_it_counts_what_would_show_from_there() -> None:
    """Known is the room in which the robot stands, and not the next one behind the door."""
    ways = ways_from(two_rooms(), (2.0, 1.0))
    assert ways is not None
    search = floor_to_search(ways, knowing(-1.0, 4.25), 2.5)
    assert search.best is not None
    failed = Visit(2.0, 3.0, DrivingReason.NAV_ABORTED)
    marks = VisitedMarks(VisitedPlaces(visits=(Visit(2.0, 0.2), failed)), HERE, search)
    ahead_m, left_m = search.best[1] - 1.0, 2.0 - search.best[0]
    door = candidate(1, math.hypot(ahead_m, left_m), math.atan2(left_m, ahead_m))
    others = [candidate(2, 0.5, 0.0), candidate(3, 0.6, math.pi), candidate(4, 2.0, 0.0)]
    assert marks.labels([door, *others]) == (2, 3, 4)
    assert marks.lines([door, *others]) == (
        '2: little new would show there, more does elsewhere',
        '3: was there or near before, and did not arrive',
        '4: a drive to there failed before (nav_aborted)',
    )


def test_not_only_the_best_counts_where_others_show_something_new() -> None:
    ways = ways_from(two_rooms(), (2.0, 1.0))
    assert ways is not None
    search = floor_to_search(ways, knowing(-1.0, 4.25), 2.5)
    assert search.best is not None
    marks = VisitedMarks(VisitedPlaces(), HERE, search)
    every_m = [(x_m, y_m) for x_m in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0) for y_m in (1.0, 2.0, 3.0)]
    ahead = [(y_m - 1.0, 2.0 - x_m) for x_m, y_m in every_m]
    candidates = [
        candidate(label, math.hypot(*place), math.atan2(place[1], place[0]))
        for label, place in enumerate(ahead, 1)
    ]
    shown = dict(enumerate(search.shown_m2(np.array(every_m)).tolist(), 1))
    told_off = replace(marks, only_best=False).labels(candidates)
    known = search.ways.is_known_way(np.array(every_m))
    little = [label for label in shown if known[label - 1] and shown[label] < 1.0]
    assert set(told_off) == set(little)
    assert set(told_off) < set(marks.labels(candidates))
    words = replace(marks, only_best=False).lines(candidates)
    assert words[0].endswith('next to nothing new would show there')


def test_where_the_map_tells_nothing_it_counts_where_the_robot_was() -> None:
    ways = ways_from(two_rooms(), (2.0, 1.0))
    assert ways is not None
    all_seen = floor_to_search(ways, knowing(-1.0, 9.0), 2.5)
    marks = VisitedMarks(PLACES, HERE, all_seen)
    candidates = [candidate(1, 2.1, 0.0), candidate(2, 2.0, math.pi / 2.0), candidate(3, 1.0, 0.1)]
    assert marks.labels(candidates) == MARKS.labels(candidates) == (1, 2)
