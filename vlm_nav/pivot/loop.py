"""PIVOT: draw candidates, let the model pick, refit, again; several runs at once.

"PIVOT: Iterative Visual Prompting Elicits Actionable Knowledge for VLMs", arXiv 2402.07872,
algorithm 1 and section 3.3. Every run has a generator of its own, seeded from one seed, so that
the same answers lead to the same decision in whatever order they come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from vlm_nav.core.reasons import ChoosingReason
from vlm_nav.drawing.palette import smallest_label_radius_px
from vlm_nav.pivot.aggregation import aggregate
from vlm_nav.pivot.confirming import confirmed
from vlm_nav.pivot.critique import critiqued
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.proposing import Offer, offer_candidates
from vlm_nav.pivot.run import Run, RunState
from vlm_nav.pivot.settings import Aggregation, PivotResult
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Answer

ActionT = TypeVar('ActionT')


async def pivot(inquiry: Inquiry[ActionT], seed: int = 0) -> PivotResult[ActionT]:
    """Return the action that the runs agree on, or why there is none.

    Ends by the inquiry's deadline as long as its model does. Cancelling the awaiting task
    cancels every question that is under way.
    """
    criticises = inquiry.settings.aggregation is Aggregation.CRITIQUE
    seeds = np.random.SeedSequence(seed).spawn(1 if criticises else inquiry.settings.runs)
    runs = [
        Run[ActionT](number, np.random.default_rng(child)) for number, child in enumerate(seeds, 1)
    ]
    for round_number in range(1, inquiry.settings.rounds + 1):
        runs = await _play_round(inquiry, runs, round_number)
        if all(run.state is not RunState.OPEN for run in runs):
            break
        # After the first round it may only be that few places are free.
        if round_number > 1 and _agree(inquiry, runs):
            break
    result = await aggregate(inquiry, runs)
    if criticises:
        result, *runs = await critiqued(inquiry, runs[0], result)
    return await confirmed(inquiry, runs, result, seed)


async def _play_round(
    inquiry: Inquiry[ActionT], runs: Sequence[Run[ActionT]], round_number: int
) -> list[Run[ActionT]]:
    """Return all runs after one more round of those that are open."""
    offers: dict[int, Offer[ActionT]] = {}
    for run in runs:
        if run.state is RunState.OPEN:
            offers[run.number] = offer_candidates(
                inquiry.space, run.distribution, inquiry.settings.samples, run.rng, run.best
            )
            # Of many pictures this is work: what else the loop has to do comes in between.
            await asyncio.sleep(0)
    asked = [
        inquiry.question_about(offer, inquiry.settings.picks, number, round_number)
        for number, offer in offers.items()
        if offer.candidates
    ]
    results = await inquiry.ask(asked)
    answers = {item.run: (item, result) for item, result in zip(asked, results, strict=True)}
    return [_after(inquiry, run, offers.get(run.number), answers.get(run.number)) for run in runs]


def _after(
    inquiry: Inquiry[ActionT],
    run: Run[ActionT],
    offer: Offer[ActionT] | None,
    answered: tuple[Asked, Answer | ModelError] | None,
) -> Run[ActionT]:
    if offer is None:
        return run
    if answered is None:
        counts = ', '.join(f'{name} {count}' for name, count in offer.dropped().most_common())
        detail = f'no candidate is left of the samples ({counts})'
        return run.failed(ChoosingReason.ALL_CANDIDATES_BLOCKED, detail)
    return run.after(inquiry.space, offer, *answered, inquiry.settings)


def _agree(inquiry: Inquiry[ActionT], runs: Sequence[Run[ActionT]]) -> bool:
    """Return whether several runs want the same place, as finely as labels can tell."""
    winners = [run.best for run in runs if run.best is not None]
    if not inquiry.settings.early_stop or len(runs) < 2 or len(winners) < len(runs):
        return False
    picture = int(inquiry.space.shown_in(np.array(winners))[0])
    anchors = inquiry.space.anchors(np.array(winners), picture)
    height, width = inquiry.space.pictures[picture].rgb.shape[:2]
    away_px = np.hypot(*(anchors - anchors.mean(axis=0)).T)
    return bool((away_px < smallest_label_radius_px(width, height)).all())
