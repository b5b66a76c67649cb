"""Which topics of a bag tell of one NavigateToPose action."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vlm_nav.bags.errors import BagError
from vlm_nav.bags.reading import Topic
from vlm_nav.bags.topics import GRID_KIND, TF_KIND, transform_topics

_STATUS, _FEEDBACK = '/_action/status', '/_action/feedback'
_FEEDBACK_KIND = 'nav2_msgs/action/NavigateToPose_FeedbackMessage'
_STATUS_KIND = 'action_msgs/msg/GoalStatusArray'
_USUAL_NAME = 'navigate_to_pose'


@dataclass(frozen=True)
class Nav2Topics:
    """Topics by what they tell; None for those that the bag lacks.

    `costmap` is the one that the planner sees, the map itself where no costmap was recorded.
    """

    action: str
    status: str | None
    feedback: str | None
    goal_pose: str | None
    plan: str | None
    costmap: str | None
    odometry: str | None
    tf: tuple[str, ...]
    tf_static: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """The names of all topics that are to be read."""
        one = (self.status, self.feedback, self.goal_pose, self.plan, self.costmap, self.odometry)
        return (*(name for name in one if name is not None), *self.tf, *self.tf_static)


def nav2_topics(topics: Iterable[Topic], action: str | None = None) -> Nav2Topics:
    """Return the topics of the action, which may be left out where the bag has only one.

    Raises BagError where there is none, or several.
    """
    kinds = {topic.name: topic.kind for topic in topics}
    name = _action(kinds, None if action is None else '/' + action.strip('/'))
    namespace = name.rpartition('/')[0]

    def beside(ending: str, kind: str) -> str | None:
        found = (f'{start}/{ending}' for start in dict.fromkeys((namespace, '')))
        return next((one for one in found if kinds.get(one) == kind), None)

    def named(ending: str, kind: str) -> str | None:
        return name + ending if kinds.get(name + ending) == kind else None

    tf, tf_static = transform_topics(one for one, kind in kinds.items() if kind == TF_KIND)
    return Nav2Topics(
        action=name,
        status=named(_STATUS, _STATUS_KIND),
        feedback=named(_FEEDBACK, _FEEDBACK_KIND),
        goal_pose=beside('goal_pose', 'geometry_msgs/msg/PoseStamped'),
        plan=beside('plan', 'nav_msgs/msg/Path'),
        costmap=beside('global_costmap/costmap', GRID_KIND) or beside('map', GRID_KIND),
        odometry=beside('odom', 'nav_msgs/msg/Odometry'),
        tf=tf,
        tf_static=tf_static,
    )


def _action(kinds: dict[str, str], wanted: str | None) -> str:
    actions = _actions(kinds)
    known = ', '.join(actions) or 'none'
    if wanted is not None:
        if wanted not in actions:
            raise BagError(f'the action {wanted} was wanted; the bag has of such: {known}')
        return wanted
    if not actions:
        topics = ', '.join(sorted(kinds)) or 'none'
        raise BagError(
            f'a bag with the status or feedback of {_USUAL_NAME} was wanted (hidden topics are '
            f'recorded with --include-hidden-topics); its topics: {topics}'
        )
    if len(actions) > 1:
        raise BagError(f'one action was wanted, the bag has {known}: name one with --action')
    return actions[0]


def _actions(kinds: dict[str, str]) -> list[str]:
    """Return the names of what is NavigateToPose by its feedback's type or by its own name."""
    found = set()
    for name, kind in kinds.items():
        if kind == _FEEDBACK_KIND and name.endswith(_FEEDBACK):
            found.add(name.removesuffix(_FEEDBACK))
        elif kind == _STATUS_KIND and name.endswith(f'{_USUAL_NAME}{_STATUS}'):
            found.add(name.removesuffix(_STATUS))
    return sorted(found)
