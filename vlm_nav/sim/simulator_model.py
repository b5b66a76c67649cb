"""The house and the robot in it as one model of MuJoCo."""

from __future__ import annotations

import mujoco

from vlm_nav.sim.errors import SimulatorError
from vlm_nav.sim.house.house_model import house_spec
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.robot.robot import add_robot
from vlm_nav.sim.simulator_settings import SimulatorSettings

STEP_NS = 4_000_000
"""How far one step of the physics goes."""


def model_of(plan: HousePlan, settings: SimulatorSettings) -> mujoco.MjModel:
    """Return the house with the robot in it, ready to be stepped.

    Raises SimulatorError where MuJoCo refuses it, as a robot of impossible sizes.
    """
    spec = house_spec(plan, settings.furniture, settings.loose_kg)
    add_robot(spec, settings.robot, wheels=settings.wheels)
    spec.option.timestep = STEP_NS / 1e9
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10.0
    try:
        return spec.compile()
    except ValueError as error:
        raise SimulatorError(f'MuJoCo cannot build the house and its robot: {error}') from error
