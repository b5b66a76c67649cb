"""`vlm-nav report` as somebody types it."""

from __future__ import annotations

from pathlib import Path

from command_line import Command

from vlm_nav.navigation.events import Started
from vlm_nav.records.write import RecordWriter


def recorded(folder: Path) -> Path:
    """Return the folder of a record that has only begun."""
    problems: list[str] = []
    RecordWriter(folder, on_problem=problems.append)(Started('a_record', 'go to the chair'))
    assert problems == []
    return folder / 'a_record'


def test_the_command_writes_the_page_and_says_where(vlm_nav: Command, tmp_path: Path) -> None:
    record = recorded(tmp_path)
    said = vlm_nav('report', record)
    assert (said.status, said.stdout.strip()) == (0, str(record / 'report.html'))
    assert 'go to the chair' in (record / 'report.html').read_text('utf-8')
    elsewhere = tmp_path / 'page.html'
    said = vlm_nav('report', record, '--out', elsewhere, '--prices', '2.5,10')
    assert (said.status, said.stdout.strip()) == (0, str(elsewhere))
    assert 'USD' in elsewhere.read_text('utf-8')


def test_what_is_no_record_and_no_price_is_refused_in_a_line(
    vlm_nav: Command, tmp_path: Path
) -> None:
    said = vlm_nav('report', tmp_path)
    assert said.status == 1
    assert 'was wanted' in said.stderr
    said = vlm_nav('report', recorded(tmp_path), '--prices', 'cheap')
    assert said.status == 1
    assert 'two numbers' in said.stderr
