"""Views from elsewhere are warped from what is seen, and say which of their pixels were seen."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import sensor_data

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ImaginingReason, ObservationReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose, inverse, transform_points
from vlm_nav.imagination.fusing import Source, fused
from vlm_nav.imagination.view_synthesis import ReasonedAbsence
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.imagination.warped_views import WarpedViews, warped_view
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame

_CAMERA = PinholeCamera(80, 60, 60.0, 60.0, 39.5, 29.5)
_HEIGHT_M = 1.0


def facing_wall(distance_m: float = 3.0, square: bool = True) -> RgbdFrame:
    """Return what a camera that looks along x sees of a wall, before it a square at 1.5 m."""
    rgb = np.zeros((60, 80, 3), dtype=np.uint8)
    rgb[:, :, 1] = np.linspace(40, 200, 80).astype(np.uint8)
    depth_m = np.full((60, 80), distance_m, dtype=np.float32)
    if square:
        rgb[20:40, 30:50] = (255, 0, 0)
        depth_m[20:40, 30:50] = distance_m / 2.0
    base_from_camera = np.eye(4)
    base_from_camera[:3, :3] = ((0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
    base_from_camera[2, 3] = _HEIGHT_M
    return RgbdFrame(rgb, depth_m, _CAMERA, base_from_camera, np.eye(4), 'map', 0, 'wall')


def view_from(x_m: float, y_m: float, yaw_rad: float = 0.0) -> Viewpoint:
    return Viewpoint(FloorPose(x_m, y_m, yaw_rad), 0)


def seen(frame: RgbdFrame, viewpoint: Viewpoint) -> ImaginedView:
    view = warped_view([frame], viewpoint)
    assert isinstance(view, ImaginedView)
    return view


def test_the_pose_of_a_frame_gives_back_its_picture_bit_for_bit() -> None:
    frame = facing_wall()
    assert frame.depth_m is not None
    depth_m = frame.depth_m.copy()
    depth_m[10:30, 10:30] = np.nan
    view = seen(replace(frame, depth_m=depth_m), view_from(0.0, 0.0))
    np.testing.assert_array_equal(view.rgb, frame.rgb)
    assert view.known.all()


def test_the_pose_of_an_earlier_frame_gives_back_the_picture_of_that_one() -> None:
    now, beside = facing_wall(), facing_wall().base_from_camera.copy()
    beside[1, 3] = 0.3
    earlier = replace(now, rgb=now.rgb[:, ::-1].copy(), base_from_camera=beside, identifier='e')
    view = warped_view([now, earlier], view_from(0.0, 0.3))
    assert isinstance(view, ImaginedView)
    np.testing.assert_array_equal(view.rgb, earlier.rgb)
    assert view.known.all()
    assert view.provenance is not None
    assert view.provenance.identifiers == ('e',)
    # One that sees less to the sides took another picture from there.
    narrow = replace(now.camera, fx_px=120.0, fy_px=120.0)
    view = warped_view([now, replace(earlier, camera=narrow)], view_from(0.0, 0.3))
    assert isinstance(view, ImaginedView)
    assert not view.known.all()


def test_a_thing_that_is_neared_grows_and_nothing_shines_through_it() -> None:
    view = seen(facing_wall(), view_from(0.75, 0.0))
    # From 1.5 m to 0.75 m: twice as large, pixels 20 to 59 and 10 to 49.
    inside = view.rgb[13:47, 23:57]
    assert view.known[13:47, 23:57].all()
    assert (inside[..., 0] > 200).all()
    assert (inside[..., 1] < 60).all()


def test_what_a_thing_hid_is_a_hole_when_one_steps_aside() -> None:
    frame = facing_wall()
    view = seen(frame, view_from(0.0, 0.3))
    # To the left by 0.3 m: the square goes 12 px to the right, the wall behind it 6 px.
    assert not view.known[25:35, 36:40].any()
    assert view.known[25:35, 43:60].all()
    # There the wall shows in later columns of the frame, and nearer is what counts.
    assert (view.rgb[25:35, 44:60, 0] > 200).all()
    assert view.provenance is not None
    assert (view.provenance.pixel[25:35, 36:40] == -1).all()
    assert (view.provenance.source[25:35, 36:40] == -1).all()


def test_the_provenance_names_the_pixel_that_shows() -> None:
    view = seen(facing_wall(), view_from(0.0, 0.3))
    assert view.provenance is not None
    assert view.provenance.identifiers == ('wall',)
    row, column = divmod(int(view.provenance.pixel[30, 50]), 80)
    assert abs(row - 30) <= 1
    assert abs(column - 38) <= 1


def test_depth_that_is_unknown_stays_unknown() -> None:
    frame = facing_wall(square=False)
    assert frame.depth_m is not None
    depth_m = frame.depth_m.copy()
    depth_m[10:30, 10:30] = np.nan
    view = seen(replace(frame, depth_m=depth_m), view_from(0.1, 0.0))
    assert not view.known[13:28, 12:28].any()


def test_a_second_frame_shows_what_the_first_does_not() -> None:
    first = facing_wall()
    beside = first.base_from_camera.copy()
    beside[1, 3] = 0.6
    second = replace(facing_wall(square=False), base_from_camera=beside, identifier='other')
    alone = seen(first, view_from(0.0, 0.3))
    both = warped_view([first, second], view_from(0.0, 0.3))
    assert isinstance(both, ImaginedView)
    assert both.known.sum() > alone.known.sum()
    assert both.provenance is not None
    assert set(np.unique(both.provenance.source)) >= {0, 1}


@pytest.mark.parametrize(
    ('viewpoint', 'depth'),
    [
        (view_from(4.0, 0.0), True),
        (view_from(6.0, 0.0, math.pi), True),
        (view_from(1e9, 0.0), True),
        (view_from(math.nan, 0.0), True),
        (view_from(0.0, 0.0, math.pi), True),
        (view_from(0.5, 0.0), False),
    ],
)
def test_where_nothing_would_show_the_reason_is_told(viewpoint: Viewpoint, depth: bool) -> None:
    frame = facing_wall()
    assert frame.depth_m is not None
    if not depth:
        frame = replace(frame, depth_m=np.full_like(frame.depth_m, np.nan))
    view = warped_view([frame], viewpoint)
    assert isinstance(view, ReasonedAbsence)
    assert view.reason is ImaginingReason.VIEW_EMPTY


def test_pixels_between_two_depths_show_nowhere() -> None:
    frame = facing_wall()
    assert frame.depth_m is not None
    depth_m, rgb = frame.depth_m.copy(), frame.rgb.copy()
    # A camera's mixed pixels along the square's left side, in a colour of their own.
    depth_m[20:40, 29], rgb[20:40, 29] = 2.1, (0, 0, 255)
    view = seen(replace(frame, depth_m=depth_m, rgb=rgb), view_from(0.0, 0.3))
    assert view.provenance is not None
    columns = view.provenance.pixel[view.known] % 80
    rows = view.provenance.pixel[view.known] // 80
    assert not (columns[(rows > 21) & (rows < 38)] == 29).any()


@pytest.mark.parametrize('side', [(1, 1), (1, 9), (9, 1), (2, 2), (3, 5), (17, 33)])
def test_tiny_pictures_are_warped_or_refused(side: tuple[int, int]) -> None:
    height, width = side
    camera = PinholeCamera(width, height, 0.8 * width, 0.8 * width, width / 2.0, height / 2.0)
    rgb = np.full((height, width, 3), 90, dtype=np.uint8)
    depth_m = np.full(side, 3.0, dtype=np.float32)
    frame = replace(facing_wall(), rgb=rgb, depth_m=depth_m, camera=camera)
    view = warped_view([frame], view_from(0.3, 0.1))
    if min(side) == 1:
        assert isinstance(view, ReasonedAbsence)
    else:
        assert isinstance(view, ImaginedView)
        assert view.rgb.shape == rgb.shape


def test_a_camera_of_another_size_helps_too() -> None:
    first = facing_wall()
    large = PinholeCamera(320, 200, 256.0, 256.0, 159.5, 99.5)
    rgb = np.full((200, 320, 3), 120, dtype=np.uint8)
    depth_m = np.full((200, 320), 3.0, dtype=np.float32)
    second = replace(first, rgb=rgb, depth_m=depth_m, camera=large, identifier='large')
    view = warped_view([first, second], view_from(0.3, 0.1))
    assert isinstance(view, ImaginedView)
    assert view.rgb.shape == first.rgb.shape
    assert view.provenance is not None
    assert view.provenance.pixel.max() < 320 * 200
    assert set(view.provenance.widths_px) == {80, 320}


def test_a_lens_is_taken_out_of_the_picture() -> None:
    bent = replace(_CAMERA, distortion=(-0.28, 0.07, 1e-3, -1e-3, 0.0))
    frame = replace(facing_wall(square=False), camera=bent)
    view = seen(frame, view_from(1.0, 0.0))
    assert view.provenance is not None
    # A place of the ideal picture, 3 m away and 2 m from the new pose, as the bent one shows it.
    point_source = np.array((25 - 39.5, 15 - 29.5, 60.0)) * (2.0 / 60.0) + (0.0, 0.0, 1.0)
    expected = bent.project(point_source)
    row, column = divmod(int(view.provenance.pixel[15, 25]), 80)
    assert np.hypot(column - expected[0], row - expected[1]) < 1.0


def test_a_robot_without_depth_is_told_so() -> None:
    view = warped_view([replace(facing_wall(), depth_m=None)], view_from(0.5, 0.0))
    assert isinstance(view, ReasonedAbsence)
    assert view.reason is ObservationReason.NO_DEPTH


async def test_each_viewpoint_gets_its_view_in_order_until_time_is_over() -> None:
    viewpoints = [view_from(0.2, 0.0), view_from(6.0, 0.0, math.pi)]
    first, second = await WarpedViews().imagine([facing_wall()], viewpoints, Deadline.after(60.0))
    assert isinstance(first, ImaginedView)
    assert first.base_from_viewpoint == viewpoints[0].pose
    assert isinstance(second, ReasonedAbsence)
    (late,) = await WarpedViews().imagine([facing_wall()], viewpoints[:1], Deadline.after(0.0))
    assert isinstance(late, ReasonedAbsence)
    assert late.reason is ImaginingReason.VIEW_LATE


def large_wall() -> RgbdFrame:
    """Return what a camera with 16 times as many columns and rows sees of wall and square."""
    frame = facing_wall()
    assert frame.depth_m is not None
    return replace(
        frame,
        rgb=np.kron(frame.rgb, np.ones((16, 16, 1), dtype=np.uint8)),
        depth_m=np.kron(frame.depth_m, np.ones((16, 16), dtype=np.float32)),
        camera=_CAMERA.resized(1280, 960),
    )


def sides_of_square_px(view: ImaginedView) -> list[int]:
    """Return the first and the last row and column that it fills to a third or more."""
    red = view.known & (view.rgb[..., 0] > 200)
    filled = [np.flatnonzero(red.mean(axis=axis) > 0.33) for axis in (1, 0)]
    return [int(places[end]) for places in filled for end in (0, -1)]


async def test_of_large_frames_a_smaller_picture_is_made_that_shows_the_same_there() -> None:
    frame, viewpoint = large_wall(), view_from(0.5, 0.05, 0.02)
    (small,) = await WarpedViews().imagine([frame], [viewpoint], Deadline.after(60.0))
    assert isinstance(small, ImaginedView)
    assert small.rgb.shape == (480, 640, 3)
    whole = np.array(sides_of_square_px(seen(frame, viewpoint)))
    assert np.abs(sides_of_square_px(small) - ((whole + 0.5) / 2.0 - 0.5)).max() <= 1.0


async def test_a_large_frame_gives_back_its_picture_from_its_own_pose_as_large_as_it_is() -> None:
    frame = large_wall()
    (view,) = await WarpedViews().imagine([frame], [view_from(0.0, 0.0)], Deadline.after(60.0))
    assert isinstance(view, ImaginedView)
    np.testing.assert_array_equal(view.rgb, frame.rgb)


async def test_the_pixel_that_shows_is_one_of_the_smaller_picture() -> None:
    frame, viewpoint = large_wall(), view_from(0.75, 0.0)
    (view,) = await WarpedViews().imagine([frame], [viewpoint], Deadline.after(60.0))
    assert isinstance(view, ImaginedView)
    assert view.provenance is not None
    # The square's middle stays; what is 80 px beside it was 40 px beside, at twice the distance.
    row, column = divmod(int(view.provenance.pixel[240, 400]), 640)
    assert (row, column) == (pytest.approx(240, abs=1), pytest.approx(360, abs=1))


@pytest.mark.data
@pytest.mark.parametrize(('first', 'second'), [(0, 36), (36, 72), (72, 108), (108, 144)])
def test_in_a_real_kitchen_nearly_all_that_can_be_known_is_and_stands_where_it_should(
    first: int, second: int
) -> None:
    source, target = sensor_data.kitchen_frame(first), sensor_data.kitchen_frame(second)
    map_from_source = source.map_from_base @ source.base_from_camera
    map_from_target = target.map_from_base @ target.base_from_camera
    source_from_target = inverse(map_from_source) @ map_from_target
    base_from_camera = source.base_from_camera @ source_from_target
    pose = FloorPose(0.0, 0.0, 0.0)
    view = fused([Source(source)], source.camera, base_from_camera, pose, 'kitchen')
    visible, pixels = _visible(source, target, source_from_target)
    assert view.known[visible].mean() >= 0.9
    assert view.provenance is not None
    both = visible & view.known
    rows, columns = np.divmod(view.provenance.pixel[both], source.camera.width_px)
    away_px = np.hypot(columns - pixels[both][:, 0], rows - pixels[both][:, 1])
    assert np.median(away_px) < 2.0
    # Exposure differs from frame to frame.
    differences = view.rgb[both].astype(np.float64) - target.rgb[both]
    assert 10.0 * math.log10(255.0**2 / np.square(differences).mean()) > 15.0


def _visible(
    source: RgbdFrame, target: RgbdFrame, source_from_target: FloatArray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which pixels of the target the source sees by depth and pose, and where."""
    assert source.depth_m is not None
    assert target.depth_m is not None
    points = target.camera.pixel_rays() * target.depth_m[..., None]
    points_source = transform_points(source_from_target, points)
    pixels = source.camera.project(points_source)
    inside = source.camera.contains(pixels)
    columns, rows = np.rint(pixels[inside]).astype(int).T
    agree = np.zeros(inside.shape, dtype=np.bool_)
    far_m = points_source[inside][:, 2]
    agree[inside] = np.abs(source.depth_m[rows, columns] - far_m) < 0.05 * far_m
    return agree, pixels
