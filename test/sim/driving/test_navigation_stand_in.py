"""The stand-in for Nav2 does what was measured on Nav2, row by row, but for its crashes."""

import math

import pytest

pytest.importorskip('scipy')

from nav2_world import Nav2World

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import NavResult
from vlm_nav.sim.driving.navigation_settings import RecoverySettings, StandInSettings
from vlm_nav.sim.driving.navigation_stand_in import CONTROLLER, NAVIGATOR, PLANNER
from vlm_nav.sim.driving.navigation_words import NavigationGoal

SUCCEEDED = NavResult(GoalStatus.SUCCEEDED)
NO_WORD = NavResult(GoalStatus.ABORTED, 0, '')
CANCELED = NavResult(GoalStatus.CANCELED, 0, '')
NAN = math.nan


def no_transform(frame_id: str) -> NavResult:
    """Return the end of a goal in a frame that can't be looked up."""
    words = (
        f"Failed to transform a goal pose provided with frame_id '{frame_id}' to the global "
        "frame 'map'."
    )
    return NavResult(GoalStatus.ABORTED, 9002, words)


@pytest.fixture
def world() -> Nav2World:
    """Give a robot at the origin of the hall."""
    return Nav2World()


class TestReachable:
    """Goals that are reached."""

    def test_four_metres_ahead_are_driven_in_about_eight_seconds(self, world: Nav2World) -> None:
        goal = world.send(4.0, 0.0)
        assert world.result(goal) == SUCCEEDED
        assert 7.0 < world.ended[goal].elapsed_s < 11.0
        assert world.away_m(4.0, 0.0) <= 0.25

    def test_far_away_around_things_is_reached(self, world: Nav2World) -> None:
        assert world.result(world.send(-9.0, 3.0)) == SUCCEEDED
        assert world.nearest_m() > 0.2

    def test_already_there_ends_at_once_with_feedback(self, world: Nav2World) -> None:
        goal = world.send(0.0, 0.0)
        assert world.result(goal) == SUCCEEDED
        assert world.ended[goal].elapsed_s < 0.1
        assert world.feedback

    def test_half_a_turn_on_the_spot_ends_within_the_yaws_tolerance(
        self, world: Nav2World
    ) -> None:
        goal = world.send(0.0, 0.0, math.pi)
        assert world.result(goal) == SUCCEEDED
        assert abs(wrap_angle(world.robot.pose.yaw_rad - math.pi)) <= 0.25
        assert 2.0 < world.ended[goal].elapsed_s < 5.0

    def test_just_inside_a_block_it_succeeds_beside_it(self, world: Nav2World) -> None:
        """The block begins at x = 3; 0.1 m inside of it is nearer to free floor than 0.5 m."""
        assert world.result(world.send(3.1, 3.0)) == SUCCEEDED
        assert world.nearest_m() > 0.2
        assert 0.3 < world.away_m(3.1, 3.0) < 0.75

    def test_just_before_a_block_it_succeeds_short_of_it(self, world: Nav2World) -> None:
        assert world.result(world.send(2.85, 3.0)) == SUCCEEDED
        assert world.nearest_m() > 0.2

    @pytest.mark.parametrize('quaternion', [(0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 2.0)])
    def test_a_quaternion_of_zeros_or_of_another_length_is_taken_as_yaw_0(
        self, world: Nav2World, quaternion: tuple[float, float, float, float]
    ) -> None:
        assert world.result(world.send(1.0, 1.0, quaternion=quaternion)) == SUCCEEDED
        assert abs(world.robot.pose.yaw_rad) <= 0.25

    def test_the_height_of_a_goal_is_ignored(self, world: Nav2World) -> None:
        assert world.result(world.send(1.0, 0.0, z_m=5.0)) == SUCCEEDED

    def test_a_quaternion_of_nan_is_driven_to_and_never_ends(self, world: Nav2World) -> None:
        goal = world.send(2.0, 0.0, quaternion=(NAN, 0.0, 0.0, 1.0))
        world.run(70.0)
        assert goal not in world.ended
        assert world.away_m(2.0, 0.0) <= 0.25
        assert world.feedback[-1].number_of_recoveries == 0
        newer = world.send(0.0, 0.0)
        assert world.result(newer) == SUCCEEDED
        assert world.result(goal) == NO_WORD


class TestUnreachable:
    """Goals that end ABORTED, each with its code."""

    @pytest.mark.parametrize('place', [(2.0, 12.0), (1000.0, 1000.0), (-math.inf, 0.0)])
    def test_outside_of_the_map_it_is_aborted_at_once(
        self, world: Nav2World, place: tuple[float, float]
    ) -> None:
        goal = world.send(*place)
        result = world.result(goal)
        assert (result.status, result.error_code) == (GoalStatus.ABORTED, 204)
        assert world.ended[goal].elapsed_s < 0.1
        assert world.robot.pose == FloorPose(0.0, 0.0, 0.0)

    def test_the_words_are_nav2s(self, world: Nav2World) -> None:
        assert world.result(world.send(30.0, 0.0)).error_msg == (
            'GridBasedplugin failed to plan from (0.00, 0.00) to (30.00, 0.00): '
            '"Goal Coordinates of(30.000000, 0.000000) was outside bounds"'
        )

    @pytest.mark.parametrize('place', [(4.0, 3.0), (-6.0, 2.5)])
    def test_deep_in_a_block_or_in_a_closed_room_it_recovers_and_gives_up(
        self, world: Nav2World, place: tuple[float, float]
    ) -> None:
        goal = world.send(*place)
        result = world.result(goal)
        assert (result.status, result.error_code) == (GoalStatus.ABORTED, 208)
        assert '"Failed to create plan with tolerance of: 0.500000"' in result.error_msg
        assert 15.0 < world.ended[goal].elapsed_s < 22.0
        assert world.feedback[-1].number_of_recoveries == 15
        assert {feedback.distance_remaining_m for feedback in world.feedback} == {0.0}

    def test_while_it_recovers_it_turns_and_backs_up(self, world: Nav2World) -> None:
        world.result(world.send(4.0, 3.0))
        turned_rad = sum(
            abs(wrap_angle(b.yaw_rad - a.yaw_rad))
            for a, b in zip(world.robot.trail, world.robot.trail[1:], strict=False)
        )
        assert turned_rad == pytest.approx(2 * 1.57, abs=0.3)
        assert world.away_m(0.0, 0.0) == pytest.approx(0.3, abs=0.05)

    def test_recoveries_take_as_long_as_they_are_set_to(self) -> None:
        settings = StandInSettings(recovery=RecoverySettings(retries=1))
        world = Nav2World(settings=settings)
        goal = world.send(4.0, 3.0)
        assert world.result(goal).error_code == 208
        assert world.ended[goal].elapsed_s < 1.5

    @pytest.mark.parametrize('yaw_rad', [0.0, math.pi / 2, 2.5, -1.0])
    def test_it_never_backs_up_into_anything(self, yaw_rad: float) -> None:
        """The wall is 0.27 m from the robot's middle."""
        world = Nav2World(FloorPose(9.68, 0.0, yaw_rad))
        assert world.result(world.send(4.0, 3.0)).error_code == 208
        assert world.nearest_m() > 0.2

    def test_a_robot_that_does_not_move_fails_after_more_than_three_minutes(
        self, world: Nav2World
    ) -> None:
        world.robot.stuck = True
        goal = world.send(4.0, 0.0)
        expected = NavResult(GoalStatus.ABORTED, 105, 'Failed to make progress')
        assert world.result(goal) == expected
        assert world.ended[goal].elapsed_s == pytest.approx(208.0, abs=15.0)
        assert world.feedback[-1].number_of_recoveries == 21

    def test_a_tree_that_can_not_be_loaded_fails_without_feedback(self, world: Nav2World) -> None:
        goal = world.send(1.0, 0.0, behavior_tree='/nonexistent.xml')
        words = 'Error loading XML file: /nonexistent.xml. Navigation canceled.'
        assert world.result(goal) == NavResult(GoalStatus.ABORTED, 9001, words)
        assert not world.feedback


class TestServers:
    """Parts of Nav2 that are down, and a robot that is lost."""

    def test_a_navigator_that_is_not_active_rejects(self, world: Nav2World) -> None:
        world.nav2.set_active(NAVIGATOR, False)
        assert not world.nav2.send(NavigationGoal(b'x', 'map', (1.0, 0.0, 0.0)))
        world.nav2.set_active(NAVIGATOR, True)
        assert world.result(world.send(1.0, 0.0)) == SUCCEEDED

    @pytest.mark.parametrize('server', [NAVIGATOR, CONTROLLER, PLANNER])
    def test_a_server_that_goes_down_on_the_way_ends_the_goal_without_a_word(
        self, world: Nav2World, server: str
    ) -> None:
        goal = world.send(4.0, 0.0)
        world.run(2.0)
        world.nav2.set_active(server, False)
        assert world.result(goal, patience_s=0.2) == NO_WORD

    @pytest.mark.parametrize('server', [CONTROLLER, PLANNER])
    def test_a_server_that_is_down_before_ends_the_goal_at_once(
        self, world: Nav2World, server: str
    ) -> None:
        world.nav2.set_active(server, False)
        assert world.result(world.send(4.0, 0.0), patience_s=0.1) == NO_WORD

    def test_a_server_of_another_name_is_refused(self, world: Nav2World) -> None:
        with pytest.raises(InvalidValueError, match='bt_navigator'):
            world.nav2.set_active('smoother_server', False)

    def test_a_lost_robot_stands_with_frozen_feedback_and_then_arrives_with_a_code(
        self, world: Nav2World
    ) -> None:
        goal = world.send(4.0, 0.0)
        world.run(3.0)
        world.lost = True
        world.run(1.0)
        begun = len(world.feedback)
        at = world.robot.pose
        world.run(60.0)
        frozen = world.feedback[begun:]
        assert len({(told.map_from_base, told.stamp_ns) for told in frozen}) == 1
        assert len(frozen) > 1000
        assert world.robot.pose == at
        assert goal not in world.ended
        world.lost = False
        assert world.result(goal) == NavResult(GoalStatus.SUCCEEDED, 701, '')


class TestPreemptionAndCancel:
    """Newer goals, and goals that are cancelled."""

    def test_a_second_goal_ends_the_first_without_a_word_and_the_robot_drives_on(
        self, world: Nav2World
    ) -> None:
        old = world.send(4.0, 0.0)
        world.run(3.0)
        new = world.send(5.0, 0.3)
        assert world.result(old, patience_s=0.05) == NO_WORD
        begun = len(world.speeds)
        world.run(2.0)
        assert min(world.speeds[begun:]) > 0.3
        assert world.result(new) == SUCCEEDED
        assert world.away_m(5.0, 0.3) <= 0.25

    def test_of_three_goals_at_once_the_last_is_driven_to(self, world: Nav2World) -> None:
        first, second, third = world.send(4.0, 0.0), world.send(-4.0, 0.0), world.send(2.0, 0.0)
        assert world.result(third) == SUCCEEDED
        assert world.result(first) == world.result(second) == NO_WORD
        assert world.away_m(2.0, 0.0) <= 0.25

    def test_a_newer_goal_outside_of_the_map_stops_the_robot_a_little_later(
        self, world: Nav2World
    ) -> None:
        old = world.send(4.0, 0.0)
        world.run(3.3)
        new = world.send(1000.0, 0.0)
        assert world.result(new).error_code == 204
        assert 0.2 < world.ended[new].elapsed_s <= 1.0
        assert world.result(old) == NO_WORD
        world.run(0.5)
        assert world.speeds[-1] == 0.0

    def test_a_newer_goal_in_an_unknown_frame_succeeds_at_the_old_place_with_a_code(
        self, world: Nav2World
    ) -> None:
        old = world.send(4.0, 0.0)
        world.run(2.0)
        new = world.send(-4.0, 0.0, frame_id='nowhere')
        assert world.result(old, patience_s=0.3) == NO_WORD
        result = world.result(new)
        assert (result.status, result.error_code) == (GoalStatus.SUCCEEDED, 9002)
        assert result.error_msg == no_transform('nowhere').error_msg
        assert world.away_m(4.0, 0.0) <= 0.25

    def test_a_newer_goal_with_another_tree_is_refused_and_the_old_one_goes_on(
        self, world: Nav2World
    ) -> None:
        old = world.send(4.0, 0.0)
        world.run(2.0)
        new = world.send(-4.0, 0.0, behavior_tree='/other.xml')
        assert world.result(new, patience_s=0.05) == NO_WORD
        assert world.result(old) == SUCCEEDED

    def test_a_preempting_goal_that_is_cancelled_is_canceled(self, world: Nav2World) -> None:
        old = world.send(4.0, 0.0)
        world.run(2.0)
        new = world.send(-4.0, 0.0)
        world.run(1.0)
        assert world.nav2.cancel(new) == 0
        assert world.result(new, patience_s=0.05) == CANCELED
        assert world.result(old) == NO_WORD

    def test_a_cancelled_goal_is_canceled_and_the_robot_stands_within_0_2_s(
        self, world: Nav2World
    ) -> None:
        goal = world.send(4.0, 0.0)
        world.run(3.0)
        assert world.nav2.cancel(goal) == 0
        assert world.result(goal, patience_s=0.05) == CANCELED
        world.run(0.2)
        assert world.speeds[-1] == 0.0

    def test_a_goal_is_cancelled_right_after_its_acceptance(self, world: Nav2World) -> None:
        goal = world.send(4.0, 0.0)
        assert world.nav2.cancel(goal) == 0
        assert world.result(goal, patience_s=0.05) == CANCELED

    def test_a_goal_that_waits_for_its_frame_is_cancelled_too(self, world: Nav2World) -> None:
        world.step()
        goal = world.send(4.0, 0.0, frame_id='odom', stamp_ns=world.robot.time_ns + 10**9)
        world.step()
        assert world.nav2.cancel(goal) == 0
        assert world.result(goal, patience_s=0.05) == CANCELED

    def test_a_cancel_after_the_end_says_so(self, world: Nav2World) -> None:
        goal = world.send(0.0, 0.0)
        world.result(goal)
        assert world.nav2.cancel(goal) == 3

    def test_a_cancel_of_what_was_never_sent_says_so(self, world: Nav2World) -> None:
        assert world.nav2.cancel(b'nobody') == 2

    def test_a_cancel_without_an_id_cancels_all(self, world: Nav2World) -> None:
        goal = world.send(4.0, 0.0)
        world.run(1.0)
        assert world.nav2.cancel() == 0
        assert world.result(goal, patience_s=0.05) == CANCELED

    def test_who_sent_a_goal_and_is_gone_leaves_it_running(self, world: Nav2World) -> None:
        """Nobody needs to ask for anything: time alone carries it to its end."""
        world.send(4.0, 0.0)
        world.run(15.0)
        assert world.away_m(4.0, 0.0) <= 0.25


class TestFrames:
    """In which frame, and at which stamp, a goal may be given; odom lies at (1, 0), turned."""

    @pytest.mark.parametrize('offset_s', [0.0, -60.0, 60.0])
    def test_in_map_the_stamp_is_not_looked_at(self, world: Nav2World, offset_s: float) -> None:
        world.run(0.1)
        stamp_ns = world.robot.time_ns + round(offset_s * 1e9)
        assert world.result(world.send(1.0, 0.0, stamp_ns=stamp_ns)) == SUCCEEDED

    @pytest.mark.parametrize('offset_s', [None, 0.0, 0.05, -0.5, -2.0])
    def test_in_odom_a_recent_stamp_or_none_is_fine(
        self, world: Nav2World, offset_s: float | None
    ) -> None:
        world.run(3.0)
        stamp_ns = 0 if offset_s is None else world.robot.time_ns + round(offset_s * 1e9)
        assert world.result(world.send(2.0, 1.0, 0.0, frame_id='odom', stamp_ns=stamp_ns)) == (
            SUCCEEDED
        )
        # odom's x axis is the map's y axis.
        assert world.away_m(0.0, 2.0) <= 0.25
        assert world.robot.pose.yaw_rad == pytest.approx(math.pi / 2, abs=0.26)

    def test_in_base_link_an_old_stamp_means_where_the_robot_was_then(
        self, world: Nav2World
    ) -> None:
        stamp_ns = world.robot.time_ns
        world.result(world.send(2.0, 0.0))
        world.run(0.5)
        assert world.result(world.send(0.0, 1.0, frame_id='base_link', stamp_ns=stamp_ns)) == (
            SUCCEEDED
        )
        assert world.away_m(0.0, 1.0) <= 0.25

    @pytest.mark.parametrize('offset_s', [-20.0, -60.0, 5.0])
    @pytest.mark.parametrize('frame_id', ['odom', 'base_link'])
    def test_what_is_forgotten_or_not_yet_there_fails_after_0_1_s(
        self, world: Nav2World, frame_id: str, offset_s: float
    ) -> None:
        world.run(70.0)
        stamp_ns = world.robot.time_ns + round(offset_s * 1e9)
        goal = world.send(1.0, 0.0, frame_id=frame_id, stamp_ns=stamp_ns)
        assert world.result(goal) == no_transform(frame_id)
        assert world.ended[goal].elapsed_s == pytest.approx(0.1, abs=0.03)
        assert not world.feedback

    @pytest.mark.parametrize('frame_id', ['', '/map', 'nowhere'])
    def test_an_unknown_frame_fails_after_0_1_s_without_feedback(
        self, world: Nav2World, frame_id: str
    ) -> None:
        goal = world.send(1.0, 0.0, frame_id=frame_id)
        assert world.result(goal) == no_transform(frame_id)
        assert world.ended[goal].elapsed_s == pytest.approx(0.1, abs=0.03)
        assert not world.feedback


class TestFeedback:
    """What is told on the way."""

    def test_nothing_is_left_until_there_is_a_path_and_at_the_end_a_little(
        self, world: Nav2World
    ) -> None:
        world.result(world.send(4.0, 0.0))
        left_m = [told.distance_remaining_m for told in world.feedback]
        assert left_m[0] == 0.0
        assert left_m[1] == pytest.approx(4.0, abs=0.1)
        assert 0.15 < left_m[-1] < 0.35

    def test_the_first_of_a_newer_goal_has_the_old_ones_distance(self, world: Nav2World) -> None:
        old = world.send(8.0, 0.0)
        world.run(2.1)
        left_m = world.feedback[-1].distance_remaining_m
        new = world.send(1.0, 0.0)
        world.step()
        first = next(told for told in world.feedback if told.goal_id == new)
        assert first.distance_remaining_m == pytest.approx(left_m, abs=0.05)
        assert world.result(old) == NO_WORD

    def test_it_has_the_pose_and_its_stamp_and_the_time_since_the_goal_came(
        self, world: Nav2World
    ) -> None:
        world.run(1.0)
        world.send(4.0, 0.0)
        world.run(2.0)
        told = world.feedback[-1]
        assert told.map_from_base == world.robot.trail[-2]
        assert told.stamp_ns == world.robot.time_ns - 20_000_000
        assert told.navigation_time_s == pytest.approx(1.98)

    def test_the_time_left_is_by_the_speed_now_and_0_while_it_turns(
        self, world: Nav2World
    ) -> None:
        world.send(-4.0, 0.0)
        world.run(1.0)
        assert {told.estimated_time_remaining_s for told in world.feedback} == {0.0}
        world.until(lambda: world.speeds[-1] > 0.45)
        world.run(0.1)
        told = world.feedback[-1]
        expected_s = told.distance_remaining_m / world.speeds[-1]
        assert told.estimated_time_remaining_s == pytest.approx(expected_s, rel=0.1)

    def test_a_plan_is_told_each_second_from_the_robot_to_the_goal(self) -> None:
        world = Nav2World()
        plans = []
        step = world.nav2.step

        def listening(moment: object) -> object:
            said = step(moment)  # type: ignore[arg-type]
            if said.plan is not None:
                plans.append((world.robot.pose, said.plan))
            return said

        world.nav2.step = listening  # type: ignore[method-assign, assignment]
        world.send(4.0, 1.0)
        world.run(5.0)
        assert len(plans) == 5
        for pose, plan in plans:
            assert tuple(plan[0]) == pytest.approx((pose.x_m, pose.y_m))
            assert tuple(plan[-1]) == pytest.approx((4.0, 1.0))


class TestSpin:
    """Turns that are asked for directly."""

    @pytest.mark.parametrize('angle_rad', [1.57, -1.57, 7.5])
    def test_it_turns_by_the_angle_with_its_sign_and_not_wrapped(
        self, world: Nav2World, angle_rad: float
    ) -> None:
        goal = world.spin(angle_rad, 20.0)
        assert world.result(goal) == SUCCEEDED
        world.run(0.5)
        steps = zip(world.robot.trail, world.robot.trail[1:], strict=False)
        turned_rad = sum(wrap_angle(after.yaw_rad - before.yaw_rad) for before, after in steps)
        assert turned_rad == pytest.approx(angle_rad, abs=0.1)
        # Nearly as fast as 1 rad/s, and no faster.
        assert abs(angle_rad) < world.ended[goal].elapsed_s < abs(angle_rad) + 1.0

    def test_an_allowance_of_0_s_is_no_limit(self, world: Nav2World) -> None:
        assert world.result(world.spin(6.28, 0.0)) == SUCCEEDED

    def test_too_short_an_allowance_ends_with_a_code(self, world: Nav2World) -> None:
        goal = world.spin(6.28, 2.0)
        words = 'spin failed:Exceeded time allowance before reaching the Spin goal - Exiting Spin'
        assert world.result(goal) == NavResult(GoalStatus.ABORTED, 701, words)
        assert world.ended[goal].elapsed_s == pytest.approx(2.0, abs=0.15)

    @pytest.mark.parametrize(('angle_rad', 'most_s'), [(0.0, 0.05), (0.05, 0.35)])
    def test_small_turns_end_soon(self, world: Nav2World, angle_rad: float, most_s: float) -> None:
        goal = world.spin(angle_rad)
        assert world.result(goal) == SUCCEEDED
        assert world.ended[goal].elapsed_s <= most_s
        world.run(0.5)
        assert angle_rad - 0.01 <= world.robot.pose.yaw_rad < angle_rad + 0.1

    def test_a_cancelled_turn_is_canceled(self, world: Nav2World) -> None:
        goal = world.spin(6.28)
        world.run(1.5)
        world.nav2.spin.cancel(goal)
        assert world.result(goal, patience_s=0.1) == CANCELED
        world.run(0.5)
        assert world.robot.velocity.turn_rad_s == 0.0

    def test_a_second_turn_ends_the_first_without_a_word(self, world: Nav2World) -> None:
        first = world.spin(6.28)
        world.run(1.0)
        second = world.spin(-1.0)
        assert world.result(first, patience_s=0.1) == NO_WORD
        assert world.result(second) == SUCCEEDED

    def test_its_feedback_comes_ten_times_a_second_with_a_sign(self, world: Nav2World) -> None:
        world.result(world.spin(-1.57))
        told_rad = [told.angular_distance_traveled_rad for told in world.spin_feedback]
        assert len(told_rad) == pytest.approx(19, abs=4)
        assert told_rad == sorted(told_rad, reverse=True)
        assert told_rad[-1] == pytest.approx(-1.57, abs=0.1)

    def test_beside_a_drive_both_run_and_the_turn_takes_longer(self, world: Nav2World) -> None:
        drive = world.send(6.0, 0.0)
        world.run(1.0)
        turn = world.spin(1.57)
        assert world.result(turn) == SUCCEEDED
        assert world.ended[turn].elapsed_s > 2.5
        assert world.result(drive) == SUCCEEDED
