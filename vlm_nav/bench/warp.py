"""How near warped views come to what truly shows there, in the simulator's houses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.bench.likeness import psnr_db, ssim_map
from vlm_nav.bench.timing import Timing, one_core, time_of
from vlm_nav.bench.warp_errands import Errand, errands
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray, RgbArray
from vlm_nav.geometry.poses import (
    FloorPose,
    floor_pose_of,
    inverse,
    transform_points,
)
from vlm_nav.imagination.warped_views import WarpSettings, base_from_viewpoint_camera, warped_view
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.placing import seen_from
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.house.house_planning import plan_house, templates
from vlm_nav.sim.ports import frame_of
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings

_POSES_IN_A_HOUSE = 40
# The share of a depth by which two measurements of one point differ at most.
_AGREES = 0.05
_ALL_WITHIN = WarpSettings(least_known=0.0)
_SIDE_RAD = math.radians(40.0)

_Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class PoseFigures:
    """What came of one pose; likeness in dB or 0 to 1, shares of pixels 0 to 1.

    `coverage` is how much is known of what the source truly shows of the view; the baselines are
    measured on the pixels that the warp knows.
    """

    distance_m: float
    coverage: float
    known: float
    psnr_known_db: float
    ssim_known: float
    psnr_all_db: float
    ssim_all: float
    nearest_db: float
    homography_db: float


@dataclass(frozen=True)
class WarpBench:
    """The figures of all poses, and how long a view of one frame and of three takes."""

    figures: tuple[PoseFigures, ...]
    absent: int
    one_view: Timing
    three_views: Timing

    def as_json(self) -> dict[str, Any]:
        """Return means over poses and medians of times, by names that stay the same."""
        return {
            'poses': len(self.figures),
            'absent': self.absent,
            'coverage_of_visible': self._mean('coverage'),
            'known': self._mean('known'),
            'psnr_known_1m_db': self._mean('psnr_known_db', 1.0),
            'psnr_known_2m_db': self._mean('psnr_known_db', 2.0),
            'ssim_known_1m': self._mean('ssim_known', 1.0),
            'nearest_view_psnr_1m_db': self._mean('nearest_db', 1.0),
            'homography_psnr_1m_db': self._mean('homography_db', 1.0),
            'psnr_known_db': self._mean('psnr_known_db'),
            'ssim_known': self._mean('ssim_known'),
            'psnr_all_db': self._mean('psnr_all_db'),
            'ssim_all': self._mean('ssim_all'),
            'one_view_ms': round(self.one_view.median_ms, 2),
            'three_views_ms': round(self.three_views.median_ms, 2),
            'one_view_processor_ms': round(self.one_view.processor_ms, 2),
            'three_views_processor_ms': round(self.three_views.processor_ms, 2),
        }

    def _mean(self, name: str, distance_m: float | None = None) -> float | None:
        values = [
            getattr(one, name) for one in self.figures if distance_m in (None, one.distance_m)
        ]
        return round(float(np.mean(values)), 4) if values else None


def bench_warp(
    poses: int = 200, seed: int = 0, calls: int = 30, settings: SimulatorSettings | None = None
) -> WarpBench:
    """Measure views of so many poses; raises RenderingError where no house can be drawn."""
    settings = settings or SimulatorSettings()
    figures: list[PoseFigures | None] = []
    times: tuple[Timing, Timing] | None = None
    known = templates()
    for house in range(math.ceil(poses / _POSES_IN_A_HOUSE)):
        plan = plan_house(known[house % len(known)], seed + house)
        simulator = Simulator(plan, settings, FloorPose(0.0, 0.0, 0.0))
        count = min(_POSES_IN_A_HOUSE, poses - house * _POSES_IN_A_HOUSE)
        random = np.random.default_rng((seed, house))
        try:
            for errand in errands(simulator, house_costmap(plan), count, random):
                figures.append(_figures_of(errand))
                times = times or _times(simulator, errand, calls)
        finally:
            simulator.close()
    if times is None:
        raise InvalidValueError('no house of this seed has free floor to measure on')
    present = tuple(one for one in figures if one is not None)
    return WarpBench(present, len(figures) - len(present), *times)


def _figures_of(errand: Errand) -> PoseFigures | None:
    view = warped_view([errand.frame], errand.viewpoint, _ALL_WITHIN)
    if not (isinstance(view, ImaginedView) and view.known.any()):
        return None
    return _figures(errand, view)


def _figures(errand: Errand, view: ImaginedView) -> PoseFigures:
    truth, known = errand.true_rgb, view.known
    visible = _visible(errand)
    covered = float(known[visible].mean()) if visible.any() else 1.0
    everything = np.ones_like(known)
    likeness = ssim_map(view.rgb, truth)
    return PoseFigures(
        errand.distance_m,
        covered,
        float(known.mean()),
        psnr_db(view.rgb, truth, known),
        float(likeness[known].mean()),
        psnr_db(view.rgb, truth, everything),
        float(likeness.mean()),
        psnr_db(errand.frame.rgb, truth, known),
        max(psnr_db(one, truth, known) for one in _by_homographies(errand)),
    )


def _source_from_view(errand: Errand) -> FloatArray:
    base_from_view = base_from_viewpoint_camera(errand.viewpoint.pose, errand.frame)
    return inverse(errand.frame.base_from_camera) @ base_from_view


def _visible(errand: Errand) -> _Mask:
    """Return which pixels (H, W) of the view the source shows: by depth and poses alone."""
    camera, depth_m = errand.frame.camera, errand.frame.depth_m
    assert depth_m is not None
    points = camera.pixel_rays() * errand.true_depth_m[..., None]
    points_source = transform_points(_source_from_view(errand), points)
    pixels = camera.project(points_source)
    visible = camera.contains(pixels)
    columns, rows = np.rint(pixels[visible]).astype(int).T
    away_m = points_source[visible][:, 2]
    visible[visible] = np.abs(depth_m[rows, columns] - away_m) < _AGREES * away_m
    return visible


def _by_homographies(errand: Errand) -> Iterator[RgbArray]:
    """Yield the source's picture as if all of it were infinitely far, and as if it were floor."""
    camera, source_from_view = errand.frame.camera, _source_from_view(errand)
    matrix = np.array(
        ((camera.fx_px, 0.0, camera.cx_px), (0.0, camera.fy_px, camera.cy_px), (0.0, 0.0, 1.0))
    )
    base_from_view = errand.frame.base_from_camera @ source_from_view
    # Of a point on the floor, up and the camera's height tell the depth.
    up, height_m = base_from_view[2, :3], base_from_view[2, 3]
    onto_floor = -np.outer(source_from_view[:3, 3], up) / height_m
    for further in (np.zeros((3, 3)), onto_floor):
        source_px_from_view_px = (
            matrix @ (source_from_view[:3, :3] + further) @ np.linalg.inv(matrix)
        )
        yield np.asarray(
            cv2.warpPerspective(
                errand.frame.rgb,
                source_px_from_view_px,
                (camera.width_px, camera.height_px),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            dtype=np.uint8,
        )


def _times(simulator: Simulator, errand: Errand, calls: int) -> tuple[Timing, Timing]:
    """Return how long a view takes of one frame, and of that and two to its sides."""
    here = floor_pose_of(errand.frame.map_from_base)
    frames = [errand.frame]
    for side_rad in (-_SIDE_RAD, _SIDE_RAD):
        simulator.place(FloorPose(here.x_m, here.y_m, here.yaw_rad + side_rad))
        frames.append(seen_from(frame_of(simulator.look()), errand.frame))
    with one_core():
        one = time_of(lambda: warped_view(frames[:1], errand.viewpoint, _ALL_WITHIN), calls=calls)
        three = time_of(lambda: warped_view(frames, errand.viewpoint, _ALL_WITHIN), calls=calls)
    return one, three
