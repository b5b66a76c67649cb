"""From a pixel, a box or a mask to a point with its surface and its object, or why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import HandReason, ObservationReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.cells import cells_around, without_specks
from vlm_nav.manipulation.lift_points import LiftedPoints, LiftSettings, lift_points
from vlm_nav.manipulation.lifted import (
    Extent,
    Lifted,
    LiftSource,
    PixelBox,
    Refused,
    UprightBox,
)
from vlm_nav.manipulation.masks import fitted_to_depth, mask_of, middle_of, without_holes
from vlm_nav.manipulation.outliers import ends
from vlm_nav.manipulation.segmenting import segment
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base

Target: TypeAlias = Pixel | PixelBox | NDArray[np.bool_]
OnRobot: TypeAlias = Callable[[FloatArray], NDArray[np.bool_]]
"""Tells of points (n, 3) of the base frame which are on the robot itself."""

_NS_IN_S = 1e9
_BOX_POINTS = 400
# Most things are found in a part of the window that the largest needs.
_WINDOW_SHARES = (0.45, 1.0)
_BOX_YAWS_RAD = np.arange(0.0, np.pi / 2, np.radians(5.0))
_BOX_WAYS = np.block(
    [
        [np.cos(_BOX_YAWS_RAD), -np.sin(_BOX_YAWS_RAD)],
        [np.sin(_BOX_YAWS_RAD), np.cos(_BOX_YAWS_RAD)],
    ]
)
_SPECK_SHARE = 0.05
_LEAST_POINTS = 10


def lift(
    frame: RgbdFrame,
    target: Target,
    settings: LiftSettings = LiftSettings(),
    *,
    now_ns: int | None = None,
    on_robot: OnRobot | None = None,
) -> Lifted | Refused:
    """Return what `target` shows, in the base frame at the picture's stamp.

    A box or mask (H, W) says how far the object goes; of a pixel that is found out. `now_ns` is
    ROS time, where the age of the picture is to be checked.
    """
    age_s = 0.0 if now_ns is None else (now_ns - frame.stamp_ns) / _NS_IN_S
    if age_s > settings.maximum_age_s:
        return Refused(
            HandReason.TRANSFORM_TOO_OLD,
            f'the pose at the stamp of the picture is {age_s:.1f} s old, allowed are '
            f'{settings.maximum_age_s:g} s',
        )
    mask = None if isinstance(target, Pixel) else mask_of(frame, target)
    pixel = target if isinstance(target, Pixel) else middle_of(frame, mask)
    if pixel is None:
        return Refused(HandReason.NO_SURFACE, 'no pixel of the box or mask has depth')
    found = lift_points(frame, [(pixel.u_px, pixel.v_px)], settings)
    reason = found.reason[0]
    if reason is not None:
        return Refused(reason, _detail(frame, pixel, reason, settings))
    if on_robot is not None and bool(on_robot(found.points_base)[0]):
        return Refused(HandReason.ON_ROBOT, f'{_named(pixel)} shows the robot itself')
    if mask is not None and not isinstance(target, PixelBox) and frame.depth_m is not None:
        mask = fitted_to_depth(mask, frame.depth_m)
    extent = _extent(frame, pixel, found, mask, settings)
    if isinstance(extent, HandReason):
        return Refused(
            extent, f'a colour edge beside {_named(pixel)} is all that parts the things'
        )
    return _lifted(frame, pixel, found, extent)


def upright_box(points: FloatArray) -> UprightBox:
    """Return the smallest upright box around points (n, 3), but for a few outliers."""
    points = points[:: max(1, len(points) // _BOX_POINTS)]
    low, high = ends(points[:, 2])
    least, most = ends(points[:, :2] @ _BOX_WAYS)
    sizes = np.reshape(most - least, (2, -1))
    best = int(sizes.prod(axis=0).argmin())
    yaw_rad, size = float(_BOX_YAWS_RAD[best]), sizes[:, best]
    axes = np.array(((np.cos(yaw_rad), np.sin(yaw_rad)), (-np.sin(yaw_rad), np.cos(yaw_rad))))
    centre = np.reshape((least + most) / 2.0, (2, -1))[:, best] @ axes
    if size[1] > size[0]:
        size, yaw_rad = size[::-1], yaw_rad - np.pi / 2
    return UprightBox(
        np.array((centre[0], centre[1], (low + high) / 2.0)),
        (float(size[0]), float(size[1]), float(high - low)),
        float(yaw_rad),
    )


def _lifted(frame: RgbdFrame, pixel: Pixel, found: LiftedPoints, extent: Extent) -> Lifted:
    point = found.points_base[0]
    view = point - frame.base_from_camera[:3, 3]
    return Lifted(
        pixel=pixel,
        point_base=point,
        normal_base=found.normals_base[0],
        view_base=view / np.linalg.norm(view),
        sigma_m=float(found.sigma_m[0]),
        source=found.source[0],
        extent=extent,
        stamp_ns=frame.stamp_ns,
    )


def _extent(
    frame: RgbdFrame,
    pixel: Pixel,
    found: LiftedPoints,
    mask: NDArray[np.bool_] | None,
    settings: LiftSettings,
) -> Extent | HandReason:
    point = found.points_base[0]
    shape = frame.rgb.shape[:2]
    if frame.depth_m is None or found.source[0] is LiftSource.PLANE:
        alone = np.zeros(shape, dtype=np.bool_)
        alone[round(pixel.v_px), round(pixel.u_px)] = True
        return Extent(point[None], alone, upright_box(point[None]), False)
    if mask is not None:
        # What is a small part of a thing and far from the rest of it is none.
        speck_px = round(_SPECK_SHARE * int(mask.sum()))
        alone_m = without_specks(np.where(mask, frame.depth_m, np.float32(np.nan)), speck_px)
        closed = replace(frame, depth_m=without_holes(alone_m, mask))
        points = points_base(closed)[mask].astype(np.float64)
        points = points[np.isfinite(points).all(axis=1)]
        return _extent_of(_near(points, point, 2.0 * settings.largest_m), point, mask)
    camera = frame.base_from_camera[:3, 3]
    distance_m = float(np.linalg.norm(point - camera))
    for share in _WINDOW_SHARES:
        cells = cells_around(frame, pixel, distance_m, settings.largest_m, share)
        chosen = segment(cells, camera, distance_m, point)
        part = chosen if not isinstance(chosen, HandReason) else np.ones_like(cells.known)
        if not cells.reach_out(part, (shape[0], shape[1])):
            break
    if isinstance(chosen, HandReason):
        return chosen
    points = cells.points_base[chosen].astype(np.float64)
    return _extent_of(points, point, cells.whole_mask(chosen, (shape[0], shape[1])))


def _extent_of(points: FloatArray, point: FloatArray, mask: NDArray[np.bool_]) -> Extent:
    if len(points) < _LEAST_POINTS:
        points = np.vstack([points, point])
    cut = bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
    return Extent(points, mask, upright_box(points), cut)


def _near(points: FloatArray, point: FloatArray, reach_m: float) -> FloatArray:
    near: FloatArray = points[np.linalg.norm(points - point, axis=1) < reach_m]
    return near


def _named(pixel: Pixel) -> str:
    return f'pixel ({pixel.u_px:.0f}, {pixel.v_px:.0f})'


def _detail(
    frame: RgbdFrame,
    pixel: Pixel,
    reason: HandReason | ObservationReason,
    settings: LiftSettings,
) -> str:
    if reason is ObservationReason.PIXEL_OUTSIDE_IMAGE:
        size = f'{frame.camera.width_px} x {frame.camera.height_px}'
        return f'{_named(pixel)} was asked for, the picture has {size}'
    if reason is HandReason.BEYOND_RANGE:
        return (
            f'{_named(pixel)} is not between {settings.nearest_m:g} and {settings.farthest_m:g} m'
        )
    words = {
        HandReason.NO_SURFACE: 'nothing is measured all around it on one surface',
        HandReason.MIXED_SURFACE: 'the depth around it lies on several surfaces',
        ObservationReason.NO_DEPTH: 'the frame has no depth',
    }
    return f'{_named(pixel)}: {words[reason]}'
