"""Rules of the house that no tool checks, held on the source text of the package."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / 'vlm_nav'

# Where a process ends, whatever happened is told to the user instead of a traceback.
MAY_CATCH_EVERYTHING = {'vlm_nav/cli/main.py', 'vlm_nav/ros/worker_node.py'}
# A record says when it was made; nothing is decided by that time.
MAY_READ_THE_WALL_CLOCK = {'vlm_nav/records/write.py'}
# Topics that every ROS 2 system knows by these names; launch files remap them like any other.
ABSOLUTE_BY_CONVENTION = {'/clock', '/diagnostics', '/tf', '/tf_static'}
LONGEST_FUNCTION_LINES = 60

WALL_CLOCKS = {
    'time': {'time', 'time_ns', 'localtime', 'gmtime', 'ctime', 'strftime'},
    'datetime': {'now', 'utcnow', 'today'},
    'date': {'today'},
}
ROS_NAME = re.compile(r'/[A-Za-z_][A-Za-z0-9_/]*')

Finding = tuple[int, str]
Rule = Callable[[ast.AST, str], Iterator[Finding]]


def prints(tree: ast.AST, _: str) -> Iterator[Finding]:
    """Find calls of print: nodes log, the command line has a console."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', None) == 'print':
            yield node.lineno, 'print()'


def broad_excepts(tree: ast.AST, file: str) -> Iterator[Finding]:
    """Find handlers that catch everything."""
    if file in MAY_CATCH_EVERYTHING:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            for name in caught_names(node):
                if name in {'', 'Exception', 'BaseException'}:
                    yield node.lineno, f'except {name}'.strip()


def caught_names(handler: ast.ExceptHandler) -> list[str]:
    """Return the names of the caught classes, an empty one for a bare except."""
    if handler.type is None:
        return ['']
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [ast.unparse(one) for one in caught]


def globals_(tree: ast.AST, _: str) -> Iterator[Finding]:
    """Find statements that change a module's variable."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield node.lineno, f'global {", ".join(node.names)}'


def wall_clocks(tree: ast.AST, file: str) -> Iterator[Finding]:
    """Find readings of the wall clock: ages are ROS time, deadlines the monotonic clock."""
    if file in MAY_READ_THE_WALL_CLOCK:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rpartition('.')[2]
            if node.attr in WALL_CLOCKS.get(owner, set()):
                yield node.lineno, f'{owner}.{node.attr}'
        elif isinstance(node, ast.ImportFrom) and node.module == 'time':
            for alias in node.names:
                if alias.name in WALL_CLOCKS['time']:
                    yield node.lineno, f'from time import {alias.name}'


def absolute_names(tree: ast.AST, file: str) -> Iterator[Finding]:
    """Find absolute ROS names: they escape the namespace that a launch file gives a robot."""
    if not file.startswith('vlm_nav/ros/'):
        return
    later_parts = continuations(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
            absolute = ROS_NAME.fullmatch(name) and node not in later_parts
            if absolute and name not in ABSOLUTE_BY_CONVENTION:
                yield node.lineno, f'absolute name {name!r}'


def continuations(tree: ast.AST) -> set[ast.AST]:
    """Return the texts that something else stands before, as in name + '/status'."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.update(node.values[1:])
        elif isinstance(node, ast.BinOp):
            found.add(node.right)
    return found


def lossy_waits(tree: ast.AST, _: str) -> Iterator[Finding]:
    """Find asyncio.wait_for: before Python 3.12 it loses a cancellation that meets a result."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == 'asyncio.wait_for':
            yield node.lineno, 'asyncio.wait_for, use core.waiting.done_by'


def long_functions(tree: ast.AST, _: str) -> Iterator[Finding]:
    """Find functions that no longer fit on a screen."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION_LINES:
                yield node.lineno, f'{node.name} has {lines} lines'


RULES: dict[str, Rule] = {
    'nothing prints': prints,
    'nothing catches everything': broad_excepts,
    'nothing changes a global': globals_,
    'nothing reads the wall clock': wall_clocks,
    'no cancellation is lost': lossy_waits,
    'no ROS name is absolute': absolute_names,
    'functions fit on a screen': long_functions,
}

# For each rule a file that breaks it, so that a rule that finds nothing is noticed.
BREAKERS = {
    'nothing prints': "print('x')",
    'nothing catches everything': 'try:\n    f()\nexcept (ValueError, Exception):\n    pass',
    'nothing changes a global': 'def f():\n    global x\n    x = 1',
    'nothing reads the wall clock': 'import datetime\nnow = datetime.datetime.now()',
    'no cancellation is lost': 'await asyncio.wait_for(work(), 1.0)',
    'no ROS name is absolute': "node.create_publisher(String, '/cmd_vel', 1)",
    'functions fit on a screen': 'def f():\n' + '    x = 1\n' * LONGEST_FUNCTION_LINES,
}


@pytest.mark.parametrize('rule', sorted(RULES))
def test_the_package_keeps_the_rule(rule: str) -> None:
    broken = [
        f'{file.relative_to(ROOT)}:{line}: {what}'
        for file in sorted(PACKAGE.rglob('*.py'))
        for line, what in RULES[rule](
            ast.parse(file.read_text(encoding='utf-8')), file.relative_to(ROOT).as_posix()
        )
    ]
    assert broken == []


@pytest.mark.parametrize('rule', sorted(RULES))
def test_the_rule_notices_who_breaks_it(rule: str) -> None:
    assert list(RULES[rule](ast.parse(BREAKERS[rule]), 'vlm_nav/ros/example.py'))


def test_the_end_of_a_name_is_no_absolute_name() -> None:
    source = "a = f'{action}/_action/status'\nb = action + '/_action/feedback'"
    assert list(absolute_names(ast.parse(source), 'vlm_nav/ros/example.py')) == []


def test_a_monotonic_clock_is_no_wall_clock() -> None:
    source = 'import time\nbegan = time.monotonic()\nstamp = node.get_clock().now()'
    assert list(wall_clocks(ast.parse(source), 'vlm_nav/vlm/example.py')) == []
