"""The network of Where2Imagine: from what one camera sees, poses that may be worth looking from.

docs/where2imagine.md says how it was trained, and how good it is. A file of somebody else's is
believed no more than any other input: it is refused unless it takes and gives what is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.imagination.level_view import CHANNELS, HEIGHT_PX, WIDTH_PX
from vlm_nav.imagination.proposing import ProposalError

POSES = 3
"""So many poses it says of each picture: at a crossing of ways one would be in their middle."""

INPUT, OUTPUT, OUTPUTS = 'pictures', 'poses', 4 * POSES
"""The pictures (n, CHANNELS, HEIGHT_PX, WIDTH_PX), and for each pose x and y in metres of the base
frame turned to where the camera looks, then cosine and sine of the yaw there, not of length 1."""

ABOUT = ('vlm_nav', 'where2imagine')
SHIPPED = Path(__file__).with_name('where2imagine.onnx')
"""The model that comes with the package."""

_LARGEST_BYTES = 8_000_000
_INPUT_SHAPE = [CHANNELS, HEIGHT_PX, WIDTH_PX]
# It has learned from ways that are shorter than this.
_FARTHEST_M = 4.0


class Where2ImagineError(ProposalError):
    """A model cannot be loaded, or what it says is no pose."""


class Where2Imagine:
    """Runs the network; raises Where2ImagineError for a file that is none of it."""

    def __init__(self, path: Path = SHIPPED) -> None:
        """Load the network of a file."""
        self._session = _session_of(path, _content(path))

    def poses(self, pictures: Sequence[NDArray[np.float32]]) -> FloatArray:
        """Return x, y and yaw (n, POSES, 3) for pictures as in `level_view`, each as it looks.

        Raises Where2ImagineError where the network says what is no pose.
        """
        said = self.said(np.stack(pictures))
        if said.shape != (len(pictures), OUTPUTS) or not np.isfinite(said).all():
            raise Where2ImagineError(
                f'finite poses ({len(pictures)}, {OUTPUTS}) were wanted of the model, '
                f'got {said.shape}'
            )
        numbers = said.reshape(len(pictures), POSES, -1).astype(np.float64)
        places, (cosine, sine) = numbers[..., :2], np.moveaxis(numbers[..., 2:], -1, 0)
        range_m = np.hypot(places[..., 0], places[..., 1])
        places *= np.minimum(1.0, _FARTHEST_M / np.maximum(range_m, 1e-9))[..., None]
        return np.concatenate([places, np.arctan2(sine, cosine)[..., None]], axis=-1)

    def said(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the network says of pictures (n, ...), as it says it.

        Raises Where2ImagineError where it cannot be run.
        """
        try:
            said: NDArray[np.float32] = self._session.run([OUTPUT], {INPUT: pictures})[0]
        except _refusals() as error:
            raise Where2ImagineError(f'the model cannot be run: {error}') from error
        return said


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _LARGEST_BYTES:
            raise Where2ImagineError(
                f'a model of at most {_LARGEST_BYTES} bytes was wanted, {path} has {size}'
            )
        return path.read_bytes()
    except OSError as error:
        raise Where2ImagineError(f'the model cannot be read: {error}') from error


def _refusals() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises for models that are none, or break off."""
    from onnxruntime.capi import onnxruntime_pybind11_state as states

    named = 'Fail InvalidArgument InvalidGraph InvalidProtobuf NoModel NotImplemented'
    found = [getattr(states, name) for name in (*named.split(), 'RuntimeException')]
    return (*found, ValueError, RuntimeError)


def _session_of(path: Path, content: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise Where2ImagineError(
            f'learned viewpoints need onnxruntime ({error}); pip install onnxruntime'
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            content, options, providers=['CPUExecutionProvider']
        )
    except _refusals() as error:
        raise Where2ImagineError(f'{path} holds no model that can be run: {error}') from error
    inputs = [(one.name, one.type, one.shape[1:]) for one in session.get_inputs()]
    outputs = [(one.name, one.type, one.shape[1:]) for one in session.get_outputs()]
    wanted = ([(INPUT, 'tensor(float)', _INPUT_SHAPE)], [(OUTPUT, 'tensor(float)', [OUTPUTS])])
    if (inputs, outputs) != wanted:
        raise Where2ImagineError(
            f'{path} is another model: wanted {wanted[0]} to {wanted[1]}, '
            f'got {inputs} to {outputs}'
        )
    return session
