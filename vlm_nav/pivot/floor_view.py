"""The floor around the base as one camera shows it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, transform_points, wrap_angle
from vlm_nav.observation.headings import heading_in_base_rad
from vlm_nav.observation.rgbd_frame import RgbdFrame


@dataclass(frozen=True, eq=False)
class FloorView:
    """Where places (x, y) on the floor of the base frame show in the picture of a frame."""

    frame: RgbdFrame

    @functools.cached_property
    def picture(self) -> MarkedPicture:
        """Return the clean picture, who took it and where it looks."""
        frame = self.frame
        heading_rad = heading_in_base_rad(frame)
        return MarkedPicture(
            frame.identifier, frame.rgb, camera=frame.camera_name, heading_rad=heading_rad
        )

    @property
    def arrow_tail(self) -> Pixel:
        """Return the bottom centre of the picture (paper, section 4.1)."""
        camera = self.frame.camera
        return Pixel((camera.width_px - 1) / 2.0, camera.height_px - 1.0)

    def anchors(self, places: FloatArray) -> FloatArray:
        """Return where places (n, 2) show (n, 2), NaN where nowhere."""
        on_floor = np.column_stack([places, np.zeros(len(places))])
        return self.frame.camera.project(transform_points(self._camera_from_base, on_floor))

    def eccentricities(self, anchors: FloatArray) -> FloatArray:
        """Return how far from the centre (0) to the border (1) anchors (n, 2) lie, inf for NaN."""
        centre = np.array((self.frame.camera.width_px - 1, self.frame.camera.height_px - 1)) / 2.0
        away = (np.abs(anchors - centre) / centre).max(axis=-1)
        return np.where(np.isnan(away), np.inf, away)

    def sample(
        self, nearest_m: float, farthest_m: float, count: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return places (count, 2), range and bearing even over the view."""
        low_rad, high_rad = self._bearings
        range_m = rng.uniform(nearest_m, farthest_m, size=count)
        bearing_rad = rng.uniform(low_rad, high_rad, size=count)
        return np.column_stack([range_m * np.cos(bearing_rad), range_m * np.sin(bearing_rad)])

    def shows(self, anchors: FloatArray) -> NDArray[np.bool_]:
        """Return which anchors (n, 2) lie in the picture."""
        return self.frame.camera.contains(anchors)

    @functools.cached_property
    def _camera_from_base(self) -> FloatArray:
        return inverse(self.frame.base_from_camera)

    @functools.cached_property
    def _bearings(self) -> tuple[float, float]:
        """Return the least and the greatest bearing that the picture may show."""
        camera = self.frame.camera
        right_px, bottom_px = camera.width_px - 1.0, camera.height_px - 1.0
        middle = (camera.cx_px, camera.cy_px)
        borders = [
            (0.0, middle[1]),
            (right_px, middle[1]),
            (middle[0], 0.0),
            (middle[0], bottom_px),
        ]
        rays = camera.rays([middle, *borders]) @ self.frame.base_from_camera[:3, :3].T
        bearings = np.arctan2(rays[:, 1], rays[:, 0])
        # However the camera hangs, its border is told from its middle.
        known = bearings[1:][np.isfinite(bearings[1:])]
        aside = [wrap_angle(float(bearing - bearings[0])) for bearing in known]
        low_rad, high_rad = min(aside), max(aside)
        # A steep camera shows more to the sides near the base than on the horizon.
        spread = 0.25 * (high_rad - low_rad)
        return float(bearings[0]) + low_rad - spread, float(bearings[0]) + high_rad + spread
