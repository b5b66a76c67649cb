"""Only so many records are kept, and nothing but records is removed."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from missions import mission, writer

from vlm_nav.navigation.events import Started
from vlm_nav.records.folder import records_in
from vlm_nav.records.report import write_report


def make(records: Path, name: str, age_s: int, **options: object) -> None:
    """Write a record that was last written to `age_s` before some moment."""
    asyncio.run(mission(writer(records, **options), names=lambda: name, runs=1).carry_out('go'))
    moment_s = 1_900_000_000 - age_s
    os.utime(records / name / 'events.jsonl', (moment_s, moment_s))


def test_the_newest_records_are_kept(records: Path) -> None:
    for age_s, name in ((30, 'c'), (20, 'a'), (10, 'b')):
        make(records, name, age_s)
    make(records, 'd', 0, keep_last=2)
    assert [record.name for record in records_in(records)] == ['b', 'd']


def test_a_record_with_its_report_is_removed_as_well(records: Path) -> None:
    make(records, 'old', 30)
    write_report(records / 'old')
    make(records, 'new', 0, keep_last=1)
    assert [record.name for record in records.iterdir()] == ['new']


def test_all_records_are_kept_where_nothing_else_is_said(records: Path) -> None:
    for name in 'abc':
        make(records, name, 0)
    assert len(records_in(records)) == 3


def test_what_is_no_record_stays(records: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / 'elsewhere'
    make(elsewhere, 'linked', 90)
    for age_s, name in ((50, 'noted'), (40, 'nested'), (30, 'old')):
        make(records, name, age_s)
    (records / 'noted' / 'why.txt').write_text('keep me')
    (records / 'nested' / 'look.png').unlink()
    (records / 'nested' / 'look.png').mkdir()
    (records / 'photos').mkdir()
    (records / 'photos' / 'look.png').write_bytes(b'mine')
    (records / 'list.txt').write_text('mine')
    (records / 'link').symlink_to(elsewhere / 'linked')
    make(records, 'new', 0, keep_last=1)
    there = {entry.name for entry in records.iterdir()}
    assert there == {'noted', 'nested', 'photos', 'list.txt', 'link', 'new'}
    assert (elsewhere / 'linked' / 'decision.json').is_file()


def test_a_record_that_is_being_written_stays_though_a_clock_jumped(records: Path) -> None:
    write = writer(records, keep_last=1)
    write(Started('first', 'go'))
    write(Started('second', 'go'))
    assert {record.name for record in records_in(records)} == {'first', 'second'}
