"""What holds for a whole bag: its transforms, and the calibration of its depth camera."""

from __future__ import annotations

from typing import Any

from vlm_nav.bags.reading import Bag, OnProblem, readable
from vlm_nav.bags.topics import BagTopics
from vlm_nav.bags.transforms import BagTransforms
from vlm_nav.core.reasons import ObservationReason, Refusal


class Lasting:
    """Transforms at any stamp of a bag, and calibrations of depth by frame."""

    def __init__(self, bag: Bag, topics: BagTopics, on_problem: OnProblem) -> None:
        """Read them from the whole bag; what cannot be read is told to `on_problem`."""
        self.transforms = BagTransforms()
        self._depth_infos: dict[str, Any] = {}
        for message in bag.messages(topics.lasting, on_problem):
            read = readable(message, on_problem)
            if read is None:
                continue
            if message.topic == topics.depth_info:
                self._depth_infos.setdefault(read.header.frame_id, read)
            else:
                self.transforms.add(read, static=message.topic in topics.tf_static)

    async def depth_info(self, frame_id: str) -> Any:
        """Implement messages.sights.DepthInfoLookup."""
        if frame_id not in self._depth_infos:
            known = ', '.join(map(repr, self._depth_infos)) or 'none'
            raise Refusal(
                ObservationReason.BAD_CALIBRATION,
                f'depth lies in {frame_id!r}: wanted its camera_info, the bag has that of {known}',
            )
        return self._depth_infos[frame_id]
