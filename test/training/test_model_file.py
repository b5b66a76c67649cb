"""Training on a tiny set, and the file that comes of it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('jax')
pytest.importorskip('optax')
pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')

import jax.numpy as jnp

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.level_view import CHANNELS, HEIGHT_PX, WIDTH_PX
from vlm_nav.imagination.where2imagine import POSES, Where2Imagine
from vlm_nav.training.network import apply, first_weights, write_onnx
from vlm_nav.training.pairs import Pairs, relative
from vlm_nav.training.where2imagine import Progress, TrainingSettings, error_of, train


def bright_leads_left(count: int, seed: int) -> Pairs:
    """Return pictures whose left or right half is bright: that is where they lead."""
    random = np.random.default_rng(seed)
    pictures = np.zeros((count, CHANNELS, HEIGHT_PX, WIDTH_PX), np.uint8)
    left = random.random(count) < 0.5
    pictures[left, :3, :, : WIDTH_PX // 2] = 200
    pictures[~left, :3, :, WIDTH_PX // 2 :] = 200
    poses = np.column_stack([np.full(count, 1.5), np.where(left, 1.0, -1.0), np.zeros(count)])
    return Pairs(pictures, poses)


def test_it_learns_what_the_pictures_tell(tmp_path: Path) -> None:
    pairs, held_out = bright_leads_left(64, 1), bright_leads_left(16, 2)
    told: list[Progress] = []
    settings = TrainingSettings(epochs=6, batch=16)
    weights = train(pairs, held_out, settings, told.append)
    assert len(told) == 6
    assert error_of(weights, held_out) < 0.5 * error_of(first_weights(0), held_out)
    path = tmp_path / 'model.onnx'
    write_onnx(weights, path, {'seeds': 'none'})
    pictures = held_out.pictures.astype(np.float32) / np.float32(255.0)
    poses = Where2Imagine(path).poses(list(pictures))
    away_m = np.hypot(*np.moveaxis(poses[..., :2] - held_out.poses[:, None, :2], -1, 0))
    assert (away_m.min(axis=1) < 0.6).all()
    said = np.asarray(apply(weights, jnp.asarray(pictures))).reshape(len(pictures), POSES, -1)
    assert np.allclose(poses[..., :2], said[..., :2], atol=1e-4)


def test_where_the_same_picture_leads_to_two_sides_it_says_both() -> None:
    pairs = bright_leads_left(64, 1)
    pairs.pictures[:] = 100
    weights = train(pairs, pairs, TrainingSettings(epochs=12, batch=16))
    said = np.asarray(apply(weights, jnp.asarray(pairs.pictures[:1] / np.float32(255.0))))
    sides_m = said.reshape(POSES, -1)[:, 1]
    assert sides_m.min() < -0.6
    assert sides_m.max() > 0.6


def test_a_later_pose_is_told_in_the_frame_of_the_earlier_one() -> None:
    pose = FloorPose(1.0, 2.0, math.pi / 2.0)
    assert relative(pose, FloorPose(1.0, 4.0, math.pi)) == pytest.approx((2.0, 0.0, math.pi / 2.0))
    assert relative(pose, FloorPose(0.0, 2.0, -math.pi)) == pytest.approx(
        (0.0, 1.0, math.pi / 2.0)
    )
