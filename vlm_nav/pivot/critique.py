"""Has a model look at its own choice again, one question after the other, until it keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from vlm_nav.core.reasons import ChoosingReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.run import FirstChoice, Run
from vlm_nav.pivot.settings import PivotResult
from vlm_nav.vlm.question import Answer

ActionT = TypeVar('ActionT')

NAME = 'critique'
"""Under which a question about an earlier choice stands in records."""


async def critiqued(
    inquiry: Inquiry[ActionT], run: Run[ActionT], result: PivotResult[ActionT]
) -> tuple[PivotResult[ActionT], Run[ActionT]]:
    """Return the result, and the run that it comes from, once the model has criticised them.

    The first question of the run is asked again, at most until `runs` looks were taken, each time
    with what was chosen last; a look that keeps it ends the matter. Where the model has come to
    want another place, that is taken as it was drawn. The confidence is the share of the looks
    that want the place; one without an answer counts against it.
    """
    first = run.first
    if result.action is None or first is None or inquiry.settings.runs == 1:
        return result, run
    looks = [first.labels[0]]
    without = 0
    while len(looks) + without < inquiry.settings.runs:
        label = await _look_again(inquiry, first, looks[-1])
        if label is None:
            without += 1
            continue
        looks.append(label)
        if looks[-1] == looks[-2]:
            break
    wanted = first.offer.vector_of(looks[-1])
    near = [_away(first, label, wanted) <= inquiry.settings.agreement_radius for label in looks]
    share = sum(near) / (len(looks) + without)
    if share < inquiry.settings.minimum_agreement:
        reason = ChoosingReason.NO_AGREEMENT
        detail = f'{sum(near)} of {len(looks) + without} looks want the same'
        held = PivotResult[ActionT](reason=reason, detail=detail, confidence=share)
        return replace(held, calls=inquiry.calls), run
    if not near[0]:
        (candidate,) = (one for one in first.offer.candidates if one.label == looks[-1])
        result = replace(result, action=candidate.action, labels=(candidate.label,))
        run = replace(run, first=replace(first, labels=(candidate.label,)))
    return replace(result, confidence=share, calls=inquiry.calls), run


async def _look_again(
    inquiry: Inquiry[ActionT], first: FirstChoice[ActionT], chosen_before: int
) -> int | None:
    """Return the label that the model wants now, None where it names none."""
    question = replace(first.asked.question, pick=1, chosen_before=chosen_before)
    (came,) = await inquiry.ask([replace(first.asked, question=question, check=NAME)])
    return came.labels[0] if isinstance(came, Answer) and came.labels else None


def _away(first: FirstChoice[ActionT], label: int, wanted: FloatArray) -> float:
    return float(np.linalg.norm(first.offer.vector_of(label) - wanted))
