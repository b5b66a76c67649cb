"""What is tried after what came to nothing: another grasp of the same look, or a new look."""

from __future__ import annotations

from dataclasses import replace

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.events import PickDecision, PickTask


def may_look_again(task: PickTask, outcome: ArmOutcome, deadline: Deadline) -> bool:
    """Return whether what was lost can be found again: a pixel shows where it was before."""
    is_lost = outcome.reason is HandReason.GRASP_LOST and not task.place
    return is_lost and task.pixel is None and not task.stamp_ns and not deadline.expired()


def next_best(decision: PickDecision, outcome: ArmOutcome | None) -> PickDecision | None:
    """Return the decision for the next grasp where the arm finds no way to this one."""
    if outcome is None or outcome.no_way is None or decision.plan is None:
        return None
    plan = decision.plan.without_best(outcome.no_way)
    return None if plan.best is None else replace(decision, plan=plan, grasp=plan.best)


def after_loss(lost: ArmOutcome, decision: PickDecision, outcome: ArmOutcome | None) -> ArmOutcome:
    """Return how it ended after a loss: as the new try, or as the loss where there was none."""
    if outcome is not None:
        return replace(outcome, detail=f'{outcome.detail}; tried again, for first {lost.detail}')
    reason = 'no grasp' if decision.reason is None else decision.reason.value
    detail = f'{lost.detail}; from a new look nothing was tried: {reason} ({decision.detail})'
    return replace(lost, detail=detail)
