"""Every way of storing depth, on numbers made here and on the sensors' own files."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sensor_data import (
    index_of,
    kitchen_depth,
    nyu_stored,
    robot_floor_frame,
    shelf_stored,
    tote,
    tum_camera,
    tum_stored,
)

from vlm_nav.geometry.depth_encodings import DepthEncoding, read_depth
from vlm_nav.geometry.errors import DepthEncodingError


def test_millimetres_are_read_with_both_words_for_unknown() -> None:
    stored = np.array([[0, 1, 1500, 65534, 65535]], dtype=np.uint16)
    depth_m = read_depth(stored, DepthEncoding.MILLIMETRES)
    assert depth_m.dtype == np.float32
    expected = [[math.nan, 0.001, 1.5, 65.534, math.nan]]
    np.testing.assert_allclose(depth_m, expected, rtol=1e-6)


def test_rotated_bits_are_turned_back() -> None:
    tenths = np.array([[0, 1, 5432, 12345, 65535]], dtype=np.uint16)
    stored = (tenths << 3) | (tenths >> 13)
    depth_m = read_depth(stored, DepthEncoding.TENTH_MILLIMETRES_ROTATED)
    expected = [[math.nan, 0.0001, 0.5432, 1.2345, 6.5535]]
    np.testing.assert_allclose(depth_m, expected, rtol=1e-6)


def test_fifths_of_a_millimetre_are_read() -> None:
    depth_m = read_depth(np.array([[0, 5000, 7501]], dtype=np.uint16), 'five_thousandths')
    np.testing.assert_allclose(depth_m, [[math.nan, 1.0, 1.5002]], rtol=1e-6)


def test_disparity_is_swapped_and_inverted() -> None:
    disparity = np.array([[0, 741, 1057, 1058, 1092, 1093, 2047]], dtype=np.uint16)
    depth_m = read_depth(disparity.byteswap(), DepthEncoding.SWAPPED_DISPARITY)
    near = [351.3 / 1092.5, 351.3 / 351.5, 351.3 / 35.5]
    np.testing.assert_allclose(depth_m[0, :3], near, rtol=1e-5)
    assert np.isnan(depth_m[0, 3:]).all()


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_metres_are_taken_as_they_are(dtype: type) -> None:
    stored = np.array([[math.nan, 0.0, -1.0, math.inf, 2.5]], dtype=dtype)
    depth_m = read_depth(stored, 'metres')
    assert depth_m.dtype == np.float32
    np.testing.assert_array_equal(depth_m, [[np.nan, np.nan, np.nan, np.nan, 2.5]])


@pytest.mark.parametrize('encoding', list(DepthEncoding))
def test_what_is_stored_is_left_as_it_is(encoding: DepthEncoding) -> None:
    dtype = np.float32 if encoding is DepthEncoding.METRES else np.uint16
    stored = np.array([[0, 1, 700]], dtype=dtype)
    before = stored.copy()
    read_depth(stored, encoding)
    np.testing.assert_array_equal(stored, before)


def test_an_unknown_encoding_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(DepthEncodingError, match="'inches'") as caught:
        read_depth(np.ones((2, 2), dtype=np.uint16), 'inches')
    for encoding in DepthEncoding:
        assert encoding.value in str(caught.value)


@pytest.mark.parametrize(
    ('encoding', 'dtype'),
    [('millimetres', np.float32), ('millimetres', np.uint8), ('metres', np.uint16)],
)
def test_another_number_type_is_refused(encoding: str, dtype: type) -> None:
    with pytest.raises(DepthEncodingError, match='is stored as'):
        read_depth(np.ones((2, 2), dtype=dtype), encoding)


def test_another_shape_is_refused() -> None:
    with pytest.raises(DepthEncodingError, match=r'\(H, W\)'):
        read_depth(np.ones((2, 2, 3), dtype=np.uint16), 'millimetres')


@pytest.mark.data
def test_the_kitchen_is_stored_in_millimetres() -> None:
    depth_m = kitchen_depth(0)
    assert 0.5 < np.nanmin(depth_m) < np.nanmax(depth_m) < 6.0
    assert 0.5 < np.isfinite(depth_m).mean() < 1.0


@pytest.mark.data
def test_the_robots_frame_is_stored_in_millimetres() -> None:
    depth_m = robot_floor_frame().depth_m
    assert depth_m is not None
    # The wall ahead is the farthest that it shows.
    assert np.nanpercentile(depth_m, 90) == pytest.approx(4.5, abs=0.2)


@pytest.mark.data
def test_the_shelf_is_stored_in_rotated_tenths_of_a_millimetre() -> None:
    index = index_of('shelf_bin_apc')
    depth_m = read_depth(shelf_stored(5), 'tenth_millimetres_rotated')
    rays = _rays(index['K'], depth_m.shape)
    (pose,) = [frame['T_world_camera'] for frame in index['frames'] if frame['id'] == 5]
    bin_from_camera = np.linalg.inv(index['T_world_bin']) @ pose
    points = (rays * depth_m[..., None]) @ bin_from_camera[:3, :3].T + bin_from_camera[:3, 3]
    # The back wall of the bin, seen through its opening, lies 0.41 to 0.45 m inside.
    inside = (np.abs(points[..., 1]) < 0.1) & (points[..., 2] > 0.05) & (points[..., 2] < 0.25)
    assert np.nanpercentile(points[inside][:, 0], 97) == pytest.approx(0.43, abs=0.05)


@pytest.mark.data
def test_the_tum_frame_shows_the_floor_below_the_camera() -> None:
    depth_m = read_depth(tum_stored(), 'five_thousandths')
    points = (tum_camera().pixel_rays() * depth_m[..., None])[np.isfinite(depth_m)]
    normal, below_m = _main_plane(points)
    # Its README gives 1.67 m; the camera looks down by about 27 degrees.
    assert below_m == pytest.approx(1.67, abs=0.03)
    assert math.degrees(math.acos(normal[1])) == pytest.approx(27.0, abs=3.0)


@pytest.mark.data
def test_the_nyu_frame_shows_a_room() -> None:
    depth_m = read_depth(nyu_stored(), 'swapped_disparity')
    assert depth_m.shape == (480, 640)
    assert np.isfinite(depth_m).mean() > 0.7
    assert 0.4 < np.nanmin(depth_m) < np.nanmedian(depth_m) < 5.0


@pytest.mark.data
def test_the_tote_is_stored_in_metres() -> None:
    scene = tote()
    assert np.isnan(scene.depth_m).mean() == pytest.approx(0.513, abs=0.005)
    centres = [float(np.nanmedian(scene.depth_m[mask])) for mask in scene.masks]
    assert all(0.48 < centre < 0.66 for centre in centres)


def _rays(k: list[list[float]], shape: tuple[int, ...]) -> np.ndarray:
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]]
    x, y = (u - k[0][2]) / k[0][0], (v - k[1][2]) / k[1][1]
    return np.stack([x, y, np.ones_like(x)], axis=-1)


def _main_plane(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return normal and distance of the plane that most points lie on, the normal downward."""
    rng = np.random.default_rng(0)
    points = points[::30].astype(np.float64)
    on_best = np.zeros(len(points), dtype=np.bool_)
    for _ in range(200):
        a, b, c = points[rng.choice(len(points), 3, replace=False)]
        normal = np.cross(b - a, c - a)
        if (length := np.linalg.norm(normal)) > 1e-6:
            on_plane = np.abs((points - a) @ normal / length) < 0.02
            on_best = on_plane if on_plane.sum() > on_best.sum() else on_best
    centre = points[on_best].mean(axis=0)
    normal = np.linalg.svd(points[on_best] - centre)[2][2]
    normal *= np.sign(normal[1])
    return normal, float(centre @ normal)
