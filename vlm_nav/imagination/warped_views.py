"""Views from elsewhere, warped from what is seen now: implements ViewSynthesis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import ImaginingReason, ObservationReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.imagination.fusing import fused
from vlm_nav.imagination.sources import sources_of
from vlm_nav.imagination.view_synthesis import ReasonedAbsence, unfit
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.observation.headings import heading_in_base_rad
from vlm_nav.observation.imagined_view import LONGEST_SIDE_PX, ImaginedView, Provenance
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.observation.shrinking import shrunk_frame

# Nearer than this, and turned less, a pose is the same.
_SAME = 1e-6


@dataclass(frozen=True)
class WarpSettings:
    """How many frames one view is made of, and how much of it must have been seen."""

    most_sources: int = 3
    least_known: float = 0.1


def base_from_viewpoint_camera(pose: FloorPose, frame: RgbdFrame) -> FloatArray:
    """Return where a frame's camera is (4, 4) once the robot stands there and it looks along yaw.

    The camera keeps its height and its tilt; the pose in which the frame was taken gives back
    the frame's own `base_from_camera`.
    """
    ahead = transform_from_floor_pose(FloorPose(0.0, 0.0, -heading_in_base_rad(frame)))
    return transform_from_floor_pose(pose) @ ahead @ frame.base_from_camera


@dataclass(frozen=True)
class WarpedViews:
    """Warps the depth and the colours of what is seen now; needs no network and no weights."""

    settings: WarpSettings = WarpSettings()

    async def imagine(
        self, frames: Sequence[RgbdFrame], viewpoints: Sequence[Viewpoint], deadline: Deadline
    ) -> list[ImaginedView | ReasonedAbsence]:
        """Return a picture for each viewpoint, in order, or why there is none.

        What is warped, and what comes of it, is at most LONGEST_SIDE_PX on its longer side; the
        picture of a frame that was taken from there stays as it is.
        """
        small = await in_own_thread(_shrunk, frames)
        views: list[ImaginedView | ReasonedAbsence] = []
        for viewpoint in viewpoints:
            if deadline.expired():
                late = ReasonedAbsence(ImaginingReason.VIEW_LATE, 'no time was left to warp it')
                views.append(late)
                continue
            # What is not warped need not be small either.
            view: ImaginedView | ReasonedAbsence | None = taken_from(frames, viewpoint)
            if view is None:
                view = await in_own_thread(warped_view, small, viewpoint, self.settings)
            views.append(view)
        return views


def _shrunk(frames: Sequence[RgbdFrame]) -> list[RgbdFrame]:
    return [shrunk_frame(frame, LONGEST_SIDE_PX) for frame in frames]


def warped_view(
    frames: Sequence[RgbdFrame], viewpoint: Viewpoint, settings: WarpSettings = WarpSettings()
) -> ImaginedView | ReasonedAbsence:
    """Return what frames, all placed in one base frame, show from a viewpoint, or why not.

    The pose of a frame gives back its picture. What nobody saw is filled, and not `known`.
    """
    given = unfit(frames, viewpoint) or taken_from(frames, viewpoint)
    if given is not None:
        return given
    pose, like = viewpoint.pose, frames[viewpoint.view]
    base_from_camera = base_from_viewpoint_camera(pose, like)
    if all(frame.depth_m is None for frame in frames):
        return ReasonedAbsence(ObservationReason.NO_DEPTH, 'a warp needs depth, no frame has any')
    camera = replace(like.camera, distortion=())
    sources = sources_of(frames, camera, base_from_camera, settings.most_sources)
    share = 0.0
    if sources:
        view = fused(sources, camera, base_from_camera, pose, _name(like, pose))
        share = float(view.known.mean())
        if share >= settings.least_known:
            return view
    detail = f'{100 * settings.least_known:g} % seen were wanted, got {100 * share:.1f} %'
    return ReasonedAbsence(ImaginingReason.VIEW_EMPTY, detail)


def taken_from(frames: Sequence[RgbdFrame], viewpoint: Viewpoint) -> ImaginedView | None:
    """Return the picture of the frame that was taken from a viewpoint, None where none was.

    It is the camera of the viewpoint's own frame that would stand there.
    """
    if unfit(frames, viewpoint) is not None:
        return None
    like = frames[viewpoint.view]
    base_from_camera = base_from_viewpoint_camera(viewpoint.pose, like)
    for frame in (like, *frames):
        moved = np.abs(base_from_camera - frame.base_from_camera).max()
        if moved <= _SAME and frame.camera == like.camera:
            return _as_taken(frame, viewpoint.pose)
    return None


def _as_taken(frame: RgbdFrame, pose: FloorPose) -> ImaginedView:
    shape = frame.rgb.shape[:2]
    provenance = Provenance(
        (frame.identifier,),
        np.zeros(shape, dtype=np.int16),
        np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape),
        (shape[1],),
    )
    known = np.ones(shape, dtype=np.bool_)
    return ImaginedView(_name(frame, pose), frame.rgb, known, frame.depth_m, pose, provenance)


def _name(frame: RgbdFrame, pose: FloorPose) -> str:
    degrees = math.degrees(pose.yaw_rad)
    return f'{frame.identifier}@{pose.x_m:.2f},{pose.y_m:.2f},{degrees:.0f}'
