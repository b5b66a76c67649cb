"""A robot with several cameras in the room that the package draws."""

from __future__ import annotations

import functools
import math

from vlm_nav.core.candidate import Pixel
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.ground import FLOOR, intersect
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.placing import seen_from
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.drawn.drawn_room import base_from_mounted_camera, furnished_room

CAMERA = PinholeCamera(320, 240, 230.0, 230.0, 159.5, 119.5)
# The red chair is to the left of the robot, and nothing is near.
POSE = FloorPose(1.4, 0.6, math.radians(-133.0))
HEADINGS_DEG = {'front': 0.0, 'left': 90.0, 'right': -90.0, 'back': 180.0}
# Floor before the chair, in the picture of the left camera.
BEFORE_THE_CHAIR = Pixel(120.0, 195.0)


@functools.lru_cache(maxsize=16)
def room_frame(name: str, pose: FloorPose = POSE, stamp_ns: int = 7) -> RgbdFrame:
    """Return what a camera of the robot sees from a pose of the base."""
    base_from_camera = base_from_mounted_camera(left_rad=math.radians(HEADINGS_DEG[name]))
    map_from_base = transform_from_floor_pose(pose)
    rgb, depth_m = furnished_room().render(CAMERA, map_from_base @ base_from_camera)
    return RgbdFrame(
        rgb, depth_m, CAMERA, base_from_camera, map_from_base, 'map', stamp_ns,
        identifier=f'{name}/{stamp_ns}', camera_frame=f'{name}_optical', camera_name=name,
    )  # fmt: skip


def room_sight(*names: str, pose: FloorPose = POSE) -> Sight:
    """Return what the cameras of these names see at one moment."""
    first, *others = (room_frame(name, pose) for name in names)
    return Sight(first, further=tuple(seen_from(other, first) for other in others))


def floor_in_map(frame: RgbdFrame, pixel: Pixel) -> tuple[float, float]:
    """Return where a pixel of a frame meets the floor, in the map."""
    map_from_camera = frame.map_from_base @ frame.base_from_camera
    ray = frame.camera.rays((pixel.u_px, pixel.v_px)) @ map_from_camera[:3, :3].T
    x_m, y_m, _ = intersect(FLOOR, map_from_camera[:3, 3], ray)
    return float(x_m), float(y_m)
