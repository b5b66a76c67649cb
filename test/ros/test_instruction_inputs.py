"""Instructions by topic, action and services, and what their senders are told."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from languages import INSTRUCTIONS

pytest.importorskip('rclpy')
pytest.importorskip('vlm_nav_msgs')

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger
from vlm_nav_msgs.action import NavigateByInstruction

from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.reasons import ChoosingReason, CommonReason, DrivingReason
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.dispatcher import EndListener
from vlm_nav.navigation.events import Decided, Drove, Started, Turned
from vlm_nav.navigation.mission import MissionEnd
from vlm_nav.navigation.nav2_states import DriveProgress
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.ros.instruction_inputs import InstructionInputs
from vlm_nav.ros.qos import COMMAND
from vlm_nav.ros.spinning import answer_of
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Purpose, Question

pytestmark = pytest.mark.ros
PATIENCE_S = 10.0
WAYPOINT = Waypoint('map', 1_700_000_000_000_000_123, 1.5, -2.0, 0.25)
GOAL = Decision(
    DecisionOutcome.GOAL, 'go', WAYPOINT, detail='agreed', confidence=0.75, record='ab12'
)
REACHED = MissionEnd(GOAL, DriveOutcome(True, None, 'arrived'))


@dataclass
class Instructed:
    """A worker that does nothing until the test says how an instruction ends."""

    taken: list[tuple[str, EndListener]] = field(default_factory=list)
    cancels: int = 0
    pauses: list[bool] = field(default_factory=list)
    active: bool = True
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def instruct(self, instruction: str, on_end: EndListener) -> bool:
        if self.active:
            self.taken.append((instruction, on_end))
            self.changed.set()
        return self.active

    def cancel(self) -> bool:
        self.cancels += 1
        self.changed.set()
        return bool(self.taken)

    def pause(self, paused: bool) -> bool:
        self.pauses.append(paused)
        return self.active

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until something is so."""

        async def wait() -> None:
            while not ready():
                self.changed.clear()
                await self.changed.wait()

        await asyncio.wait_for(wait(), PATIENCE_S)


@dataclass
class Sender:
    """Somebody who gives instructions; `feedback` is what the action tells."""

    node: Any
    client: ActionClient
    feedback: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)

    async def goal(self, instruction: str) -> Any:
        """Send an instruction by the action and return the accepted goal."""
        loop = asyncio.get_running_loop()

        def heard(message: Any) -> None:
            loop.call_soon_threadsafe(self.feedback.put_nowait, message.feedback)

        request = NavigateByInstruction.Goal(instruction=instruction)
        handle = await self._answer(lambda: self.client.send_goal_async(request, heard))
        assert handle.accepted
        return handle

    async def result(self, handle: Any) -> tuple[int, Any]:
        """Return status and result of a goal."""
        response = await self._answer(handle.get_result_async)
        return response.status, response.result

    async def cancel(self, handle: Any) -> None:
        """Ask for a goal's end."""
        assert (await self._answer(handle.cancel_goal_async)).goals_canceling

    async def next_feedback(self) -> Any:
        """Return the next feedback."""
        return await asyncio.wait_for(self.feedback.get(), PATIENCE_S)

    async def call(self, kind: type, service: str, request: Any) -> Any:
        """Call a service of the navigator."""
        client = self.node.create_client(kind, f'navigator/{service}')
        assert await asyncio.to_thread(client.wait_for_service, PATIENCE_S)
        return await self._answer(lambda: client.call_async(request))

    async def _answer(self, start: Callable[[], Any]) -> Any:
        return await asyncio.wait_for(answer_of(self.node, start), PATIENCE_S)


@dataclass
class Scene:
    """The inputs between a worker and a sender."""

    worker: Instructed
    inputs: InstructionInputs
    sender: Sender


@pytest.fixture
def scene(spun: Callable[..., Any]) -> Callable[..., Any]:
    """Give a maker of scenes in namespaces of their own."""

    @asynccontextmanager
    async def make(namespace: str, *, active: bool = True) -> AsyncIterator[Scene]:
        worker = Instructed(active=active)
        node = spun('navigator', namespace=f'/{namespace}')
        inputs = InstructionInputs(node, worker)
        other = spun('sender', namespace=f'/{namespace}')
        client = ActionClient(other, NavigateByInstruction, 'navigator/navigate')
        assert await asyncio.to_thread(client.wait_for_server, PATIENCE_S)
        yield Scene(worker, inputs, Sender(other, client))
        client.destroy()

    return make


async def given(scene: Scene, instruction: str) -> tuple[Any, EndListener]:
    """Send a goal and return it and the listener that waits for its end."""
    before = len(scene.worker.taken)
    handle = await scene.sender.goal(instruction)
    await scene.worker.until(lambda: len(scene.worker.taken) > before)
    taken, on_end = scene.worker.taken[-1]
    assert taken == instruction
    return handle, on_end


def asked() -> Asked:
    """Return the event of a question."""
    return Asked(Question(Purpose.GROUND_WAYPOINT, 'go', ()), (), run=1, round=1)


async def test_the_action_is_fed_back_and_succeeds_with_what_was_decided(
    scene: Callable[..., Any],
) -> None:
    async with scene('succeeds') as one:
        handle, on_end = await given(one, 'go')
        for event in (Started('ab12', 'go'), asked(), asked(), Decided(GOAL)):
            one.inputs(event)
        one.inputs.drove(DriveProgress('map', 5, FloorPose(0.0, 0.0, 0.0), 1.25, 0))
        told = [await one.sender.next_feedback() for _ in range(5)]
        assert [(item.stage, item.calls) for item in told] == [
            ('looking', 0), ('asking', 1), ('asking', 2), ('deciding', 2), ('driving', 2),
        ]  # fmt: skip
        assert told[-1].distance_remaining == 1.25
        assert all(math.isnan(item.distance_remaining) for item in told[:-1])
        on_end(REACHED)
        status, result = await one.sender.result(handle)
        assert status == GoalStatus.STATUS_SUCCEEDED
        assert (result.outcome, result.reason, result.message) == ('goal', '', 'arrived')
        assert (result.confidence, result.record) == (0.75, 'ab12')
        assert result.goal_pose.header.frame_id == 'map'
        assert result.goal_pose.pose.position.x == 1.5


async def test_topic_and_action_bring_instructions_in_any_language_unchanged(
    scene: Callable[..., Any],
) -> None:
    async with scene('languages') as one:
        publisher = one.sender.node.create_publisher(String, 'navigator/instruction', COMMAND)
        until = asyncio.get_running_loop().time() + PATIENCE_S
        while not publisher.get_subscription_count():
            assert asyncio.get_running_loop().time() < until
            await asyncio.sleep(0.01)
        for number, instruction in enumerate(INSTRUCTIONS.values(), 1):
            publisher.publish(String(data=instruction))
            await one.worker.until(lambda number=number: len(one.worker.taken) >= number)
        assert [taken for taken, _ in one.worker.taken] == list(INSTRUCTIONS.values())
        await given(one, INSTRUCTIONS['both directions'])


async def test_an_instruction_that_is_carried_on_tells_of_turns_and_names_its_last_goal(
    scene: Callable[..., Any],
) -> None:
    async with scene('carried_on') as one:
        handle, on_end = await given(one, 'go')
        lost = Decision(DecisionOutcome.TURN, 'go', reason=ChoosingReason.NONE_FITS)
        reached = DriveOutcome(True, None, '')
        arrived = Decision(DecisionOutcome.ARRIVED, 'go', detail='confirmed')
        for event in (Decided(lost), Turned(1.0, reached), Decided(GOAL), Drove(reached)):
            one.inputs(event)
        one.inputs(Decided(arrived))
        stages = [(await one.sender.next_feedback()).stage for _ in range(5)]
        assert stages == ['turning', 'turning', 'deciding', 'looking', 'deciding']
        on_end(MissionEnd(arrived))
        status, result = await one.sender.result(handle)
        assert status == GoalStatus.STATUS_SUCCEEDED
        assert (result.outcome, result.reason, result.message) == ('arrived', '', 'confirmed')
        assert result.goal_pose.pose.position.x == 1.5


@pytest.mark.parametrize(
    ('end', 'reason', 'message'),
    [
        (
            Decision(
                DecisionOutcome.HOLD, 'go', reason=ChoosingReason.NONE_FITS, detail='no \ud83d\n'
            ),
            'none_fits',
            'no',
        ),
        (DriveOutcome(False, DrivingReason.NAV_ABORTED, 'no path'), 'nav_aborted', 'no path'),
    ],
)
async def test_what_was_not_carried_out_is_aborted_with_its_reason(
    scene: Callable[..., Any], end: Any, reason: str, message: str
) -> None:
    async with scene('aborts') as one:
        handle, on_end = await given(one, 'go')
        on_end(MissionEnd(end) if isinstance(end, Decision) else MissionEnd(GOAL, end))
        status, result = await one.sender.result(handle)
        assert status == GoalStatus.STATUS_ABORTED
        assert result.reason == reason
        assert message in result.message
        assert (result.goal_pose.header.frame_id == '') is isinstance(end, Decision)
        assert math.isnan(result.confidence) is isinstance(end, Decision)


async def test_a_cancel_ends_the_instruction_and_the_goal_as_canceled(
    scene: Callable[..., Any],
) -> None:
    async with scene('cancels') as one:
        handle, on_end = await given(one, 'go')
        await one.sender.cancel(handle)
        await one.worker.until(lambda: one.worker.cancels == 1)
        on_end(MissionEnd(GOAL, DriveOutcome(False, CommonReason.CANCELLED, 'stopped')))
        status, result = await one.sender.result(handle)
        assert status == GoalStatus.STATUS_CANCELED
        assert result.reason == 'cancelled'


async def test_a_cancel_that_comes_before_the_loop_has_begun_is_not_lost(
    scene: Callable[..., Any],
) -> None:
    async with scene('hurried') as one:
        begun, late = one.inputs._loop, HeldLoop()
        one.inputs._loop = late  # type: ignore[assignment]
        handle = await one.sender.goal('go')
        await one.sender.cancel(handle)
        assert one.worker.taken == []
        one.inputs._loop = begun
        late.let_go()
        if one.worker.taken:
            assert one.worker.cancels == 1
            one.worker.taken[0][1](REACHED)
        status, _ = await one.sender.result(handle)
        assert status in (GoalStatus.STATUS_CANCELED, GoalStatus.STATUS_SUCCEEDED)
        assert one.worker.cancels == len(one.worker.taken)


class HeldLoop:
    """A loop that is too busy to do what it is given."""

    def __init__(self) -> None:
        self._held: list[Callable[[], object]] = []

    def call_soon_threadsafe(self, callback: Callable[..., object], *arguments: object) -> None:
        """Keep a call for later."""
        self._held.append(lambda: callback(*arguments))

    def let_go(self) -> None:
        """Do what was kept, in order."""
        for call in self._held:
            call()


async def test_a_replaced_goal_ends_and_its_cancel_leaves_what_replaced_it_alone(
    scene: Callable[..., Any],
) -> None:
    async with scene('replaces') as one:
        first, first_ends = await given(one, 'first')
        second, second_ends = await given(one, 'second')
        await one.sender.cancel(first)
        first_ends(MissionEnd(GOAL, DriveOutcome(False, CommonReason.REPLACED, 'stopped')))
        _, result = await one.sender.result(first)
        assert result.reason == 'replaced'
        one.inputs(Started('cd', 'second'))
        assert (await one.sender.next_feedback()).stage == 'looking'
        second_ends(REACHED)
        assert (await one.sender.result(second))[0] == GoalStatus.STATUS_SUCCEEDED
        assert one.worker.cancels == 0


async def test_an_instruction_by_topic_ends_the_feedback_and_the_rights_of_the_goal(
    scene: Callable[..., Any],
) -> None:
    async with scene('by_topic') as one:
        goal, goal_ends = await given(one, 'by the action')
        publisher = one.sender.node.create_publisher(String, 'navigator/instruction', COMMAND)
        until = asyncio.get_running_loop().time() + PATIENCE_S
        while not publisher.get_subscription_count():
            assert asyncio.get_running_loop().time() < until
            await asyncio.sleep(0.01)
        publisher.publish(String(data='by the "topic"\n'))
        await one.worker.until(lambda: len(one.worker.taken) == 2)
        assert one.worker.taken[-1][0] == 'by the "topic"\n'
        one.inputs(Started('cd', 'by the topic'))
        await one.sender.cancel(goal)
        goal_ends(MissionEnd(GOAL, DriveOutcome(False, CommonReason.REPLACED, 'stopped')))
        assert (await one.sender.result(goal))[1].reason == 'replaced'
        assert one.worker.cancels == 0
        assert one.sender.feedback.empty()


async def test_while_not_active_goals_are_aborted_and_services_say_so(
    scene: Callable[..., Any],
) -> None:
    async with scene('idle', active=False) as one:
        handle = await one.sender.goal('go')
        status, result = await one.sender.result(handle)
        assert status == GoalStatus.STATUS_ABORTED
        assert (result.outcome, result.message) == ('hold', 'the node is not active')
        cancel = await one.sender.call(Trigger, 'cancel', Trigger.Request())
        assert (cancel.success, cancel.message) == (False, 'no instruction was under way')
        pause = await one.sender.call(SetBool, 'pause', SetBool.Request(data=True))
        assert (pause.success, pause.message) == (False, 'the node is not active')


async def test_services_cancel_and_pause_what_is_under_way(scene: Callable[..., Any]) -> None:
    async with scene('services') as one:
        _, on_end = await given(one, 'go')
        cancel = await one.sender.call(Trigger, 'cancel', Trigger.Request())
        assert (cancel.success, cancel.message) == (True, 'cancelled')
        for paused in (True, False):
            request = SetBool.Request(data=paused)
            assert (await one.sender.call(SetBool, 'pause', request)).success
        assert one.worker.pauses == [True, False]
        on_end(REACHED)
