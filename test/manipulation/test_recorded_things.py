"""Lifting and grasping on recordings of real things, whose truth is known."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sensor_data import (
    camera_of,
    folder,
    index_of,
    read_color,
    read_stored,
    tote,
)

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.floor_search import find_floor
from vlm_nav.geometry.poses import inverse, rigid_transform, transform_points
from vlm_nav.manipulation.grasp import grasps
from vlm_nav.manipulation.grasp_plan import Approach, Grasp
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.hand_room import swept_boxes
from vlm_nav.manipulation.lift import lift
from vlm_nav.manipulation.lift_points import LiftSettings, lift_points
from vlm_nav.manipulation.lifted import Lifted, LiftSource, PixelBox
from vlm_nav.manipulation.scene_points import scene_around
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base

pytestmark = pytest.mark.data

OBJECTS = range(8)
# Long and slim, as what picks from bins; opens wide, so that it says how wide each thing is.
SLIM = GripperSizes(
    opening_m=0.2,
    finger_length_m=0.2,
    finger_thickness_m=0.004,
    finger_width_m=0.01,
    palm_width_m=0.22,
)


def tote_frame() -> RgbdFrame:
    """Return the tote in a base frame on its floor, z up."""
    seen = tote()
    floor_m = np.full_like(seen.depth_m, np.nan)
    # The inside of the tote, without the labelled things.
    floor_m[150:430, 140:570] = seen.depth_m[150:430, 140:570]
    floor_m[seen.masks.any(axis=0)] = np.nan
    found = find_floor(seen.camera.pixel_rays() * floor_m[..., None])
    return RgbdFrame(
        seen.rgb, seen.depth_m, seen.camera, found.base_from_camera, np.eye(4), 'map', 0
    )


def shelf_frames() -> list[RgbdFrame]:
    """Return the ten views of the bin; the base frame is that of the robot's cell."""
    index, data = index_of('shelf_bin_apc'), folder('shelf_bin_apc')
    frames = []
    for view in index['frames']:
        stored = read_stored(data / view['depth'])
        tenths = ((stored >> 3) | (stored << 13)) & 0xFFFF
        frames.append(
            RgbdFrame(
                rgb=read_color(data / view['color']),
                depth_m=np.where(tenths == 0, np.nan, tenths * 1e-4).astype(np.float32),
                camera=camera_of(index['K']),
                base_from_camera=rigid_transform(view['T_world_camera']),
                map_from_base=np.eye(4),
                map_frame='map',
                stamp_ns=0,
            )
        )
    return frames


@pytest.mark.parametrize('number', OBJECTS)
def test_removed_depth_comes_back_or_is_refused(number: int) -> None:
    frame = tote_frame()
    assert frame.depth_m is not None
    rng = np.random.default_rng(number)
    inside = np.flatnonzero(tote().masks[number])
    gone = inside[rng.random(len(inside)) < 0.5]
    depth_m = frame.depth_m.copy()
    depth_m.flat[gone] = np.nan
    asked = rng.choice(gone[np.isfinite(frame.depth_m.flat[gone])], 200, replace=False)
    pixels = np.column_stack([asked % 640, asked // 640])
    found = lift_points(replace(frame, depth_m=depth_m), pixels)
    refused = np.array([reason is not None for reason in found.reason])
    points_camera = transform_points(inverse(frame.base_from_camera), found.points_base)
    off_m = np.abs(points_camera[:, 2] - frame.depth_m.flat[asked])
    assert (refused | (off_m < 0.01)).mean() >= 0.95
    assert refused.mean() <= 0.2
    # What was filled in says so.
    assert {source for source in found.source if source is not None} == {LiftSource.FILLED}


def test_widths_of_grasps_are_those_of_the_things_and_nothing_else_is_in_the_way() -> None:
    frame = tote_frame()
    settings = GraspSettings(approaches=(Approach.TOP_DOWN,))
    consistent = []
    for number, mask in enumerate(tote().masks):
        found = lift(frame, mask)
        assert isinstance(found, Lifted)
        grasp = grasps(found, scene_around(frame, found), SLIM, settings).best
        if grasp is None:
            continue
        width_m = width_between_fingers(frame, mask, grasp)
        fits = width_m <= grasp.opening_m <= width_m + 0.025
        if fits and in_the_way(frame, number, grasp) == 0:
            consistent.append(number)
    assert len(consistent) >= 6, consistent


@pytest.mark.parametrize('number', [0, 2, 3, 7])
def test_in_a_pile_a_pixel_is_lifted_with_its_own_thing_or_refused(number: int) -> None:
    frame, mask = tote_frame(), tote().masks[number]
    assert frame.depth_m is not None
    seen = np.isfinite(frame.depth_m)
    # Labels lie up to 10 pixels beside the depth.
    size = np.ones((15, 15), dtype=np.uint8)
    rows, columns = np.nonzero((cv2.erode(mask.astype(np.uint8), size) > 0) & seen)
    around = cv2.dilate(mask.astype(np.uint8), size) > 0
    own, refused = [], 0
    for at in np.random.default_rng(number).choice(len(rows), 8, replace=False):
        found = lift(frame, Pixel(float(columns[at]), float(rows[at])))
        if isinstance(found, Lifted):
            extent = found.extent.mask & seen
            own.append(float((extent & around).sum() / extent.sum()))
        else:
            assert found.reason is HandReason.TOUCHING_OBJECTS
            refused += 1
    assert refused <= 2
    assert np.mean(np.array(own) > 0.7) >= 0.8, own


def width_between_fingers(frame: RgbdFrame, mask: NDArray[np.bool_], grasp: Grasp) -> float:
    """Return how wide a labelled thing is where the fingers close, before their tips.

    Labels lie up to 10 pixels beside the depth: what a step in the depth parts from the larger
    parts of the mask is not of the thing.
    """
    points = points_base(frame)[large_parts(frame, mask)].astype(np.float64)
    moved = transform_points(inverse(grasp.base_from_grasp), points)
    beside = np.abs(moved[:, 2]) < SLIM.finger_width_m / 2.0
    across_m = moved[beside & (moved[:, 0] < 0.0), 1]
    return float(np.percentile(across_m, 99) - np.percentile(across_m, 1))


def large_parts(frame: RgbdFrame, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    assert frame.depth_m is not None
    edge = ~np.isfinite(frame.depth_m)
    with np.errstate(invalid='ignore'):
        edge[1:] |= np.abs(np.diff(frame.depth_m, axis=0)) > 0.008
        edge[:, 1:] |= np.abs(np.diff(frame.depth_m, axis=1)) > 0.008
    inside = (mask & ~edge).astype(np.uint8)
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    large: NDArray[np.int64] = np.flatnonzero(sizes[:, cv2.CC_STAT_AREA] >= 0.02 * mask.sum())
    return np.isin(labels, large[large > 0])


def in_the_way(frame: RgbdFrame, number: int, grasp: Grasp) -> int:
    """Return how many points of the other labels the gripper meets, but for 3 pixels of rim."""
    masks = tote().masks
    near = cv2.dilate(masks[number].astype(np.uint8), np.ones((7, 7), dtype=np.uint8)) > 0
    points = points_base(frame)[masks.any(axis=0) & ~near].astype(np.float64)
    points = points[np.isfinite(points).all(axis=1)]
    moved = transform_points(inverse(grasp.base_from_grasp), points)
    boxes = swept_boxes(SLIM, grasp.opening_m, 0.1)
    return int((boxes.distance_m(moved) <= 0.0).sum())


def tracked(one: RgbdFrame, other: RgbdFrame) -> tuple[FloatArray, FloatArray]:
    """Return pixels (n, 2) of both pictures that show the same, found without any pose."""
    # The foam fingers at the borders move with the camera.
    mask: NDArray[np.uint8] = np.zeros((480, 640), dtype=np.uint8)
    mask[60:420, 80:560] = 255
    finder = cv2.SIFT_create(1500)
    pictures = (cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY) for frame in (one, other))
    (here, here_words), (there, there_words) = (
        finder.detectAndCompute(picture, mask) for picture in pictures
    )
    pairs = [
        best
        for best, second in cv2.BFMatcher().knnMatch(here_words, there_words, k=2)
        if best.distance < 0.75 * second.distance
    ]
    first = np.array([here[pair.queryIdx].pt for pair in pairs])
    second = np.array([there[pair.trainIdx].pt for pair in pairs])
    _, kept = cv2.findFundamentalMat(first, second, cv2.FM_RANSAC, 1.5)
    return first[kept.ravel() > 0], second[kept.ravel() > 0]


def test_points_picked_in_one_view_agree_with_the_same_points_of_the_next() -> None:
    frames = shelf_frames()
    off_m: list[float] = []
    for one, other in itertools.pairwise(frames):
        here, there = tracked(one, other)
        found, again = lift_points(one, here), lift_points(other, there)
        off_m += np.linalg.norm(found.points_base - again.points_base, axis=1).tolist()
    known = np.array(off_m)[np.isfinite(off_m)]
    assert len(known) > 100
    assert np.median(known) < 0.025


def test_the_back_wall_of_the_bin_is_where_it_is_in_every_view() -> None:
    bin_from_base = inverse(rigid_transform(index_of('shelf_bin_apc')['T_world_bin']))
    rows, columns = np.mgrid[100:400:12, 100:540:12]
    for frame in shelf_frames():
        found = lift_points(frame, np.column_stack([columns.ravel(), rows.ravel()]))
        points = transform_points(bin_from_base, found.points_base)
        facing = np.abs(found.normals_base @ bin_from_base[0, :3]) > 0.85
        with np.errstate(invalid='ignore'):
            wall = points[facing & (points[:, 0] > 0.3), 0]
        assert len(wall) > 50
        assert 0.40 < np.median(wall) < 0.46


def bedroom_frame() -> tuple[RgbdFrame, list[dict[str, object]]]:
    """Return the bedroom; its points, projected, are the depth."""
    data = folder('bedroom_sunrgbd_boxes')
    described = json.loads((data / 'boxes.json').read_text(encoding='utf-8'))
    image_from_points = np.array(described['image_from_points_3x3'])
    k, rotation, *_ = cv2.decomposeProjectionMatrix(np.column_stack([image_from_points, [0] * 3]))
    k = k / k[2, 2]
    points = np.fromfile(data / 'points.bin', dtype='<f4').reshape(-1, 6)[:, :3]
    points_camera = points @ rotation.T
    pixels = points_camera @ k.T
    pixels = np.rint(pixels[:, :2] / pixels[:, 2:]).astype(int)
    depth_m = np.full((530, 730), np.nan, dtype=np.float32)
    inside = ((pixels >= 0) & (pixels < (730, 530))).all(axis=1)
    depth_m[pixels[inside, 1], pixels[inside, 0]] = points_camera[inside, 2]
    base_from_camera = np.eye(4)
    base_from_camera[:3, :3] = rotation.T
    camera = PinholeCamera(730, 530, k[0, 0], k[1, 1], k[0, 2], k[1, 2])
    rgb = read_color(data / 'image.jpg')
    frame = RgbdFrame(rgb, depth_m, camera, base_from_camera, np.eye(4), 'map', 0)
    return frame, described['instances']


def test_the_labelled_furniture_is_lifted_into_its_box() -> None:
    frame, things = bedroom_frame()
    for thing in things:
        found = lift(frame, PixelBox(*thing['bbox_2d_xyxy']), LiftSettings(farthest_m=6.0))  # type: ignore[misc]
        assert isinstance(found, Lifted), found
        *numbers, yaw_rad = thing['bbox_3d_cx_cy_cz_dx_dy_dz_yaw']  # type: ignore[misc]
        off = found.extent.box.centre_base - numbers[:3]
        turned = np.array(
            (
                np.cos(yaw_rad) * off[0] + np.sin(yaw_rad) * off[1],
                -np.sin(yaw_rad) * off[0] + np.cos(yaw_rad) * off[1],
                off[2],
            )
        )
        assert (np.abs(turned) <= np.array(numbers[3:]) / 2.0).all(), (thing['category'], turned)


def test_nothing_is_refused_for_no_reason() -> None:
    frame = tote_frame()
    found = lift_points(frame, np.column_stack([np.arange(640), np.full(640, 240)]))
    for point, source, reason in zip(found.points_base, found.source, found.reason, strict=True):
        assert (source is None) == (reason is not None) == bool(np.isnan(point).any())
        assert reason is None or isinstance(reason, HandReason)
