"""`vlm-nav explain`: what became of each goal in a recording, or how a record came about."""

import json
from pathlib import Path
from typing import Annotated, Optional

import typer

from vlm_nav.bags.nav2_story import GoalEnd
from vlm_nav.bags.nav2_telling import nav2_story
from vlm_nav.bags.nav2_words import RESULT_NOTE, fields_of, words_of
from vlm_nav.bags.reading import open_bag
from vlm_nav.cli.decision_options import AsJson
from vlm_nav.cli.saying import note, say, warn
from vlm_nav.navigation.in_words import printable
from vlm_nav.records.folder import holds_record
from vlm_nav.records.in_words import record_words
from vlm_nav.records.read import read_record


def explain(
    bag: Annotated[
        Path,
        typer.Argument(
            help='A rosbag2: its folder, or one .mcap or .db3; or the folder of a record.'
        ),
    ],
    action: Annotated[
        Optional[str], typer.Option(help='The NavigateToPose action, where the bag has several.')
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of each goal that Nav2 got in a rosbag2, or how a record came about.

    Needs no ROS. Of a bag the action's status and feedback, /goal_pose, /plan, the transforms or
    odometry and the costmap are read; with --json there is a line of JSON for each goal.
    """
    if holds_record(bag):
        record = read_record(bag)
        lines = [record.model_dump_json()] if as_json else record_words(record)
        for line in lines:
            say(line if as_json else printable(line))
        return
    with open_bag(bag) as opened:
        story = nav2_story(opened, action, warn)
    if not story.goals:
        note(f'no goal of {story.topics.action} in this bag')
    for goal in story.goals:
        for line in [json.dumps(fields_of(goal))] if as_json else words_of(goal):
            say(line if as_json else printable(line))
    if any(goal.end is GoalEnd.ABORTED for goal in story.goals):
        note(RESULT_NOTE)
