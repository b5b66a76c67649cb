"""The few pictures of one instruction that together show most of what the robot saw."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray, RgbArray
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.memory.looks import looks_of
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.observation.shrinking import shrunk_picture

# So large are the pictures that are kept.
_LONGEST_SIDE_PX = 320
# So far from each other, two pictures count as different as if they had nothing in common.
_FAR_M = 5.0


class NotSeenError(InvalidValueError):
    """What was to be remembered is no picture of a camera."""


@dataclass(frozen=True)
class KeyframeSettings:
    """Which pictures are kept: new ones, and those from elsewhere, at most `most` of them.

    A picture is new where it is less like all that are kept than `1 - novelty` (see
    `looks.looks_of`), and from elsewhere where it was taken `travel_m` from all of them.
    """

    most: int = 20
    novelty: float = 0.25
    travel_m: float = 1.5

    def __post_init__(self) -> None:
        """Raise InvalidValueError for numbers by which nothing or anything would be kept."""
        if self.most < 1:
            raise InvalidValueError(f'at least one picture is kept, got {self.most}')
        if not (0.0 < self.novelty <= 1.0 and self.travel_m > 0.0):
            raise InvalidValueError(
                f'novelty is above 0 and at most 1, travel_m above 0, got {self}'
            )


@dataclass(frozen=True, eq=False)
class Keyframe:
    """One picture that is kept: `rgb` (h, w, 3) uint8 made small, and where it was taken.

    `camera_pose` is on the floor of the map, its yaw where the camera looks; `looks` is the
    vector that pictures are compared by.
    """

    identifier: str
    rgb: RgbArray
    camera_pose: FloorPose
    map_frame: str
    stamp_ns: int
    looks: FloatArray

    def distance_m(self, x_m: float, y_m: float) -> float:
        """Return how far from a place of the map it was taken."""
        return math.hypot(self.camera_pose.x_m - x_m, self.camera_pose.y_m - y_m)


@dataclass(frozen=True)
class Keyframes:
    """The pictures that are kept, in the order in which they were taken.

    The same pictures in the same order are always kept alike.
    """

    settings: KeyframeSettings = field(default_factory=KeyframeSettings)
    kept: tuple[Keyframe, ...] = ()

    def with_frames(self, frames: Iterable[RgbdFrame]) -> Keyframes:
        """Return what is kept once these were seen too.

        Pictures of another map than the newest one's are forgotten: nobody knows where they are.
        Raises NotSeenError for anything that no camera took.
        """
        keyframes = self
        for frame in frames:
            # An imagined picture looks like one, and would be believed from then on.
            if not isinstance(frame, RgbdFrame):
                raise NotSeenError(
                    f'only frames of cameras are remembered, got a {type(frame).__name__}'
                )
            keyframes = keyframes._with(_keyframe(frame))
        return keyframes

    def to_show(
        self, here: tuple[float, float], most: int, hidden: Collection[str] = ()
    ) -> tuple[Keyframe, ...]:
        """Return at most so many pictures that tell most at a place (x, y) of the map.

        Half of them are the nearest, the others differ most from these and from each other.
        Those whose identifiers are `hidden` are left out: what is in sight need not be remembered.
        """
        left = [keyframe for keyframe in self.kept if keyframe.identifier not in hidden]
        nearest = sorted(left, key=lambda keyframe: keyframe.distance_m(*here))
        shown = nearest[: (most + 1) // 2]
        shown = _spread(shown, nearest[len(shown) :], most) if shown else []
        return tuple(keyframe for keyframe in self.kept if keyframe in shown)

    def _with(self, new: Keyframe) -> Keyframes:
        kept = tuple(keyframe for keyframe in self.kept if keyframe.map_frame == new.map_frame)
        if kept and not self._is_worth_keeping(new, kept):
            return replace(self, kept=kept)
        kept = (*kept, new)
        if len(kept) > self.settings.most:
            chosen = _spread([new], kept[:-1], self.settings.most)
            kept = tuple(keyframe for keyframe in kept if keyframe in chosen)
        return replace(self, kept=kept)

    def _is_worth_keeping(self, new: Keyframe, kept: Sequence[Keyframe]) -> bool:
        pose = new.camera_pose
        away_m = min(keyframe.distance_m(pose.x_m, pose.y_m) for keyframe in kept)
        return away_m > self.settings.travel_m or self._novelty(new, kept) > self.settings.novelty

    def _novelty(self, new: Keyframe, kept: Sequence[Keyframe]) -> float:
        return 1.0 - max(float(new.looks @ keyframe.looks) for keyframe in kept)


def _keyframe(frame: RgbdFrame) -> Keyframe:
    map_from_camera = frame.map_from_base @ frame.base_from_camera
    ahead = map_from_camera[:3, 2]
    pose = FloorPose(
        float(map_from_camera[0, 3]),
        float(map_from_camera[1, 3]),
        math.atan2(ahead[1], ahead[0]),
    )
    return Keyframe(
        frame.identifier,
        _small(frame.rgb),
        pose,
        frame.map_frame,
        frame.stamp_ns,
        looks_of(frame.rgb),
    )


def _small(rgb: RgbArray) -> RgbArray:
    small: RgbArray = shrunk_picture(rgb, _LONGEST_SIDE_PX).copy()
    small.setflags(write=False)
    return small


def _spread(first: Sequence[Keyframe], others: Sequence[Keyframe], count: int) -> list[Keyframe]:
    """Return the first ones and always the one farthest from all taken, so many in all.

    Of equally far ones the earlier in `others` is taken.
    """
    taken, left = list(first), list(others)
    away = [min(_apart(one, other) for one in taken) for other in left]
    while left and len(taken) < count:
        index = int(np.argmax(away))
        farthest = left.pop(index)
        away.pop(index)
        away = [
            min(so_far, _apart(farthest, other)) for so_far, other in zip(away, left, strict=True)
        ]
        taken.append(farthest)
    return taken


def _apart(one: Keyframe, other: Keyframe) -> float:
    """Return how much two pictures tell that the other one does not: 0 for the same, 2 at most."""
    away_m = one.distance_m(other.camera_pose.x_m, other.camera_pose.y_m)
    return 1.0 - float(one.looks @ other.looks) + min(away_m / _FAR_M, 1.0)
