"""`vlm-nav replay`: what the navigator would have decided in a recording."""

import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from vlm_nav.bags.eyes import BagEyes
from vlm_nav.bags.frames import with_frames_of
from vlm_nav.bags.lasting import Lasting
from vlm_nav.bags.reading import open_bag
from vlm_nav.bags.replaying import Replayed
from vlm_nav.bags.replaying import replay as replay_bag
from vlm_nav.bags.topics import WITHOUT, BagTopics, WantedTopics, choose_topics
from vlm_nav.cli.decision_options import (
    AsJson,
    BaseUrl,
    CassetteFolder,
    CassetteUse,
    DecisionOptions,
    Instruction,
    ModelName,
    OneParameter,
    ParamsFile,
    Vlm,
    settings_of,
    values_of,
)
from vlm_nav.cli.progress import progress
from vlm_nav.cli.saying import note, say, warn
from vlm_nav.core.events import Listener
from vlm_nav.messages.sights import SightSettings
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.navigation.budget_listener import BudgetListener
from vlm_nav.navigation.decision_making import eyes_for, model_for, selector_for
from vlm_nav.navigation.decision_parameters import DecisionSettings, without_secrets
from vlm_nav.navigation.dry_run import DryRunBase
from vlm_nav.navigation.in_words import decision_fields, decision_words
from vlm_nav.navigation.mission import Mission, new_identifier, unnamed
from vlm_nav.records.folder import folder_name
from vlm_nav.records.write import RecordWriter
from vlm_nav.vlm.budget import Budget
from vlm_nav.vlm.model import Model, close

_FIELDS = (
    'outcome',
    'reason',
    'detail',
    'frame_id',
    'x_m',
    'y_m',
    'yaw_rad',
    'confidence',
    'labels',
    'calls',
    'record',
)
_PROBLEMS_TOLD = 10


def replay(
    bag: Annotated[Path, typer.Argument(help='A rosbag2: its folder, or one .mcap or .db3.')],
    instruction: Instruction,
    vlm: Vlm = None,
    model: ModelName = None,
    base_url: BaseUrl = None,
    every: Annotated[
        float, typer.Option(min=0.0, help='Seconds of the bag between decisions; 0: all pictures.')
    ] = 1.0,
    image: Annotated[Optional[str], typer.Option(help='The topic of colour pictures.')] = None,
    camera_info: Annotated[Optional[str], typer.Option(help='Its calibration.')] = None,
    depth: Annotated[
        Optional[str], typer.Option(help=f"The topic of depth; '{WITHOUT}' to do without.")
    ] = None,
    depth_info: Annotated[Optional[str], typer.Option(help="The depth's calibration.")] = None,
    costmap: Annotated[
        Optional[list[str]],
        typer.Option(help=f"A topic of a costmap; may be repeated; '{WITHOUT}': use none."),
    ] = None,
    params: ParamsFile = None,
    param: OneParameter = None,
    cassette: CassetteFolder = None,
    cassette_mode: CassetteUse = None,
    out: Annotated[Optional[Path], typer.Option(help='Where records of all decisions go.')] = None,
    as_json: AsJson = False,
) -> None:
    """Decide about the pictures of a rosbag2 as the navigator does; needs no ROS.

    A line for each decision. What is wrong with a picture is the decision's reason, as on the
    robot, and ends nothing.
    """
    options = DecisionOptions(
        vlm, model, base_url, params, param, cassette=cassette, cassette_mode=cassette_mode
    )
    wanted = WantedTopics(
        image, camera_info, depth, depth_info, None if costmap is None else tuple(costmap)
    )
    asyncio.run(_replay(_Order(bag, instruction, options, every, wanted, out, as_json)))


@dataclass(frozen=True)
class _Order:
    bag: Path
    instruction: str
    options: DecisionOptions
    every_s: float
    wanted: WantedTopics
    out: Path | None
    as_json: bool


async def _replay(order: _Order) -> None:
    given = order.options.given()
    values = values_of(given)
    problems = _Problems()
    with open_bag(order.bag) as bag:
        topics = choose_topics(bag, order.wanted)
        settings = settings_of(values, with_depth=topics.depth is not None)
        lasting = Lasting(bag, topics, problems)
        sight = with_frames_of(settings.sight, lasting.transforms.frames, given)
        settings = replace(settings, sight=sight)
        _say_what_is_used(topics, sight)
        eyes = BagEyes(bag, topics, lasting, sight, settings.synchroniser, problems)
        budget = Budget(settings.budget)
        model = model_for(settings, budget, warn=warn)
        try:
            mission = _mission(eyes, model, budget, settings, order.out, values)
            with progress(bag.start_ns, bag.end_ns) as reached:
                async for replayed in replay_bag(eyes, mission, order.instruction, order.every_s):
                    reached(eyes.now_ns)
                    _say_decision(replayed, bag.start_ns, order)
        finally:
            await close(model)
            problems.close()


def _mission(
    eyes: BagEyes,
    model: Model,
    budget: Budget,
    settings: DecisionSettings,
    out: Path | None,
    values: dict[str, Any],
) -> Mission:
    listeners: list[Listener] = [BudgetListener(budget)]
    if out is not None:
        shown = without_secrets(values)
        listeners.append(
            RecordWriter(out, on_problem=warn, parameters=shown, spending=lambda: budget.mission)
        )
    return Mission(
        eyes_for(settings, eyes),
        selector_for(settings, model, listeners),
        DryRunBase(),
        settings.limits,
        listeners,
        name_record=unnamed if out is None else new_identifier,
    )


def _say_what_is_used(topics: BagTopics, sight: SightSettings) -> None:
    costmaps = ', '.join(topics.costmaps) or 'no costmap'
    depth = topics.depth or 'no depth'
    note(f'{topics.colour}, {depth}, {costmaps}; {sight.base_frame} in {sight.map_frame}')


def _say_decision(replayed: Replayed, start_ns: int, order: _Order) -> None:
    decision = replayed.decision
    if order.out is not None:
        folder = order.out / folder_name(decision.record)
        decision = replace(decision, record=str(folder))
    if not order.as_json:
        at_s = (replayed.stamp_ns - start_ns) / NS_IN_S
        say(f'{at_s:8.2f} s  {decision_words(decision)}')
        return
    fields = decision_fields(decision)
    say(json.dumps({'stamp_ns': replayed.stamp_ns, **{name: fields[name] for name in _FIELDS}}))


class _Problems:
    """Tells the first few of what cannot be read, and in the end how many more there were."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, problem: str) -> None:
        self._count += 1
        if self._count <= _PROBLEMS_TOLD:
            warn(problem)

    def close(self) -> None:
        if self._count > _PROBLEMS_TOLD:
            warn(f'{self._count - _PROBLEMS_TOLD} more problems of this bag')
