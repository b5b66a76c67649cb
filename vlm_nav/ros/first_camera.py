"""What the hand looks through, and where the base stood when the picture was taken."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import Refusal
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.ros.eyes import RosEyes
from vlm_nav.ros.transforms import TransformSource

_KEPT_LOOKS = 4


@dataclass(frozen=True, eq=False)
class Odometry:
    """Where the base stands in the frame of its odometry, as far as tf knows such a frame."""

    transforms: TransformSource
    odom_frame: str
    base_frame: str
    timeout_s: float

    def base_now(self, frame: str) -> FloatArray | None:
        """Return the newest pose (4, 4) of the base in a frame, None where tf has none."""
        found = self.transforms.newest(frame, self.base_frame)
        return None if found is None else found.to_from

    async def placed(self, frame: RgbdFrame, deadline: Deadline) -> RgbdFrame:
        """Return a frame with the base's pose in odometry at its stamp, or as it is without."""
        if not self.odom_frame or self.base_now(self.odom_frame) is None:
            return frame
        sooner = deadline.sooner(self.timeout_s)
        frames = (self.odom_frame, self.base_frame)
        try:
            pose = await self.transforms.lookup(*frames, frame.stamp_ns, sooner)
        except Refusal:
            # What is not known of a moment in the past refuses nothing.
            return frame
        return replace(frame, map_frame=self.odom_frame, map_from_base=pose)


class FirstCamera:
    """Implements pick_ports.HandEyes with the first of the robot's cameras.

    The pictures that were looked at last are kept: people click on what is shown to them.
    """

    def __init__(self, eyes: RosEyes, odometry: Odometry) -> None:
        """Look through `eyes`."""
        self._eyes = eyes
        self._odometry = odometry
        self._looked: deque[RgbdFrame] = deque(maxlen=_KEPT_LOOKS)

    async def look(self, deadline: Deadline) -> RgbdFrame:
        """Return the next picture; raise Refusal where there is none."""
        sight = await self._eyes.look(deadline)
        frame = await self._odometry.placed(sight.frame, deadline)
        self._looked.append(frame)
        return frame

    async def look_at(self, stamp_ns: int, deadline: Deadline) -> RgbdFrame:
        """Return the picture of this stamp; raise Refusal where it is gone."""
        kept = next((one for one in self._looked if one.stamp_ns == stamp_ns), None)
        if kept is not None:
            return kept
        frame = await self._eyes.frame_at(stamp_ns, deadline)
        return await self._odometry.placed(frame, deadline)
