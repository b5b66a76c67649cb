"""What a simulator is made of beside the house: the camera, its noise, and the robot's body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vlm_nav.sim.furniture.furniture import Furniture
from vlm_nav.sim.robot.robot_sizes import RobotSizes, default_sizes
from vlm_nav.sim.robot.sensors import DepthNoise, OdometryDrift


@dataclass(frozen=True)
class SimulatorSettings:
    """The camera's pictures, what is wrong with the sensors, and the robot's body.

    Without `depth_noise` depth is exact wherever something is; without `odometry_drift` odometry
    tells the truth. `seed` decides both and nothing else. On `wheels` the base slips and sways
    as a real one; without, it does exactly what it is told. `smooth` pictures have softer edges
    and take twice the time. Without `furniture`, that of this machine is taken. Things of the
    kinds in `loose_kg`, with their masses, can be lifted where they stand on others.
    """

    width_px: int = 640
    height_px: int = 480
    camera_name: str = 'front'
    depth_noise: DepthNoise | None = DepthNoise()
    odometry_drift: OdometryDrift | None = None
    wheels: bool = False
    smooth: bool = False
    seed: int = 0
    robot: RobotSizes = field(default_factory=default_sizes)
    furniture: Furniture | None = None
    loose_kg: Mapping[str, float] = field(default_factory=dict)
