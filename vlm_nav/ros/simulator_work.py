"""What happens at each step of the simulator: orders in, messages out."""

from __future__ import annotations

import math
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from geometry_msgs.msg import Twist, TwistStamped
from rclpy.clock import Clock
from rclpy.node import Node

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.ros.map_output import MapOutput
from vlm_nav.ros.nav2_stand_in import Nav2StandIn
from vlm_nav.ros.qos import SENSOR
from vlm_nav.ros.simulator_outputs import Motion, SimulatorOutputs, TruthOutputs
from vlm_nav.ros.simulator_parameters import SimulatorChoice
from vlm_nav.ros.simulator_thread import STEP_S
from vlm_nav.sim.answering.seeing_server import SeeingServer
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.driving.navigation_settings import StandInSettings
from vlm_nav.sim.driving.navigation_stand_in import stand_in_for
from vlm_nav.sim.house.pick_scenes import loose_things
from vlm_nav.sim.robot.link_places import link_places
from vlm_nav.sim.robot.robot_description import joint_positions
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.view import SimulatedView

if TYPE_CHECKING:
    from vlm_nav.ros.arm_stand_in import ArmStandIn

_NS_IN_S = 1_000_000_000
_MOTION_HZ = 25.0
# A model may be asked about the first picture of a turn when the last one has been taken.
_VIEWS_KEPT_S = 40.0
# After this a command of a velocity holds no longer, as with a robot's own watchdog.
_COMMAND_HOLDS_S = 0.5


class Every:
    """Says when something that happens so often is due again."""

    def __init__(self, rate_hz: float) -> None:
        """Be due at once, then `rate_hz` times a second."""
        self._period_ns = round(_NS_IN_S / rate_hz)
        self._next_ns: int | None = None

    def due(self, now_ns: int) -> bool:
        """Return whether it is time, and wait for the next time if it is."""
        if self._next_ns is not None and now_ns < self._next_ns:
            return False
        planned_ns = (now_ns if self._next_ns is None else self._next_ns) + self._period_ns
        # What was missed is not made up for.
        self._next_ns = planned_ns if planned_ns > now_ns else now_ns + self._period_ns
        return True


class RobotAccess:
    """The simulated robot for who drives it, in the time of the messages' stamps."""

    def __init__(self, simulator: Simulator, system_time: Clock | None) -> None:
        """Take the simulated time for the stamps, or a clock where one is given."""
        self._simulator = simulator
        self._system_time = system_time
        self._ahead_ns = 0
        self._told: Motion | None = None

    @property
    def time_ns(self) -> int:
        """Return the time as stamps have it."""
        return self._simulator.time_ns + self._ahead_ns

    def follow_system_time(self) -> None:
        """Move the stamps' time to that of the clock, where one was given."""
        if self._system_time is not None:
            now_ns = int(self._system_time.now().nanoseconds)
            self._ahead_ns = now_ns - self._simulator.time_ns

    def true_pose(self) -> FloorPose:
        """Return map_from_base."""
        return self._simulator.true_pose()

    def odometry(self) -> FloorPose:
        """Return odom_from_base."""
        return self._simulator.odometry()

    def set_velocity(self, forward_m_s: float, turn_rad_s: float) -> None:
        """Drive at these speeds."""
        self._simulator.set_velocity(forward_m_s, turn_rad_s)

    def motion(self) -> Motion:
        """Return where the robot is now, and how fast its odometry has moved since the last."""
        now = Motion(self.time_ns, self.true_pose(), self.odometry())
        last, self._told = self._told, now
        if last is None or now.stamp_ns <= last.stamp_ns:
            return now
        passed_s = (now.stamp_ns - last.stamp_ns) / _NS_IN_S
        before, pose = last.odom_from_base, now.odom_from_base
        ahead_m = (pose.x_m - before.x_m) * math.cos(pose.yaw_rad)
        ahead_m += (pose.y_m - before.y_m) * math.sin(pose.yaw_rad)
        turn_rad = wrap_angle(pose.yaw_rad - before.yaw_rad)
        return replace(now, forward_m_s=ahead_m / passed_s, turn_rad_s=turn_rad / passed_s)


class SimulatorWork:
    """Everything between the node and the simulator; `step` runs in the simulator's thread."""

    def __init__(self, node: Node, simulator: Simulator, choice: SimulatorChoice) -> None:
        """Make publishers and servers; raises OSError where the port of answers is taken."""
        values = choice.values
        self._simulator = simulator
        self._access = RobotAccess(simulator, None if values['clock'] else node.get_clock())
        self._outputs = SimulatorOutputs(
            node, with_clock=values['clock'], depth_encoding=values['depth_encoding']
        )
        self._truth = TruthOutputs(node, choice.plan)
        self._pictures = Every(values['rate_hz'])
        self._scans = Every(values['scan_rate_hz'])
        self._motions = Every(_MOTION_HZ)
        self._views = RecentViews(max(1, round(values['rate_hz'] * _VIEWS_KEPT_S)))
        self._ending = ExitStack()
        server = SeeingServer(choice.plan, self._views, values['answers_port'])
        self.answers_url = self._ending.enter_context(server).url
        self._driver = _driver(node, self._access, choice)
        self._arm = _arm(node, simulator, choice)
        self._arm_tf = bool(values['arm_tf'])
        self._loose = loose_things(choice.plan) if values['arm'] else ()
        self._map: MapOutput | None = MapOutput(node, choice.plan)

    def step(self, simulator: Simulator) -> None:
        """Let who drives decide, and publish what is due."""
        self._access.follow_system_time()
        now_ns = self._access.time_ns
        self._outputs.tell_time(now_ns)
        if self._map is not None:
            self._map.tell(now_ns)
            self._map = None
        self._driver.step()
        if self._arm is not None:
            self._arm.step()
        if self._scans.due(now_ns):
            self._outputs.tell_scan(replace(simulator.scan(), stamp_ns=now_ns))
        motion_is_due = self._motions.due(now_ns)
        if self._pictures.due(now_ns):
            self._tell_view(simulator.look(), now_ns)
        elif motion_is_due:
            self._tell_motion()

    def close(self) -> None:
        """End what answers; the thread has ended."""
        self._ending.close()

    def _tell_motion(self, base_from_camera: FloatArray | None = None) -> None:
        motion = self._access.motion()
        self._outputs.tell_motion(motion, base_from_camera)
        joints = joints_of(self._simulator)
        self._outputs.tell_joints(joints, motion.stamp_ns)
        if self._arm is not None and self._arm_tf:
            self._outputs.tell_links(link_places(self._arm.urdf, joints), motion.stamp_ns)
        self._truth.tell_motion(motion)
        self._truth.tell_touched(self._simulator.touched())
        self._truth.tell_loose(self._loose_places, motion.stamp_ns)

    def _loose_places(self) -> dict[str, list[float]]:
        """Return where the undersides of things that can be lifted are on the map, in metres."""
        return {name: self._simulator.place_of(name).tolist() for name in self._loose}

    def _tell_view(self, view: SimulatedView, now_ns: int) -> None:
        camera_name, _, _ = view.identifier.partition('/')
        stamped = replace(view, stamp_ns=now_ns, identifier=f'{camera_name}/{now_ns}')
        # Before the picture goes out: who asks about it at once finds it, and where it was taken.
        self._views.keep(stamped)
        self._tell_motion(view.base_from_camera)
        self._outputs.tell_view(stamped)
        self._truth.tell_view(stamped)


class CommandedBase:
    """Drives as `cmd_vel` says, for a Nav2 beside the simulator; stops where nothing comes."""

    def __init__(self, node: Node, access: RobotAccess, *, stamped: bool) -> None:
        """Listen for commands."""
        self._access = access
        self._lock = threading.Lock()
        self._command: tuple[float, float] | None = None
        self._left_s = 0.0
        kind = TwistStamped if stamped else Twist
        node.create_subscription(kind, 'cmd_vel', self._take, SENSOR)

    def step(self) -> None:
        """Obey the last command, in the simulator's thread."""
        with self._lock:
            command, self._command = self._command, None
        if command is not None:
            self._left_s = _COMMAND_HOLDS_S
            self._access.set_velocity(*command)
        elif self._left_s > 0.0:
            self._left_s -= STEP_S
            if self._left_s <= 0.0:
                self._access.set_velocity(0.0, 0.0)

    def _take(self, message: Any) -> None:
        twist = getattr(message, 'twist', message)
        command = (float(twist.linear.x), float(twist.angular.z))
        if np.isfinite(command).all():
            with self._lock:
                self._command = command


def _arm(node: Node, simulator: Simulator, choice: SimulatorChoice) -> ArmStandIn | None:
    if not choice.values['arm']:
        return None
    try:
        from vlm_nav.ros.arm_stand_in import ArmStandIn
    except ImportError as error:
        node.get_logger().warning(f'the arm is not offered: {error}')
        return None
    return ArmStandIn(node, simulator, choice.robot)


def _driver(
    node: Node, access: RobotAccess, choice: SimulatorChoice
) -> CommandedBase | Nav2StandIn:
    if choice.values['use_nav2']:
        return CommandedBase(node, access, stamped=choice.values['cmd_vel_stamped'])
    settings = StandInSettings(radius_m=choice.robot.base.radius_m)
    return Nav2StandIn(node, access, stand_in_for(choice.plan, settings))


def joints_of(simulator: Simulator) -> dict[str, float]:
    """Return where the joints of head and arm are, in radians and metres, by their names.

    Those of the arm and the fingers are named as in the robot's description.
    """
    pan_rad, tilt_rad = simulator.head()
    arm = joint_positions(simulator.arm(), simulator.gripper())
    return {'head_pan': pan_rad, 'head_tilt': tilt_rad, **arm}
