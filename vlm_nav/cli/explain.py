"""`vlm-nav explain`: what became of each goal that Nav2 got in a recording."""

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


def explain(
    bag: Annotated[Path, typer.Argument(help='A rosbag2: its folder, or one .mcap or .db3.')],
    action: Annotated[
        Optional[str], typer.Option(help='The NavigateToPose action, where the bag has several.')
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of each goal that Nav2 got in a rosbag2; needs no ROS.

    Read from the action's status and feedback, /goal_pose, /plan, the transforms or odometry and
    the costmap; with --json a line of JSON for each goal.
    """
    with open_bag(bag) as opened:
        story = nav2_story(opened, action, warn)
    if not story.goals:
        note(f'no goal of {story.topics.action} in this bag')
    for goal in story.goals:
        for line in [json.dumps(fields_of(goal))] if as_json else words_of(goal):
            say(line if as_json else printable(line))
    if any(goal.end is GoalEnd.ABORTED for goal in story.goals):
        note(RESULT_NOTE)
