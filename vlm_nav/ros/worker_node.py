"""What the navigator's and the manipulator's node have in common: a lifecycle and its work.

An event loop in the main thread runs the missions, one thread spins rclpy; messages, results
and changes of the lifecycle enter the loop through `call_in_loop`, and nothing else is shared.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import ParameterException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from vlm_nav.core.errors import InvalidValueError, VlmNavError
from vlm_nav.navigation.in_words import printable
from vlm_nav.navigation.parameters import Parameter as TableEntry
from vlm_nav.navigation.parameters import problems
from vlm_nav.ros.camera_parameters import further_camera_parameters
from vlm_nav.ros.parameters import declare, read
from vlm_nav.ros.spinning import SpinThread, call_in_loop, wait_in_loop

SettingsT = TypeVar('SettingsT')
_TakenT_contra = TypeVar('_TakenT_contra', contravariant=True)

_DIAGNOSTICS_PERIOD_S = 1.0


class Work(Protocol[_TakenT_contra]):
    """What a node does while it is active; every method is called in the event loop."""

    on_give_up: Callable[[], object]
    gave_up: bool

    def begin(self, settings: _TakenT_contra) -> None:
        """Take instructions from now on; whatever is raised, none are taken."""
        ...

    def end_soon(self) -> None:
        """End the instruction under way and take no more."""
        ...

    async def close(self) -> None:
        """As `end_soon`, and return when all has ended."""
        ...

    def give_up(self) -> None:
        """Have the process end with a failure."""
        ...

    def diagnose(self) -> None:
        """Publish how things are."""
        ...


class WorkerNode(LifecycleNode, Generic[SettingsT]):
    """A lifecycle node; it owns parameters and states, and no algorithm.

    `name` and `table` are the node's, `settings_from` says what the values amount to, and
    `taken_on` names the topic of its instructions.

    `configure` reads the parameters and makes what they call for, `activate` begins to take
    instructions, `deactivate` ends the one under way, `cleanup` lets everything go.
    """

    name: ClassVar[str]
    table: ClassVar[tuple[TableEntry, ...]]
    taken_on: ClassVar[tuple[str, ...]] = ('~/instruction',)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Declare the parameters; raises rclpy's ParameterException for values out of range."""
        super().__init__(self.name)
        self._cameras_table: tuple[TableEntry, ...] = ()
        declare(self, self.table)
        with contextlib.suppress(InvalidValueError):
            # What is wrong with the cameras' names is said when the node is configured.
            self._declare_further_cameras()
        self._loop = loop
        self._settings: SettingsT | None = None
        self._active = False
        self.work = self.make_work()
        self._answer_change_state = self._service_change_state.callback
        self._service_change_state.callback = self._change_state_if_possible
        self.add_on_set_parameters_callback(self._on_set_parameters)
        self.create_timer(_DIAGNOSTICS_PERIOD_S, self._diagnose)

    def make_work(self) -> Work[SettingsT]:
        """Return what the node does; called once, in the event loop."""
        raise NotImplementedError

    def settings_from(self, values: Mapping[str, Any]) -> SettingsT:
        """Return the settings that the values of all parameters amount to."""
        raise NotImplementedError

    def autostart(self) -> None:
        """Configure and activate, in the thread that spins; shut down where that fails."""
        configured = self.trigger_configure()
        if configured is not TransitionCallbackReturn.SUCCESS:
            self.get_logger().fatal('could not configure itself: see the error above')
            call_in_loop(self._loop, self.work.give_up)
            return
        if self.trigger_activate() is not TransitionCallbackReturn.SUCCESS:
            self.get_logger().fatal('could not activate itself: see the error above')
            call_in_loop(self._loop, self.work.give_up)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the parameters; fail with a reason where they do not go together."""
        wrong: list[str] = []
        try:
            table = (*self.table, *self._declare_further_cameras())
            values = read(self, table)
            wrong = problems(table, values)
            self._settings = self.settings_from(values) if not wrong else None
        except (VlmNavError, ValueError) as error:
            wrong = [str(error)]
        if wrong or self._settings is None:
            self.get_logger().error(f'parameters refused: {"; ".join(wrong)}')
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Look through the cameras and take instructions; fail with what was raised."""
        if self._settings is None:
            return TransitionCallbackReturn.FAILURE
        try:
            wait_in_loop(self._loop, self.work.begin, self._settings)
        # The manager learns that it failed and the log why, whatever it was.
        except Exception as error:
            self.get_logger().error(''.join(traceback.format_exception(error)))
            return TransitionCallbackReturn.FAILURE
        self._active = True
        topics = ' and '.join(map(self.resolve_topic_name, self.taken_on))
        self.get_logger().info(f'active: instructions are taken on {topics}')
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End the instruction under way and take no more."""
        self._active = False
        call_in_loop(self._loop, self.work.end_soon)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget the settings."""
        self._settings = None
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End what is under way."""
        return self.on_deactivate(state) if self._active else TransitionCallbackReturn.SUCCESS

    def _change_state_if_possible(self, request: Any, response: Any) -> Any:
        # rclpy lets its error out of the callback, and the node would end for a manager's slip.
        try:
            return self._answer_change_state(request, response)
        except RuntimeError as error:
            wanted = request.transition.label or request.transition.id
            self.get_logger().warning(printable(f'no transition {wanted} from here: {error}'))
            response.success = False
            return response

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        changed = {item.name: item.value for item in parameters}
        table = (*self.table, *self._cameras_table)
        wrong = problems(table, changed)
        known = {entry.name for entry in table}
        if self._settings is not None and known & changed.keys():
            wrong.append('deactivate and clean up first: parameters are read when configured')
        return SetParametersResult(successful=not wrong, reason='; '.join(wrong))

    def _declare_further_cameras(self) -> tuple[TableEntry, ...]:
        """Declare and return the parameters of the cameras that `cameras` names now."""
        self._cameras_table = further_camera_parameters(self.get_parameter('cameras').value)
        declare(self, self._cameras_table)
        return self._cameras_table

    def _diagnose(self) -> None:
        call_in_loop(self._loop, self.work.diagnose)


async def run(node: WorkerNode[Any]) -> int:
    """Spin the node and carry out instructions until a signal ends it; return the exit status."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    node.work.on_give_up = stop.set
    spinning = SpinThread(node)
    spinning.start()
    if node.get_parameter('autostart').value:
        spinning.executor.create_task(node.autostart)
    ended = asyncio.ensure_future(spinning.ended())
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        await node.work.close()
    finally:
        stopped.cancel()
        ended.cancel()
        # Not in the loop: an activation under way waits for it.
        await asyncio.to_thread(spinning.stop)
    return 1 if node.work.gave_up else 0


async def _main(
    make: Callable[[asyncio.AbstractEventLoop], WorkerNode[Any]],
    name: str,
    arguments: Sequence[str],
) -> int:
    # The signals are the loop's: a running goal is cancelled before rclpy shuts down.
    try:
        rclpy.init(args=list(arguments), signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:
        # What rcl says of arguments and parameter files that it cannot read.
        return _refused(name, f'{type(error).__name__}: {error}')
    try:
        node = make(asyncio.get_running_loop())
    except ParameterException as error:
        rclpy.shutdown()
        return _refused(name, str(error))
    try:
        return await run(node)
    finally:
        node.destroy_node()
        rclpy.shutdown()


def _refused(name: str, why: str) -> int:
    sys.stderr.write(printable(f'{name}: {why}') + '\n')
    return 2


def serve(make: Callable[[asyncio.AbstractEventLoop], WorkerNode[Any]], name: str) -> int:
    """Run the node until SIGINT or SIGTERM; return the exit status."""
    return asyncio.run(_main(make, name, sys.argv))
