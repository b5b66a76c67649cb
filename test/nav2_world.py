"""A hall with a block and a room without a door, and the stand-in for Nav2 driving in it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from kinematic_robot import KinematicRobot
from small_house import wall

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.nav2_states import NavResult
from vlm_nav.sim.driving.inflation import inflated
from vlm_nav.sim.driving.navigation_settings import StandInSettings
from vlm_nav.sim.driving.navigation_stand_in import NavigationStandIn
from vlm_nav.sim.driving.navigation_words import (
    Ended,
    NavigationFeedback,
    NavigationGoal,
    SpinFeedback,
    SpinGoal,
)
from vlm_nav.sim.driving.occupancy import occupancy_of
from vlm_nav.sim.house.clearance import Clearance
from vlm_nav.sim.simulated_robot import moment_of

PERIOD_S = 0.02
BOUNDS = ((-10.0, -6.0), (10.0, 6.0))
BLOCK = wall('block', (4.0, 3.0), (2.0, 2.0))
CLOSED_ROOM = (
    wall('a', (-6.0, 4.0), (3.0, 0.2)),
    wall('b', (-6.0, 1.0), (3.0, 0.2)),
    wall('c', (-7.4, 2.5), (0.2, 3.0)),
    wall('d', (-4.6, 2.5), (0.2, 3.0)),
)
BORDER = (
    wall('w', (-10.0, 0.0), (0.1, 12.0)),
    wall('e', (10.0, 0.0), (0.1, 12.0)),
    wall('s', (0.0, -6.0), (20.0, 0.1)),
    wall('n', (0.0, 6.0), (20.0, 0.1)),
)
BOXES = (BLOCK, *CLOSED_ROOM, *BORDER)

_COSTMAP = inflated(occupancy_of(BOXES, BOUNDS))

Numbers = tuple[float, float, float, float]


class Nav2World:
    """The robot, the stand-in and what was heard of it, step by step."""

    def __init__(
        self,
        start: FloorPose = FloorPose(0.0, 0.0, 0.0),
        settings: StandInSettings = StandInSettings(),
    ) -> None:
        self.robot = KinematicRobot(start)
        self.clearance_m = Clearance(BOXES)
        self.nav2 = NavigationStandIn(_COSTMAP, self.clearance_m, settings)
        self.lost = False
        self.feedback: list[NavigationFeedback] = []
        self.spin_feedback: list[SpinFeedback] = []
        self.ended: dict[bytes, Ended] = {}
        self.speeds: list[float] = []
        self._numbers = itertools.count(1)

    @property
    def now_s(self) -> float:
        """Return the simulated time."""
        return self.robot.time_ns / 1e9

    def send(
        self,
        x_m: float,
        y_m: float,
        yaw_rad: float = 0.0,
        *,
        frame_id: str = 'map',
        stamp_ns: int = 0,
        quaternion: Numbers | None = None,
        z_m: float = 0.0,
        behavior_tree: str = '',
    ) -> bytes:
        """Send a goal that is accepted; return its id."""
        goal_id = bytes([next(self._numbers)])
        if quaternion is None:
            quaternion = (0.0, 0.0, math.sin(yaw_rad / 2), math.cos(yaw_rad / 2))
        position_m = (x_m, y_m, z_m)
        goal = NavigationGoal(goal_id, frame_id, position_m, quaternion, stamp_ns, behavior_tree)
        assert self.nav2.send(goal)
        return goal_id

    def spin(self, angle_rad: float, allowance_s: float = 0.0) -> bytes:
        """Send a turn; return its id."""
        goal_id = b'spin' + bytes([next(self._numbers)])
        self.nav2.spin.send(SpinGoal(goal_id, angle_rad, allowance_s))
        return goal_id

    def step(self) -> None:
        """Let one step go by."""
        moment = moment_of(self.robot)
        if self.lost:
            moment = type(moment)(moment.stamp_ns, None, moment.map_from_odom)
        said = self.nav2.step(moment)
        self.feedback.extend(said.feedback)
        self.spin_feedback.extend(said.spin_feedback)
        self.ended.update({ended.goal_id: ended for ended in said.ended})
        self.robot.set_velocity(said.velocity.forward_m_s, said.velocity.turn_rad_s)
        self.speeds.append(said.velocity.forward_m_s)
        self.robot.advance(PERIOD_S)

    def run(self, duration_s: float) -> None:
        """Let time go by."""
        for _ in range(round(duration_s / PERIOD_S)):
            self.step()

    def until(self, true: Callable[[], object], patience_s: float = 300.0) -> None:
        """Let time go by until something is true."""
        end_s = self.now_s + patience_s
        while not true():
            assert self.now_s < end_s, 'it did not come about'
            self.step()

    def result(self, goal_id: bytes, patience_s: float = 300.0) -> NavResult:
        """Let time go by until a goal has ended; return how."""
        self.until(lambda: goal_id in self.ended, patience_s)
        return self.ended[goal_id].result

    def away_m(self, x_m: float, y_m: float) -> float:
        """Return how far the robot is from a place."""
        return math.dist((self.robot.pose.x_m, self.robot.pose.y_m), (x_m, y_m))

    def nearest_m(self) -> float:
        """Return how near the middle of the robot ever came to something."""
        return float(self.clearance_m([(at.x_m, at.y_m) for at in self.robot.trail]).min())
