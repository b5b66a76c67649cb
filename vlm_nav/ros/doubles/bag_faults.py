"""Faults of a camera and of tf that a player can put into what it publishes."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.messages.images import encoding_of, is_depth
from vlm_nav.messages.stamps import NS_IN_S

OLD_NS = 60 * NS_IN_S
_SOMEBODY_MM = 1000


class Fault(str, Enum):
    """What is wrong with what is published.

    no_depth: no depth comes. empty_picture: colour without a byte. wrong_encoding: colour in an
    encoding that nobody knows. zero_k: calibrations of a camera that nobody calibrated.
    no_transform: nothing more on tf. old_picture: stamps a minute in the past.
    no_picture: nothing more of the camera. somebody: a person stands 1 m before the camera, in
    the left third of the picture; only raw depth shows them.
    """

    NO_DEPTH = 'no_depth'
    EMPTY_PICTURE = 'empty_picture'
    WRONG_ENCODING = 'wrong_encoding'
    ZERO_K = 'zero_k'
    NO_TRANSFORM = 'no_transform'
    OLD_PICTURE = 'old_picture'
    NO_PICTURE = 'no_picture'
    SOMEBODY = 'somebody'


def faulty(message: Any, fault: Fault | None) -> Any | None:
    """Return the camera's message with a fault in it, changed in place; None to send nothing."""
    if fault is Fault.NO_PICTURE:
        return None
    if hasattr(message, 'k'):
        if fault is Fault.ZERO_K:
            message.k, message.p = [0.0] * 9, [0.0] * 12
        return message
    if not hasattr(message, 'data'):
        return message
    if is_depth(encoding_of(message)):
        if fault is Fault.SOMEBODY:
            _place_somebody(message)
        return None if fault is Fault.NO_DEPTH else message
    if fault is Fault.EMPTY_PICTURE:
        _empty(message)
    elif fault is Fault.WRONG_ENCODING:
        _encode_unknown(message)
    return message


def _place_somebody(message: Any) -> None:
    if message.encoding not in ('16UC1', 'mono16'):
        raise InvalidValueError(f'a person in 16UC1 was wanted, depth is {message.encoding!r}')
    order = '>u2' if message.is_bigendian else '<u2'
    depth_mm = np.frombuffer(message.data, dtype=order).reshape(message.height, -1).copy()
    person = depth_mm[:, : message.width // 3]
    person[(person == 0) | (person > _SOMEBODY_MM)] = _SOMEBODY_MM
    message.data = depth_mm.tobytes()


def _empty(message: Any) -> None:
    message.data = b''
    if hasattr(message, 'encoding'):
        message.height, message.width, message.step = 0, 0, 0


def _encode_unknown(message: Any) -> None:
    if hasattr(message, 'encoding'):
        message.encoding = 'nobody_knows8'
    else:
        # Readers go by the first bytes, whatever `format` says.
        message.format = 'nobody knows'
        message.data = b'?' * 64
