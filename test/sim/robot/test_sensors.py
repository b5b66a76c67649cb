"""What makes the simulated sensors like real ones."""

import math

import numpy as np
import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.robot.sensors import DepthNoise, Odometry, OdometryDrift

SHAPE = (60, 80)


def seen(noise: DepthNoise, depth_m: np.ndarray, seed: int = 1) -> np.ndarray:
    """Return what the sensor says of depth."""
    return noise(depth_m.astype(np.float32), np.random.default_rng(seed))


def wall(depth_m: float) -> np.ndarray:
    """Return the depth of a wall that fills the picture."""
    return np.full(SHAPE, depth_m, dtype=np.float32)


def test_noise_grows_with_the_square_of_the_distance() -> None:
    noise = DepthNoise(noise_m=0.0, noise_per_m=0.002)
    near, far = seen(noise, wall(2.0)) - 2.0, seen(noise, wall(6.0)) - 6.0
    assert near.std() == pytest.approx(0.008, rel=0.05)
    assert far.std() == pytest.approx(0.072, rel=0.05)
    assert abs(near.mean()) < 0.001


def test_what_is_out_of_range_gives_nothing() -> None:
    noise = DepthNoise(nearest_m=0.3, farthest_m=8.0)
    assert np.isnan(seen(noise, wall(0.29))).all()
    assert np.isnan(seen(noise, wall(8.01))).all()
    assert np.isfinite(seen(noise, wall(0.31))).all()
    assert np.isfinite(seen(noise, wall(7.99))).all()


def test_pixels_beside_a_step_get_lost_and_no_others() -> None:
    depth_m = wall(2.0)
    depth_m[:, 40:] = 3.0
    lost = np.isnan(seen(DepthNoise(edge_loss=0.5), depth_m))
    assert 0.35 < lost[:, 39:41].mean() < 0.65
    assert not lost[:, :39].any()
    assert not lost[:, 41:].any()


def test_a_slanted_floor_has_no_edges() -> None:
    # The floor below a camera of 60 rows, from 0.8 m to 7.5 m away.
    depth_m = np.broadcast_to(1.0 / np.linspace(1 / 7.5, 1 / 0.8, SHAPE[0])[:, None], SHAPE)
    assert depth_m[0, 0] - depth_m[1, 0] > 0.5
    assert np.isfinite(seen(DepthNoise(), depth_m)).all()


def test_the_same_seed_gives_the_same_noise_and_another_another() -> None:
    first, again = seen(DepthNoise(), wall(2.0)), seen(DepthNoise(), wall(2.0))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != seen(DepthNoise(), wall(2.0), seed=2).tobytes()


def test_the_true_depth_is_left_as_it_is() -> None:
    depth_m = wall(2.0)
    seen(DepthNoise(), depth_m)
    assert (depth_m == 2.0).all()


@pytest.mark.parametrize(
    'changed',
    [{'noise_m': -0.1}, {'edge_loss': 1.5}, {'nearest_m': 9.0}, {'noise_per_m': math.nan}],
)
def test_what_is_no_noise_is_refused(changed: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError, match='depth'):
        DepthNoise(**changed)


def driven(drift: OdometryDrift | None, seed: int, steps: int = 200) -> Odometry:
    """Return the odometry of a robot that drove 2 m ahead in equal steps, from x = 1 m."""
    odometry = Odometry(FloorPose(1.0, 0.0, 0.0), drift, seed)
    for step in range(1, steps + 1):
        odometry.moved_to(FloorPose(1.0 + 2.0 * step / steps, 0.0, 0.0))
    return odometry


def test_drift_does_not_depend_on_how_often_it_is_added_up() -> None:
    drift = OdometryDrift(along_m=0.02, turn_rad_by_m=0.0, turn_rad_by_rad=0.0)
    for steps in (4, 100):
        errors = [driven(drift, seed, steps).pose.x_m - 3.0 for seed in range(300)]
        assert np.std(errors) == pytest.approx(0.02 * math.sqrt(2.0), rel=0.15)


def test_a_drift_of_the_heading_bends_the_way() -> None:
    drift = OdometryDrift(along_m=0.0, turn_rad_by_m=0.05, turn_rad_by_rad=0.0)
    poses = [driven(drift, seed).pose for seed in range(100)]
    assert np.std([pose.yaw_rad for pose in poses]) == pytest.approx(0.0707, rel=0.2)
    assert np.std([pose.y_m for pose in poses]) > 0.05


def test_a_robot_that_stands_does_not_drift() -> None:
    odometry = driven(OdometryDrift(), 1)
    before = odometry.pose
    odometry.moved_to(FloorPose(3.0, 0.0, 0.0))
    assert odometry.pose == before


def test_odometry_starts_anew_where_the_robot_is_put() -> None:
    odometry = driven(OdometryDrift(), 1)
    odometry.restart(FloorPose(0.0, 1.0, 0.5))
    assert odometry.pose == FloorPose(0.0, 1.0, 0.5)
