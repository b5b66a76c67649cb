"""What a node's work is while it is active: it lasts from one activation to a deactivation."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from rclpy.node import Node

from vlm_nav.core.dispatcher import Dispatcher
from vlm_nav.core.errors import VlmNavError


class AnyShift(Protocol):
    """Everything that lives from one activation to the next deactivation."""

    @property
    def dispatcher(self) -> Dispatcher[Any, Any]:
        """Return what carries tasks out, one at a time."""
        ...

    async def close(self) -> None:
        """End the task under way and everything that it used."""
        ...


SettingsT = TypeVar('SettingsT')
ShiftT = TypeVar('ShiftT', bound=AnyShift)
TaskT = TypeVar('TaskT')
EndT = TypeVar('EndT')


class ShiftWork(Generic[SettingsT, ShiftT, TaskT, EndT]):
    """Implements worker_node.Work: begins and ends with the node's activity.

    Every method is called in the event loop. `name` and `task` are what people call the node and
    one of its tasks.
    """

    name: ClassVar[str]
    task: ClassVar[tuple[str, str]]

    def __init__(self, node: Node) -> None:
        """Do nothing yet."""
        self._node = node
        self._shift: ShiftT | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False
        self.on_give_up: Callable[[], object] = lambda: None
        self.gave_up = False

    def make_shift(self, settings: SettingsT) -> ShiftT:
        """Return what takes tasks from now on; raises what its parts raise."""
        raise NotImplementedError

    def begin(self, settings: SettingsT) -> None:
        """Take tasks from now on; whatever is raised, none are taken."""
        if self._closed:
            raise VlmNavError(f'the {self.name} is ending and takes no {self.task[1]}')
        self._shift = self.make_shift(settings)

    def end_soon(self) -> None:
        """End the task under way and take no more."""
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

    def give_up(self) -> None:
        """Have the process end with a failure."""
        self.gave_up = True
        self.on_give_up()

    def instruct(self, task: TaskT, on_end: Callable[[EndT], None] = lambda end: None) -> bool:
        """Carry a task out; return False where the node is not active."""
        if self._shift is None:
            words = f'{self.task[0]} came while the node is not active'
            self._node.get_logger().warning(words)
            return False
        self._shift.dispatcher.instruct(task, on_end)
        return True

    def cancel(self) -> bool:
        """End the task under way; return whether there was one."""
        return self._shift is not None and self._shift.dispatcher.cancel()

    def pause(self, paused: bool) -> bool:
        """Pause or go on; return False where the node is not active."""
        if self._shift is None:
            return False
        self._shift.dispatcher.pause(paused)
        return True


def logging_errors(node: Node) -> Callable[[BaseException], None]:
    """Return what logs an error of the program with its traceback."""

    def log(error: BaseException) -> None:
        node.get_logger().error(''.join(traceback.format_exception(error)))

    return log
