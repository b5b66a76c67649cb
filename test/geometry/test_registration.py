"""Depth of one camera in the picture of another."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.errors import GeometryError
from vlm_nav.geometry.poses import transform_from
from vlm_nav.geometry.registration import register_depth

DEPTH = PinholeCamera(64, 48, 60.0, 60.0, 31.5, 23.5)
ASIDE = transform_from((-0.05, 0.01, 0.002), (1.0, 0.0, 0.0, 0.0))


def flat(depth_m: float) -> np.ndarray:
    return np.full((48, 64), depth_m, dtype=np.float32)


def finer(times: int) -> PinholeCamera:
    last = (times - 1) / 2.0
    return PinholeCamera(
        64 * times,
        48 * times,
        60.0 * times,
        60.0 * times,
        31.5 * times + last,
        23.5 * times + last,
    )


def test_the_same_camera_gets_the_same_depth() -> None:
    depth_m = np.random.default_rng(0).uniform(0.5, 5.0, (48, 64)).astype(np.float32)
    depth_m[10:20, 30:40] = np.nan
    registered = register_depth(depth_m, DEPTH, DEPTH, np.eye(4))
    np.testing.assert_array_equal(registered, depth_m)


def test_a_camera_to_the_side_sees_the_wall_shifted() -> None:
    depth_m = flat(2.0)
    depth_m[:, 40:] = 1.0
    registered = register_depth(depth_m, DEPTH, DEPTH, ASIDE)
    # 0.05 m to the right is 1.5 pixels at 2 m and 3 at 1 m.
    row = registered[24]
    assert row[36] == pytest.approx(2.002, abs=1e-3)
    assert row[40] == pytest.approx(1.002, abs=1e-3)
    assert np.isnan(row[62:]).all()
    assert registered.dtype == np.float32


def test_the_nearer_surface_hides_the_farther_one() -> None:
    depth_m = flat(3.0)
    depth_m[:, 30:40] = 1.0
    registered = register_depth(depth_m, DEPTH, DEPTH, ASIDE)
    # The pole moves by 3 pixels over a wall that moves by one.
    np.testing.assert_allclose(registered[5:40, 28:37], 1.002, atol=1e-3)


def test_the_order_of_the_points_does_not_matter() -> None:
    wide = PinholeCamera(16, 12, 15.0, 15.0, 7.5, 5.5)
    depth_m = np.random.default_rng(1).uniform(0.5, 5.0, (48, 64)).astype(np.float32)
    registered = register_depth(depth_m, DEPTH, wide, np.eye(4))
    u, v = np.meshgrid(np.arange(64), np.arange(48))
    expected = np.full((12, 16), np.inf)
    column = np.round((u - 31.5) / 4.0 + 7.5).astype(int)
    row = np.round((v - 23.5) / 4.0 + 5.5).astype(int)
    np.minimum.at(expected, (row, column), depth_m)
    np.testing.assert_allclose(registered, expected, rtol=1e-6)


@pytest.mark.parametrize('times', [2, 3, 4])
def test_a_finer_colour_camera_has_no_cracks(times: int) -> None:
    registered = register_depth(flat(2.0), DEPTH, finer(times), ASIDE)
    assert registered.shape == (48 * times, 64 * times)
    seen = registered[2 * times : -2 * times, 4 * times : -4 * times]
    assert np.isfinite(seen).all()


def test_a_little_finer_camera_that_is_turned_has_no_cracks() -> None:
    camera = PinholeCamera(90, 68, 84.0, 84.0, 44.5, 33.5)
    turned = transform_from((0.0, 0.0, 0.0), (np.cos(0.05), 0.0, 0.0, np.sin(0.05)))
    registered = register_depth(flat(2.0), DEPTH, camera, turned)
    assert np.isfinite(registered[12:-12, 12:-12]).all()


def test_what_lies_behind_the_colour_camera_is_left_out() -> None:
    ahead = transform_from((0.0, 0.0, -2.5), (1.0, 0.0, 0.0, 0.0))
    assert np.isnan(register_depth(flat(2.0), DEPTH, DEPTH, ahead)).all()


def test_no_depth_stays_no_depth() -> None:
    assert np.isnan(register_depth(flat(np.nan), DEPTH, DEPTH, ASIDE)).all()


def test_depth_of_another_size_than_its_camera_is_refused() -> None:
    with pytest.raises(GeometryError, match=r'64 x 48 pixels.*\(24, 32\)'):
        register_depth(flat(1.0)[::2, ::2], DEPTH, DEPTH, np.eye(4))


def test_each_camera_brings_its_own_lens() -> None:
    bent = PinholeCamera(64, 48, 60.0, 60.0, 31.5, 23.5, (-0.3, 0.05, 0.0, 0.0, 0.0))
    depth_m = flat(2.0)
    depth_m[24, 60] = 1.0
    registered = register_depth(depth_m, bent, DEPTH, np.eye(4))
    u, v = DEPTH.project(bent.rays((60.0, 24.0)))
    assert registered[round(v), round(u)] == 1.0
    assert round(u) != 60
