"""What the navigator does while it is active, in the event loop."""

from __future__ import annotations

from rclpy.node import Node

from vlm_nav.navigation.in_words import budget_values
from vlm_nav.navigation.mission import MissionEnd
from vlm_nav.ros.navigator_parameters import NavigatorSettings
from vlm_nav.ros.navigator_parts import NavigatorParts
from vlm_nav.ros.navigator_shift import Shift
from vlm_nav.ros.shift_work import ShiftWork


class NavigatorWork(ShiftWork[NavigatorSettings, Shift, str, MissionEnd]):
    """Carries instructions out while the node is active."""

    name = 'navigator'
    task = ('an instruction', 'instructions')

    def __init__(self, node: Node) -> None:
        """Make what lives as long as the node."""
        super().__init__(node)
        self._parts = NavigatorParts(node, self, self.believed_goal)

    def make_shift(self, settings: NavigatorSettings) -> Shift:
        """Return what takes instructions from now on."""
        return Shift(self._node, self._parts, settings)

    async def close(self) -> None:
        """As `end_soon`, and return when all has ended."""
        await super().close()
        await self._parts.heartbeat.close()

    def believed_goal(self) -> bytes | None:
        """Return the id of the goal that the robot is believed to follow, None without one."""
        shift = self._shift
        return None if shift is None or shift.nav2 is None else shift.nav2.believed_goal

    def diagnose(self) -> None:
        """Publish how things are."""
        shift = self._shift
        if shift is None:
            self._parts.outputs.diagnose('not active', {})
            return
        values = {f'camera {name}': words for name, words in shift.eyes.describe().items()}
        values['busy'] = str(shift.dispatcher.busy)
        values['decisions'] = str(self._parts.outputs.decisions)
        values['release'] = 'awaited' if self._parts.confirmation.is_awaited else ''
        values |= budget_values(shift.budget)
        values['watchdog'] = 'listens' if self._parts.heartbeat.watched else 'none listens'
        problem = 'budget_spent' if shift.budget.problem() else ''
        problem = 'overridden' if shift.dispatcher.overridden else problem
        problem = 'paused' if shift.dispatcher.paused else problem
        self._parts.outputs.diagnose(problem, values)
