"""Asks in other words: a choice that hangs on the wording was none."""

from __future__ import annotations

import random
from dataclasses import replace

from vlm_nav.checks.check import AskedOtherwise
from vlm_nav.vlm.question import Question


def paraphrased(question: Question, _: random.Random) -> AskedOtherwise:
    """Return the question in the next wording; the instruction stays as the person gave it."""
    return AskedOtherwise('paraphrased', replace(question, phrasing=question.phrasing + 1))
