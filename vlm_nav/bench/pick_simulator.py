"""A simulator before a table: it watches the table, and how high the thing is held."""

from __future__ import annotations

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ObservationReason, Refusal
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.furniture.furniture import Furniture
from vlm_nav.sim.house.pick_scenes import LOOSE_KG, PickScene
from vlm_nav.sim.ports import frame_of
from vlm_nav.sim.robot.robot_sizes import default_sizes
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_model import STEP_NS
from vlm_nav.sim.simulator_settings import SimulatorSettings
from vlm_nav.sim.view import SimulatedView

_STEP_S = STEP_NS / 1e9
_TILT_RAD = 0.6
_RAISING_S, _TURNING_S, _LOOK_S = 1.5, 2.0, 0.1


class PickSimulator(Simulator):
    """A scene without noise; `most_n` is how hard the robot has pressed on the table so far.

    What is drawn is the same on all machines, with models of furniture or without.
    """

    def __init__(self, scene: PickScene, seed: int) -> None:
        """Build the scene of a seed."""
        settings = SimulatorSettings(
            depth_noise=None, seed=seed, loose_kg=LOOSE_KG, furniture=Furniture()
        )
        self.most_n = 0.0
        self._target = scene.target
        super().__init__(scene.plan, settings, scene.start)

    def advance(self, duration_s: float) -> None:
        """Let time go on, with a look at the table after each step."""
        left_s = duration_s
        while left_s > 1e-9:
            super().advance(min(left_s, _STEP_S))
            left_s -= _STEP_S
            self.most_n = max(self.most_n, self.pressed_n('table'))

    def make_ready(self) -> None:
        """Bring the arm beside the base, above the table, and look down on it."""
        arm = default_sizes().arm
        self.set_head(0.0, _TILT_RAD)
        self.set_arm(arm.tucked.model_copy(update={'lift_m': arm.ready.lift_m}))
        self.advance(_RAISING_S)
        self.set_arm(arm.ready)
        self.advance(_TURNING_S)

    def least_rise_m(self, duration_s: float) -> float:
        """Let time go on, and return how high above its table the target was at the least."""
        rises, left_s = [self._rise_m()], duration_s
        while left_s > 1e-9:
            self.advance(min(left_s, _LOOK_S))
            left_s -= _LOOK_S
            rises.append(self._rise_m())
        return min(rises)

    def _rise_m(self) -> float:
        return float(self.place_of(self._target.identifier)[2]) - self._target.height_m


class PickEyes:
    """Implements pick_ports.HandEyes; `view` is the last look with its truth, `views` keep all."""

    view: SimulatedView | None = None

    def __init__(self, robot: SimulatedRobot[PickSimulator], views: RecentViews) -> None:
        """Look through the robot's camera, and let doubles look up what is seen."""
        self._robot, self.views = robot, views

    async def look(self, deadline: Deadline) -> RgbdFrame:
        """Return what is seen at this moment."""
        self.view = await self._robot.ask(lambda one: one.look())
        self.views.keep(self.view)
        return frame_of(self.view)

    async def look_at(self, stamp_ns: int, deadline: Deadline) -> RgbdFrame:
        """Return the last look; raises Refusal for any other."""
        if self.view is None or self.view.stamp_ns != stamp_ns:
            raise Refusal(ObservationReason.STALE_IMAGE, 'only the last look is kept')
        return frame_of(self.view)
