"""Makes .venv-lowest: no ROS, and of each library the oldest version that setup.py allows.

The versions are read from setup.py and nowhere else; what those libraries and the tests need
beside them is pinned by constraints.txt. Ends with a failure where another version was installed.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import _setup
from _setup import ROOT, SetupError, Target

SETUP_PY = ROOT / 'setup.py'
TARGET = Target('lowest')
# What these versions need is not what the newest need, and their own metadata do not say it all.
COMPANIONS = {
    # typer 0.9 asks for any click and breaks with 8.2; distributions bring 8.1 with it.
    'click': '==8.1.8',
    # pydantic asks for exactly one version of its core.
    'pydantic-core': '>=2',
}
TELL_VERSIONS = """
import importlib.metadata, json, sys
print(json.dumps({name: importlib.metadata.version(name) for name in sys.argv[1:]}))
"""


def lowest_versions() -> dict[str, str]:
    """Return the lowest version of each requirement; SetupError where setup.py names none."""
    for node in ast.walk(ast.parse(SETUP_PY.read_text())):
        if isinstance(node, ast.keyword) and node.arg == 'install_requires':
            requirements = [str(text) for text in ast.literal_eval(node.value)]
            break
    else:
        raise SetupError(f'{SETUP_PY} has no install_requires')
    unbounded = [text for text in requirements if '>=' not in text or ',' in text]
    if unbounded:
        raise SetupError(f'setup.py names no lowest version, or more than that: {unbounded}')
    return {name: version for name, _, version in (text.partition('>=') for text in requirements)}


def constraints() -> list[str]:
    """Return pip's constraints: the lowest versions, and the pinned ones of all else."""
    lowest = lowest_versions()
    replaced = {name.lower() for name in lowest} | set(COMPANIONS)
    pinned = [
        line
        for line in _setup.CONSTRAINTS.read_text().splitlines()
        if line and not line.startswith(('#', 'ros-')) and line.split('==')[0] not in replaced
    ]
    own = [f'{name}=={version}' for name, version in lowest.items()]
    return [*own, *(name + version for name, version in COMPANIONS.items()), *pinned]


def install(target: Target) -> None:
    """Install this package so that edits count at once, and what its tests need."""
    file = target.state / 'constraints.txt'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('\n'.join([*constraints(), '']))
    # Wheels only: a source of that age is rarely built by compilers of today.
    given = ['install', '--quiet', '--only-binary', ':all:', '-c', str(file)]
    editable = ['--no-build-isolation', '--use-pep517', '-e', '.[test]']
    commands = [
        _setup.pip(target, *given, 'setuptools', 'wheel'),
        _setup.pip(target, *given, *editable),
        _setup.pip(target, 'check'),
    ]
    _setup.run_logged(target, 'lowest', commands, cwd=ROOT)


def prove(target: Target) -> None:
    """Raise SetupError unless each library has exactly its lowest version."""
    wanted = lowest_versions()
    command = [str(target.python), '-I', '-c', TELL_VERSIONS, *wanted]
    found = json.loads(subprocess.check_output(command, text=True))
    wrong = {name: found[name] for name in wanted if found[name] != wanted[name]}
    if wrong:
        raise SetupError(f'wanted {wanted}, but found {wrong}')
    _setup.say(', '.join(f'{name} {version}' for name, version in found.items()))


def set_up() -> None:
    """Bring the environment up to date and prove that it is what it should be."""
    interpreter, version = _setup.base_python(TARGET)
    own = digest_of_sources(interpreter, version)
    if not TARGET.has_done('lowest', own):
        began = time.monotonic()
        _setup.say(f'the oldest versions that setup.py allows, in {TARGET.venv} ...')
        _setup.make_venv(TARGET, interpreter)
        install(TARGET)
        TARGET.mark_done('lowest', own)
        _setup.say(f'done in {time.monotonic() - began:.0f} s')
    prove(TARGET)


def digest_of_sources(interpreter: str, version: str) -> str:
    """Return a digest of all that decides what is installed."""
    sources = [Path(__file__).resolve(), SETUP_PY, ROOT / 'setup.cfg', _setup.CONSTRAINTS]
    return _setup.digest(interpreter, version, str(ROOT), *sources)


def main() -> int:
    """Make the environment and return the exit status."""
    try:
        with _setup.alone():
            set_up()
    except SetupError as error:
        print(f'scripts/setup --lowest: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('scripts/setup --lowest: interrupted; run it again to go on', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
