"""The manipulator: pixels or instructions in, poses of the gripper out, and an arm that moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vlm_nav.ros.manipulator_parameters import (
    MANIPULATOR_PARAMETERS,
    ManipulatorSettings,
    manipulator_settings,
)
from vlm_nav.ros.manipulator_work import ManipulatorWork
from vlm_nav.ros.worker_node import WorkerNode, serve


class Manipulator(WorkerNode[ManipulatorSettings]):
    """The lifecycle node; see worker_node."""

    name = 'manipulator'
    table = MANIPULATOR_PARAMETERS
    taken_on = ('~/instruction', '~/pixel')

    def make_work(self) -> ManipulatorWork:
        """Return what the manipulator does."""
        return ManipulatorWork(self)

    def settings_from(self, values: Mapping[str, Any]) -> ManipulatorSettings:
        """Return what the values of all parameters amount to."""
        return manipulator_settings(values)


def main() -> int:
    """Run the manipulator until SIGINT or SIGTERM; return the exit status."""
    return serve(Manipulator, Manipulator.name)
