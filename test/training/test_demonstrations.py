"""Walks through a simulated house."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('mujoco')
pytest.importorskip('scipy')
pytest.importorskip('skimage')

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.imagination.level_view import CHANNELS, HEIGHT_PX, WIDTH_PX
from vlm_nav.training.demonstrations import STEP_M, demonstrations


def test_a_walk_leads_on_in_steps_and_its_pictures_tell_of_it() -> None:
    pairs = demonstrations(100_003, 11, walks=2)
    assert len(pairs.poses) > 20
    assert pairs.pictures.shape == (len(pairs.poses), CHANNELS, HEIGHT_PX, WIDTH_PX)
    range_m = np.hypot(pairs.poses[:, 0], pairs.poses[:, 1])
    assert range_m.max() <= 11 * STEP_M + 1e-6
    assert np.median(range_m) > 1.0
    # Mostly it goes ahead, and its pictures are of the place where it is.
    assert np.median(pairs.poses[:, 0]) > 0.5
    assert pairs.pictures[:, :3].std() > 10.0
    assert (pairs.pictures[:, 5] > 0).mean() > 0.5


def test_training_keeps_off_the_houses_that_are_measured_on() -> None:
    for needed in ('jax', 'optax', 'onnx', 'onnxruntime'):
        pytest.importorskip(needed)
    from vlm_nav.training.model_file import TrainingOrder

    with pytest.raises(InvalidValueError, match='measured on'):
        TrainingOrder(first_seed=500)
