"""What a simulated picture truly shows of things, and where its marks stand on the floor."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from vlm_nav.drawing.marks import Mark
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.ground import FLOOR, intersect
from vlm_nav.geometry.poses import transform_points
from vlm_nav.sim.view import NOTHING, SimulatedView

SEEN_FROM_PX = 150
"""How many pixels of a thing a picture must show, for it to be seen in it."""

# As many points of a thing tell how near it is, to the centimetre.
_MOST_POINTS = 2000
# Of a thing that is just seen some nine pixels are left so far apart.
_STEP_PX = 4


@dataclass(frozen=True, eq=False)
class SeenThings:
    """The things of some indices in one view; `pixels` (n, 2) are (u, v) of those seen."""

    view: SimulatedView
    indices: tuple[int, ...]

    @functools.cached_property
    def pixels(self) -> FloatArray:
        """Return the pixels (n, 2) of every thing that is seen, evenly thinned out."""
        shown = self.view.things
        seen = [index for index in self.indices if self._count(shown, index) >= SEEN_FROM_PX]
        rows, columns = np.nonzero(np.isin(shown, seen))
        step = max(1, len(rows) // _MOST_POINTS)
        return np.column_stack([columns[::step], rows[::step]]).astype(np.float64)

    @functools.cached_property
    def places(self) -> FloatArray:
        """Return where the seen pixels' points stand on the floor of the map, (n, 2) metres."""
        places = _below(self.pixels, self.view)
        return places[np.isfinite(places).all(axis=1)]

    @staticmethod
    def _count(shown: NDArray[np.int32], index: int) -> int:
        return int(np.count_nonzero(shown == index))


def standing(view: SimulatedView) -> tuple[NDArray[np.int32], FloatArray]:
    """Return of points of all things that are seen which thing each is of (n,), and where (n, 2).

    Where they stand on the floor of the map, in metres; evenly thinned out.
    """
    counts = np.bincount(view.things[view.things != NOTHING])
    sample = view.things[::_STEP_PX, ::_STEP_PX]
    rows, columns = np.nonzero(np.isin(sample, np.flatnonzero(counts >= SEEN_FROM_PX)))
    pixels = np.column_stack([columns, rows]).astype(np.float64) * _STEP_PX
    places = _below(pixels, view)
    known = np.isfinite(places).all(axis=1)
    return sample[rows, columns][known], places[known]


def _below(pixels: FloatArray, view: SimulatedView) -> FloatArray:
    """Return where on the floor of the map what pixels (n, 2) show stands (n, 2), NaN unknown."""
    columns, rows = pixels.astype(np.int64).T
    depth_m = view.true_depth_m[rows, columns].astype(np.float64)
    points = view.camera.rays(pixels) * depth_m[:, None]
    places: FloatArray = transform_points(view.map_from_base @ view.base_from_camera, points)
    return places[:, :2]


def places_of(marks: Sequence[Mark], view: SimulatedView) -> FloatArray:
    """Return where marks of a view stand on the floor of the map (n, 2), NaN above the horizon."""
    anchors = np.array([(mark.anchor.u_px, mark.anchor.v_px) for mark in marks]).reshape(-1, 2)
    map_from_camera = view.map_from_base @ view.base_from_camera
    rays = view.camera.rays(anchors) @ map_from_camera[:3, :3].T
    return np.asarray(intersect(FLOOR, map_from_camera[:3, 3], rays)[:, :2])


def base_place(view: SimulatedView) -> FloatArray:
    """Return where the robot truly stood in the map (2,), in metres."""
    place: FloatArray = view.map_from_base[:2, 3]
    return place


def nearest_m(places: FloatArray, others: FloatArray) -> FloatArray:
    """Return for each of `places` (n, 2) how far the nearest of `others` (m, 2) is, in metres."""
    if not len(others):
        return np.full(len(places), np.inf)
    # Not each with each: whoever asks may name very many.
    nearest: FloatArray = cKDTree(others).query(places)[0]
    return nearest
