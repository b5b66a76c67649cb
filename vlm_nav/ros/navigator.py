"""The navigator: instructions in, waypoints for Nav2 out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vlm_nav.ros.navigator_parameters import (
    NAVIGATOR_PARAMETERS,
    NavigatorSettings,
    navigator_settings,
)
from vlm_nav.ros.navigator_work import NavigatorWork
from vlm_nav.ros.worker_node import WorkerNode, serve


class Navigator(WorkerNode[NavigatorSettings]):
    """The lifecycle node; see worker_node."""

    name = 'navigator'
    table = NAVIGATOR_PARAMETERS

    def make_work(self) -> NavigatorWork:
        """Return what the navigator does."""
        return NavigatorWork(self)

    def settings_from(self, values: Mapping[str, Any]) -> NavigatorSettings:
        """Return what the values of all parameters amount to."""
        return navigator_settings(values)


def main() -> int:
    """Run the navigator until SIGINT or SIGTERM; return the exit status."""
    return serve(Navigator, Navigator.name)
