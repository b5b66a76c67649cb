"""A pixel becomes a point with its surface and its object, or a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from table_scene import TABLE_M, TableBox, on_top, pixel_of, table_frame

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import HandReason, ObservationReason
from vlm_nav.geometry.ground import Plane
from vlm_nav.manipulation.lift import lift
from vlm_nav.manipulation.lift_points import LiftSettings, lift_points
from vlm_nav.manipulation.lifted import Lifted, LiftSource, PixelBox, Refused
from vlm_nav.manipulation.lobes import own_lobe
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base

CARTON = TableBox(0.7, 0.0, (0.06, 0.06, 0.18))
LONG = TableBox(0.7, 0.05, (0.05, 0.16, 0.06))
TABLE = Plane((0.0, 0.0, 1.0), -TABLE_M)
GREEN = (30, 200, 30)


def lifted(frame: RgbdFrame, *args: object, **options: object) -> Lifted:
    found = lift(frame, *args, **options)  # type: ignore[arg-type]
    assert isinstance(found, Lifted), found
    return found


def refused(frame: RgbdFrame, *args: object, **options: object) -> Refused:
    found = lift(frame, *args, **options)  # type: ignore[arg-type]
    assert isinstance(found, Refused), found
    return found


def without_depth(frame: RgbdFrame, pixel: Pixel, radius_px: int) -> RgbdFrame:
    """Return the frame with a round hole in its depth."""
    assert frame.depth_m is not None
    depth_m = frame.depth_m.copy()
    rows, columns = np.mgrid[0:480, 0:640]
    depth_m[np.hypot(rows - pixel.v_px, columns - pixel.u_px) <= radius_px] = np.nan
    return replace(frame, depth_m=depth_m)


@pytest.mark.parametrize(('noise', 'within_m'), [(0.0, 0.001), (1.0, 0.005)])
def test_the_point_lies_where_the_pixel_shows_it_and_its_normal_is_the_surfaces(
    noise: float, within_m: float
) -> None:
    frame = table_frame(CARTON, noise=noise)
    found = lifted(frame, on_top(frame, CARTON))
    assert np.linalg.norm(found.point_base - (0.7, 0.0, TABLE_M + 0.18)) < within_m
    assert found.normal_base @ (0.0, 0.0, 1.0) > 0.98
    assert found.source is LiftSource.MEASURED
    assert 0.0005 < found.sigma_m < 0.01
    front = lifted(frame, pixel_of(frame, 0.67, 0.0, 0.1))
    assert front.normal_base @ (-1.0, 0.0, 0.0) > 0.98


@pytest.mark.parametrize('noise', [0.0, 1.0])
def test_the_object_ends_at_the_table_and_is_as_large_as_it_is(noise: float) -> None:
    frame = table_frame(LONG, TableBox(0.7, -0.1, (0.05, 0.05, 0.1)), noise=noise)
    found = lifted(frame, on_top(frame, LONG))
    assert np.allclose(found.extent.box.size_m, (0.16, 0.05, 0.06), atol=0.015)
    assert abs(abs(found.extent.box.yaw_rad) - np.pi / 2) < 0.1
    assert np.allclose(found.extent.box.centre_base[:2], (0.7, 0.05), atol=0.006)
    assert found.extent.points_base[:, 2].min() > TABLE_M
    assert not found.extent.is_cut


def test_a_hole_is_filled_from_the_surface_around_it_and_said_to_be() -> None:
    frame = table_frame(CARTON)
    pixel = on_top(frame, CARTON)
    found = lifted(without_depth(frame, pixel, 3), pixel)
    assert found.source is LiftSource.FILLED
    assert np.linalg.norm(found.point_base - (0.7, 0.0, TABLE_M + 0.18)) < 0.003


def test_where_nothing_near_is_measured_there_is_no_surface() -> None:
    frame = table_frame()
    pixel = Pixel(320.0, 300.0)
    blind = without_depth(frame, pixel, 40)
    assert refused(blind, pixel).reason is HandReason.NO_SURFACE
    on_plane = lifted(blind, pixel, LiftSettings(plane=TABLE))
    assert on_plane.source is LiftSource.PLANE
    assert np.allclose(on_plane.point_base, lifted(frame, pixel).point_base, atol=0.002)
    assert np.allclose(on_plane.normal_base, (0.0, 0.0, 1.0))


def test_without_depth_there_is_a_point_on_a_given_plane_only() -> None:
    frame = replace(table_frame(), depth_m=None)
    pixel = Pixel(320.0, 300.0)
    assert refused(frame, pixel).reason is ObservationReason.NO_DEPTH
    assert lifted(frame, pixel, LiftSettings(plane=TABLE)).source is LiftSource.PLANE


def test_a_hole_at_an_edge_is_never_filled_with_what_lies_between() -> None:
    frame = table_frame(CARTON)
    assert frame.depth_m is not None
    rng = np.random.default_rng(0)
    gone = rng.random(frame.depth_m.shape) < 0.5
    holey = replace(frame, depth_m=np.where(gone, np.float32(np.nan), frame.depth_m))
    rows, columns = np.nonzero(gone[120:420, 250:390])
    pixels = np.column_stack([columns + 250, rows + 120])
    found = lift_points(holey, pixels)
    there = np.array([reason is None for reason in found.reason])
    off_m = np.linalg.norm(found.points_base - lift_points(frame, pixels).points_base, axis=1)
    assert there.mean() > 0.9
    assert (off_m[there] < 0.01).mean() > 0.98


def test_a_flying_pixel_is_not_believed() -> None:
    frame = table_frame()
    assert frame.depth_m is not None
    depth_m = frame.depth_m.copy()
    depth_m[300, 320] -= 0.1
    flying = lifted(replace(frame, depth_m=depth_m), Pixel(320.0, 300.0))
    assert flying.source is LiftSource.FILLED
    assert abs(flying.point_base[2] - TABLE_M) < 0.002


def test_a_flying_pixel_at_an_edge_is_refused() -> None:
    frame = table_frame()
    assert frame.depth_m is not None
    depth_m = frame.depth_m.copy()
    depth_m[:, :320] -= 0.2
    depth_m[:, 320] -= 0.1
    found = refused(replace(frame, depth_m=depth_m), Pixel(320.0, 300.0))
    assert found.reason is HandReason.MIXED_SURFACE


@pytest.mark.parametrize('pixel', [Pixel(-1.0, 10.0), Pixel(640.0, 10.0), Pixel(10.0, 480.0)])
def test_a_pixel_outside_the_picture_is_refused(pixel: Pixel) -> None:
    found = refused(table_frame(), pixel)
    assert found.reason is ObservationReason.PIXEL_OUTSIDE_IMAGE
    assert '640 x 480' in found.detail


def test_a_pixel_that_is_no_number_is_refused() -> None:
    found = lift_points(table_frame(), [(np.nan, 3.0), (320.0, 300.0)])
    assert found.reason.tolist() == [ObservationReason.PIXEL_OUTSIDE_IMAGE, None]


def test_what_is_beyond_the_range_is_refused() -> None:
    found = refused(table_frame(), Pixel(320.0, 300.0), LiftSettings(farthest_m=0.4))
    assert found.reason is HandReason.BEYOND_RANGE


def test_the_robot_itself_is_refused() -> None:
    frame = table_frame(CARTON)
    found = refused(
        frame, on_top(frame, CARTON), on_robot=lambda points: points[:, 2] > TABLE_M + 0.1
    )
    assert found.reason is HandReason.ON_ROBOT


def test_an_old_pose_is_refused_and_a_young_one_is_not() -> None:
    frame = table_frame(CARTON)
    pixel = on_top(frame, CARTON)
    old_ns = frame.stamp_ns + 2_100_000_000
    assert refused(frame, pixel, now_ns=old_ns).reason is HandReason.TRANSFORM_TOO_OLD
    assert lifted(frame, pixel, now_ns=frame.stamp_ns + 1_000_000_000).stamp_ns == frame.stamp_ns


def test_things_that_only_a_colour_parts_are_refused() -> None:
    one = TableBox(0.7, 0.0, (0.05, 0.05, 0.1))
    frame = table_frame(one, TableBox(0.7, 0.05, (0.05, 0.05, 0.1), GREEN), noise=1.0)
    assert refused(frame, on_top(frame, one)).reason is HandReason.TOUCHING_OBJECTS


@pytest.mark.parametrize('along_m', [0.055, 0.075])
def test_of_things_that_touch_at_a_corner_each_is_told_from_the_other(along_m: float) -> None:
    size = (0.08, 0.05, 0.06)
    one, other = TableBox(0.7, 0.0, size), TableBox(0.7 + along_m, 0.05, size)
    frame = table_frame(one, other, noise=1.0)
    for box in (one, other):
        found = lifted(frame, on_top(frame, box))
        assert np.allclose(found.extent.box.size_m[:2], (0.08, 0.05), atol=0.012)
        assert np.allclose(found.extent.box.centre_base[:2], (box.x_m, box.y_m), atol=0.01)


def test_a_pixel_where_two_things_touch_is_of_neither() -> None:
    whole = np.zeros((40, 60), dtype=np.bool_)
    whole[5:35, 3:27] = whole[5:35, 33:57] = whole[17:23, 27:33] = True
    assert own_lobe(whole, (20, 30)) is None
    left = own_lobe(whole, (10, 10))
    assert left is not None
    assert left[:, :27].sum() == whole[:, :27].sum()
    assert not left[:, 33:].any()


@pytest.mark.parametrize('seed', [(20, 10), (20, 50)])
def test_what_grows_narrow_and_stays_so_is_one_thing(seed: tuple[int, int]) -> None:
    bottle = np.zeros((40, 60), dtype=np.bool_)
    bottle[5:35, 3:35] = bottle[16:24, 35:57] = True
    assert own_lobe(bottle, seed) is bottle


def test_a_box_in_the_picture_tells_touching_things_apart() -> None:
    one = TableBox(0.7, 0.0, (0.05, 0.05, 0.1))
    frame = table_frame(one, TableBox(0.7, 0.05, (0.05, 0.05, 0.1), GREEN))
    mask = (frame.rgb == one.color).all(axis=-1)
    rows, columns = np.nonzero(mask)
    by_mask = lifted(frame, mask)
    box = PixelBox(columns.min(), rows.min(), columns.max(), rows.max())
    for found in (by_mask, lifted(frame, box)):
        assert np.allclose(found.extent.box.centre_base[:2], (0.7, 0.0), atol=0.01)
        assert found.extent.box.size_m[0] < 0.07


def test_a_pattern_inside_a_face_is_no_thing_of_its_own() -> None:
    one = TableBox(0.7, 0.0, (0.06, 0.06, 0.1))
    label = TableBox(0.7, 0.0, (0.03, 0.03, 0.1005), GREEN)
    frame = table_frame(one, label)
    found = lifted(frame, on_top(frame, label))
    assert np.allclose(found.extent.box.size_m[:2], (0.06, 0.06), atol=0.01)


def test_sides_and_labels_of_a_box_are_one_thing() -> None:
    box = TableBox(0.7, 0.0, (0.12, 0.06, 0.1))
    frame = table_frame(box)
    x, y, z = np.moveaxis(points_base(frame), -1, 0)
    there = (frame.rgb == box.color).all(axis=-1)
    top = there & (z > TABLE_M + 0.097)
    rgb = frame.rgb.copy()
    rgb[there & ~top] = (130, 15, 15)
    rgb[there & ~top & (np.abs(y) < 0.02) & (np.abs(z - TABLE_M - 0.05) < 0.02)] = (190, 170, 60)
    rgb[top & (np.abs(y) < 0.02) & (np.abs(x - 0.7) < 0.02)] = (255, 230, 80)
    # Seen askew in the base frame, where sides are no straight lines of its squares.
    turned = np.eye(4)
    turned[:2, :2] = ((0.766, -0.643), (0.643, 0.766))
    askew = replace(frame, rgb=rgb, base_from_camera=turned @ frame.base_from_camera)
    for pixel in (on_top(frame, box), pixel_of(frame, 0.65, 0.02, 0.1)):
        assert np.allclose(lifted(askew, pixel).extent.box.size_m, box.size_m, atol=0.02)


def test_a_mask_without_depth_is_refused() -> None:
    frame = table_frame()
    assert refused(frame, np.zeros((480, 640), dtype=np.bool_)).reason is HandReason.NO_SURFACE


def test_many_pixels_are_lifted_to_what_each_alone_is() -> None:
    frame = table_frame(CARTON, noise=1.0)
    pixels = np.array([(320.0, 300.0), (320.0, 200.0), (100.0, 400.0)])
    together = lift_points(frame, pixels)
    alone = [lift_points(frame, pixel[None]).points_base[0] for pixel in pixels]
    assert np.allclose(together.points_base, alone)


@pytest.mark.parametrize(
    'settings',
    [{'nearest_m': 1.0, 'farthest_m': 0.5}, {'maximum_age_s': 0.0}, {'largest_m': -1.0}],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError):
        LiftSettings(**settings)


def test_a_hole_in_what_two_surfaces_share_is_refused() -> None:
    frame = table_frame()
    assert frame.depth_m is not None
    depth_m = frame.depth_m.copy()
    rows, columns = np.mgrid[0:480, 0:640]
    # As through a net: every other pixel shows what lies before the table.
    depth_m[(rows + columns) % 2 == 0] -= 0.1
    depth_m[300, 320] = np.nan
    found = refused(replace(frame, depth_m=depth_m), Pixel(320.0, 300.0))
    assert found.reason is HandReason.MIXED_SURFACE
