"""The network that proposes viewpoints, and files that are none of it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from synthetic import Box, camera_pose, frame_of
from viewpoints_around import WIDE, surroundings_at

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.learned import LearnedProposer
from vlm_nav.imagination.level_view import CHANNELS, HEIGHT_PX, WIDTH_PX, level_view
from vlm_nav.imagination.proposing import propose
from vlm_nav.imagination.uniform import UniformProposer
from vlm_nav.imagination.where2imagine import (
    OUTPUTS,
    POSES,
    SHIPPED,
    Where2Imagine,
    Where2ImagineError,
)

pytest.importorskip('onnxruntime')


def test_the_model_of_the_package_says_poses_within_reach() -> None:
    pictures = [level_view(frame_of()), level_view(frame_of([Box((0.8, 1.0), (-2.0, 2.0))]))]
    poses = Where2Imagine().poses(pictures)
    assert poses.shape == (2, POSES, 3)
    assert np.isfinite(poses).all()
    assert (np.hypot(poses[..., 0], poses[..., 1]) <= 4.0 + 1e-6).all()
    assert (np.abs(poses[..., 2]) <= math.pi).all()


def test_before_a_wall_it_goes_less_far_ahead_than_over_free_floor() -> None:
    high = camera_pose(height_m=1.2, down_deg=30.0)
    free, walled = (
        level_view(frame_of(boxes, high, camera=WIDE))
        for boxes in ((), [Box((0.9, 1.1), (-9.0, 9.0), (0.0, 2.5))])
    )
    poses = Where2Imagine().poses([free, walled])
    farthest_m = poses[..., 0].max(axis=1)
    assert farthest_m[0] > 1.0
    assert farthest_m[1] < farthest_m[0] - 0.5


def test_the_model_is_small() -> None:
    assert SHIPPED.stat().st_size < 4_000_000


@pytest.mark.parametrize(
    'content', [b'', b'\x08\x08', b'no model at all', bytes(range(256)) * 40, None]
)
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / 'model.onnx'
    path.write_bytes(SHIPPED.read_bytes()[:-5000] if content is None else content)
    with pytest.raises(Where2ImagineError, match=r'model\.onnx'):
        Where2Imagine(path)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Where2ImagineError, match='cannot be read'):
        Where2Imagine(tmp_path / 'none.onnx')
    large = tmp_path / 'large.onnx'
    with large.open('wb') as file:
        file.truncate(9_000_000)
    with pytest.raises(Where2ImagineError, match='at most 8000000 bytes'):
        Where2Imagine(large)


def test_a_model_of_something_else_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path, outputs=3)
    with pytest.raises(Where2ImagineError, match='is another model'):
        Where2Imagine(path)


def test_a_model_that_says_no_number_is_refused(tmp_path: Path) -> None:
    network = Where2Imagine(write_model(tmp_path, says=math.nan))
    with pytest.raises(Where2ImagineError, match='finite poses'):
        network.poses([level_view(frame_of())])


def test_a_model_that_breaks_off_is_told_and_uniform_viewpoints_are_proposed(
    tmp_path: Path,
) -> None:
    network = Where2Imagine(write_model(tmp_path, breaks_off=True))
    with pytest.raises(Where2ImagineError, match='cannot be run'):
        network.poses([level_view(frame_of())])
    surroundings = surroundings_at(FloorPose(2.0, 2.0, 0.0))
    found = propose(surroundings, 6, LearnedProposer(lambda: network), UniformProposer())
    assert found.proposer == 'uniform'
    assert found.viewpoints
    assert found.detail.startswith('learned viewpoints failed')


def test_a_model_that_leads_far_away_is_held_back(tmp_path: Path) -> None:
    network = Where2Imagine(write_model(tmp_path, says=1e6))
    poses = network.poses([level_view(frame_of())])
    assert np.hypot(poses[..., 0], poses[..., 1]) == pytest.approx(4.0)


def write_model(
    folder: Path, *, outputs: int = OUTPUTS, says: float = 1.0, breaks_off: bool = False
) -> Path:
    """Write a model that always says the same."""
    onnx = pytest.importorskip('onnx')
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    shape = ['pictures', CHANNELS, HEIGHT_PX, WIDTH_PX]
    # One picture, or six, give another number of values than that.
    reshaped = [7, outputs] if breaks_off else [-1, outputs]
    weights = np.zeros((CHANNELS * HEIGHT_PX * WIDTH_PX, outputs), np.float32)
    graph = helper.make_graph(
        [
            helper.make_node('Flatten', ['pictures'], ['flat']),
            helper.make_node('Gemm', ['flat', 'weights', 'offsets'], ['said']),
            helper.make_node('Reshape', ['said', 'shape'], ['poses']),
        ],
        'double',
        [helper.make_tensor_value_info('pictures', floats, shape)],
        [helper.make_tensor_value_info('poses', floats, ['pictures', outputs])],
        [
            onnx.numpy_helper.from_array(weights, 'weights'),
            onnx.numpy_helper.from_array(np.array(reshaped), 'shape'),
            onnx.numpy_helper.from_array(np.full(outputs, says, np.float32), 'offsets'),
        ],
    )
    opset = [helper.make_opsetid('', 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    path = folder / 'double.onnx'
    path.write_bytes(model.SerializeToString())
    return path
