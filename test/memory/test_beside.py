"""Where to stand beside a thing."""

from __future__ import annotations

import math

import numpy as np
from floor_plans import HERE, costmap_of, two_rooms
from numpy.typing import NDArray

from vlm_nav.memory.beside import nearest_beside, nearest_open_to
from vlm_nav.memory.costmap_ways import Allowed, Place, everywhere, ways_from
from vlm_nav.observation.costmap import Costmap

BETWEEN_M = (0.7, 0.9)


def beside(
    costmap: Costmap,
    thing: Place = (6.0, 2.0),
    within_m: float = 20.0,
    allowed: Allowed = everywhere,
) -> Place | None:
    ways = ways_from(costmap, HERE, allowed)
    assert ways is not None
    return nearest_beside(ways, thing, BETWEEN_M, within_m)


def test_beside_a_thing_is_so_far_from_it_and_on_this_side() -> None:
    values = np.zeros((80, 160), dtype=np.int8)
    values[30:50, 110:130] = 100
    found = beside(costmap_of(values))
    assert found is not None
    assert 0.7 <= math.dist(found, (6.0, 2.0)) <= 0.9
    assert found[0] < 6.0


def test_nobody_stands_behind_a_wall_without_a_door_or_where_it_is_not_allowed() -> None:
    assert beside(two_rooms((0.0, 0.0))) is None

    def allowed(places: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray(places[..., 0] < 3.9)

    assert beside(two_rooms(), allowed=allowed) is None


def test_room_around_the_robot_is_wanted() -> None:
    values = np.full((80, 160), 80, dtype=np.int8)
    values[:, :60] = 0
    assert beside(costmap_of(values)) is None


def test_a_way_that_is_too_long_leads_to_nobody() -> None:
    # Behind the wall, and its door is far away.
    costmap, thing = two_rooms((3.2, 3.9)), (5.0, 0.8)
    assert beside(costmap, thing) is not None
    assert beside(costmap, thing, within_m=4.0) is None


def test_a_thing_is_open_to_no_place_behind_a_wall_however_near_that_is() -> None:
    ways = ways_from(two_rooms((3.2, 3.9)), HERE)
    assert ways is not None
    found = nearest_open_to(ways, (5.0, 0.8), (0.9, 2.5))
    assert found is not None
    assert found[0] > 4.1
    # Beside it there is room on this side only: that is beside it, and shows nothing of it.
    ways = ways_from(two_rooms((0.0, 0.0)), HERE)
    assert ways is not None
    assert nearest_beside(ways, (4.9, 0.8), (0.9, 2.5), 20.0) is not None
    assert nearest_open_to(ways, (4.9, 0.8), (0.9, 2.5)) is None


def test_a_thing_is_looked_at_from_the_side_from_which_it_was_seen() -> None:
    ways = ways_from(costmap_of(np.zeros((160, 160), dtype=np.int8)), HERE)
    assert ways is not None
    thing = (4.0, 4.0)
    nearest = nearest_open_to(ways, thing, (0.9, 2.5))
    assert nearest is not None
    assert math.dist(nearest, HERE) < math.dist(thing, HERE)
    beyond = nearest_open_to(ways, thing, (0.9, 2.5), seen_from=(7.0, 4.0))
    assert beyond is not None
    assert beyond[0] > thing[0]
