"""Gives the marks other numbers: who prefers a number and not a place is found out."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace

from vlm_nav.checks.check import AskedOtherwise
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.vlm.question import Question

# How a fact of the evidence names the mark that it is about.
_ABOUT = re.compile(r'(\d+)(?=: )')


def shuffled(question: Question, rng: random.Random) -> AskedOtherwise:
    """Return the question with its numbers given to other marks, no mark keeping its own.

    The marks are drawn in the order of their new numbers. A single mark stays number 1.
    """
    labels = list(question.labels)
    order = list(labels)
    rng.shuffle(order)
    # Around a circle everyone gets the number of the next, so that nobody keeps one.
    new = dict(zip(order, order[1:] + order[:1], strict=True))
    asked = replace(
        question,
        pictures=tuple(_renumbered(picture, new) for picture in question.pictures),
        evidence=tuple(_about(line, new) for line in question.evidence),
        visited=tuple(new.get(label, label) for label in question.visited),
        chosen_before=None if question.chosen_before is None else new[question.chosen_before],
    )
    return AskedOtherwise('shuffled', asked, new)


def _renumbered(picture: MarkedPicture, new: Mapping[int, int]) -> MarkedPicture:
    marks = [replace(mark, label=new[mark.label]) for mark in picture.marks]
    return replace(picture, marks=tuple(sorted(marks, key=lambda mark: mark.label)))


def _about(line: str, new: Mapping[int, int]) -> str:
    found = _ABOUT.match(line)
    if found is None:
        return line
    label = int(found[1])
    return f'{new.get(label, label)}{line[found.end() :]}'
