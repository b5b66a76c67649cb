"""The format of a record, `decision.json`, and its published schema.

`python -m vlm_nav.records.schema docs/record.schema.json` writes the schema anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, Field, JsonValue, model_validator

from vlm_nav.records.hand_parts import ArmPart, HandPart
from vlm_nav.records.look_parts import LookPart
from vlm_nav.records.question_parts import QuestionPart
from vlm_nav.records.values import Number, Part, Text

FORMAT_VERSION = 3


class WaypointPart(Part):
    """A pose on the floor in the frame `frame_id`, as seen at the ROS time `stamp_ns`."""

    frame_id: Text
    stamp_ns: int
    x_m: Number
    y_m: Number
    yaw_rad: Number


class SpentPart(Part):
    """What the instruction has cost so far, by the budget's own count.

    `calls` are questions that went to a model; `uncounted` of them ended without a count of their
    tokens. `cost` is in `currency`, null where no prices were given.
    """

    calls: int
    prompt_tokens: int
    completion_tokens: int
    uncounted: int
    cost: Number
    currency: Text


class DecidedPart(Part):
    """What was decided, `at_s` seconds after the start.

    `waypoint` is there exactly when `outcome` is `goal`; `reason` is a reason code;
    `confidence` the share of runs that agree, null for a single run. `spent` is null where nobody
    kept count.
    """

    at_s: float
    outcome: Text
    waypoint: WaypointPart | None
    reason: Text | None
    detail: Text
    confidence: Number
    labels: tuple[int, ...]
    calls: int
    spent: SpentPart | None = None


class DrivePart(Part):
    """How the drive, or the whole instruction when it was stopped, ended."""

    at_s: float
    reached: bool
    reason: Text | None
    detail: Text


class TurnPart(Part):
    """A turn on the spot: by `angle_rad`, positive to the left, if it was `turned`."""

    at_s: float
    angle_rad: Number
    turned: bool
    reason: Text | None
    detail: Text


class DecisionPart(DecidedPart):
    """A decision with what led to it and what came of it.

    `look` is an index into the looks, null where nothing was looked at; `questions` are indices
    of the questions that were asked for it. `turns` were made because of it, and `drive` is how
    its goal's drive ended, null where none was begun or the record breaks off.

    `hand` is there for tasks of the hand alone: `released_s` is when a person let the arm move,
    null where nobody was asked, and `arm` how its motion ended.
    """

    look: int | None = None
    questions: tuple[int, ...] = ()
    turns: tuple[TurnPart, ...] = ()
    drive: DrivePart | None = None
    hand: HandPart | None = None
    released_s: Number = None
    arm: ArmPart | None = None


class CheckedPart(Part):
    """Whether the robot had arrived, as was clear `at_s` seconds after the start.

    `said` is what the model said, null where it gave no answer; `distance_m` how far on the floor
    what it pointed at lay from the base, null where that was not measured.
    """

    at_s: float
    arrived: bool
    said: bool | None
    distance_m: Number
    detail: Text


class ArrivalPart(CheckedPart):
    """The same with its look and questions, as indices."""

    look: int | None = None
    questions: tuple[int, ...] = ()


class EndedPart(Part):
    """How the instruction ended, `at_s` seconds after the start.

    `outcome` is that of the last decision; `reason` is null where the robot has arrived, or
    reached its goal where it was to go on no further. `spent` is what it cost in all.
    """

    at_s: float
    outcome: Text
    reason: Text | None
    detail: Text
    spent: SpentPart | None = None


class HeaderPart(Part):
    """What is known when an instruction is accepted.

    `started_at` is the wall clock, for people; every `at_s` in a record is seconds on the
    monotonic clock since this moment. `parameters` are the settings that the writer was given.
    """

    format_version: int = Field(ge=1)
    identifier: Text
    instruction: Text
    started_at: AwareDatetime
    versions: dict[str, Text]
    parameters: dict[str, JsonValue]


class Record(HeaderPart):
    """One instruction from its acceptance to its end, every part in the order of time.

    `ended` is null where the process ended before the instruction did.
    """

    looks: tuple[LookPart, ...]
    questions: tuple[QuestionPart, ...]
    arrivals: tuple[ArrivalPart, ...]
    decisions: tuple[DecisionPart, ...]
    ended: EndedPart | None

    @property
    def decision(self) -> DecisionPart | None:
        """Return the last decision."""
        return self.decisions[-1] if self.decisions else None

    @property
    def drive(self) -> DrivePart | None:
        """Return how the drive of the last decision ended."""
        return None if self.decision is None else self.decision.drive

    @property
    def ended_s(self) -> float | None:
        """Return how many seconds it took."""
        return None if self.ended is None else self.ended.at_s

    @model_validator(mode='before')
    @classmethod
    def _of_one_decision(cls, content: Any) -> Any:
        """Take a record of format 1 or 2, which had one decision and one drive at most."""
        if not isinstance(content, dict) or content.get('format_version') not in (1, 2):
            return content
        if 'decisions' in content:
            return content
        decision, drive = content.get('decision'), content.get('drive')
        questions = content.get('questions') or ()
        look = 0 if content.get('looks') else None
        indices = tuple(range(len(questions)))
        decisions: tuple[Any, ...] = ()
        if isinstance(decision, dict):
            joined = {'look': look, 'questions': indices, 'drive': drive}
            decisions = ({**decision, **joined},)
        ended = _end_of(decision, drive, content.get('ended_s'))
        return {**content, 'arrivals': (), 'decisions': decisions, 'ended': ended}


def _end_of(decision: Any, drive: Any, ended_s: Any) -> dict[str, Any] | None:
    """Return the end of a record of format 2, from its decision and its drive."""
    if ended_s is None or not isinstance(decision, dict):
        return None
    how = drive if isinstance(drive, dict) else decision
    told = {name: how.get(name) for name in ('reason', 'detail')}
    return {'at_s': ended_s, 'outcome': decision.get('outcome'), **told}


def record_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of `decision.json`."""
    dialect = {'$schema': 'https://json-schema.org/draft/2020-12/schema'}
    return dialect | Record.model_json_schema()


def schema_text() -> str:
    """Return the schema as the text of the published file."""
    return json.dumps(record_schema(), indent=2) + '\n'


if __name__ == '__main__':
    Path(sys.argv[1]).write_text(schema_text(), encoding='utf-8')
