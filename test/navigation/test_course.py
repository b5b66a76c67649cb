"""An instruction is carried on until the robot has arrived, or given up with a reason."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import pytest
from roaming import REACHED, Judge, Roamer, failed, goal, held, roaming
from virtual_time import run_virtually, virtual_time

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import (
    AskingReason,
    ChoosingReason,
    CommonReason,
    DrivingReason,
    MissionReason,
    ObservationReason,
    ReasonCode,
    Refusal,
)
from vlm_nav.geometry.poses import wrap_angle
from vlm_nav.navigation.events import (
    ArrivalChecked,
    Decided,
    Drove,
    Ended,
    Looked,
    Started,
    Turned,
)
from vlm_nav.navigation.mission import Mission, MissionEnd
from vlm_nav.navigation.until_arrived import LookAround
from vlm_nav.vlm.errors import ModelLate
from vlm_nav.vlm.question import Purpose

# In the picture of the synthetic camera this floor lies 0.6 m before the base, and this 3.4 m.
NEAR, FAR = Pixel(80.0, 112.0), Pixel(80.0, 31.0)


def carried_out(mission: Mission) -> MissionEnd:
    return run_virtually(mission.carry_out('go to the chair'))


def mapped(*decisions: Decision) -> Roamer:
    """Return a robot with a costmap; what is looked for in it takes real time, drives none."""
    return Roamer([*decisions], drive_s=0.0, turn_s=0.0, with_costmap=True)


def outcome_of(end: MissionEnd) -> tuple[DecisionOutcome, ReasonCode | None]:
    return end.decision.outcome, end.reason


def kinds(events: list[Event]) -> list[type]:
    dull = ('Asked', 'Answered')
    return [type(event) for event in events if type(event).__name__ not in dull]


def test_the_robot_looks_decides_and_drives_until_it_has_arrived() -> None:
    robot = Roamer([goal(2.0, 0.0), goal(4.0, 0.0)])
    judge = Judge(False, False, True, at=NEAR)
    told: list[Event] = []
    end = carried_out(roaming(robot, judge, (told.append,)))
    assert outcome_of(end) == (DecisionOutcome.ARRIVED, None)
    assert end.drive is None
    assert robot.did == [
        'look', 'decide', 'drive to 2 0', 'look', 'decide', 'drive to 4 0', 'look',
    ]  # fmt: skip
    step = [Looked, ArrivalChecked, Decided, Drove]
    assert kinds(told) == [Started, *step, *step, Looked, ArrivalChecked, Decided, Ended]
    assert [event.decision.record for event in told if isinstance(event, Decided)] == [
        'a_record'
    ] * 3


def test_who_stands_there_already_has_arrived_without_a_drive() -> None:
    robot = Roamer([goal(2.0, 0.0)])
    end = carried_out(roaming(robot, Judge(True, at=NEAR)))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    assert robot.did == ['look']


def test_arrival_is_asked_about_the_pictures_without_marks() -> None:
    judge = Judge(True, at=NEAR)
    carried_out(roaming(Roamer([goal(2.0, 0.0)]), judge))
    question = judge.asked[0]
    assert question.purpose is Purpose.ARRIVAL
    assert question.labels == ()
    assert question.instruction == 'go to the chair'
    assert [picture.identifier for picture in question.pictures] == ['front/1']


def test_what_is_pointed_at_too_far_away_refutes_the_arrival() -> None:
    robot = Roamer([goal(2.0, 0.0)])
    told: list[Event] = []
    judge = Judge(True, True, at=FAR)
    end = carried_out(roaming(robot, judge, (told.append,), decision_limit=1))
    assert end.reason is MissionReason.DECISIONS_SPENT
    checks = [event for event in told if isinstance(event, ArrivalChecked)]
    assert [(check.arrived, check.said) for check in checks] == [(False, True)] * 2
    assert checks[0].distance_m == pytest.approx(3.4, abs=0.6)
    assert 'refuted' in checks[0].detail
    assert 'drive to 2 0' in robot.did


def test_the_distance_that_counts_as_arrived_is_a_parameter() -> None:
    end = carried_out(
        roaming(Roamer([goal(2.0, 0.0)]), Judge(True, at=FAR), arrival_distance_m=4.0)
    )
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    assert 'confirmed' in end.decision.detail


def test_who_points_nowhere_has_not_arrived() -> None:
    end = carried_out(roaming(Roamer([goal(2.0, 0.0)]), Judge(True), decision_limit=1))
    assert end.reason is MissionReason.DECISIONS_SPENT


def test_without_depth_the_word_of_the_model_counts_and_the_detail_says_so() -> None:
    robot = Roamer([goal(2.0, 0.0)], with_depth=False)
    end = carried_out(roaming(robot, Judge(True)))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    assert "model's word alone" in end.decision.detail


def test_arrived_in_answer_to_a_choice_of_places_is_not_believed() -> None:
    arrived = Decision(DecisionOutcome.ARRIVED, 'go', calls=2)
    robot = Roamer([arrived, goal(2.0, 0.0), goal(4.0, 0.0)])
    end = carried_out(roaming(robot, Judge(False, True, at=NEAR)))
    assert robot.did == ['look', 'decide', 'decide', 'drive to 2 0', 'look']
    assert [so_far.may_answer_arrived for so_far in robot.so_far] == [True, False]
    assert end.decision.outcome is DecisionOutcome.ARRIVED


def test_an_arrival_that_nobody_answers_about_does_not_keep_the_robot_from_driving() -> None:
    judge = Judge(ModelLate('too late'), True, at=NEAR)
    told: list[Event] = []
    robot = Roamer([goal(2.0, 0.0)])
    end = carried_out(roaming(robot, judge, (told.append,)))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    assert 'drive to 2 0' in robot.did
    assert [event.said for event in told if isinstance(event, ArrivalChecked)] == [None, True]


NONE_FITS = held(ChoosingReason.NONE_FITS, 'no chair here')


def test_where_nothing_fits_the_robot_looks_to_all_sides_and_decides_from_all() -> None:
    robot = Roamer([NONE_FITS, goal(0.0, 3.0), goal(0.0, 3.0)])
    told: list[Event] = []
    judge = Judge(False, False, True, at=NEAR)
    end = carried_out(roaming(robot, judge, (told.append,)))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    around = ['turn', 'look'] * 5
    assert robot.did == ['look', 'decide', *around, 'decide', 'drive to 0 3', 'look']
    decided = [event.decision for event in told if isinstance(event, Decided)]
    assert [one.outcome.value for one in decided] == ['turn', 'goal', 'arrived']
    assert decided[0].reason is ChoosingReason.NONE_FITS
    assert [event.outcome for event in told if isinstance(event, Turned)] == [REACHED] * 5
    names = [frame.camera_name for frame in robot.sights[1].frames]
    assert names == [
        'ahead', '60° right', '120° right', 'behind', '120° left', '60° left',
    ]  # fmt: skip
    # What arrival is asked about, and what is told, is all that was seen.
    assert [len(question.pictures) for question in judge.asked[:2]] == [1, 6]
    looked = [event.sight for event in told if isinstance(event, Looked)]
    assert [len(sight.frames) for sight in looked] == [1, 6, 1]


def test_who_wants_to_look_to_all_sides_first_does_and_is_told_that_it_did() -> None:
    robot = Roamer([Decision(DecisionOutcome.TURN, 'go'), goal(0.0, 3.0)])
    end = carried_out(roaming(robot, Judge(False, False, True, at=NEAR)))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    around = ['turn', 'look'] * 5
    assert robot.did == ['look', 'decide', *around, 'decide', 'drive to 0 3', 'look']
    assert [so_far.may_look_around for so_far in robot.so_far] == [True, False]
    assert len(robot.sights[1].frames) == 6


def test_who_may_not_turn_is_not_asked_to() -> None:
    robot = Roamer([goal(0.0, 3.0)])
    carried_out(roaming(robot, Judge(False, True, at=NEAR), look_around=LookAround.NEVER))
    assert [so_far.may_look_around for so_far in robot.so_far] == [False]


def test_where_nothing_fits_to_any_side_it_was_not_found() -> None:
    robot = Roamer([NONE_FITS])
    end = carried_out(roaming(robot))
    assert outcome_of(end) == (DecisionOutcome.GAVE_UP, MissionReason.NOT_FOUND)
    assert 'no chair here' in end.decision.detail
    assert robot.did.count('turn') == 5
    assert robot.did.count('decide') == 2


def test_a_robot_that_is_walled_in_says_so() -> None:
    end = carried_out(roaming(Roamer([held(ChoosingReason.ALL_CANDIDATES_BLOCKED)])))
    assert outcome_of(end) == (
        DecisionOutcome.GAVE_UP, ChoosingReason.ALL_CANDIDATES_BLOCKED,
    )  # fmt: skip


@pytest.mark.parametrize('how', [{'turns': False}, {'look_around': LookAround.NEVER}])
def test_who_cannot_or_may_not_turn_gives_up_where_nothing_fits(how: dict[str, Any]) -> None:
    robot = Roamer([NONE_FITS])
    end = carried_out(roaming(robot, **how))
    assert end.reason is MissionReason.NOT_FOUND
    assert robot.did == ['look', 'decide']


def test_a_turn_that_fails_ends_the_turning_and_what_was_seen_counts() -> None:
    robot = Roamer([NONE_FITS, goal(1.0, 1.0)], turns=[REACHED, failed(DrivingReason.NAV_ABORTED)])
    carried_out(roaming(robot, Judge(False, False, True, at=NEAR)))
    assert robot.did == [
        'look', 'decide', 'turn', 'look', 'turn', 'decide', 'drive to 1 1', 'look',
    ]  # fmt: skip
    assert len(robot.sights[1].frames) == 2


def test_a_robot_that_cannot_turn_at_all_looks_once_more_and_gives_up() -> None:
    robot = Roamer([NONE_FITS], turns=[failed(DrivingReason.NAV_REJECTED)] * 3)
    end = carried_out(roaming(robot))
    assert end.reason is MissionReason.NOT_FOUND
    assert robot.did == ['look', 'decide', 'turn', 'look', 'decide']


def test_a_side_that_shows_nothing_is_left_out() -> None:
    blind = Refusal(ObservationReason.STALE_IMAGE, 'old')
    robot = Roamer([NONE_FITS, goal(1.0, 1.0)], looks=[None, None, blind])
    carried_out(roaming(robot, Judge(False, False, True, at=NEAR)))
    assert robot.did.count('turn') == 5
    assert len(robot.sights[1].frames) == 5


def test_it_looks_around_first_where_it_is_told_to() -> None:
    robot = Roamer([goal(2.0, 0.0)])
    carried_out(roaming(robot, Judge(False, False, True, at=NEAR), look_around=LookAround.ALWAYS))
    assert robot.did == ['look', *['turn', 'look'] * 5, 'decide', 'drive to 2 0', 'look']


@pytest.mark.parametrize(('pixel', 'turns'), [(None, 5), (Pixel(20.0, 50.0), 0)])
def test_it_looks_around_wherever_the_thing_is_not_in_sight_where_it_is_told_to(
    pixel: Pixel | None, turns: int
) -> None:
    robot = Roamer([goal(2.0, 0.0)])
    judge = Judge(at=pixel)
    carried_out(roaming(robot, judge, look_around=LookAround.WHEN_UNSEEN, decision_limit=1))
    before_the_drive = robot.did[: robot.did.index('drive to 2 0')]
    assert before_the_drive.count('turn') == turns


def test_where_the_robot_was_is_known_to_the_next_decision() -> None:
    robot = Roamer([goal(2.0, 0.0), goal(4.0, 0.0), goal(6.0, 0.0)])
    carried_out(roaming(robot, Judge(False, False, False, True, at=NEAR)))
    visits = [[(v.x_m, v.y_m) for v in so_far.visited.visits] for so_far in robot.so_far]
    assert visits == [[], [(0.0, 0.0)], [(0.0, 0.0), (2.0, 0.0)]]
    assert robot.so_far[0].visited.looked_over.cells == {}
    assert robot.so_far[1].visited.knows(2.0, 0.0)
    assert not robot.so_far[1].visited.knows(3.5, 0.0)


def test_where_nothing_fits_to_any_side_it_goes_back_to_what_it_passed_over() -> None:
    other = goal(-3.0, 0.0).waypoint
    assert other is not None
    first = replace(goal(4.0, 0.0), offered=(other,))
    robot = Roamer([first, NONE_FITS, NONE_FITS, goal(-3.0, 2.0)])
    told: list[Event] = []
    end = carried_out(roaming(robot, Judge(*[False] * 4, True, at=NEAR), (told.append,)))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    drives = [step for step in robot.did if step.startswith('drive')]
    assert drives == ['drive to 4 0', 'drive to -3 0', 'drive to -3 2']
    back = [event.decision for event in told if isinstance(event, Decided)][2]
    assert back.outcome is DecisionOutcome.GOAL
    assert back.reason is None
    assert 'goes to where it has not been' in back.detail
    assert back.waypoint is not None
    assert abs(back.waypoint.yaw_rad) == pytest.approx(math.pi)


def test_where_nothing_fits_and_the_thing_is_in_sight_it_goes_beside_it() -> None:
    robot = mapped(NONE_FITS)
    told: list[Event] = []
    mission = roaming(robot, Judge(at=FAR), (told.append,), decision_limit=3)
    asyncio.run(mission.carry_out('go to the chair'))
    first = next(step for step in robot.did if step.startswith('drive'))
    assert first.split()[2:] != ['0', '0']
    goals = [event.decision for event in told if isinstance(event, Decided)]
    beside = next(decision.waypoint for decision in goals if decision.waypoint is not None)
    # It points at about 3 m away, to the last side to which it looked, and looks there.
    assert 1.5 <= math.hypot(beside.x_m, beside.y_m) <= 3.4
    bearing_rad = math.atan2(beside.y_m, beside.x_m)
    assert abs(wrap_angle(bearing_rad - beside.yaw_rad)) < 0.8


def test_where_nothing_fits_it_searches_the_map_and_the_next_decision_knows_what_is_left() -> None:
    robot = mapped(NONE_FITS)
    mission = roaming(robot, Judge(), visited_radius_m=2.0, decision_limit=4)
    asyncio.run(mission.carry_out('go to the chair'))
    assert [so_far.to_search is not None for so_far in robot.so_far] == [True] * len(robot.so_far)
    drives = [step.split()[2:] for step in robot.did if step.startswith('drive')]
    assert len(drives) >= 2
    assert drives[0] != drives[1]


@pytest.mark.parametrize('with_costmap', [False, True])
@pytest.mark.parametrize('at', [None, FAR])
def test_who_chooses_by_whether_the_thing_is_pointed_at_is_told_with_and_without_a_costmap(
    at: Pixel | None, with_costmap: bool
) -> None:
    robot = Roamer([goal(2.0, 0.0)], drive_s=0.0, turn_s=0.0, with_costmap=with_costmap)
    judge = Judge(at=at)
    mission = roaming(robot, judge, approach_thing=False, decision_limit=1)
    assert mission.carrying_on is not None
    asking = replace(mission.carrying_on, points_first=True)
    asyncio.run(replace(mission, carrying_on=asking).carry_out('go to the chair'))
    assert [so_far.points_at_it for so_far in robot.so_far] == [at is not None]
    assert judge.asked[1].purpose is Purpose.IMAGE_POINT


@pytest.mark.parametrize('at', [None, NEAR, FAR])
@pytest.mark.parametrize('look_around', ['when_lost', 'when_unseen'])
def test_every_question_is_counted_in_a_decision(look_around: str, at: Pixel | None) -> None:
    robot = mapped(goal(1.0, 0.0), goal(2.0, 1.0), NONE_FITS)
    judge = Judge(at=at)
    told: list[Event] = []
    when = LookAround(look_around)
    mission = roaming(robot, judge, (told.append,), look_around=when, decision_limit=4)
    asyncio.run(mission.carry_out('go to the chair'))
    calls = sum(event.decision.calls for event in told if isinstance(event, Decided))
    chosen = robot.did.count('decide')
    assert calls == len(judge.asked) + chosen


def test_after_a_pause_it_looks_to_all_sides_again_where_it_must() -> None:
    late = held(AskingReason.VLM_LATE)
    robot = Roamer([NONE_FITS, late, NONE_FITS])
    end = carried_out(roaming(robot, Judge()))
    assert outcome_of(end) == (DecisionOutcome.GAVE_UP, MissionReason.NOT_FOUND)
    assert 'to all sides' in end.decision.detail
    assert len(robot.sights[-1].frames) == 6


def test_it_goes_back_once_and_then_it_was_not_found() -> None:
    other = goal(-3.0, 0.0).waypoint
    assert other is not None
    robot = Roamer([replace(goal(4.0, 0.0), offered=(other,)), NONE_FITS])
    end = carried_out(roaming(robot))
    assert outcome_of(end) == (DecisionOutcome.GAVE_UP, MissionReason.NOT_FOUND)
    drives = [step for step in robot.did if step.startswith('drive')]
    assert drives == ['drive to 4 0', 'drive to -3 0']


def test_what_the_robot_has_seen_from_near_is_not_gone_back_to() -> None:
    seen = goal(1.5, 0.0).waypoint
    assert seen is not None
    robot = Roamer([replace(goal(4.0, 0.0), offered=(seen,)), NONE_FITS])
    assert carried_out(roaming(robot)).reason is MissionReason.NOT_FOUND
    assert [step for step in robot.did if step.startswith('drive')] == ['drive to 4 0']


def test_what_it_sees_from_near_where_it_stands_is_not_gone_back_to_either() -> None:
    near, far = goal(1.5, 0.0).waypoint, goal(3.5, 0.0).waypoint
    assert near is not None
    assert far is not None
    here = Roamer([replace(NONE_FITS, offered=(near,))])
    assert carried_out(roaming(here)).reason is MissionReason.NOT_FOUND
    assert not [step for step in here.did if step.startswith('drive')]
    beyond = Roamer([replace(NONE_FITS, offered=(near, far))])
    carried_out(roaming(beyond, decision_limit=3))
    assert 'drive to 3.5 0' in beyond.did


def test_a_drive_that_failed_is_remembered_and_the_robot_goes_on() -> None:
    robot = Roamer([goal(2.0, 0.0), goal(0.0, 2.0)], drives=[failed(DrivingReason.NAV_ABORTED)])
    end = carried_out(roaming(robot, Judge(False, False, True, at=NEAR)))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    failures = [(v.x_m, v.y_m) for v in robot.so_far[1].visited.visits if v.failed is not None]
    assert failures == [(2.0, 0.0)]
    assert robot.so_far[1].visited.visits[-1].failed is DrivingReason.NAV_ABORTED


def test_drives_that_fail_one_after_the_other_end_it_with_their_reason() -> None:
    goals = [goal(float(x_m), 0.0) for x_m in (1, 2, 3, 4)]
    robot = Roamer(list(goals), drives=[failed(DrivingReason.NAV_ABORTED, 'no way')] * 9)
    end = carried_out(roaming(robot, failure_limit=3))
    assert outcome_of(end) == (DecisionOutcome.GAVE_UP, DrivingReason.NAV_ABORTED)
    assert '3 drives in a row failed, the last one: no way' in end.decision.detail
    assert sum(step.startswith('drive') for step in robot.did) == 3


def test_a_drive_that_succeeds_makes_up_for_those_that_failed() -> None:
    aborted = failed(DrivingReason.NAV_ABORTED)
    robot = Roamer(
        [goal(float(x_m), 0.0) for x_m in range(1, 9)],
        drives=[aborted, aborted, REACHED, aborted, aborted],
    )
    end = carried_out(roaming(robot, Judge(*[False] * 5, True, at=NEAR), failure_limit=3))
    assert end.decision.outcome is DecisionOutcome.ARRIVED


@pytest.mark.parametrize(
    'reason',
    [
        DrivingReason.DRY_RUN, DrivingReason.NOT_CONFIRMED, DrivingReason.NAV_CANCELED,
        DrivingReason.NAV_PREEMPTED, DrivingReason.LEFT_FENCE, CommonReason.REPLACED,
        CommonReason.SHUTTING_DOWN,
    ],
)  # fmt: skip
def test_who_is_told_to_stop_on_the_way_does_not_go_on(reason: ReasonCode) -> None:
    robot = Roamer([goal(2.0, 0.0)], drives=[failed(reason)])
    end = carried_out(roaming(robot))
    assert outcome_of(end) == (DecisionOutcome.GOAL, reason)
    assert robot.did == ['look', 'decide', 'drive to 2 0']


def test_to_and_fro_between_two_places_is_noticed_and_given_up() -> None:
    there, back = goal(2.0, 0.0), goal(0.0, 0.0)
    robot = Roamer([there, back, there, there, there])
    told: list[Event] = []
    end = carried_out(roaming(robot, listeners=(told.append,)))
    assert outcome_of(end) == (DecisionOutcome.GAVE_UP, MissionReason.OSCILLATING)
    drives = [step for step in robot.did if step.startswith('drive')]
    assert drives == ['drive to 2 0', 'drive to 0 0']
    turned = [event.decision for event in told if isinstance(event, Decided)][2]
    assert (turned.outcome, turned.reason) == (DecisionOutcome.TURN, MissionReason.OSCILLATING)
    assert turned.waypoint is None
    assert robot.did.count('turn') == 5


def test_a_look_around_can_lead_out_of_going_to_and_fro() -> None:
    there, back = goal(2.0, 0.0), goal(0.0, 0.0)
    robot = Roamer([there, back, there, goal(0.0, 3.0)])
    end = carried_out(roaming(robot, Judge(False, False, False, False, True, at=NEAR)))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    assert robot.did[-2] == 'drive to 0 3'


def test_no_more_decisions_are_made_than_allowed_but_the_last_drive_may_arrive() -> None:
    goals = [goal(float(x_m), 0.0) for x_m in range(1, 9)]
    end = carried_out(roaming(Roamer(list(goals)), decision_limit=3))
    assert outcome_of(end) == (DecisionOutcome.GAVE_UP, MissionReason.DECISIONS_SPENT)
    arriving = roaming(Roamer(list(goals)), Judge(*[False] * 3, True, at=NEAR), decision_limit=3)
    assert carried_out(arriving).decision.outcome is DecisionOutcome.ARRIVED


def test_no_step_ends_after_the_time_of_the_instruction() -> None:
    goals = [goal(float(x_m), 0.0) for x_m in range(1, 99)]
    robot = Roamer(goals, drive_s=10.0)
    end = carried_out(roaming(robot, mission_timeout_s=25.0))
    assert outcome_of(end) == (DecisionOutcome.GAVE_UP, MissionReason.MISSION_LATE)
    assert robot.deadlines_s == pytest.approx([25.0, 15.0, 5.0], abs=0.5)


def test_no_goal_leads_farther_than_the_path_may_be() -> None:
    goals = [goal(2.0 * x_m, 0.0) for x_m in range(1, 99)]
    robot = Roamer(goals)
    end = carried_out(roaming(robot, path_limit_m=5.0))
    assert outcome_of(end) == (DecisionOutcome.GAVE_UP, MissionReason.PATH_SPENT)
    assert robot.pose.x_m == 4.0


HEALING = [
    ObservationReason.STALE_IMAGE, ObservationReason.NO_TRANSFORM, DrivingReason.NO_VALID_COSTMAP,
    AskingReason.VLM_LATE, AskingReason.VLM_UNREACHABLE, ChoosingReason.NO_AGREEMENT,
]  # fmt: skip


@pytest.mark.parametrize('reason', HEALING)
def test_what_time_heals_is_tried_again(reason: ReasonCode) -> None:
    robot = Roamer([held(reason), Refusal(reason, 'again'), goal(2.0, 0.0)])
    end = carried_out(roaming(robot, Judge(False, True, at=NEAR)))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    # Runs that do not agree are asked again about the same pictures.
    again = ['decide'] if reason is ChoosingReason.NO_AGREEMENT else ['look', 'decide']
    assert robot.did[:-2] == ['look', 'decide', *again, *again]


def test_who_got_no_word_on_the_arrival_asks_again_when_the_model_is_back() -> None:
    robot = Roamer([held(AskingReason.VLM_UNREACHABLE), goal(2.0, 0.0)])
    end = carried_out(roaming(robot, Judge(ModelLate('late'), True, at=NEAR)))
    assert outcome_of(end) == (DecisionOutcome.ARRIVED, None)
    assert robot.did == ['look', 'decide', 'look']


def test_runs_that_do_not_agree_are_made_afresh_and_then_it_looks_around() -> None:
    disagreeing = held(ChoosingReason.NO_AGREEMENT)
    robot = Roamer([disagreeing, disagreeing, disagreeing, goal(2.0, 0.0)])
    end = carried_out(roaming(robot, Judge(False, False, True, at=NEAR), retry_limit=2))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    assert [so_far.tries for so_far in robot.so_far] == [0, 1, 2, 0]
    assert robot.did.count('turn') == 5


def test_runs_that_never_agree_end_it_with_their_reason() -> None:
    robot = Roamer([held(ChoosingReason.NO_AGREEMENT)])
    end = carried_out(roaming(robot, retry_limit=1))
    assert outcome_of(end) == (DecisionOutcome.GAVE_UP, ChoosingReason.NO_AGREEMENT)
    assert robot.did.count('decide') == 4


@pytest.mark.parametrize(('pixel', 'yaw_rad'), [(Pixel(20.0, 50.0), 0.83), (None, 0.0)])
def test_from_a_goal_the_robot_looks_at_what_the_model_pointed_at(
    pixel: Pixel | None, yaw_rad: float
) -> None:
    robot = Roamer([goal(1.0, 0.0)])
    carried_out(roaming(robot, Judge(at=pixel), decision_limit=1))
    # It points coarsely: one of few marks.
    assert robot.pose.yaw_rad == pytest.approx(yaw_rad, abs=0.35)
    assert bool(robot.pose.yaw_rad) == bool(yaw_rad)


def test_what_is_far_from_the_goal_is_not_looked_at_and_nothing_is_where_nobody_asks() -> None:
    for there, settings in ((goal(-8.0, 0.0), {}), (goal(1.0, 0.0), {'face_thing': False})):
        robot = Roamer([there])
        carried_out(roaming(robot, Judge(at=Pixel(20.0, 50.0)), decision_limit=1, **settings))
        assert robot.pose.yaw_rad == 0.0


def test_eyes_that_see_nothing_are_tried_again_and_then_it_holds_with_their_reason() -> None:
    blind = Refusal(ObservationReason.NO_IMAGE, 'nothing came')
    robot = Roamer([goal(2.0, 0.0)], looks=[blind] * 9)
    told: list[Event] = []
    end = carried_out(roaming(robot, listeners=(told.append,), retry_limit=2))
    assert outcome_of(end) == (DecisionOutcome.HOLD, ObservationReason.NO_IMAGE)
    assert robot.did == ['look'] * 3
    assert kinds(told) == [Started, Decided, Decided, Decided, Ended]


@pytest.mark.parametrize('reason', [AskingReason.VLM_REFUSED, ObservationReason.BAD_CALIBRATION])
def test_what_time_does_not_heal_ends_it(reason: ReasonCode) -> None:
    robot = Roamer([Refusal(reason, 'for good')])
    end = carried_out(roaming(robot))
    assert outcome_of(end) == (DecisionOutcome.HOLD, reason)
    assert robot.did == ['look', 'decide']


@pytest.mark.parametrize('instruction', ['', 'go ' * 2000])
def test_an_instruction_that_is_none_is_not_begun(instruction: str) -> None:
    robot = Roamer([goal(2.0, 0.0)])
    end = run_virtually(roaming(robot).carry_out(instruction))
    assert end.decision.outcome is DecisionOutcome.HOLD
    assert robot.did == []


@pytest.mark.parametrize(
    ('moment', 'outcome'),
    [(0.5, DecisionOutcome.GOAL), (1.7, DecisionOutcome.TURN)],
)
def test_cancelling_stops_whatever_moves_and_tells_the_end(
    moment: float, outcome: DecisionOutcome
) -> None:
    robot = Roamer([goal(2.0, 0.0), NONE_FITS])
    told: list[Event] = []

    async def cancelled() -> None:
        work = roaming(robot, listeners=(told.append,)).carry_out(
            'go', lambda: CommonReason.PAUSED
        )
        task = asyncio.ensure_future(work)
        await asyncio.sleep(moment)
        assert robot.moving
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_virtually(cancelled())
    assert not robot.moving
    ended = told[-1]
    assert isinstance(ended, Ended)
    assert ended.decision.outcome is outcome
    assert ended.drive is not None
    assert ended.drive.reason is CommonReason.PAUSED


def test_cancelling_between_two_drives_ends_with_a_hold() -> None:
    looking = asyncio.Event()
    told: list[Event] = []

    class Waiting(Roamer):
        async def look(self, deadline: object) -> object:  # type: ignore[override]
            if 'look' in self.did:
                looking.set()
                await asyncio.sleep(60.0)
            return await super().look(deadline)  # type: ignore[arg-type]

    async def cancelled() -> None:
        mission = roaming(Waiting([goal(2.0, 0.0)]), listeners=(told.append,))
        task = asyncio.ensure_future(mission.carry_out('go'))
        await looking.wait()
        task.cancel()
        await asyncio.wait([task])

    run_virtually(cancelled())
    ended = told[-1]
    assert isinstance(ended, Ended)
    assert ended.decision.outcome is DecisionOutcome.HOLD
    assert ended.drive is not None
    assert ended.drive.reason is CommonReason.CANCELLED


def test_the_same_script_ends_the_same_with_and_without_listeners() -> None:
    def run(listening: bool) -> MissionEnd:
        told: list[Event] = []
        robot = Roamer([NONE_FITS, goal(1.0, 1.0), goal(2.0, 2.0)])
        judge = Judge(False, False, False, True, at=NEAR)
        return carried_out(roaming(robot, judge, (told.append,) if listening else ()))

    assert run(True) == run(False)


def test_in_virtual_time_nothing_waits_for_ever() -> None:
    with virtual_time() as loop:
        mission = roaming(Roamer([NONE_FITS]), mission_timeout_s=3.0)
        end = loop.run_until_complete(mission.carry_out('go'))
        assert end.decision.outcome is DecisionOutcome.GAVE_UP
        assert loop.now_s - 1000.0 < 10.0
        assert math.isfinite(loop.now_s)
