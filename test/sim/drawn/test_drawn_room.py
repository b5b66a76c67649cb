"""The drawn room: exact depth, the same picture each time, things where they are said to be."""

import cv2
import numpy as np
import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import (
    FloorPose,
    inverse,
    transform_from_floor_pose,
    transform_points,
)
from vlm_nav.navigation.guard import FloorGuard
from vlm_nav.observation.common_free_space import free_space_of
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base
from vlm_nav.sim.drawn.drawn_room import (
    CAMERA,
    ROBOT_POSE,
    DrawnRoom,
    base_from_mounted_camera,
    furnished_room,
)
from vlm_nav.sim.drawn.ray_casting import Extent

SMALL = PinholeCamera(160, 120, 115.0, 115.0, 79.5, 59.5)
MAP_FROM_BASE = transform_from_floor_pose(ROBOT_POSE)
MAP_FROM_CAMERA = MAP_FROM_BASE @ base_from_mounted_camera()


def frame(camera: PinholeCamera = CAMERA) -> RgbdFrame:
    """Return what the robot of the room sees."""
    rgb, depth_m = furnished_room().render(camera, MAP_FROM_CAMERA)
    return RgbdFrame(
        rgb, depth_m, camera, base_from_mounted_camera(), MAP_FROM_BASE, 'map', stamp_ns=0
    )


def shown(rgb: np.ndarray, hue: tuple[int, int]) -> np.ndarray:
    """Return the pixels (n, 2) of strong colour within a range of OpenCV's hues."""
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    rows, columns = np.nonzero(cv2.inRange(hsv, (hue[0], 150, 60), (hue[1], 255, 255)))
    return np.column_stack([columns, rows])


def test_the_depth_of_bare_floor_is_exact() -> None:
    _, depth_m = DrawnRoom(objects=()).render(CAMERA, MAP_FROM_CAMERA)
    pixel = (319.5, 450.0)
    ray = CAMERA.rays(pixel) @ MAP_FROM_CAMERA[:3, :3].T
    assert depth_m[450, 319:321] == pytest.approx(-MAP_FROM_CAMERA[2, 3] / ray[2], abs=1e-3)


def test_the_wall_ahead_is_as_far_as_the_map_says() -> None:
    room = DrawnRoom(objects=())
    level = transform_from_floor_pose(FloorPose(1.2, 0.4, 0.0)) @ base_from_mounted_camera(
        height_m=1.3, pitch_down_rad=0.0, forward_m=0.0
    )
    _, depth_m = room.render(SMALL, level)
    assert depth_m[60, 80] == pytest.approx(room.walls.high[0] - 1.2, abs=1e-5)


def test_every_point_lies_between_the_walls() -> None:
    looked = frame(SMALL)
    points = transform_points(MAP_FROM_BASE, points_base(looked))
    walls = furnished_room().walls
    assert (points >= np.array(walls.low) - 1e-3).all()
    assert (points <= np.array(walls.high) + 1e-3).all()


@pytest.mark.parametrize(
    ('name', 'hue'), [('red chair', (0, 4)), ('blue box', (108, 122)), ('green plant', (55, 70))]
)
def test_a_thing_shows_its_colour_where_its_box_says(name: str, hue: tuple[int, int]) -> None:
    looked, box = frame(), furnished_room().named(name).box_map
    pixels = shown(looked.rgb, hue)
    assert len(pixels) > 1500
    points = transform_points(MAP_FROM_BASE, points_base(looked)[pixels[:, 1], pixels[:, 0]])
    inside = ((points > np.array(box.low) - 0.01) & (points < np.array(box.high) + 0.01)).all(-1)
    assert inside.mean() > 0.98


def test_a_single_box_is_hit_from_its_near_face_to_its_silhouette() -> None:
    box = furnished_room().named('blue box')
    _, depth_m = DrawnRoom(objects=(box,)).render(SMALL, MAP_FROM_CAMERA)
    _, empty_m = DrawnRoom(objects=()).render(SMALL, MAP_FROM_CAMERA)
    rows, columns = np.nonzero(depth_m < empty_m - 1e-4)
    pixels = SMALL.project(transform_points(inverse(MAP_FROM_CAMERA), box.box_map.corners()))
    assert rows.size > 50
    assert (np.column_stack([columns, rows]) >= pixels.min(axis=0) - 1).all()
    assert (np.column_stack([columns, rows]) <= pixels.max(axis=0) + 1).all()


def test_a_lens_with_distortion_sees_the_same_points() -> None:
    bent = PinholeCamera(160, 120, 115.0, 115.0, 79.5, 59.5, (-0.2, 0.05, 0.0, 0.0, 0.0))
    points = transform_points(MAP_FROM_BASE, points_base(frame(bent)))
    floor = np.abs(points[..., 2]) < 1e-3
    assert floor.mean() > 0.2
    assert (points[..., 2] > -1e-3).all()


def test_two_renderings_are_the_same_bytes() -> None:
    first, second = frame(SMALL), frame(SMALL)
    assert first.rgb.tobytes() == second.rgb.tobytes()
    assert first.depth_m is not None
    assert second.depth_m is not None
    assert first.depth_m.tobytes() == second.depth_m.tobytes()


def test_floor_before_the_chair_can_be_driven_to() -> None:
    guard = FloorGuard(free_space_of(frame(), FreeSpaceSettings()))
    chair = furnished_room().named('red chair')
    base_from_map = inverse(MAP_FROM_BASE)
    centre = np.array([chair.map_pose.x_m, chair.map_pose.y_m, 0.0])
    toward = transform_points(base_from_map, centre)[:2]
    before = toward * (1.0 - 0.75 / np.linalg.norm(toward))
    refused = guard(np.stack([before, toward])).refused
    assert refused[0] is None
    assert refused[1] is not None


def test_a_camera_outside_of_the_walls_is_refused() -> None:
    outside = transform_from_floor_pose(FloorPose(9.0, 0.0, 0.0)) @ base_from_mounted_camera()
    with pytest.raises(InvalidValueError, match=r'a camera between .* got one at \[9\.1'):
        furnished_room().render(SMALL, outside)


def test_an_unknown_thing_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidValueError, match="got 'sofa'; there are rug, table, red chair"):
        furnished_room().named('sofa')


def test_a_camera_that_looks_away_from_everything_sees_walls() -> None:
    thing = furnished_room().named('table')
    back = transform_from_floor_pose(FloorPose(0.3, 0.35, 3.1)) @ base_from_mounted_camera()
    with_table = DrawnRoom(objects=(thing,), walls=Extent((-2, -2.3, 0), (5.2, 2.5, 2.6)))
    without = DrawnRoom(objects=(), walls=with_table.walls)
    assert (with_table.render(SMALL, back)[1] == without.render(SMALL, back)[1]).all()
