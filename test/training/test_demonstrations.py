"""Searches of a simulated house."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip('mujoco')
pytest.importorskip('scipy')
pytest.importorskip('skimage')

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.level_view import CHANNELS, HEIGHT_PX, WIDTH_PX
from vlm_nav.training.demonstrations import STEP_M, demonstrations, pose_after


def test_each_view_of_a_stop_tells_where_a_search_leads_from_there() -> None:
    pairs = demonstrations(100_003, 11, searches=2)
    assert len(pairs.poses) > 5
    assert pairs.pictures.shape == (len(pairs.poses), CHANNELS, HEIGHT_PX, WIDTH_PX)
    range_m = np.hypot(pairs.poses[:, 0], pairs.poses[:, 1])
    assert range_m.max() <= 11 * STEP_M + 1e-6
    assert np.median(range_m) > 0.7
    # A way that begins on the side of a view leads ahead of it.
    assert (pairs.poses[:, 0] > 0.0).mean() > 0.9
    assert pairs.pictures[:, :3].std() > 10.0
    assert (pairs.pictures[:, 5] > 0).mean() > 0.5


def test_steps_turn_to_a_way_and_end_where_it_ends() -> None:
    ahead = np.column_stack([np.linspace(0.0, 2.0, 41), np.zeros(41)])
    aside = FloorPose(0.0, 0.0, math.radians(80.0))
    assert pose_after(2, ahead, aside).yaw_rad == pytest.approx(math.radians(20.0))
    assert pose_after(2, ahead, aside).x_m == 0.0
    assert pose_after(5, ahead, aside).x_m == pytest.approx(2 * STEP_M)
    assert pose_after(100, ahead, aside).x_m == pytest.approx(2.0, abs=0.3)


def test_training_keeps_off_the_houses_that_are_measured_on() -> None:
    for needed in ('jax', 'optax', 'onnx', 'onnxruntime'):
        pytest.importorskip(needed)
    from vlm_nav.training.model_file import TrainingOrder

    with pytest.raises(InvalidValueError, match='measured on'):
        TrainingOrder(first_seed=500)
