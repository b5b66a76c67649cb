"""The format of a record, `decision.json`, and its published schema.

`python -m vlm_nav.records.schema docs/record.schema.json` writes the schema anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, Field, JsonValue

from vlm_nav.records.look_parts import LookPart
from vlm_nav.records.question_parts import QuestionPart
from vlm_nav.records.values import Number, Part, Text

FORMAT_VERSION = 2


class WaypointPart(Part):
    """A pose on the floor in the frame `frame_id`, as seen at the ROS time `stamp_ns`."""

    frame_id: Text
    stamp_ns: int
    x_m: Number
    y_m: Number
    yaw_rad: Number


class DecisionPart(Part):
    """What was decided, `at_s` seconds after the start.

    `waypoint` is there exactly when `outcome` is `goal`; `reason` is a reason code;
    `confidence` the share of runs that agree, null for a single run.
    """

    at_s: float
    outcome: Text
    waypoint: WaypointPart | None
    reason: Text | None
    detail: Text
    confidence: Number
    labels: tuple[int, ...]
    calls: int


class DrivePart(Part):
    """How the drive, or the whole instruction when it was stopped, ended."""

    at_s: float
    reached: bool
    reason: Text | None
    detail: Text


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
    """One instruction from its acceptance to its end.

    `decision` and `drive` are null where there was none; `ended_s`, seconds since the start, is
    null where the process ended before the instruction did.
    """

    looks: tuple[LookPart, ...]
    questions: tuple[QuestionPart, ...]
    decision: DecisionPart | None
    drive: DrivePart | None
    ended_s: float | None


def record_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of `decision.json`."""
    dialect = {'$schema': 'https://json-schema.org/draft/2020-12/schema'}
    return dialect | Record.model_json_schema()


def schema_text() -> str:
    """Return the schema as the text of the published file."""
    return json.dumps(record_schema(), indent=2) + '\n'


if __name__ == '__main__':
    Path(sys.argv[1]).write_text(schema_text(), encoding='utf-8')
