"""A costmap with what else is known to stand there, and the ways that are left in it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.poses import inverse, transform_places, transform_points
from vlm_nav.memory.costmap_ways import (
    Allowed,
    CostmapWays,
    Place,
    cell_centres,
    cells_of,
    part_around,
    ways_from,
)
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import INSCRIBED, Costmap, may_stand
from vlm_nav.observation.floor_grid import Cell, FreeSpaceSettings
from vlm_nav.observation.floor_grid import cell_centres as grid_centres


def map_costmap(sight: Sight) -> Costmap | None:
    """Return the largest costmap that is given in the frame of the map, None without any."""
    frame_id = sight.frame.map_frame
    costmaps = [view.costmap for view in sight.costmaps if view.costmap.frame_id == frame_id]
    return max(costmaps, key=lambda costmap: costmap.values.size, default=None)


def ways_in_map(
    sight: Sight, here: Place, settings: FreeSpaceSettings, allowed: Allowed
) -> CostmapWays | None:
    """Return the ways from a place of the map over what is free and allowed.

    None without a costmap that is given in the frame of the map and knows that place.
    """
    costmap = map_costmap(sight)
    # What is far away is not looked at: a map may be as large as it likes.
    near = None if costmap is None else part_around(costmap, here)
    if near is None:
        return None
    return ways_from(with_what_is_seen(near, sight, settings), here, allowed)


def with_what_is_seen(costmap: Costmap, sight: Sight, settings: FreeSpaceSettings) -> Costmap:
    """Return the costmap of the map without room where the depth or another costmap sees none.

    It may be a part of `map_costmap(sight)`. No place is chosen in it at which the guard of a
    decision would let nobody stand.
    """
    values = costmap.values.copy()
    values[_seen_standing(costmap, sight, settings)] = INSCRIBED
    own = map_costmap(sight)
    others = [view for view in sight.costmaps if view.costmap is not own]
    if others:
        in_base = transform_places(inverse(sight.frame.map_from_base), cell_centres(costmap))
        for view in others:
            blocked = view.values_at_base(in_base) >= INSCRIBED
            values[blocked & may_stand(values)] = INSCRIBED
    return replace(costmap, values=values)


def _seen_standing(
    costmap: Costmap, sight: Sight, settings: FreeSpaceSettings
) -> NDArray[np.bool_]:
    """Return the cells (rows, columns) on which the robot would touch what the depth shows."""
    seen = np.zeros(costmap.values.shape, dtype=np.uint8)
    space = sight.free_space(settings)
    if space is None:
        return seen > 0
    standing = grid_centres(space.settings)[space.cells == Cell.OCCUPIED]
    places = transform_points(sight.frame.map_from_base, standing)[..., :2]
    rows, columns = cells_of(costmap, places[costmap.contains(places)])
    seen[rows, columns] = 1
    size = 2 * round(settings.robot_radius_m / costmap.resolution_m) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    around = np.asarray(cv2.dilate(seen, disc)) > 0
    return around & may_stand(costmap.values)
