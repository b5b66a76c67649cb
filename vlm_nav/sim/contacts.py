"""What the simulated robot touches, and how hard."""

from __future__ import annotations

import mujoco
import numpy as np

from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.model_names import ModelNames


class Contacts:
    """Tells of the contacts of the last step which are the robot's with something else."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, plan: HousePlan) -> None:
        """Look at the contacts of a state of a plan's model."""
        self._model, self._data, self._plan = model, data, plan
        self.names = ModelNames(model, plan)

    def touched(self) -> tuple[str, ...]:
        """Return the identifiers of things and names of walls that the robot touches now."""
        return self.names.touched(self._data.contact.geom[: self._data.ncon])

    def pressed_n(self, identifier: str) -> float:
        """Return with how many newtons in all the robot presses on a thing now.

        Raises InvalidValueError naming the things there are.
        """
        index = self._plan.things.index(self._plan.thing(identifier))
        pairs = self._data.contact.geom[: self._data.ncon]
        total_n, force = 0.0, np.zeros(6)
        for number in np.flatnonzero(self.names.with_robot(pairs, index)):
            mujoco.mj_contactForce(self._model, self._data, int(number), force)
            total_n += abs(float(force[0]))
        return total_n
