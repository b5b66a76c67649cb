"""What of a map is left to search, and from where most of it would show soon."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from floor_plans import HERE, costmap_of, knowing, two_rooms
from numpy.typing import NDArray

from vlm_nav.core.reasons import DrivingReason
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose, transform_places
from vlm_nav.memory.costmap_ways import Allowed, Place, everywhere, ways_from
from vlm_nav.memory.floor_to_search import FloorToSearch, floor_to_search
from vlm_nav.memory.looked_over import LookedOver
from vlm_nav.memory.visited import Visit, VisitedPlaces
from vlm_nav.observation.costmap import Costmap

WITHIN_M = 2.5


def left(costmap: Costmap, known: VisitedPlaces, within_m: float = WITHIN_M) -> FloorToSearch:
    return search_from(costmap, HERE, known, within_m)


def search_from(
    costmap: Costmap,
    here: Place,
    known: VisitedPlaces,
    within_m: float = WITHIN_M,
    allowed: Allowed = everywhere,
) -> FloorToSearch:
    ways = ways_from(costmap, here, allowed)
    assert ways is not None
    return floor_to_search(ways, known, within_m)


def shown_m2(search: FloorToSearch, x_m: float, y_m: float) -> float:
    return float(search.shown_m2(np.array([(x_m, y_m)]))[0])


def test_all_around_shows_from_the_middle_of_an_empty_floor() -> None:
    costmap = costmap_of(np.zeros((160, 160), dtype=np.int8))
    search = left(costmap, VisitedPlaces())
    assert shown_m2(search, 4.0, 4.0) == pytest.approx(math.pi * WITHIN_M**2, rel=0.02)
    # At the edge of the grid it is half of that: beyond it nothing is known.
    assert shown_m2(search, 0.02, 4.0) == pytest.approx(math.pi * WITHIN_M**2 / 2.0, rel=0.05)


def test_what_was_looked_over_shows_nothing_new() -> None:
    search = left(two_rooms(), knowing(-1.0, 4.25))
    assert shown_m2(search, 1.0, 1.0) == 0.0
    assert shown_m2(search, 6.0, 2.0) > 5.0


def test_a_look_from_a_place_leaves_what_is_far_and_what_a_wall_hides() -> None:
    search = left(costmap_of(np.zeros((160, 160), dtype=np.int8)), VisitedPlaces())
    after = search.after_look_from(np.array((4.0, 4.0)))
    assert shown_m2(after, 4.0, 4.0) < 0.05 * shown_m2(search, 4.0, 4.0)
    assert shown_m2(after, 0.02, 0.02) == shown_m2(search, 0.02, 0.02)
    # A look from beside the door shows hardly anything of the room behind it.
    rooms = left(two_rooms(), knowing(-1.0, 4.25))
    beside_the_door = rooms.after_look_from(np.array((3.5, 0.3)))
    assert shown_m2(beside_the_door, 6.0, 2.0) > 0.9 * shown_m2(rooms, 6.0, 2.0)


def test_a_wall_hides_what_is_behind_it() -> None:
    search = left(two_rooms(), knowing(-1.0, 4.25))
    through_the_door, beside_the_door = shown_m2(search, 3.5, 2.25), shown_m2(search, 3.5, 0.3)
    assert through_the_door > 1.0
    assert beside_the_door < through_the_door / 4.0


def test_what_was_seen_from_afar_only_is_to_be_searched_from_nearer() -> None:
    known = knowing(-1.0, 9.0, away_m=2.0)
    assert left(two_rooms(), known).best is None
    assert left(two_rooms(), known, within_m=1.5).best is not None


def test_the_next_room_is_searched_from_its_door_on() -> None:
    place = left(two_rooms(), knowing(-1.0, 4.25)).best
    assert place is not None
    assert 3.0 < place[0] < 5.5
    assert 1.2 < place[1] < 3.3


def test_of_two_rooms_that_show_as_much_the_nearer_one_is_better() -> None:
    values = np.zeros((80, 240), dtype=np.int8)
    cell_m = LookedOver.CELL_M
    columns = range(round(4.0 / cell_m), round(8.0 / cell_m))
    known = VisitedPlaces(
        looked_over=LookedOver({(x, y): 1.0 for x in columns for y in range(16)})
    )
    for here, side in (((4.5, 2.0), 0.0), ((7.5, 2.0), 12.0)):
        found = search_from(costmap_of(values), here, known, 2.0)
        assert found.best is not None
        assert abs(found.best[0] - side) < 6.0


def test_a_place_leads_on_where_it_is_nearly_as_good_as_the_best() -> None:
    search = left(two_rooms(), knowing(-1.0, 4.25))
    assert search.best is not None
    places = np.array([search.best, (0.5, 3.5), (7.8, 3.8)])
    assert search.leads_on(places).tolist() == [True, False, False]


def test_where_all_is_known_nothing_leads_on() -> None:
    search = left(two_rooms(), knowing(-1.0, 9.0))
    assert search.best is None
    assert not search.leads_on(np.array([HERE, (6.0, 2.0)])).any()


def test_a_narrow_rim_of_what_was_seen_is_not_searched() -> None:
    assert left(two_rooms(), knowing(-1.0, 7.75)).best is None
    assert left(two_rooms(), knowing(-1.0, 7.0)).best is not None


def test_behind_a_wall_without_a_door_nothing_is_to_be_searched() -> None:
    assert left(two_rooms((0.0, 0.0)), knowing(-1.0, 4.25)).best is None


def test_unknown_floor_of_the_costmap_is_not_driven_over() -> None:
    values = np.zeros((80, 160), dtype=np.int8)
    values[:, 78:82] = -1
    assert left(costmap_of(values), knowing(-1.0, 4.25)).best is None


def test_what_lies_beyond_a_fence_is_not_searched() -> None:
    def allowed(places: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray(places[..., 0] < 3.9)

    known = knowing(-1.0, 4.25)
    assert search_from(two_rooms(), HERE, known, allowed=allowed).best is None


def test_where_a_drive_failed_is_not_gone_to_again() -> None:
    first = left(two_rooms(), knowing(-1.0, 4.25)).best
    assert first is not None
    failed = Visit(*first, DrivingReason.NAV_ABORTED)
    second = left(two_rooms(), knowing(-1.0, 4.25, failed)).best
    assert second is not None
    assert math.dist(first, second) > 0.7


def test_a_costmap_that_is_turned_and_moved_is_searched_where_it_lies() -> None:
    turned = Costmap(two_rooms().values, 0.05, FloorPose(10.0, -3.0, math.pi / 2.0), 'map', 0)
    # Its x axis is the map's y axis now.
    cells = {(x, y): 1.0 for x in range(20, 45) for y in range(-16, 5)}
    known = VisitedPlaces(looked_over=LookedOver(cells))
    search = search_from(turned, (9.0, -2.0), known)
    assert search.best is not None
    x_m, y_m = search.best
    assert 6.7 < x_m < 8.8
    assert -0.2 < y_m < 2.5


@pytest.mark.parametrize('slanting', [False, True])
def test_a_wall_of_one_cell_hides_what_is_behind_it(*, slanting: bool) -> None:
    values = np.zeros((80, 160), dtype=np.int8)
    rows = np.arange(80)
    values[rows, 40 + (rows if slanting else 0 * rows)] = 100
    search = left(costmap_of(values), knowing(-9.0, 9.0))
    hidden = replace(search, unseen=np.indices(values.shape)[1] > 42 + rows[:, None] * slanting)
    assert shown_m2(hidden, 1.5, 1.0) == 0.0
    assert shown_m2(hidden, 1.0, 1.4) == 0.0


def test_of_what_no_way_leads_to_the_costmap_tells_nothing() -> None:
    """A small costmap that moves along with the robot: what lies outside may be anything."""
    small = costmap_of(np.zeros((60, 60), dtype=np.int8))
    places = np.array([(1.5, 2.8), (1.5, 4.0)])
    assert left(small, VisitedPlaces()).tells_of(places).tolist() == [True, False]
    # Where nothing is left, nothing is better than anything else.
    assert left(small, knowing(-1.0, 4.0)).tells_of(places).tolist() == [False, False]


def test_it_is_gone_straight_on_where_that_is_wanted() -> None:
    ways = ways_from(two_rooms(), HERE)
    assert ways is not None
    known = knowing(-1.0, 4.25)
    assert floor_to_search(ways, known, WITHIN_M, lambda place: False).best is None
    below = floor_to_search(ways, known, WITHIN_M, lambda place: bool(place[1] < 1.9)).best
    assert below is not None
    assert below[1] < 1.9


@pytest.mark.parametrize(
    ('side', 'resolution_m'), [(2000, 0.05), (300, 0.5), (1000, 1.0), (4000, 0.01)]
)
def test_a_large_or_coarse_costmap_is_searched_in_a_part_of_it(
    side: int, resolution_m: float
) -> None:
    middle_m = side * resolution_m / 2.0
    values = np.zeros((side, side), dtype=np.int8)
    costmap = Costmap(values, resolution_m, FloorPose(0.0, 0.0, 0.0), 'map', 0)
    search = search_from(costmap, (middle_m, middle_m), VisitedPlaces())
    assert search.unseen.size <= 1201**2
    assert search.best is not None
    assert math.dist(search.best, (middle_m, middle_m)) < 3.0


@pytest.mark.parametrize('turned_rad', [0.0, math.pi / 2.0, -3.0])
def test_what_shows_is_told_by_bearing_however_the_costmap_is_turned(turned_rad: float) -> None:
    origin = FloorPose(2.0, 1.0, turned_rad)
    costmap = costmap_of(np.zeros((160, 160), dtype=np.int8), origin)
    middle = transform_places(transform_from_floor_pose(origin), (4.0, 4.0))
    # All that lies to the left of the middle, in the map, is known.
    low, high = np.floor((middle - 9.0) / 0.25).astype(int), np.floor(middle / 0.25).astype(int)
    cells = {(x, y): 1.0 for x in range(low[0], high[0]) for y in range(low[1], low[1] + 72)}
    known = VisitedPlaces(looked_over=LookedOver(cells))
    search = search_from(costmap, (float(middle[0]), float(middle[1])), known)
    by_bearing_m2 = search.shown_by_bearing_m2(middle[None])[0]
    assert by_bearing_m2.sum() == pytest.approx(search.shown_m2(middle[None])[0], rel=1e-3)
    ahead, behind = by_bearing_m2[0], by_bearing_m2[len(by_bearing_m2) // 2]
    assert ahead > 0.1
    assert behind < 0.1 * ahead
