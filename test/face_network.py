"""A network in YuNet's form that takes squares of pure red for faces; written without onnx.

It has the outputs of the release of 2023, which OpenCV reads from 4.8 on: scores, boxes and points
for cells of 8, 16 and 32 pixels. Only cells of 32 pixels find anything here: where one is red, a
square box around its middle.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CELL_PX = 32
# Of a box the middle's place in its cell, and the logarithm of its size in cells: one number here.
_BOX = 0.5
BOX_PX = CELL_PX * math.exp(_BOX)
_FLOAT, _INTS = 1, 7
_VARINT, _BYTES = 0, 2


def write_face_network(path: Path) -> Path:
    """Write the network and return its path."""
    nodes, weights, outputs = [], [], []
    for cell in (8, 16, 32):
        for name, channels in (('cls', 1), ('obj', 1), ('bbox', 4), ('kps', 10)):
            kernel = np.zeros((channels, 3, cell, cell), dtype=np.float32)
            if cell == CELL_PX and channels == 1:
                # Blue, green, red: what is grey or white gives nothing.
                kernel[0] = np.array((-1.0, -1.0, 1.0))[:, None, None] / (255.0 * cell * cell)
            bias = np.full(channels, _BOX if name == 'bbox' else 0.0, dtype=np.float32)
            output = f'{name}_{cell}'
            nodes.append(_convolution(output, cell))
            weights.append(_tensor(f'{output}_weights', kernel))
            weights.append(_tensor(f'{output}_bias', bias))
            outputs.append(_value(output, (1, channels, 0, 0)))
    graph = b''.join(
        [
            *(_field(1, node) for node in nodes),
            _field(2, b'red_squares'),
            *(_field(5, weight) for weight in weights),
            _field(11, _value('input', (1, 3, 0, 0))),
            *(_field(12, output) for output in outputs),
        ]
    )
    opset = _field(2, 11)
    path.write_bytes(_field(1, 6) + _field(7, graph) + _field(8, opset))
    return path


def _convolution(output: str, cell: int) -> bytes:
    attributes = [_ints('kernel_shape', (cell, cell)), _ints('strides', (cell, cell))]
    return b''.join(
        [
            _field(1, b'input'),
            _field(1, f'{output}_weights'.encode()),
            _field(1, f'{output}_bias'.encode()),
            _field(2, output.encode()),
            _field(3, output.encode()),
            _field(4, b'Conv'),
            *(_field(5, attribute) for attribute in attributes),
        ]
    )


def _ints(name: str, values: Sequence[int]) -> bytes:
    numbers = b''.join(_field(8, value) for value in values)
    return _field(1, name.encode()) + numbers + _field(20, _INTS)


def _tensor(name: str, values: NDArray[np.float32]) -> bytes:
    dimensions = b''.join(_field(1, size) for size in values.shape)
    return dimensions + _field(2, _FLOAT) + _field(8, name.encode()) + _field(9, values.tobytes())


def _value(name: str, shape: Sequence[int]) -> bytes:
    """Return what is said of an input or output; 0 in the shape stands for any size."""
    sizes = (_field(1, size) if size else _field(2, b'any') for size in shape)
    dimensions = b''.join(_field(1, size) for size in sizes)
    tensor = _field(1, _FLOAT) + _field(2, dimensions)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, value: int | bytes) -> bytes:
    """Return a field of a protocol buffer."""
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    coded = b''
    while value > 0x7F:
        coded += struct.pack('B', value & 0x7F | 0x80)
        value >>= 7
    return coded + struct.pack('B', value)
