"""Every reason is documented, and produced somewhere."""

from __future__ import annotations

import ast
import functools
import re
from enum import Enum
from pathlib import Path

import pytest

from vlm_nav.core.reasons import REASON_ENUMERATIONS, ChoosingReason, Refusal

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / 'vlm_nav'

MEMBERS = [member for enumeration in REASON_ENUMERATIONS for member in enumeration]
ROW = re.compile(r'^\| `([a-z_]+)` \| (.+) \| (.+) \|$', re.MULTILINE)


def documented() -> list[tuple[str, str, str]]:
    text = (ROOT / 'docs' / 'reasons.md').read_text(encoding='utf-8')
    return ROW.findall(text)


@functools.cache
def produced() -> set[str]:
    """Return `Enumeration.MEMBER` for all that code names, but where they are made."""
    named = set()
    for file in PACKAGE.rglob('*.py'):
        if file == PACKAGE / 'core' / 'reasons.py':
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                named.add(f'{node.value.id}.{node.attr}')
    return named


def name_of(member: Enum) -> str:
    return f'{type(member).__name__}.{member.name}'


def test_every_reason_is_documented_once_and_nothing_else_is() -> None:
    codes = [code for code, _, _ in documented()]
    assert sorted(codes) == sorted(member.value for member in MEMBERS)


def test_every_row_says_what_it_means_and_what_to_do() -> None:
    for code, meaning, remedy in documented():
        assert len(meaning.split()) >= 3, code
        assert remedy.endswith('.'), code


def test_parameters_that_are_named_are_parameters() -> None:
    tables = sorted(PACKAGE.glob('*/*_parameters.py'))
    known = '\n'.join(table.read_text(encoding='utf-8') for table in tables)
    codes = {member.value for member in MEMBERS}
    for _, meaning, remedy in documented():
        for name in re.findall(r'`([a-z0-9_.]+)(?:: \w+)?`', f'{meaning} {remedy}'):
            by_ros = name in ('use_sim_time', 'image_proc')
            assert by_ros or name in codes or f"'{name}'" in known, name


@pytest.mark.parametrize('member', MEMBERS, ids=name_of)
def test_every_reason_is_produced_somewhere(member: Enum) -> None:
    assert name_of(member) in produced()


def test_no_two_reasons_share_a_code() -> None:
    values = [member.value for member in MEMBERS]
    assert len(set(values)) == len(values)
    assert all(re.fullmatch('[a-z_]+', value) for value in values)
    assert all(member.name.lower() == member.value for member in MEMBERS)


def test_a_refusal_carries_its_reason_and_its_words() -> None:
    refusal = Refusal(ChoosingReason.NONE_FITS, 'wanted a chair, came a table')
    assert refusal.reason is ChoosingReason.NONE_FITS
    assert str(refusal) == 'none_fits: wanted a chair, came a table'
