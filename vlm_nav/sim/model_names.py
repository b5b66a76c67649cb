"""Which of a plan's things and walls the geoms of a model belong to."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.robot.robot import BASE
from vlm_nav.sim.view import NOTHING


class ModelNames:
    """Tells geoms of a model with a robot in it by what a plan calls them."""

    def __init__(self, model: mujoco.MjModel, plan: HousePlan) -> None:
        """Find whose geoms are whose: a thing's body bears its identifier."""
        index_of = {thing.identifier: index for index, thing in enumerate(plan.things)}
        thing_of_body = np.full(model.nbody, NOTHING, dtype=np.int32)
        for body in range(model.nbody):
            name = model.body(int(model.body_rootid[body])).name
            thing_of_body[body] = index_of.get(name, NOTHING)
        self._thing_of_geom = np.append(thing_of_body[model.geom_bodyid], np.int32(NOTHING))
        self._walls = {model.geom(wall.name).id: wall.name for wall in plan.walls}
        robot = model.body(BASE).id
        self._is_robot = model.body_rootid[model.geom_bodyid] == robot
        self._plan = plan

    def things(self, geoms: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the indices of the things that geoms (...) belong to, NOTHING for none.

        A geom of -1 is nothing.
        """
        found: NDArray[np.int32] = self._thing_of_geom[geoms]
        return found

    def with_robot(self, pairs: NDArray[np.int32], thing: int) -> NDArray[np.bool_]:
        """Return which of pairs (n, 2) are of the robot and the thing of an index."""
        own, its = self._is_robot[pairs], self._thing_of_geom[pairs] == thing
        both: NDArray[np.bool_] = own.any(axis=1) & its.any(axis=1)
        return both

    def touched(self, pairs: NDArray[np.int32]) -> tuple[str, ...]:
        """Return the identifiers of things and names of walls in pairs (n, 2) with the robot."""
        own = self._is_robot[pairs]
        with_robot = own[:, 0] != own[:, 1]
        others = np.where(own[:, 0], pairs[:, 1], pairs[:, 0])[with_robot]
        names = (self._name(int(geom)) for geom in others)
        return tuple(dict.fromkeys(name for name in names if name))

    def _name(self, geom: int) -> str:
        thing = int(self._thing_of_geom[geom])
        if thing != NOTHING:
            return self._plan.things[thing].identifier
        return self._walls.get(geom, '')
