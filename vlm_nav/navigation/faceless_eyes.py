"""Eyes that give away no face: whoever gets their pictures sees people without them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.navigation.ports import Eyes
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.faces import FaceDetector, blurred


@dataclass(frozen=True, eq=False)
class FacelessEyes:
    """Implements navigation.ports.Eyes with other eyes, the faces in its pictures blurred.

    It stands where pictures enter a mission, so that models, records, tapes and what is shown to
    people all get the same blurred ones.
    """

    eyes: Eyes
    detect: FaceDetector
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock, init=False)

    async def look(self, deadline: Deadline) -> Sight:
        """Return the sight without faces; see navigation.ports.Eyes."""
        sight = await self.eyes.look(deadline)
        return await in_own_thread(self._without_faces, sight)

    def _without_faces(self, sight: Sight) -> Sight:
        # A look that was given up is finished by its thread, beside which the next one begins.
        with self._one_at_a_time:
            first, *further = (
                replace(frame, rgb=blurred(frame.rgb, self.detect(frame.rgb)))
                for frame in sight.frames
            )
        return replace(sight, frame=first, further=tuple(further))
