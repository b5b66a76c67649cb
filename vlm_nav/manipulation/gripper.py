"""The sizes of a gripper with two fingers."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from vlm_nav.core.errors import InvalidValueError


@dataclass(frozen=True)
class GripperSizes:
    """A gripper with two fingers as three boxes, in metres.

    The frame of a grasp lies between the finger tips: x is the direction of approach, y that in
    which the fingers close, z across both. `opening_m` is the widest free space between the
    fingers. Fingers reach `finger_length_m` from the palm to their tips; each is
    `finger_thickness_m` thick along y and `finger_width_m` along z. Behind them is the palm,
    `palm_length_m` along x, `palm_width_m` along y and `palm_height_m` along z.
    """

    opening_m: float = 0.08
    finger_length_m: float = 0.05
    finger_thickness_m: float = 0.012
    finger_width_m: float = 0.02
    palm_length_m: float = 0.08
    palm_width_m: float = 0.12
    palm_height_m: float = 0.06

    def __post_init__(self) -> None:
        """Raise InvalidValueError for sizes that no gripper has."""
        for field in fields(self):
            value = float(getattr(self, field.name))
            if not (math.isfinite(value) and value >= 0.0):
                raise InvalidValueError(
                    f'a gripper has finite sizes of 0 m or more, got {field.name} {value}'
                )
        if not self.opening_m > 0.0:
            raise InvalidValueError(f'fingers open by more than 0 m, got {self.opening_m}')
