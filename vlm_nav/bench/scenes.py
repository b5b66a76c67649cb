"""What the measurements look at: recorded pictures where they are at hand, else a drawn room."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from vlm_nav.files.pictures import depth_of_file, rgb_of_file
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.geometry.camera import camera_from_calibration
from vlm_nav.geometry.depth_encodings import DepthEncoding
from vlm_nav.geometry.poses import rigid_transform, transform_from_floor_pose
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.drawn.drawn_room import (
    CAMERA,
    ROBOT_POSE,
    base_from_mounted_camera,
    furnished_room,
)

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / 'shared' / 'data'
RECORDED_FRAME = 'robot_floor_frame'
RECORDED_PICTURES = 'kitchen_7scenes'


def floor_frame(data: Path) -> RgbdFrame:
    """Return the recorded frame of a mobile robot below `data`, else one of the drawn room."""
    folder = data / RECORDED_FRAME
    return recorded_floor_frame(folder) if folder.is_dir() else drawn_frame()


def recorded_floor_frame(folder: Path) -> RgbdFrame:
    """Return the frame of a folder with rgb.jpg, depth.png (millimetres) and frames.json.

    Raises FileError where the pictures are none.
    """
    index = json.loads((folder / 'frames.json').read_text(encoding='utf-8'))
    rgb = rgb_of_file(folder / 'rgb.jpg')
    height, width = rgb.shape[:2]
    return RgbdFrame(
        rgb=rgb,
        depth_m=depth_of_file(folder / 'depth.png', DepthEncoding.MILLIMETRES),
        camera=camera_from_calibration(width, height, np.ravel(index['K']).tolist()),
        base_from_camera=rigid_transform(index['T_base_camera']),
        map_from_base=np.eye(4),
        map_frame='map',
        stamp_ns=1_600_000_000_000_000_000,
        identifier=folder.name,
    )


def drawn_frame() -> RgbdFrame:
    """Return what a robot sees in the room that the package draws."""
    base_from_camera = base_from_mounted_camera()
    map_from_base = transform_from_floor_pose(ROBOT_POSE)
    rgb, depth_m = furnished_room().render(CAMERA, map_from_base @ base_from_camera)
    return RgbdFrame(rgb, depth_m, CAMERA, base_from_camera, map_from_base, 'map', 0, 'drawn_room')


def colour_pictures(data: Path) -> tuple[str, list[RgbArray]]:
    """Return the name and the colour pictures (H, W, 3) of what is at hand; raises FileError."""
    files = sorted((data / RECORDED_PICTURES).glob('*.color.jpg'))
    if files:
        return RECORDED_PICTURES, [rgb_of_file(file) for file in files]
    return 'drawn_room', [drawn_frame().rgb]
