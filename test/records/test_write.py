"""What is written, when, and what happens where it cannot be."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from missions import (
    INSTRUCTION,
    MOMENT,
    REACHED,
    NeverAnswers,
    carried_out,
    costmap_view,
    floor_frame,
    mission,
    writer,
)

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import CommonReason
from vlm_nav.drawing.mark_reader import read_marks
from vlm_nav.navigation.events import Decided, Ended, Looked, Started
from vlm_nav.navigation.sight import Sight
from vlm_nav.records.read import read_record
from vlm_nav.vlm.doubles import AlwaysFirst
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.question import Answer, Question, SentPicture, SentQuestion, TokenUse

HOSTILE = 'left\x00right \ud800\udfff\u2028\r\n"\\' + 'x' * 10_000


class Sends(AlwaysFirst):
    """A model that sends bytes nobody else would."""

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        answer = await super().ask(question, deadline)
        data = b'\xff\xd8' + repr(question.labels).encode() + str(id(question)).encode()
        sent = SentQuestion('seer-2', 'you see', 'which?', (SentPicture('image/jpeg', data),))
        return dataclasses.replace(answer, sent=sent, tokens=TokenUse(700, 20), dropped=1)


class Says(AlwaysFirst):
    """A model with words of its own."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        answer = await super().ask(question, deadline)
        return dataclasses.replace(answer, reason=self.reason, raw_text=self.reason)


class Together(AlwaysFirst):
    """A model that answers when a number of questions wait, and then all of them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.waiting = 0
        self.complete = asyncio.Event()

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        complete = self.complete
        self.waiting += 1
        if self.waiting == self.count:
            self.waiting, self.complete = 0, asyncio.Event()
            complete.set()
        await complete.wait()
        return await super().ask(question, deadline)


def test_everything_that_led_to_the_decision_is_there(records: Path) -> None:
    told: list[Event] = []
    write = writer(records, versions={'ros': 'jazzy'}, parameters={'seed': 3})
    sight = Sight(floor_frame(), (costmap_view(),))
    runner = mission(write, told.append, model=Sends(), sight=sight)
    end = asyncio.run(runner.carry_out(INSTRUCTION))
    record = read_record(records / 'a_record')
    assert record.instruction == INSTRUCTION
    assert record.versions['ros'] == 'jazzy'
    assert {'vlm_nav', 'python', 'numpy', 'opencv', 'openai'} <= set(record.versions)
    assert record.parameters == {'seed': 3}
    look = record.looks[0]
    (view,) = look.views
    assert (view.stamp_ns, look.map_frame, view.identifier) == (
        1_700_000_000_123, 'map', 'front/7',
    )  # fmt: skip
    assert view.camera.k == (110.3, 0.0, 79.2, 0.0, 110.7, 60.1, 0.0, 0.0, 1.0)
    asked = [event for event in told if isinstance(event, Asked)]
    answered = [event for event in told if isinstance(event, Answered)]
    assert len(record.questions) == len(asked) == len(answered) == 4
    for part, event, reply in zip(record.questions, asked, answered, strict=True):
        assert part.labels == event.question.labels
        assert [one.label for one in part.candidates] == list(part.labels)
        for candidate, kept in zip(event.candidates, part.candidates, strict=True):
            assert kept.action.model_dump(exclude={'kind'}) == dataclasses.asdict(candidate.action)
            assert kept.anchor.model_dump() == dataclasses.asdict(candidate.anchor)
        assert isinstance(reply.result, Answer)
        assert reply.result.sent is not None
        assert part.reply is not None
        assert part.reply.answer is not None
        assert part.reply.answer.labels == reply.result.labels
        assert part.reply.answer.raw_text == reply.result.raw_text
        assert (part.reply.answer.prompt_tokens, part.reply.answer.dropped) == (700, 1)
        assert part.reply.as_sent
        assert (part.reply.model, part.reply.system) == ('seer-2', 'you see')
        stored = (records / 'a_record' / part.reply.pictures[0].file).read_bytes()
        assert stored == reply.result.sent.pictures[0].data
    assert record.decision is not None
    assert record.decision.waypoint is not None
    assert end.decision.waypoint is not None
    assert record.decision.waypoint.model_dump() == dataclasses.asdict(end.decision.waypoint)


def test_for_a_model_that_sends_nothing_the_picture_shows_what_it_was_asked(
    records: Path,
) -> None:
    picture = cv2.resize(floor_frame().rgb // 2, (640, 480))
    camera = dataclasses.replace(
        floor_frame().camera, width_px=640, height_px=480, fx_px=441.2, fy_px=442.8, cx_px=318.3,
        cy_px=241.9,
    )  # fmt: skip
    frame = dataclasses.replace(floor_frame(), rgb=picture, depth_m=None, camera=camera)
    carried_out(records, sight=Sight(frame, (costmap_view(),)), runs=1)
    question = read_record(records / 'a_record').questions[0]
    assert question.reply is not None
    assert not question.reply.as_sent
    drawn = cv2.imread(str(records / 'a_record' / question.reply.pictures[0].file))
    assert drawn is not None
    seen = read_marks(np.asarray(drawn[..., ::-1], dtype=np.uint8))
    assert tuple(mark.label for mark in seen) == question.labels


def test_every_file_is_there_before_the_line_that_names_it(records: Path) -> None:
    write = writer(records)

    def look_after(event: Event) -> None:
        record = read_record(records / 'a_record')
        files = [view.picture for look in record.looks for view in look.views]
        files += [part.file for q in record.questions if q.reply for part in q.reply.pictures]
        assert all((records / 'a_record' / file).is_file() for file in files)
        assert (record.ended_s is not None) == isinstance(event, Ended)

    asyncio.run(mission(write, look_after).carry_out(INSTRUCTION))


def test_times_are_seconds_since_the_start_and_the_wall_clock_is_read_once(
    records: Path,
) -> None:
    ticks, readings = itertools.count(1000.0, 0.5), itertools.count()

    def wall_clock() -> object:
        next(readings)
        return MOMENT

    write = writer(records, wall_clock=wall_clock, monotonic=lambda: next(ticks))
    asyncio.run(mission(write, runs=1).carry_out(INSTRUCTION))
    record = read_record(records / 'a_record')
    assert record.started_at == MOMENT
    assert next(readings) == 1
    assert record.looks[0].at_s == 0.5
    assert [question.at_s for question in record.questions] == [1.0, 2.0]
    assert [question.reply.at_s for question in record.questions if question.reply] == [1.5, 2.5]
    assert record.decision is not None
    assert record.drive is not None
    assert (record.decision.at_s, record.drive.at_s, record.ended_s) == (3.0, 3.5, 4.0)


def test_a_run_that_is_written_down_decides_as_one_that_is_not(records: Path) -> None:
    written = carried_out(records)
    silent = asyncio.run(mission().carry_out(INSTRUCTION))
    assert written == silent


def test_hostile_text_is_kept_readable(records: Path) -> None:
    write = writer(records, parameters={'name': '\ud800', 'folder': Path('a')})
    runner = dataclasses.replace(
        mission(write, model=Says(HOSTILE), runs=1),
        limits=dataclasses.replace(mission().limits, instruction_characters=20_000),
    )
    asyncio.run(runner.carry_out(HOSTILE))
    record = read_record(records / 'a_record')
    shown = HOSTILE.replace('\ud800\udfff', '\\ud800\\udfff')
    assert record.instruction == shown
    reply = record.questions[0].reply
    assert reply is not None
    assert reply.answer is not None
    assert reply.answer.raw_text == reply.answer.reason == shown
    assert record.parameters == {'name': '?', 'folder': 'a'}


def test_text_without_end_is_cut_and_says_so(records: Path) -> None:
    carried_out(records, model=Says('y' * 300_000), runs=1)
    reply = read_record(records / 'a_record').questions[0].reply
    assert reply is not None
    assert reply.answer is not None
    assert reply.answer.raw_text.endswith('y... (200060 characters left out)')


@pytest.mark.parametrize('identifier', ['../../up', '/etc', '..', '', 'a b\x00', 'n' * 500])
def test_no_identifier_leads_out_of_the_folder(records: Path, identifier: str) -> None:
    carried_out(records, sight=None, names=lambda: identifier)
    (folder,) = records.iterdir()
    assert (folder / 'decision.json').is_file()
    assert read_record(folder).identifier == identifier
    assert sorted(records.parent.iterdir()) == [records]


def test_numbers_that_json_lacks_become_null(records: Path) -> None:
    write = writer(records)
    nowhere = Waypoint('map', 1, float('nan'), float('inf'), 0.0)
    decision = Decision(DecisionOutcome.GOAL, 'go', waypoint=nowhere, record='r')
    for event in (Started('r', 'go'), Decided(decision), Ended(decision, None)):
        write(event)
    kept = json.loads((records / 'r' / 'decision.json').read_text(), parse_constant=pytest.fail)
    assert kept['decisions'][0]['waypoint']['x_m'] is None
    assert read_record(records / 'r').decision is not None


def test_a_disk_that_cannot_be_written_to_stops_nothing_and_is_told_once(tmp_path: Path) -> None:
    records = tmp_path / 'records'
    records.write_text('a file stands where the folder should be')
    problems: list[str] = []
    write = writer(records, on_problem=problems.append)
    for name in ('one', 'two'):
        end = asyncio.run(mission(write, names=lambda name=name: name).carry_out(INSTRUCTION))
        assert end.drive == REACHED
    assert len(problems) == 1
    assert str(records) in problems[0]
    records.unlink()
    for name in ('three', 'four'):
        asyncio.run(mission(write, names=lambda name=name: name).carry_out(INSTRUCTION))
    assert read_record(records / 'three').ended_s is not None
    shutil.rmtree(records)
    records.write_text('again')
    asyncio.run(mission(write).carry_out(INSTRUCTION))
    assert len(problems) == 2


def test_a_disk_that_fails_half_way_ends_that_record_only(records: Path) -> None:
    problems: list[str] = []
    write = writer(records, on_problem=problems.append)

    def pull_the_disk(event: Event) -> None:
        if isinstance(event, Looked):
            shutil.rmtree(records / 'broken')

    broken = mission(pull_the_disk, write, names=lambda: 'broken')
    assert asyncio.run(broken.carry_out(INSTRUCTION)).drive == REACHED
    assert len(problems) == 1
    assert not (records / 'broken').exists()
    asyncio.run(mission(write).carry_out(INSTRUCTION))
    assert read_record(records / 'a_record').ended_s is not None


def test_a_record_that_is_there_already_is_left_alone(records: Path) -> None:
    problems: list[str] = []
    carried_out(records)
    before = (records / 'a_record' / 'decision.json').read_bytes()
    again = mission(writer(records, on_problem=problems.append), sight=None)
    asyncio.run(again.carry_out('another'))
    assert (records / 'a_record' / 'decision.json').read_bytes() == before
    assert len(problems) == 1


def test_two_instructions_at_once_are_written_apart(records: Path) -> None:
    write = writer(records)

    async def both() -> None:
        asked = asyncio.Event()

        def listen(event: Event) -> None:
            if isinstance(event, Asked):
                asked.set()

        slow = mission(write, listen, model=NeverAnswers(), names=lambda: 'slow')
        task = asyncio.ensure_future(slow.carry_out('wait'))
        await asked.wait()
        mission(write, names=lambda: 'refused').refuse('later', CommonReason.PAUSED, '')
        quick = asyncio.ensure_future(mission(write, names=lambda: 'quick').carry_out('go'))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task, quick])

    asyncio.run(both())
    slow, quick, refused = (read_record(records / name) for name in ('slow', 'quick', 'refused'))
    assert [len(record.questions) for record in (slow, quick, refused)] == [2, 4, 0]
    assert {question.instruction for question in slow.questions} == {'wait'}
    assert {question.instruction for question in quick.questions} == {'go'}
    assert slow.drive is not None
    assert slow.drive.reason == 'cancelled'


def test_instructions_whose_events_alternate_are_written_apart(records: Path) -> None:
    told: list[Event] = []
    write = writer(records)

    async def both() -> None:
        model = Together(4)
        await asyncio.gather(*(
            mission(write, told.append, model=model, names=lambda name=name: name).carry_out(name)
            for name in ('left', 'right')
        ))  # fmt: skip

    asyncio.run(both())
    alternated = [
        event.asked.question.instruction for event in told if isinstance(event, Answered)
    ]
    assert [set(alternated[:4]), set(alternated[4:])] == [{'left', 'right'}] * 2
    for name in ('left', 'right'):
        record = read_record(records / name)
        assert len(record.looks) == 1
        assert [question.instruction for question in record.questions] == [name] * 4
        assert all(question.reply is not None for question in record.questions)


def test_a_refusal_during_an_instruction_does_not_divert_its_events(records: Path) -> None:
    write = writer(records)
    write(Started('first', 'go'))
    mission(write, names=lambda: 'second').refuse('x', CommonReason.PAUSED, '')
    write(Looked(Sight(floor_frame())))
    assert len(read_record(records / 'first').looks) == 1
    assert read_record(records / 'second').looks == ()


def test_a_second_look_gets_files_of_its_own(records: Path) -> None:
    write = writer(records)
    write(Started('r', 'go'))
    write(Looked(Sight(floor_frame(), (costmap_view(),))))
    write(Looked(Sight(floor_frame(), (costmap_view(),))))
    names = {entry.name for entry in (records / 'r').iterdir()}
    assert {'look.png', 'look2.png', 'costmap_1.png', 'costmap2_1.png'} <= names


def test_events_of_no_instruction_are_passed_over(records: Path) -> None:
    writer(records)(Looked(Sight(floor_frame())))
    assert not records.exists()


def test_instructions_that_never_end_do_not_pile_up(records: Path) -> None:
    write = writer(records)
    for number in range(40):
        write(Started(str(number), 'go'))
    assert len(write._open) <= 16


@pytest.mark.parametrize('options', [
    {'keep_last': 0}, {'parameters': {'x': float('nan')}}, {'parameters': {'x': {('a',): 1}}},
])  # fmt: skip
def test_options_that_make_no_sense_are_refused(records: Path, options: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError):
        writer(records, **options)
