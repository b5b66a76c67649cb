"""What a decision is made from: a frame of each camera, and the costmaps at their stamp."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.observation.common_free_space import common_free_space
from vlm_nav.observation.costmap import CostmapView
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.free_space import FreeSpace
from vlm_nav.observation.rgbd_frame import RgbdFrame


@dataclass(frozen=True, eq=False)
class Sight:
    """One look of the robot; `costmaps` is empty on a robot without any.

    `frame` is that of the first camera: its stamp and its base frame are those of the sight.
    `further` are the frames of the other cameras, in their order, placed in the same base frame
    (see `observation.placing.seen_from`).
    """

    frame: RgbdFrame
    costmaps: tuple[CostmapView, ...] = ()
    further: tuple[RgbdFrame, ...] = ()
    _spaces: dict[FreeSpaceSettings, FreeSpace] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        """Raise InvalidValueError for cameras of one name, or frames placed in several bases."""
        names = [frame.camera_name for frame in self.frames]
        if len(set(names)) < len(names):
            raise InvalidValueError(f'the cameras of a sight have names of their own, got {names}')
        for frame in self.further:
            if not np.array_equal(frame.map_from_base, self.frame.map_from_base):
                raise InvalidValueError(
                    f'all frames of a sight share one base frame, camera {frame.camera_name!r} '
                    f'is placed in another than {self.frame.camera_name!r}'
                )

    @property
    def frames(self) -> tuple[RgbdFrame, ...]:
        """Return the frames of all cameras, that of the first in front."""
        return (self.frame, *self.further)

    def free_space(self, settings: FreeSpaceSettings) -> FreeSpace | None:
        """Return the free space that its frames show together, None where none has depth.

        It takes some 10 ms for each frame, and is found once for all who ask.
        """
        if all(frame.depth_m is None for frame in self.frames):
            return None
        if settings not in self._spaces:
            self._spaces[settings] = common_free_space(self.frames, settings)
        return self._spaces[settings]
