"""Asks about the mirrored pictures: who looks at them chooses the same marks, mirrored."""

from __future__ import annotations

import random
from dataclasses import replace

from vlm_nav.checks.check import AskedOtherwise
from vlm_nav.drawing.marks import mirrored_picture
from vlm_nav.vlm.question import Question


def mirrored(question: Question, _: random.Random) -> AskedOtherwise:
    """Return the question about its pictures with left and right exchanged.

    The marks keep their numbers. The instruction stays as it is, in whatever language, and so do
    the facts: the model is told that it sees a mirror, and that words are about the world.
    """
    pictures = tuple(mirrored_picture(picture) for picture in question.pictures)
    return AskedOtherwise('mirrored', replace(question, pictures=pictures))
