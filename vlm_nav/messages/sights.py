"""From messages that belong together to frames and costmaps, wherever they came from.

A running robot's topics and a recording differ in how a transform or a calibration is found, not
in what is made of it: both are given as callables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import DrivingReason, ObservationReason, Refusal
from vlm_nav.geometry.arrays import DepthArray, FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.errors import CalibrationError
from vlm_nav.geometry.registration import register_depth
from vlm_nav.messages.camera_info import camera_from_info, require_picture_size
from vlm_nav.messages.costmaps import costmap_from_message
from vlm_nav.messages.errors import ImageError
from vlm_nav.messages.images import depth_from_message, rgb_from_message
from vlm_nav.messages.matched_set import MatchedSet
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.observation.upright import upright


@dataclass(frozen=True)
class SightSettings:
    """Frames, calibrations and ages; a `costmap_maximum_age_s` of 0 takes costmaps of any age."""

    map_frame: str = 'map'
    base_frame: str = 'base_link'
    image_is_rectified: bool = False
    require_costmap: bool = False
    costmap_maximum_age_s: float = 10.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError for frame names that tf2 does not know."""
        for frame in (self.map_frame, self.base_frame):
            if not frame or frame.startswith('/'):
                raise InvalidValueError(f'a frame has a name without leading /, got {frame!r}')


class TransformLookup(Protocol):
    """Finds transforms at stamps."""

    async def __call__(self, to_frame: str, from_frame: str, stamp_ns: int) -> FloatArray:
        """Return `to_from` (4, 4) at the stamp; raise Refusal(NO_TRANSFORM) without one."""
        ...


class DepthInfoLookup(Protocol):
    """Finds the calibration of depth that lies in an optical frame of its own."""

    async def __call__(self, frame_id: str) -> Any:
        """Return the camera_info; raise Refusal(BAD_CALIBRATION) where there is none."""
        ...


async def frame_from(
    found: MatchedSet,
    settings: SightSettings,
    transform: TransformLookup,
    depth_info: DepthInfoLookup,
    camera_name: str = 'front',
) -> RgbdFrame:
    """Return the frame that a camera's messages show, placed at the stamp of its picture.

    The picture of a camera that hangs in portrait or upside down is turned to stand upright.
    Raises Refusal with an observation's reason where they show none.
    """
    try:
        frame = await _frame_from(found, settings, transform, depth_info)
    except ImageError as error:
        raise Refusal(error.reason, str(error)) from error
    except CalibrationError as error:
        raise Refusal(ObservationReason.BAD_CALIBRATION, str(error)) from error
    identifier = f'{camera_name}/{frame.stamp_ns}'
    named = replace(frame, camera_name=camera_name, identifier=identifier)
    return await in_own_thread(upright, named)


async def costmap_views(
    messages: Mapping[str, Any],
    topics: Sequence[str],
    stamp_ns: int,
    settings: SightSettings,
    transform: TransformLookup,
) -> tuple[CostmapView, ...]:
    """Return the costmaps, named by their topics, placed at a picture's stamp.

    `topics` are those that any may come on. Raises Refusal with NO_VALID_COSTMAP where one is
    unreadable or too old, and where one is required and none has come.
    """
    if settings.require_costmap and not messages:
        wanted = ', '.join(topics) or 'no topic'
        raise Refusal(
            DrivingReason.NO_VALID_COSTMAP, f'a costmap is required, none came on {wanted}'
        )
    views = []
    for topic, message in messages.items():
        costmap = _valid_costmap(topic, message, stamp_ns, settings.costmap_maximum_age_s)
        base_frame = settings.base_frame
        views.append(CostmapView(costmap, await transform(costmap.frame_id, base_frame, stamp_ns)))
    return tuple(views)


async def _frame_from(
    found: MatchedSet,
    settings: SightSettings,
    transform: TransformLookup,
    depth_info: DepthInfoLookup,
) -> RgbdFrame:
    # Decoding and registering a large picture takes long: the loop goes on meanwhile.
    rgb = await in_own_thread(rgb_from_message, found.colour)
    camera = camera_from_info(found.colour_info, rectified=settings.image_is_rectified)
    require_picture_size(camera, rgb.shape[1], rgb.shape[0])
    depth_m = None
    if found.depth is not None:
        depth_m = await _registered_depth(found, camera, settings, transform, depth_info)
    frame_id, stamp_ns = found.colour.header.frame_id, found.stamp_ns
    return RgbdFrame(
        rgb=rgb,
        depth_m=depth_m,
        camera=camera,
        base_from_camera=await transform(settings.base_frame, frame_id, stamp_ns),
        map_from_base=await transform(settings.map_frame, settings.base_frame, stamp_ns),
        map_frame=settings.map_frame,
        stamp_ns=stamp_ns,
        camera_frame=frame_id,
    )


async def _registered_depth(
    found: MatchedSet,
    camera: PinholeCamera,
    settings: SightSettings,
    transform: TransformLookup,
    depth_info: DepthInfoLookup,
) -> DepthArray:
    """Return the depth registered to the colour picture."""
    depth_m = await in_own_thread(depth_from_message, found.depth)
    colour_frame = found.colour.header.frame_id
    depth_frame = found.depth.header.frame_id
    if depth_frame == colour_frame and depth_m.shape == (camera.height_px, camera.width_px):
        return depth_m
    info = await depth_info(depth_frame)
    depth_camera = camera_from_info(info, rectified=settings.image_is_rectified)
    require_picture_size(depth_camera, depth_m.shape[1], depth_m.shape[0])
    color_from_depth = await transform(colour_frame, depth_frame, found.stamp_ns)
    return await in_own_thread(register_depth, depth_m, depth_camera, camera, color_from_depth)


def _valid_costmap(topic: str, message: Any, stamp_ns: int, maximum_age_s: float) -> Costmap:
    try:
        costmap = costmap_from_message(message)
    except InvalidValueError as error:
        raise Refusal(DrivingReason.NO_VALID_COSTMAP, f'{topic}: {error}') from error
    age_s = (stamp_ns - costmap.stamp_ns) / NS_IN_S
    if maximum_age_s and abs(age_s) > maximum_age_s:
        raise Refusal(
            DrivingReason.NO_VALID_COSTMAP,
            f'{topic} is {age_s:.1f} s older than the picture, allowed are {maximum_age_s:g} s',
        )
    return costmap
