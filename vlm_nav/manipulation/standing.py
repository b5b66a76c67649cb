"""Whether the base still stands where it stood when the picture was taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, quaternion_of
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.events import PickLooked
from vlm_nav.observation.rgbd_frame import RgbdFrame


@dataclass(frozen=True)
class StandingSettings:
    """How far the base may move and turn between the picture and the motion.

    `odom_frame` is a frame in which a base that stands has one pose; empty: nothing is looked at.
    """

    odom_frame: str = 'odom'
    base_moved_m: float = 0.005
    base_turned_rad: float = 0.01

    def __post_init__(self) -> None:
        """Raise InvalidValueError for a frame that tf2 does not know, and for no limits."""
        if self.odom_frame.startswith('/'):
            raise InvalidValueError(f'a frame has a name without leading /, got {self}')
        if not (self.base_moved_m > 0.0 and self.base_turned_rad > 0.0):
            raise InvalidValueError(f'limits are above 0, got {self}')


@dataclass(eq=False)
class Standing:
    """A listener of picking that knows where the base stood in the last picture.

    `base_now` gives the pose (4, 4) of the base in a frame now, None where nobody tells.
    """

    base_now: Callable[[str], FloatArray | None]
    settings: StandingSettings = StandingSettings()
    _frame: RgbdFrame | None = field(default=None, init=False)

    def __call__(self, event: Event) -> None:
        """Take note of what was looked at."""
        if isinstance(event, PickLooked):
            self._frame = event.frame

    def moved(self) -> ArmOutcome | None:
        """Return that nothing is moved where the base has moved since, None where not.

        That is so too where nobody tells.
        """
        now = None if self._frame is None else self.base_now(self._frame.map_frame)
        if self._frame is None or now is None:
            return None
        before_from_now = inverse(self._frame.map_from_base) @ now
        moved_m = float(np.linalg.norm(before_from_now[:3, 3]))
        w, *axis = quaternion_of(before_from_now).tolist()
        turned_rad = 2.0 * math.atan2(math.hypot(*axis), abs(w))
        limits = self.settings
        if moved_m <= limits.base_moved_m and turned_rad <= limits.base_turned_rad:
            return None
        detail = (
            f'since the picture the base has moved by {moved_m:.3f} m and turned by '
            f'{math.degrees(turned_rad):.1f}° in {self._frame.map_frame}: it stands '
            'from the look to the end of the motion'
        )
        return ArmOutcome(False, HandReason.BASE_MOVED, detail)
