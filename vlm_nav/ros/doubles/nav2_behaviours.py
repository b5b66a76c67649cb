"""What may become of a goal for NavigateToPose, by name: as measured on a running Nav2 (kilted).

Codes, messages and distances are Nav2's; times are much shorter, or nobody would wait for them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Answer(Enum):
    """How a goal request is answered."""

    ACCEPT = 'accept'
    REJECT = 'reject'
    LATE = 'late'
    NEVER = 'never'


class Way(Enum):
    """Where the robot drives meanwhile."""

    TO_TARGET = 'to_target'
    TO_OLD_TARGET = 'to_old_target'
    NOWHERE = 'nowhere'


@dataclass(frozen=True)
class Behaviour:
    """What becomes of a goal; times in seconds, distances in metres.

    `ends` is None for a goal that goes on until somebody ends it; `after_s` is when it ends, None
    for its arrival. Feedback is frozen from `freezes_s` to `thaws_s`: the same pose and stamp
    again and again. `per_step` is how many come at once. Without a path, feedback says that 0 m
    are left. `takes_slot` is false where a running goal goes on beside it.
    """

    answer: Answer = Answer.ACCEPT
    ends: str | None = 'succeeded'
    after_s: float | None = None
    error_code: int = 0
    error_msg: str = ''
    way: Way = Way.TO_TARGET
    short_m: float = 0.0
    per_step: int = 1
    recoveries: int = 0
    has_path: bool = True
    freezes_s: float = math.inf
    thaws_s: float = math.inf
    takes_slot: bool = True
    cancellable: bool = True
    deactivates: bool = False
    result_is_kept: bool = True


LATE_ANSWER_S = 2.5
_AT_ONCE_S = 0.0
_SOON_S = 0.3


def _aborts(error_code: int, error_msg: str = '', after_s: float = _AT_ONCE_S) -> Behaviour:
    return Behaviour(
        ends='aborted',
        after_s=after_s,
        error_code=error_code,
        error_msg=error_msg,
        way=Way.NOWHERE,
        has_path=False,
    )


_NO_PLAN = (
    'GridBasedplugin failed to plan from (0.23, -0.36) to (2.75, 2.75): '
    '"Failed to create plan with tolerance of: 0.500000"'
)
_OUTSIDE = (
    'GridBasedplugin failed to plan from (2.65, 1.23) to (30.00, 0.00): '
    '"Goal Coordinates of(30.000000, 0.000000) was outside bounds"'
)
_BAD_FRAME = (
    "Failed to transform a goal pose provided with frame_id 'nowhere' to the global frame 'map'."
)

BEHAVIOURS: dict[str, Behaviour] = {
    'normal': Behaviour(),
    'succeeds_with_code': Behaviour(error_code=701),
    'off_target': Behaviour(short_m=0.57),
    'short_of_target': Behaviour(short_m=0.33),
    'no_path': Behaviour(
        ends='aborted',
        after_s=_SOON_S,
        error_code=208,
        error_msg=_NO_PLAN,
        way=Way.NOWHERE,
        has_path=False,
        recoveries=15,
    ),
    'outside_map': _aborts(204, _OUTSIDE),
    'planner_dies': _aborts(0, after_s=_SOON_S),
    'never_ends': Behaviour(ends=None),
    'no_behavior_tree': Behaviour(
        ends='aborted',
        after_s=_AT_ONCE_S,
        error_code=9001,
        error_msg='Error loading XML file: /nonexistent.xml. Navigation canceled.',
        way=Way.NOWHERE,
        per_step=0,
    ),
    'stuck': Behaviour(
        ends='aborted',
        after_s=_SOON_S,
        error_code=105,
        error_msg='Failed to make progress',
        way=Way.NOWHERE,
        recoveries=21,
    ),
    'frozen_feedback': Behaviour(ends=None, way=Way.NOWHERE, freezes_s=0.0),
    'frozen_for_a_while': Behaviour(error_code=701, freezes_s=0.0, thaws_s=_SOON_S),
    'abort': _aborts(0),
    'controller_dies': _aborts(107, 'Behavior Tree action client timed out waiting.'),
    'deactivated': Behaviour(ends='aborted', after_s=_SOON_S, deactivates=True),
    'reject': Behaviour(answer=Answer.REJECT),
    'silent': Behaviour(answer=Answer.NEVER),
    'late_answer': Behaviour(answer=Answer.LATE),
    'bad_frame': _aborts(9002, _BAD_FRAME),
    'drives_to_old_target': Behaviour(
        error_code=9002, error_msg=_BAD_FRAME, way=Way.TO_OLD_TARGET
    ),
    'refuses_preemption': Behaviour(
        ends='aborted', after_s=_AT_ONCE_S, way=Way.NOWHERE, takes_slot=False
    ),
    'cancel_refused': Behaviour(ends=None, cancellable=False),
    'no_feedback': Behaviour(ends=None, per_step=0),
    'storm_of_feedback': Behaviour(per_step=20),
    'result_gone': Behaviour(result_is_kept=False),
}
