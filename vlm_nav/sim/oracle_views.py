"""True pictures of viewpoints, as only a simulator can give them: the bound of imagining."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.imagination.view_synthesis import ReasonedAbsence
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.imagination.warped_views import base_from_viewpoint_camera
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.view import SimulatedView


@dataclass(eq=False)
class OracleViews:
    """Implements ViewSynthesis; `keep` is told what each picture truly shows, for doubles."""

    robot: SimulatedRobot[Simulator]
    keep: Callable[[SimulatedView], None]
    _numbers: itertools.count[int] = field(default_factory=itertools.count, init=False)

    async def imagine(
        self, frames: Sequence[RgbdFrame], viewpoints: Sequence[Viewpoint], deadline: Deadline
    ) -> list[ImaginedView | ReasonedAbsence]:
        """Return the true picture of each viewpoint."""
        return [await self._true_view(frames[one.view], one) for one in viewpoints]

    async def _true_view(self, frame: RgbdFrame, viewpoint: Viewpoint) -> ImaginedView:
        there = frame.map_from_base @ base_from_viewpoint_camera(viewpoint.pose, frame)
        identifier = f'oracle/{next(self._numbers)}'
        view = await self.robot.ask(lambda simulator: simulator.look_from(there, identifier))
        self.keep(view)
        known = np.ones(view.rgb.shape[:2], dtype=np.bool_)
        return ImaginedView(identifier, view.rgb, known, view.depth_m, viewpoint.pose)
