"""A robot in a furnished house as a process: `ros2 run vlm_nav simulator`.

It publishes what a robot's sensors do, offers what Nav2 offers (or obeys `cmd_vel`), and answers
questions of the doubles that see through its pictures. What is true goes out under
`ground_truth/`, for measurements alone. A line of JSON on standard output tells when it is ready.
"""

from __future__ import annotations

import json
import math
import sys
import threading
from contextlib import ExitStack
from typing import Any

from rclpy.node import Node

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.ros.doubles.serving import serve
from vlm_nav.ros.parameters import declare, read
from vlm_nav.ros.simulator_parameters import (
    SIMULATOR_PARAMETERS,
    TABLE,
    SimulatorChoice,
    simulator_choice,
)
from vlm_nav.ros.simulator_thread import SimulatorThread
from vlm_nav.ros.simulator_work import SimulatorWork
from vlm_nav.sim.furniture.furniture import Furniture
from vlm_nav.sim.furniture.furniture_cache import furniture_folder
from vlm_nav.sim.house.pick_scenes import LOOSE_KG
from vlm_nav.sim.robot.robot_sizes import ArmSizes
from vlm_nav.sim.robot.sensors import DepthNoise, OdometryDrift
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings

_PACE_S = 0.005
_RAISED_AFTER_S = 2.0


class SimulatorNode(Node):
    """The node; what it does is done in the simulator's own thread."""

    def __init__(self, **options: Any) -> None:
        """Build the house and begin; InvalidValueError for parameters that make no sense.

        Raises RenderingError where pictures can be drawn by neither EGL nor OSMesa.
        """
        super().__init__('simulator', **options)
        declare(self, SIMULATOR_PARAMETERS)
        choice = simulator_choice(read(self, SIMULATOR_PARAMETERS))
        furniture = self._furniture()
        self._thread = SimulatorThread(
            lambda: simulator_for(choice, furniture), choice.values['pace']
        )
        with ExitStack() as undoing:
            undoing.callback(self._thread.stop)
            self._work = SimulatorWork(self, self._thread.make(), choice)
            undoing.pop_all()
        self._thread.begin(self._work.step)
        _tell(self._work.answers_url, choice)

    def check(self) -> None:
        """Raise what ended the simulator, where something did."""
        self._thread.check()

    def destroy_node(self) -> None:
        """End the simulator and what answers about it, then the node."""
        self._thread.stop()
        self._work.close()
        super().destroy_node()

    def _furniture(self) -> Furniture:
        furniture = Furniture(furniture_folder())
        for problem in furniture.spoilt():
            self.get_logger().warning(f'{problem}; it is drawn from solids instead')
        return furniture


def simulator_for(choice: SimulatorChoice, furniture: Furniture) -> Simulator:
    """Return the simulator that parameters ask for; it belongs to the thread that calls."""
    values = choice.values
    settings = SimulatorSettings(
        width_px=values['width_px'],
        height_px=values['height_px'],
        depth_noise=DepthNoise() if values['noise'] else None,
        odometry_drift=OdometryDrift() if values['drift'] else None,
        wheels=values['wheels'],
        seed=values['seed'],
        robot=choice.robot,
        furniture=furniture,
        loose_kg=LOOSE_KG if values['arm'] else {},
    )
    simulator = Simulator(choice.plan, settings, choice.start)
    if values['template'] == TABLE and values['arm']:
        _raise_arm(simulator, choice.robot.arm)
    return simulator


def _raise_arm(simulator: Simulator, sizes: ArmSizes) -> None:
    """Bring the arm beside the base, above the table; from below no way leads onto it."""
    simulator.set_arm(sizes.tucked.model_copy(update={'lift_m': sizes.ready.lift_m}))
    simulator.advance(_RAISED_AFTER_S)
    simulator.set_arm(sizes.ready)
    simulator.advance(_RAISED_AFTER_S)


def _tell(answers_url: str, choice: SimulatorChoice) -> None:
    line = {
        'event': 'ready',
        'answers': answers_url,
        'template': choice.plan.template,
        'seed': choice.plan.seed,
        'start': _words_of(choice.start),
    }
    sys.stdout.write(json.dumps(line) + '\n')
    sys.stdout.flush()


def _words_of(pose: FloorPose) -> str:
    return f'{pose.x_m:.3f} {pose.y_m:.3f} {math.degrees(pose.yaw_rad):.1f}'


def main() -> int:
    """Simulate until SIGINT or SIGTERM; return 0, or 2 where it cannot."""
    return serve(SimulatorNode, 'simulator', _after_turn)


def _after_turn(node: SimulatorNode, stopping: threading.Event) -> None:
    node.check()
    # rclpy polls unfinished coroutines without a pause; this is the pause.
    stopping.wait(_PACE_S)


if __name__ == '__main__':
    sys.exit(main())
