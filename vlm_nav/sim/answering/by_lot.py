"""The share of random answers of a double: by a lot that is the same for the same question."""

from __future__ import annotations

import hashlib
import json
import random

from vlm_nav.drawing.marks import Mark
from vlm_nav.vlm.doubles import chosen, random_choice
from vlm_nav.vlm.question import Question


def lot_for(question: Question) -> random.Random:
    """Return the lot that is cast for a question: always the same, from run to run."""
    return random.Random(_digest(question))


def answer_by_lot(question: Question, lot: random.Random) -> str:
    """Return an answer that is drawn."""
    if question.labels:
        return random_choice(question, lot)
    arrived = lot.random() < 0.5
    return chosen((), 'drawn by lot', none=not arrived, arrived=arrived)


def _digest(question: Question) -> bytes:
    """Return what tells a question from others, and nothing that changes from run to run."""
    marks = [
        (picture.identifier, [(mark.label, *_pixel(mark)) for mark in picture.marks])
        for picture in question.pictures
    ]
    told = [question.purpose.value, question.instruction, marks]
    return hashlib.sha256(json.dumps(told).encode()).digest()


def _pixel(mark: Mark) -> tuple[int, int]:
    return round(mark.anchor.u_px), round(mark.anchor.v_px)
