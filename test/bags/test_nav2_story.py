"""What became of each goal, told from a recording of the real Nav2 and from copies of it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bag_writing import Written, messages_of, write_bag
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore
from sensor_data import folder

from vlm_nav.bags.errors import BagError
from vlm_nav.bags.nav2_story import GoalEnd, GoalStory, Hint, Sender
from vlm_nav.bags.nav2_telling import nav2_story
from vlm_nav.bags.nav2_words import words_of
from vlm_nav.bags.reading import open_bag

pytestmark = pytest.mark.data

ACTION = '/navigate_to_pose'
STATUS, FEEDBACK = f'{ACTION}/_action/status', f'{ACTION}/_action/feedback'

# When it began and ended, how, and who sent it: the recording's own description.
TRUTH = [
    (5.1, 14.8, GoalEnd.SUCCEEDED, Sender.ACTION),
    (15.8, 15.8, GoalEnd.ABORTED, Sender.ACTION),
    (16.8, 20.8, GoalEnd.PREEMPTED, Sender.ACTION),
    (20.8, 24.8, GoalEnd.CANCELED, Sender.ACTION),
    (25.8, 33.7, GoalEnd.SUCCEEDED, Sender.GOAL_POSE),
    (34.8, 54.4, GoalEnd.ABORTED, Sender.ACTION),
]
TARGETS = {1: (4.0, -1.5), 3: (12.0, 0.0), 4: (0.0, 0.0), 5: (1.5, 1.0)}


@functools.lru_cache(maxsize=1)
def definitions() -> dict[str, str]:
    """Return how the recording defines each of its types, the feedback's among them."""
    with Reader(folder('nav2_session')) as reader:
        return {one.msgtype: one.msgdef.data for one in reader.connections}


@functools.lru_cache(maxsize=1)
def types() -> Typestore:
    """Return the types of the recording."""
    store = get_typestore(Stores.EMPTY)
    for kind, definition in definitions().items():
        store.register(get_types_from_msg(definition, kind))
    return store


@functools.lru_cache(maxsize=1)
def recorded() -> tuple[Written, ...]:
    """Return the messages of the recording, without what no story is told from."""
    unread = ('/cmd_vel', '/local_costmap/costmap')
    return tuple(one for one in messages_of(folder('nav2_session')) if one.topic not in unread)


def told(path: Path, action: str | None = None) -> tuple[GoalStory, ...]:
    """Return the story of a bag in which nothing is damaged."""
    problems: list[str] = []
    with open_bag(path) as bag:
        story = nav2_story(bag, action, problems.append)
    assert problems == []
    return story.goals


@pytest.fixture
def copied(tmp_path: Path) -> Callable[..., tuple[GoalStory, ...]]:
    """Give the story of a changed copy."""

    def tell(messages: Iterable[Written], action: str | None = None) -> tuple[GoalStory, ...]:
        return told(write_bag(tmp_path / 'bag', messages, definitions=definitions()), action)

    return tell


def without(*topics: str) -> list[Written]:
    """Return the recording without some topics."""
    return [message for message in recorded() if message.topic not in topics]


def between(start_s: float, end_s: float) -> list[Written]:
    """Return a part of the recording; the map and static transforms are kept."""
    start_ns = recorded()[0].received_ns
    lasting = ('/map', '/tf_static')
    return [
        message
        for message in recorded()
        if start_s <= (message.received_ns - start_ns) / 1e9 < end_s or message.topic in lasting
    ]


def changed(topic: str, change: Callable[[Any], None]) -> list[Written]:
    """Return the recording with each message of a topic changed."""

    def one(message: Written) -> Written:
        read = types().deserialize_cdr(message.data, message.kind)
        change(read)
        return replace(message, data=bytes(types().serialize_cdr(read, message.kind)))

    return [one(message) if message.topic == topic else message for message in recorded()]


def test_every_goal_is_told_as_it_was() -> None:
    goals = told(folder('nav2_session'))
    for goal, (began_s, ended_s, end, sender) in zip(goals, TRUTH, strict=True):
        assert goal.began_s == pytest.approx(began_s, abs=0.06)
        assert goal.ended_s == pytest.approx(ended_s, abs=0.06)
        assert (goal.end, goal.sender) == (end, sender)
    assert [goal.preempted_by for goal in goals] == [None, None, 4, None, None, None]
    assert [goal.cancel_asked_s is not None for goal in goals] == [False] * 3 + [
        True,
        False,
        False,
    ]


def test_targets_are_told_where_the_data_show_them_and_nowhere_else() -> None:
    goals = told(folder('nav2_session'))
    for goal in goals:
        if goal.number not in TARGETS:
            assert goal.target is None
            continue
        assert goal.target is not None
        assert goal.target.frame_id == 'map'
        assert (goal.target.pose.x_m, goal.target.pose.y_m) == pytest.approx(TARGETS[goal.number])
        assert goal.target_from_plan is (goal.sender is Sender.ACTION)
    assert goals[0].target is not None
    assert goals[0].target.pose.yaw_rad == pytest.approx(math.radians(-90.0))


def test_the_way_and_its_end_are_told() -> None:
    goals = told(folder('nav2_session'))
    for goal in (goals[0], goals[4]):
        assert goal.left_m is not None
        assert goal.travelled_m is not None
        assert 0.2 <= goal.left_m <= 0.25
        assert goal.travelled_m > 2.3
    assert goals[1].travelled_m == pytest.approx(0.0, abs=0.01)
    assert goals[5].stands is not None
    pose = goals[5].stands.pose
    assert (pose.x_m, pose.y_m) == pytest.approx((1.65, 0.54), abs=0.01)
    assert [goal.recoveries for goal in goals] == [0, 0, 0, 0, 0, 15]


def test_only_what_the_data_point_to_is_hinted_at() -> None:
    hints = [goal.hints for goal in told(folder('nav2_session'))]
    assert hints == [(), (Hint.REFUSED_AT_ONCE,), (), (), (), (Hint.NO_PATH,)]


def test_without_feedback_the_transforms_tell_the_way(copied: Callable[..., Any]) -> None:
    for goal, full in zip(copied(without(FEEDBACK)), told(folder('nav2_session')), strict=True):
        assert goal.recoveries is None
        assert goal.end == full.end
        assert goal.travelled_m == pytest.approx(full.travelled_m, abs=0.1)
        assert goal.left_m == pytest.approx(full.left_m, abs=0.1)


def test_with_odometry_alone_the_length_of_the_way_is_told_but_no_distance_in_the_map(
    copied: Callable[..., Any],
) -> None:
    goals = copied(without(FEEDBACK, '/tf', '/tf_static'))
    assert goals[0].travelled_m == pytest.approx(3.4, abs=0.1)
    assert goals[0].stands is not None
    assert goals[0].stands.frame_id == 'odom'
    assert goals[0].left_m is None


def test_without_the_goal_pose_topic_nobody_is_named_the_sender(
    copied: Callable[..., Any],
) -> None:
    goals = copied(without('/goal_pose'))
    assert {goal.sender for goal in goals} == {Sender.EITHER}
    assert goals[4].target_from_plan


def test_without_plans_nothing_is_said_of_their_absence(copied: Callable[..., Any]) -> None:
    goals = copied(without('/plan'))
    assert [goal.hints for goal in goals] == [()] * 6
    assert [goal.number for goal in goals if goal.target is not None] == [5]


def test_without_the_status_goals_are_known_by_their_feedback_and_their_ends_are_not(
    copied: Callable[..., Any],
) -> None:
    goals = copied(without(STATUS))
    assert {goal.end for goal in goals} == {GoalEnd.NOT_SEEN}
    assert len(goals) == 6
    assert 'its end is not in the bag' in '\n'.join(words_of(goals[0]))


def test_with_the_status_alone_times_and_ends_are_told(copied: Callable[..., Any]) -> None:
    goals = copied([message for message in recorded() if message.topic == STATUS])
    assert [goal.end for goal in goals] == [truth[2] for truth in TRUTH]
    assert 'is not in the bag' in '\n'.join(words_of(goals[0]))


def test_a_path_to_the_goal_before_that_comes_late_is_not_taken_for_the_new_target(
    copied: Callable[..., Any],
) -> None:
    plans = [message for message in recorded() if message.topic == '/plan']
    start_ns = recorded()[0].received_ns
    late = replace(plans[0], received_ns=start_ns + 20_850_000_000)
    messages = sorted([*recorded(), late], key=lambda message: message.received_ns)
    target = copied(messages)[3].target
    assert (target.pose.x_m, target.pose.y_m) == pytest.approx(TARGETS[4])


def test_of_two_goals_after_one_goal_pose_only_the_first_is_its(
    copied: Callable[..., Any],
) -> None:
    start_ns = recorded()[0].received_ns
    third = told(folder('nav2_session'))[2].goal_id

    def hasten(message: Any) -> None:
        for status in message.status_list:
            info = status.goal_info
            if bytes(info.goal_id.uuid).hex() == third:
                seconds, nanoseconds = divmod(start_ns + 15_900_000_000, 10**9)
                info.stamp.sec, info.stamp.nanosec = seconds, nanoseconds

    messages = [
        replace(message, received_ns=start_ns + 15_770_000_000)
        if message.topic == '/goal_pose'
        else message
        for message in changed(STATUS, hasten)
    ]
    goals = copied(sorted(messages, key=lambda message: message.received_ns))
    assert [goal.number for goal in goals if goal.began_s == pytest.approx(15.9)] == [3]
    assert [goal.number for goal in goals if goal.sender is Sender.GOAL_POSE] == [2]


def test_a_goal_that_runs_when_the_bag_begins_or_ends_is_told_as_far_as_it_is_seen(
    copied: Callable[..., Any],
) -> None:
    first, *others = copied(between(8.0, 30.0))
    assert [goal.end for goal in others][-1] is GoalEnd.NOT_SEEN
    assert first.began_s == pytest.approx(5.1, abs=0.06)
    assert first.end is GoalEnd.SUCCEEDED


def test_goals_that_ended_before_the_bag_are_not_told(copied: Callable[..., Any]) -> None:
    late = [one for one in between(22.0, 60.0) if one.topic not in ('/map', '/tf_static')]
    goals = copied(late)
    assert [goal.end for goal in goals] == [GoalEnd.CANCELED, GoalEnd.SUCCEEDED, GoalEnd.ABORTED]
    assert goals[0].began_s == pytest.approx(-1.2, abs=0.1)
    assert '1.2 s before the bag' in words_of(goals[0])[0]


@pytest.mark.parametrize(
    ('x_m', 'y_m', 'hint'),
    [
        (30.0, 0.0, Hint.OUTSIDE_MAP),
        (2.75, 2.75, Hint.IN_OBSTACLE),
        (2.05, 1.85, Hint.TOO_NEAR_OBSTACLE),
        (math.nan, 0.0, Hint.NOT_FINITE),
        (2.5, 1.0, Hint.ENDED_SHORT),
    ],
)
def test_a_target_that_explains_an_end_is_named(
    copied: Callable[..., Any], x_m: float, y_m: float, hint: Hint
) -> None:
    def move(message: Any) -> None:
        message.pose.position.x, message.pose.position.y = x_m, y_m

    assert hint in copied(changed('/goal_pose', move))[4].hints


def test_a_target_of_another_frame_is_told_without_a_distance(copied: Callable[..., Any]) -> None:
    goal = copied(changed('/goal_pose', lambda message: setattr(message.header, 'frame_id', 'x')))[
        4
    ]
    assert goal.target.frame_id == 'x'
    assert (goal.left_m, goal.hints) == (None, ())


def test_feedback_that_goes_on_with_a_frozen_pose_is_told(copied: Callable[..., Any]) -> None:
    kept: list[Any] = []

    def freeze(message: Any) -> None:
        kept.append(message.feedback.current_pose)
        message.feedback.current_pose = kept[0]

    goal = copied(changed(FEEDBACK, freeze))[0]
    assert Hint.FROZEN in goal.hints
    assert goal.frozen_s > 9.0


def test_in_simulated_time_goals_begin_when_the_recorder_hears_of_them(
    copied: Callable[..., Any],
) -> None:
    def simulate(message: Any) -> None:
        for status in message.status_list:
            status.goal_info.stamp.sec = 100

    goals = copied(changed(STATUS, simulate))
    assert [goal.began_s for goal in goals] == pytest.approx([t[0] for t in TRUTH], abs=0.06)


def renamed(namespace: str) -> list[Written]:
    """Return the recording with its topics in a namespace."""
    return [replace(message, topic=f'/{namespace}{message.topic}') for message in recorded()]


def test_an_action_in_a_namespace_is_found_by_its_type(copied: Callable[..., Any]) -> None:
    goals = copied(renamed('robot1'))
    assert [goal.end for goal in goals] == [truth[2] for truth in TRUTH]
    assert goals[4].sender is Sender.GOAL_POSE


def test_of_several_actions_one_is_to_be_named(tmp_path: Path) -> None:
    both = sorted([*recorded(), *renamed('robot1')], key=lambda message: message.received_ns)
    bag = write_bag(tmp_path / 'bag', both, definitions=definitions())
    with pytest.raises(BagError, match=r'has /navigate_to_pose, /robot1/navigate_to_pose: '):
        told(bag)
    assert len(told(bag, 'robot1/navigate_to_pose')) == 6
    with pytest.raises(BagError, match='/robot2/navigate_to_pose was wanted'):
        told(bag, '/robot2/navigate_to_pose')


def test_a_bag_without_the_action_names_its_topics(copied: Callable[..., Any]) -> None:
    with pytest.raises(BagError, match=r'include-hidden-topics.*its topics: .*/odom'):
        copied(without(STATUS, FEEDBACK))


def test_an_action_without_goals_has_no_story(copied: Callable[..., Any]) -> None:
    def forget(message: Any) -> None:
        message.status_list = []

    messages = [one for one in changed(STATUS, forget) if one.topic != FEEDBACK]
    assert copied(messages) == ()
