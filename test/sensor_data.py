"""Recorded sensor data for tests: the folder `../shared/data` beside the checkout.

The environment variable VLM_NAV_TEST_DATA names another folder. A test that calls one of these
functions bears the marker `data`; it is skipped where the data is absent. Pictures are kept and
read-only, so that a test that writes into one fails instead of spoiling the others.
"""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vlm_nav.bench.scenes import recorded_floor_frame
from vlm_nav.geometry.arrays import DepthArray, FloatArray, RgbArray
from vlm_nav.geometry.camera import PinholeCamera, camera_from_calibration
from vlm_nav.geometry.depth_encodings import DepthEncoding, read_depth
from vlm_nav.geometry.poses import inverse, rigid_transform
from vlm_nav.geometry.registration import register_depth
from vlm_nav.observation.rgbd_frame import RgbdFrame

VARIABLE = 'VLM_NAV_TEST_DATA'
BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / 'shared' / 'data'


# The frames of bags/kitchen_rgbd, which have a pose of the base.
KITCHEN_FRAMES = tuple(range(0, 703, 36))


def folder(name: str) -> Path:
    """Return the folder of a data set; skip the test that asks for one that is not there."""
    found = Path(os.environ.get(VARIABLE, BESIDE_THE_CHECKOUT)) / name
    if not found.is_dir():
        pytest.skip(f'recorded data is absent: {found} (set {VARIABLE} to its parent folder)')
    return found


def index_of(name: str) -> Any:
    """Return what a data set's frames.json holds."""
    return json.loads((folder(name) / 'frames.json').read_text(encoding='utf-8'))


def read_color(path: Path) -> RgbArray:
    """Return the colour picture (H, W, 3) RGB of a file, read-only."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert bgr is not None, f'cannot read {path}'
    return _kept(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def read_stored(path: Path) -> NDArray[Any]:
    """Return the numbers of a depth picture as they are stored, read-only."""
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert stored is not None, f'cannot read {path}'
    return _kept(stored)


def camera_of(k: Any, width_px: int = 640, height_px: int = 480) -> PinholeCamera:
    """Return the ideal camera with a 3x3 matrix K."""
    return camera_from_calibration(width_px, height_px, np.ravel(k).tolist())


@functools.lru_cache(maxsize=1)
def robot_floor_frame() -> RgbdFrame:
    """Return the frame of a camera on a real mobile robot, 0.43 m above the floor."""
    frame = recorded_floor_frame(folder('robot_floor_frame'))
    for array in (frame.rgb, frame.depth_m):
        _kept(array)
    return frame


@dataclass(frozen=True, eq=False)
class KitchenCameras:
    """The two cameras of kitchen_7scenes, which are not registered to each other."""

    depth: PinholeCamera
    color: PinholeCamera
    color_from_depth: FloatArray


@functools.lru_cache(maxsize=1)
def kitchen_cameras() -> KitchenCameras:
    """Return the cameras of kitchen_7scenes."""
    index = index_of('kitchen_7scenes')
    return KitchenCameras(
        camera_of(index['K_depth']),
        camera_of(index['K_color']),
        rigid_transform(index['T_color_from_depth']),
    )


@functools.lru_cache(maxsize=1)
def kitchen_index() -> dict[int, FloatArray]:
    """Return `world_from_depth_camera` of each of the 40 frames, by frame number."""
    frames = index_of('kitchen_7scenes')['frames']
    return {int(frame['id']): np.array(frame['T_world_depthcam']) for frame in frames}


def kitchen_color(number: int) -> RgbArray:
    """Return the colour picture of a kitchen frame."""
    return read_color(folder('kitchen_7scenes') / f'frame-{number:06d}.color.jpg')


def kitchen_depth(number: int) -> DepthArray:
    """Return the depth in metres of a kitchen frame, as the depth camera saw it."""
    path = folder('kitchen_7scenes') / f'frame-{number:06d}.depth.png'
    return _kept(read_depth(read_stored(path), DepthEncoding.MILLIMETRES))


@functools.lru_cache(maxsize=1)
def kitchen_poses() -> dict[int, dict[str, Any]]:
    """Return what bags/kitchen_rgbd/poses.json says of each frame, by frame number."""
    path = folder('bags') / 'kitchen_rgbd' / 'poses.json'
    frames = json.loads(path.read_text(encoding='utf-8'))['frames']
    return {int(frame['id']): frame for frame in frames}


@functools.lru_cache(maxsize=4)
def kitchen_frame(number: int) -> RgbdFrame:
    """Return a kitchen frame, depth registered to colour, with the poses of bags/kitchen_rgbd.

    The frames 0, 36, ... 684 have poses of the base (`KITCHEN_FRAMES`).
    """
    cameras, pose = kitchen_cameras(), kitchen_poses()[number]
    map_from_base = rigid_transform(pose['map_from_base'])
    map_from_color = rigid_transform(pose['map_from_depth_camera']) @ inverse(
        cameras.color_from_depth
    )
    depth_m = register_depth(
        kitchen_depth(number), cameras.depth, cameras.color, cameras.color_from_depth
    )
    return RgbdFrame(
        rgb=kitchen_color(number),
        depth_m=_kept(depth_m),
        camera=cameras.color,
        base_from_camera=inverse(map_from_base) @ map_from_color,
        map_from_base=map_from_base,
        map_frame='map',
        stamp_ns=int(pose['stamp_ns']),
        identifier=f'kitchen_{number:06d}',
    )


@dataclass(frozen=True, eq=False)
class Tote:
    """The picture of tote_arc2017; `masks` (8, H, W) show where each object is visible."""

    rgb: RgbArray
    depth_m: DepthArray
    camera: PinholeCamera
    masks: NDArray[np.bool_]
    names: tuple[str, ...]


@functools.lru_cache(maxsize=1)
def tote() -> Tote:
    """Return the tote with eight known objects; half of its depth is unknown."""
    data = folder('tote_arc2017')
    info = json.loads((data / 'camera_info.json').read_text(encoding='utf-8'))
    with np.load(data / 'data.npz') as stored:
        arrays = {name: stored[name] for name in ('rgb', 'depth', 'masks', 'labels')}
    names = (data / 'class_names.txt').read_text(encoding='utf-8').split()
    return Tote(
        rgb=_kept(arrays['rgb']),
        depth_m=_kept(read_depth(arrays['depth'], DepthEncoding.METRES)),
        camera=camera_from_calibration(
            info['width'],
            info['height'],
            info['K'],
            distortion_model=info['distortion_model'],
            d=info['D'],
        ),
        masks=_kept(arrays['masks'] == 1),
        names=tuple(names[label] for label in arrays['labels']),
    )


def shelf_stored(number: int) -> NDArray[Any]:
    """Return the bit-rotated depth of a view of shelf_bin_apc, as it is stored."""
    return read_stored(folder('shelf_bin_apc') / f'frame-{number:06d}.depth.png')


def tum_stored() -> NDArray[Any]:
    """Return the depth of the TUM frame, as it is stored."""
    return read_stored(folder('single_frames') / 'TUM_depth.png')


def tum_camera() -> PinholeCamera:
    """Return the camera of TUM freiburg3, which looks at a room from 1.67 m."""
    return camera_of([535.4, 0.0, 320.1, 0.0, 539.2, 247.6, 0.0, 0.0, 1.0])


def nyu_stored() -> NDArray[Any]:
    """Return the depth of the NYU frame, as it is stored: byte-swapped Kinect disparity."""
    return read_stored(folder('single_frames') / 'NYU_depth.pgm')


def _kept(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
