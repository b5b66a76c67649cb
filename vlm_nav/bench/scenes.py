"""What the measurements look at: recorded pictures where they are at hand, else a drawn room."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.camera import camera_from_calibration
from vlm_nav.geometry.depth_encodings import DepthEncoding, read_depth
from vlm_nav.geometry.poses import rigid_transform, transform_from_floor_pose
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.drawn_room import (
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
    """Return the frame of a folder with rgb.jpg, depth.png (millimetres) and frames.json."""
    index = json.loads((folder / 'frames.json').read_text(encoding='utf-8'))
    rgb = read_picture(folder / 'rgb.jpg')
    stored = cv2.imread(str(folder / 'depth.png'), cv2.IMREAD_UNCHANGED)
    if stored is None:
        raise InvalidValueError(f'a depth picture was wanted: {folder / "depth.png"}')
    height, width = rgb.shape[:2]
    return RgbdFrame(
        rgb=rgb,
        depth_m=read_depth(np.asarray(stored), DepthEncoding.MILLIMETRES),
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


def colour_pictures(data: Path) -> tuple[str, list[NDArray[np.uint8]]]:
    """Return the name and the colour pictures (H, W, 3) of what is at hand."""
    files = sorted((data / RECORDED_PICTURES).glob('*.color.jpg'))
    if files:
        return RECORDED_PICTURES, [read_picture(file) for file in files]
    return 'drawn_room', [drawn_frame().rgb]


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return the colour picture (H, W, 3) RGB of a file; raises InvalidValueError for none."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise InvalidValueError(f'a colour picture was wanted: {path}')
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
