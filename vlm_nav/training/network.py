"""The network of Where2Imagine: four convolutions, then two dense layers, in JAX and as ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.imagination.level_view import CHANNELS, HEIGHT_PX, WIDTH_PX
from vlm_nav.imagination.where2imagine import (
    ABOUT,
    INPUT,
    OUTPUT,
    OUTPUTS,
    POSES,
)

Weights: TypeAlias = dict[str, jax.Array]

_FILTERS = (16, 32, 48, 64)
_HIDDEN = 128
# What is left of a picture after the convolutions, each of which halves it.
_LEFT_CELLS = 4 * 4
_OPSET, _IR_VERSION = 17, 8
_AHEAD_M, _ASIDE_M = 1.5, 1.0


def first_weights(seed: int) -> Weights:
    """Return weights drawn by lot."""
    random = np.random.default_rng(seed)
    weights: dict[str, NDArray[np.float32]] = {}
    before = CHANNELS
    for index, filters in enumerate(_FILTERS):
        weights[f'filters{index}'] = _drawn(random, (filters, before, 3, 3), before * 9)
        weights[f'offsets{index}'] = np.zeros(filters, np.float32)
        before = filters
    flat = before * _LEFT_CELLS
    weights['hidden'] = _drawn(random, (flat, _HIDDEN), flat)
    weights['hidden_offsets'] = np.zeros(_HIDDEN, np.float32)
    weights['out'] = _drawn(random, (_HIDDEN, OUTPUTS), 8 * _HIDDEN)
    weights['out_offsets'] = _first_poses().ravel()
    return {name: jnp.asarray(values) for name, values in weights.items()}


def _first_poses() -> NDArray[np.float32]:
    """Return the poses (POSES, 4) to begin with: ahead, and to both sides of that."""
    poses = np.tile(np.array((_AHEAD_M, 0.0, 1.0, 0.0), np.float32), (POSES, 1))
    poses[:, 1] = np.linspace(_ASIDE_M, -_ASIDE_M, POSES)
    return poses


def _drawn(
    random: np.random.Generator, shape: tuple[int, ...], inputs: int
) -> NDArray[np.float32]:
    drawn: FloatArray = random.standard_normal(shape)
    drawn *= (2.0 / inputs) ** 0.5
    return drawn.astype(np.float32)


def apply(weights: Weights, pictures: jax.Array) -> jax.Array:
    """Return what the network says (n, OUTPUTS) of pictures as in `level_view` (n, ...)."""
    values = pictures
    for index in range(len(_FILTERS)):
        values = jax.lax.conv_general_dilated(
            values, weights[f'filters{index}'], (2, 2), ((1, 1), (1, 1))
        )
        values = jax.nn.relu(values + weights[f'offsets{index}'][:, None, None])
    flat = values.reshape(len(values), -1)
    hidden = jax.nn.relu(flat @ weights['hidden'] + weights['hidden_offsets'])
    return hidden @ weights['out'] + weights['out_offsets']


def write_onnx(weights: Weights, path: Path, about: dict[str, str]) -> None:
    """Write the network as a file; `about` is kept in it."""
    model = helper.make_model(
        _graph(weights),
        opset_imports=[helper.make_opsetid('', _OPSET)],
        ir_version=_IR_VERSION,
        producer_name='vlm_nav',
    )
    helper.set_model_props(model, {ABOUT[0]: ABOUT[1], **about})
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def _graph(weights: Weights) -> onnx.GraphProto:
    nodes, last = [], INPUT
    for index in range(len(_FILTERS)):
        inputs = [last, f'filters{index}', f'offsets{index}']
        nodes.append(
            helper.make_node(
                'Conv', inputs, [f'conv{index}'], strides=[2, 2], pads=[1, 1, 1, 1],
                kernel_shape=[3, 3],
            )
        )  # fmt: skip
        last = f'relu{index}'
        nodes.append(helper.make_node('Relu', [f'conv{index}'], [last]))
    nodes += [
        helper.make_node('Flatten', [last], ['flat'], axis=1),
        helper.make_node('Gemm', ['flat', 'hidden', 'hidden_offsets'], ['dense']),
        helper.make_node('Relu', ['dense'], ['dense_relu']),
        helper.make_node('Gemm', ['dense_relu', 'out', 'out_offsets'], [OUTPUT]),
    ]
    shape: list[str | int | None] = ['pictures', CHANNELS, HEIGHT_PX, WIDTH_PX]
    return helper.make_graph(
        nodes,
        'where2imagine',
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ['pictures', OUTPUTS])],
        [numpy_helper.from_array(np.asarray(one), name) for name, one in weights.items()],
    )
