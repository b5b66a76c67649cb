"""The simulator's parameters as one table, and what they say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.parameters import Parameter, problems
from vlm_nav.ros.camera_messages import DEPTH_ENCODINGS
from vlm_nav.sim.driving.geodesic import distances_to_thing, sample_start
from vlm_nav.sim.driving.occupancy import in_the_way
from vlm_nav.sim.house.clearance import Clearance
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.house.house_planning import plan_house, templates
from vlm_nav.sim.house.pick_scenes import pick_scene
from vlm_nav.sim.robot.robot_sizes import RobotSizes, default_sizes, sizes_of_file

_LONGEST_WAY_M = 1000.0
_LARGEST_SEED = 2**31 - 1
BY_SEED = 'by_seed'
OWN_ROBOT = 'own'
TABLE = 'table'
HOUSES = (*templates(), TABLE)
"""What may be simulated: houses of a template, or a table with things to pick in one room."""

SIMULATOR_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('template', templates()[0], 'the kind of house', one_of=HOUSES),
    Parameter('seed', 0, 'which house of its kind, and which noise', 0, _LARGEST_SEED),
    Parameter('start', BY_SEED, "where the robot begins: by_seed, or 'x_m y_m yaw_deg'"),
    Parameter('noise', True, 'depth is noisy and has holes, as of a real camera'),
    Parameter('drift', False, 'odometry drifts, as of real wheels'),
    Parameter('wheels', False, 'the base rolls on wheels, which slip; false: it moves as told'),
    Parameter('robot', OWN_ROBOT, "YAML file with the robot's sizes; own: the package's"),
    Parameter('arm', True, 'offer the arm, and make small things loose; false: it stays folded'),
    Parameter('arm_tf', True, "tell the arm's links on tf; false: a robot_state_publisher does"),
    Parameter('rate_hz', 5.0, 'pictures a simulated second', 0.1, 30.0),
    Parameter('scan_rate_hz', 5.0, 'turns of the lidar a simulated second', 0.1, 40.0),
    Parameter('width_px', 640, 'width of the pictures', 64, 1920),
    Parameter('height_px', 480, 'height of the pictures', 48, 1080),
    Parameter('depth_encoding', '16UC1', 'how depth is coded', one_of=DEPTH_ENCODINGS),
    Parameter('clock', True, 'tell simulated time on /clock; false: stamps are the system time'),
    Parameter('pace', 1.0, 'simulated seconds in a second, if the machine keeps up', 0.01, 20.0),
    Parameter('use_nav2', False, "obey a Nav2's cmd_vel; false: offer what Nav2 offers"),
    Parameter('cmd_vel_stamped', False, 'cmd_vel is a TwistStamped'),
    Parameter('answers_port', 0, 'port of the doubles of a model; 0: any free one', 0, 65535),
)  # fmt: skip


@dataclass(frozen=True)
class SimulatorChoice:
    """The house, where the robot begins, its body, and everything else that was asked for."""

    plan: HousePlan
    start: FloorPose
    robot: RobotSizes
    values: Mapping[str, Any]


def simulator_choice(values: Mapping[str, Any]) -> SimulatorChoice:
    """Return what parameters say; raises InvalidValueError for those that make no sense."""
    wrong = problems(SIMULATOR_PARAMETERS, values)
    if wrong:
        raise InvalidValueError('; '.join(wrong))
    robot = _robot(values['robot'])
    if values['template'] == TABLE:
        scene = pick_scene(values['seed'])
        by_seed = values['start'] == BY_SEED
        start = scene.start if by_seed else _start(values['start'], scene.plan, robot)
        return SimulatorChoice(scene.plan, start, robot, values)
    plan = plan_house(values['template'], values['seed'])
    return SimulatorChoice(plan, _start(values['start'], plan, robot), robot, values)


def _start(text: str, plan: HousePlan, robot: RobotSizes) -> FloorPose:
    if text != BY_SEED:
        return _with_room(_pose_of(text), plan, robot.base.radius_m)
    field = distances_to_thing(plan, plan.things[0])
    random = np.random.default_rng(plan.seed)
    start = sample_start(plan, field, random, 0.0, _LONGEST_WAY_M)
    if start is None:
        raise InvalidValueError(f'no room to begin in {plan.template} {plan.seed}: give a start')
    return start


def _with_room(start: FloorPose, plan: HousePlan, radius_m: float) -> FloorPose:
    place = (start.x_m, start.y_m)
    if plan.room_at(place) is None:
        (low_x, low_y), (high_x, high_y) = plan.bounds
        raise InvalidValueError(
            f'start lies in a room, got {place}; the house goes from ({low_x:.1f}, {low_y:.1f}) '
            f'to ({high_x:.1f}, {high_y:.1f})'
        )
    free_m = float(Clearance(in_the_way(plan.footprints()))([place])[0])
    if free_m <= radius_m:
        raise InvalidValueError(
            f'start leaves room for the robot, got {place}: {free_m:.2f} m to what stands there, '
            f'more than {radius_m:g} m is wanted'
        )
    return start


def _robot(file: str) -> RobotSizes:
    return default_sizes() if file == OWN_ROBOT else sizes_of_file(Path(file))


def _pose_of(text: str) -> FloorPose:
    try:
        x_m, y_m, yaw_deg = (float(part) for part in text.split())
    except ValueError:
        x_m = y_m = yaw_deg = math.nan
    if not all(map(math.isfinite, (x_m, y_m, yaw_deg))):
        raise InvalidValueError(f"start is {BY_SEED} or 'x_m y_m yaw_deg', got {text!r}")
    return FloorPose(x_m, y_m, math.radians(yaw_deg))
