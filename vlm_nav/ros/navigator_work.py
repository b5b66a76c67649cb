"""What the navigator does while it is active, in the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rclpy.node import Node

from vlm_nav.core.errors import VlmNavError
from vlm_nav.navigation.dispatcher import EndListener
from vlm_nav.navigation.in_words import budget_values
from vlm_nav.ros.navigator_parameters import NavigatorSettings
from vlm_nav.ros.navigator_parts import NavigatorParts
from vlm_nav.ros.navigator_shift import Shift


class NavigatorWork:
    """Begins and ends with the node's activity; every method is called in the event loop."""

    def __init__(self, node: Node) -> None:
        """Make what lives as long as the node."""
        self._node = node
        self._shift: Shift | None = None
        self._parts = NavigatorParts(node, self, self.believed_goal)
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False
        self.on_give_up: Callable[[], object] = lambda: None
        self.gave_up = False

    def begin(self, settings: NavigatorSettings) -> None:
        """Take instructions from now on; whatever is raised, none are taken."""
        if self._closed:
            raise VlmNavError('the navigator is ending and takes no instructions')
        self._shift = Shift(self._node, self._parts, settings)

    def end_soon(self) -> None:
        """End the instruction under way and take no more."""
        shift, self._shift = self._shift, None
        if shift is None:
            return
        task = asyncio.get_running_loop().create_task(shift.close())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """As `end_soon`, and return when all has ended."""
        self._closed = True
        self.end_soon()
        if self._ending:
            await asyncio.wait(self._ending)
        await self._parts.heartbeat.close()

    def believed_goal(self) -> bytes | None:
        """Return the id of the goal that the robot is believed to follow, None without one."""
        shift = self._shift
        return None if shift is None or shift.nav2 is None else shift.nav2.believed_goal

    def give_up(self) -> None:
        """Have the process end with a failure."""
        self.gave_up = True
        self.on_give_up()

    def instruct(self, instruction: str, on_end: EndListener = lambda end: None) -> bool:
        """Carry an instruction out; return False where the node is not active."""
        if self._shift is None:
            self._node.get_logger().warning('an instruction came while the node is not active')
            return False
        self._shift.dispatcher.instruct(instruction, on_end)
        return True

    def cancel(self) -> bool:
        """End the instruction under way; return whether there was one."""
        return self._shift is not None and self._shift.dispatcher.cancel()

    def pause(self, paused: bool) -> bool:
        """Pause or go on; return False where the node is not active."""
        if self._shift is None:
            return False
        self._shift.dispatcher.pause(paused)
        return True

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
